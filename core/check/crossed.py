"""Names, values and things that changed places: between two clauses or rows, or around a word of order. English alone.

    "`a` sets the size, `b` the colour."    the passage: "Set the colour with `a`. `b` is for the size."
    "| Intel | 16MB |", "| POWER | 2MB |"   the passage: "`2MB` (Intel), `16MB` (POWER)"
    "Code of the host, not of the target."  the passage: "the code of the target and not the host"

Both sides have to be the wrong way round, and neither the right way: one alone is a paraphrase more often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

from core.check.evidence import EvidenceText
from core.check.links import CODE_SPAN
from core.check.meaning import is_reversed
from core.check.quoting import split_sentences
from core.check.words import content_words

_CLAUSE = re.compile(r"[,;:()] | while | whereas |\. ")
_AND = re.compile(r" and | but | or ")
_NUMBER = re.compile(r"(?<![\w.-])\d[\w.%]*\w|(?<![\w.-])\d")
_QUOTED_WORD = re.compile(r"[\"“](\w[\w-]*)[\"”]")
_RESPECTIVELY = re.compile(r"\brespectively\b|\bvice versa\b|\bin that order\b", re.IGNORECASE)
_ENDING = re.compile(r"(?:ing|ed|es|s|e)$")
_ORDER = re.compile(
    r"(?:,? (?:and )?(?P<word>before|after|over|instead of|rather than|than|overrides?|replaces?)"
    r"|(?:, and|,| and) (?P<contrast>not)) "
)
_SIDE_END = re.compile(r"[,;:()]| and | but | or ")
_CLOSE, _MOST_ROWS, _MOST_SIDES = 0.5, 12, 4
"""A close sentence's share of the words; how many clauses or rows are compared in pairs, and how many words of order
are looked at, which bounds the time."""


@dataclass(frozen=True, slots=True)
class ClauseParts:
    """What a clause or row names, and the stems of its other words."""

    names: frozenset[str]
    stems: frozenset[str]


def find_crossed(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a name whose clause says what the passages say of the name of another clause; empty: there is none."""
    if _RESPECTIVELY.search(text):
        return ""
    clauses = _split_clauses(text, _named)
    clauses = [part for clause in clauses for part in (_split_clauses(clause, _named, _AND) or [clause])]
    crossed = find_crossed_rows(clauses, grounds)
    return min(_named(clauses[min(crossed)])) if crossed else _find_sides(text, grounds)


def find_crossed_rows(rows: Sequence[str], grounds: Sequence[EvidenceText]) -> frozenset[int]:
    """Return the places of the rows whose names or values changed places with those of another row."""
    parts = [(place, ClauseParts(_named(row), _stems(row))) for place, row in enumerate(rows[:_MOST_ROWS])]
    crossed: set[int] = set()
    for (place, one), (other, two) in combinations(parts, 2):
        ours = ClauseParts(one.names - two.names, one.stems - two.stems)
        theirs = ClauseParts(two.names - one.names, two.stems - one.stems)
        if ours.names and theirs.names and _is_crossed(ours, theirs, grounds):
            crossed |= {place, other}
    return frozenset(crossed)


def _is_crossed(one: ClauseParts, two: ClauseParts, grounds: Sequence[EvidenceText]) -> bool:
    near_one, near_two = _stems_near(one.names, two.names, grounds), _stems_near(two.names, one.names, grounds)
    only_one, only_two = near_one - near_two, near_two - near_one
    is_straight = bool(one.stems & only_one or two.stems & only_two)
    return not is_straight and bool(one.stems & only_two) and bool(two.stems & only_one)


def _stems_near(names: frozenset[str], others: frozenset[str], grounds: Sequence[EvidenceText]) -> frozenset[str]:
    """Return the stems of the passages' clauses that hold one of `names` and none of `others`."""

    def found(text: str) -> frozenset[str]:
        return frozenset(name for name in names | others if _holds(text, name))

    near: set[str] = set()
    for sentence in (each for ground in grounds for each in split_sentences(ground.text)):
        pieces = [sentence]
        for joint in (_CLAUSE, _AND):
            pieces = [
                part
                for piece in pieces
                for part in (_split_clauses(piece, found, joint) if found(piece) & others else [piece])
            ]
        near.update(
            stem for piece in pieces if found(piece) & names and not found(piece) & others for stem in _stems(piece)
        )
    return frozenset(near)


def _split_clauses(text: str, named: Callable[[str], frozenset[str]], joint: re.Pattern[str] = _CLAUSE) -> list[str]:
    """Return the clauses of a text; one without a name goes with the one before it, at the beginning with the next."""
    clauses: list[str] = []
    waiting = ""
    for piece in joint.split(f"{text} "):
        if not named(piece):
            if clauses:
                clauses[-1] += f", {piece}"
            else:
                waiting += f"{piece}, "
            continue
        clauses.append(waiting + piece)
        waiting = ""
    return clauses or [text]


def _named(text: str) -> frozenset[str]:
    spans = {span.strip("`").strip() for span in CODE_SPAN.findall(text)}
    spans |= set(_QUOTED_WORD.findall(text))
    return frozenset(filter(None, spans | set(_NUMBER.findall(CODE_SPAN.sub(" ", text)))))


def _holds(text: str, name: str) -> bool:
    if name not in text:
        return False
    before = r"(?<![\w-])" if name[:1].isalpha() or name[:1] == "_" else r"(?<![\w.-])"
    after = r"(?![\w-])" if name[-1:].isalnum() or name[-1:] == "_" else ""
    return re.search(f"{before}{re.escape(name)}{after}", text) is not None


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_ENDING.sub("", word) for word in content_words(CODE_SPAN.sub(" ", text)))


def _find_sides(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return what stands on the other side of a word of order than in a close sentence of the passages."""
    for word, *ours in islice(_sides(text), _MOST_SIDES):
        wanted = _side_stems(" ".join(ours))
        close = (
            sentence
            for ground in grounds
            for sentence in split_sentences(ground.text)
            if len(wanted & _side_stems(sentence)) >= _CLOSE * len(wanted) and not is_reversed(text, sentence)
        )
        theirs = (sides for sentence in close for same, *sides in _sides(sentence) if same == word)
        if any(_are_exchanged(ours, sides) for sides in theirs):
            return f"{word} {ours[1].strip()}"
    return ""


def _sides(text: str) -> Iterator[tuple[str, str, str]]:
    for match in _ORDER.finditer(text):
        left = _SIDE_END.split(text[: match.start()])[-1]
        right = _SIDE_END.split(text[match.end() :])[0]
        if left.strip() and right.strip():
            yield (match["word"] or match["contrast"]).removesuffix("s"), left, right


def _are_exchanged(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    left, right = map(_side_stems, ours)
    other_left, other_right = map(_side_stems, theirs)
    both, other_both = left & right, other_left & other_right
    left, right = left - both, right - both
    other_left, other_right = other_left - other_both, other_right - other_both
    return bool(left & other_right) and bool(right & other_left) and not right & other_right


@lru_cache(maxsize=4096)
def _side_stems(text: str) -> frozenset[str]:
    return _stems(text) | _named(text)
