"""The sentence or row of a passage that bears a sentence out: what is shown below the source, word for word.

Picked by shared words, numbers and code, by rule. Whether it does bear the sentence out is for the reader to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from core.check.links import remove_invisible, to_quotable
from core.check.segments import UnitKind, split_units

LONGEST = 240
"""Characters of a quote."""

_ROW_RULE = re.compile(r"[|\s:-]+")
_WORD = re.compile(r"\d+(?:\.\d+)*|[^\W\d][\w.-]*\w|[^\W\d]")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|e|n|en)$")
_SAY_NOTHING = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "and",
        "is",
        "are",
        "be",
        "in",
        "on",
        "for",
        "it",
        "its",
        "this",
        "that",
        "with",
        "as",
        "by",
        "or",
        "if",
        "you",
        "can",
        "at",
        "from",
    ]
)
_MARKS = re.compile(r"\[\d{1,3}\]")
_MARKUP = re.compile(r"^(?:[ \t]*(?:[-*+•]|\d{1,3}[.)]|#{1,6}|>)[ \t]+)+")


@lru_cache(maxsize=512)
def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences, items, rows and lines of code of a passage, as it has them."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    for unit in split_units(text):
        if unit.kind in (UnitKind.RULE, UnitKind.DEFINITION):
            continue
        if unit.kind is UnitKind.ITEM:
            yield from _pieces_of_item(unit.text)
            continue
        lines = [unit.text] if unit.kind is UnitKind.SENTENCE else unit.text.splitlines()
        for line in lines:
            bare = _MARKUP.sub("", line).strip()
            if bare and not _ROW_RULE.fullmatch(bare) and not bare.startswith(("```", "~~~")):
                yield bare


def _pieces_of_item(item: str) -> Iterator[str]:
    """Yield the sentences of a list item, each of whose lines may begin an item of its own."""
    for line in item.splitlines():
        text = _MARKUP.sub("", line).strip()
        yield from (unit.text.strip() for unit in split_units(text) if unit.kind is UnitKind.SENTENCE)


def pick_quote(said: str, passage: str) -> str | None:
    """Return the sentence or row of a passage that is closest to what is said; None where there is nothing to add.

    None: no sentence shares a word with it, or what is said holds the closest one in the very same words.
    """
    wanted = _terms(said)
    best = _find_closest(wanted, passage)
    if not best or is_word_for_word(best, _MARKS.sub("", said)):
        return None
    return shorten_quote(best, wanted)


def find_quoted(said: str, passage: str) -> str | None:
    """Return what `pick_quote` does, and the words themselves where what is said holds them: where a link leads."""
    wanted = _terms(_MARKS.sub("", said))
    best = _find_closest(wanted, passage)
    return shorten_quote(best, wanted) if best else None


def _find_closest(wanted: frozenset[str], passage: str) -> str:
    best, points = "", 0.0
    for sentence in split_sentences(remove_invisible(passage)):
        held = wanted & _terms(sentence)
        score = sum(_weight(term) for term in held) / (1 + max(0, len(sentence) - LONGEST) / LONGEST)
        if score > points:
            best, points = sentence, score
    return best


def shorten_quote(sentence: str, wanted: frozenset[str]) -> str | None:
    """Return a sentence, or the part of it that holds most of what is said: whole words of it, cut at both ends."""
    plain = " ".join(to_quotable(sentence).split())
    if len(plain) <= LONGEST:
        return plain
    words = plain.split(" ")
    best, points = "", -1.0
    for start in range(len(words)):
        window, length = [], 0
        for word in words[start:]:
            length += len(word) + 1
            if length > LONGEST - 2:
                break
            window.append(word)
        part = " ".join(window)
        score = sum(map(_weight, wanted & _terms(part)))
        if score > points:
            best, points = part, score
    return best or None


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    """Return what two sentences can share: word stems, numbers, code."""
    words = {_ENDING.sub("", word.lower()) for word in _WORD.findall(text)}
    return frozenset(word for word in words if (word not in _SAY_NOTHING and len(word) > 1) or word.isdigit())


def _weight(term: str) -> float:
    """Return how much it says that two sentences share a term: code and numbers more than words."""
    if any(sign.isdigit() or sign in "_." for sign in term):
        return 2.0
    return 0.5 if len(term) < 4 else 1.0


def _squeeze(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().lower()


def is_word_for_word(said: str, passage: str) -> bool:
    """Return whether a passage holds what is said in the very same words, marks and markup aside."""
    return f" {_squeeze(_MARKS.sub('', said))} " in f" {_squeeze(passage)} "
