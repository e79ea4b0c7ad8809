"""Whether what was found is about the question at all: the gate of the reader that has no model to ask.

    evidence = similarity of the best hit (cosine) + share of the question's words that the best hit holds
             - a penalty if the question names something that none of the hits has ("kubernetes", "openapi")

No single cosine is a safe threshold (measured): a question in other words than the page's shares few words and has a
high cosine; for one about another subject that happens to share words it is the reverse. The weighted sum separates
them. Near misses (right subject, wrong detail) have both; many of them are given away by a name that a page about it
would have. How the constants were found, and on what: docs/decisions/0005 and 0017. Other near misses pass; the
citation lets the asker see that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, pairwise

from core.domain import Hit
from core.index.terms import Word, split_terms

LOOKED_AT = 5
"""How many of the best hits are looked at."""

SIMILARITY_WEIGHT, COVERAGE_WEIGHT, THRESHOLD = 1.0, 0.35, 0.48
"""For all-MiniLM-L6-v2 (docs/decisions/0005); a model with other cosines needs its own."""

UNHEARD = 0.3
"""The penalty: as much as the cosine of a good hit lies above that of a far one (docs/decisions/0017)."""

COVERAGE_ALONE = 0.4
"""If there are no cosines (the embedder failed), this share of the words must be in one passage."""

_WRITTEN = re.compile(r"`[^`\n]*`|\S+")
_NAME = re.compile(r"[(\"'“]?(?P<name>[A-Z]?[a-z]{2,30}|[A-Z]{3,30})[)\"'”.,;:!?]{0,3}")
_LETTERS = re.compile(r"[a-z]{3,30}")
_MOST_UNHEARD = 1 / 3
_ENDING, _SHORTEST_STEM = 3, 4
_PREFIXES = ("re", "un", "dis", "mis", "non")
_SENTENCE_ENDS, _MOST_PROPER = (".", "!", "?", ":"), 1 / 2
_SHORTEST_PART = 3
_SAME_WORD, _MOST_SLIPS = 0.8, 2
_OF_THE_TRADE = frozenset(
    re.findall(
        r"\w+",
        "async autocomplete backend boolean changelog checkbox checksum cli config cronjob dropdown endpoint "
        "executable filename filesystem frontend hardcode hostname initialise localhost login logout "
        "lowercase middleware namespace params plaintext popup prod readme regex repo snippet stderr stdin "
        "stdout subfolder timestamp tooltip uppercase url username whitespace workaround "
        "arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt lets shouldnt thats wasnt werent whats wont "
        "wouldnt",
    )
)
"""Words that programmers use of any program, so a page need not have them; and English written in a hurry."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the gate sees: the best cosine (None: not computed) and the best coverage, 0..1."""

    similarity: float | None
    coverage: float

    @property
    def score(self) -> float:
        return SIMILARITY_WEIGHT * (self.similarity or 0.0) + COVERAGE_WEIGHT * self.coverage


def is_relevant(question: Sequence[Word], hits: Sequence[Hit], unheard: Collection[str] = ()) -> bool:
    """Return whether an answer may be quoted from `hits`, best first; False if no word of the question counts.

    `unheard` are the names in the question that nothing found holds.
    """
    if not question or not hits:
        return False
    seen = measure_signals(question, hits)
    penalty = UNHEARD if unheard else 0.0
    if seen.similarity is None:
        return seen.coverage - penalty >= COVERAGE_ALONE
    return seen.score - penalty >= THRESHOLD


def unknown_names(question: str, found: Sequence[Hit], ordinary: Collection[str]) -> list[str]:
    """Return the names in a question that nothing found holds, in lower case.

    `("Deploy to kubernetes?", hits about another cloud, English words)` -> `["kubernetes"]`

    A name is a plain word that is not `ordinary`, whatever its ending or a "re-" before it, or one with a capital
    within a sentence ("Java"). A name that is spelled almost like a word of what was found is a typing error, and two
    words written as one are those words. If many words are names, they are of another language and say nothing.
    """
    written = _WRITTEN.findall(question)
    unusual = [name for name in _names(written) if not _is_ordinary(name.lower(), ordinary)]
    if not ordinary or len(unusual) > _MOST_UNHEARD * len(written):
        return []
    names = dict.fromkeys([*unusual, *_proper(written)])
    texts = [f"{hit.passage.title} {' '.join(hit.passage.path)} {hit.passage.link} {hit.passage.text}" for hit in found]
    joined = " ".join(texts).lower() if names else ""
    strange = [name for name in names if not _stands_in(name.lower(), joined)]
    if not strange:
        return []
    known = frozenset(chain.from_iterable((*split_terms(text), *_LETTERS.findall(text.lower())) for text in texts))
    return [name.lower() for name in strange if not _is_known(name, known)]


def _stands_in(name: str, text: str) -> bool:
    """Return whether a name is in a text, as a word or as two: `"hardlinks"` in a text about hard links."""
    cuts = range(_SHORTEST_PART, len(name) - _SHORTEST_PART + 1)
    as_word = name in text and re.search(rf"(?<![a-z]){name}(?![a-z])", text) is not None
    return as_word or any(f"{name[:at]}{gap}{name[at:]}" in text for at in cuts for gap in " -")


def _names(written: Sequence[str]) -> list[str]:
    return [match["name"] for match in map(_NAME.fullmatch, written) if match]


def _proper(written: Sequence[str]) -> list[str]:
    """Return the words that have a capital, except the first of a sentence; none of a title, in which most have one."""
    inside = [word for before, word in pairwise(written) if before[-1:] not in _SENTENCE_ENDS]
    found = [name for name in _names(inside) if name.istitle()]
    return found if len(found) <= _MOST_PROPER * len(written) else []


def _is_ordinary(name: str, ordinary: Collection[str]) -> bool:
    words = [name, *(name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix))]
    stems = [word[: len(word) - cut] for word in words for cut in range(_ENDING + 1)]
    stems = [stem for stem in stems if len(stem) >= _SHORTEST_STEM or stem == name]
    return any(stem in ordinary or stem in _OF_THE_TRADE for stem in stems)


def _is_known(written: str, known: frozenset[str]) -> bool:
    """Return whether a name is among the words, as it is or with a typing error.

    A name in capitals has no typing error.
    """
    name = written.lower()
    if not known.isdisjoint(split_terms(name)):
        return True
    alike = [word for word in known if word[0] == name[0] and abs(len(word) - len(name)) <= _MOST_SLIPS]
    return not written.isupper() and bool(get_close_matches(name, alike, 1, _SAME_WORD))


def measure_signals(question: Sequence[Word], hits: Sequence[Hit]) -> Signals:
    """Return the numbers behind the verdict, for calibration and logs."""
    best = hits[:LOOKED_AT]
    similarities = [hit.similarity for hit in best if hit.similarity is not None]
    held = [frozenset(split_terms(f"{' '.join(hit.passage.path)}\n{hit.passage.text}")) for hit in best]
    weights = {word: _weight(word, held) for word in question}
    total = sum(weights.values())
    shares = [sum(weight for word, weight in weights.items() if _holds(terms, word)) / total for terms in held]
    return Signals(max(similarities, default=None), max(shares, default=0.0))


def _holds(terms: frozenset[str], word: Word) -> bool:
    return word.joined in terms if word.joined else all(part in terms for part in word.parts)


def _weight(word: Word, held: Sequence[frozenset[str]]) -> float:
    """Return the weight of a word: 1 if all hits hold it, 1 + log 2 and up if some do not.

    Words that fewer of the hits hold say more.
    """
    return 1.0 + math.log((len(held) + 1) / (sum(_holds(terms, word) for terms in held) + 1))
