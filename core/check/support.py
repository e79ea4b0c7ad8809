"""Which passage bears a sentence out: found by its words and claims, whatever mark the model wrote.

    "It needs Python 3.11 [2]."   + passages  ->  Support((1,))      the mark moves to the passage that says so
    "Scaling adds replicas [1]."  + passages  ->  Support((), "no section bears it out")

A passage bears out what it holds all claims of (`core.check.claims`), enough words of, and says no opposite of
(`core.check.meaning`). What a model cites needs fewer words than what is found: .5 and .7, measured in
docs/decisions/0033. What stands in a cited passage word for word is borne out (`core.check.verbatim`). Words say
nothing where the answer is in another language than its passage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.check.bindings import find_unbound
from core.check.causes import find_unfounded
from core.check.claims import count_claims, find_unproven
from core.check.clauses import read_clauses, stems_in_order
from core.check.crossed import find_crossed
from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.links import CODE_SPAN, REMOVED
from core.check.logic import NEGATIONS
from core.check.meaning import find_opposite
from core.check.numbers import SPELLED
from core.check.polarity import find_denied
from core.check.quantifiers import find_misquantified
from core.check.verbatim import stands_in
from core.check.words import content_words

CITED_SHARE, CLAIMED_SHARE, FOUND_SHARE, FAR_BETTER = 0.5, 0.4, 0.7, 0.3
"""Shares of a sentence's words, 0 to 1: in a passage that it cites, the same if a claim of it stands there as well, in
a passage that is found; how much more a better one has."""

NO_SOURCE = "no section bears it out"
_OTHERWISE = "its source says otherwise"

_FEWEST_WORDS, _FEWEST_HELD, _ENDING = 4, 2, 3
"""Words from which on a share is asked of what is cited, and one word at all; letters that a form may differ in."""

_FEWEST_FOUND = 3
"""Words and claims, two of them words, that a sentence needs for a passage to be found that it does not cite."""


@dataclass(frozen=True, slots=True)
class Support:
    """The passages (numbers from 1) that bear a sentence out; where there is none, `reason` says why."""

    marks: tuple[int, ...]
    reason: str = ""


_ANY_SETTING = re.compile(
    r"\b(?:options?|settings?|values?|parameters?|(?:kilo|mega|giga)?bytes|(?:milli)?seconds|minutes|hours|pixels)\b",
    re.IGNORECASE,
)

CROSSED = Support((), f"{_OTHERWISE}: of another row")


class Supporter:
    """Finds support among the passages of one answer."""

    def __init__(self, grounds: Sequence[EvidenceText]) -> None:
        self._grounds = grounds

    def find(self, text: str, marks: Sequence[int], near: Sequence[int] = (), said: Sequence[int] = ()) -> Support:
        """Return the passages that bear out a text without marks: those of `marks` if they do, else another.

        `near` are the passages cited around it: like what is cited, they need fewer of its words. `said` are those of
        the sentence before it: they need as many words as any other, but the text may be too short to be found.
        """
        cited = [mark for mark in marks if 1 <= mark <= len(self._grounds)]
        verbatim = [
            mark for mark in dict.fromkeys(cited or near or said) if stands_in(text, self._grounds[mark - 1].text)
        ]
        if verbatim:
            return Support(tuple(dict.fromkeys(cited)) or tuple(verbatim))
        found, reason = self._judge_cited(text, cited) if cited else ((), NO_SOURCE)
        if not found and near and (content_words(text) or count_claims(text)):
            found, _ = self._judge_cited(text, near)
        grounds = [self._grounds[mark - 1] for mark in cited]
        denies = grounds if cited and not found and is_denied(text, grounds) else []
        best = self._find_best(text, self._same_page(text, cited) if cited and not found else None, denies)
        if found and best and self._is_far_better(text, best, found):
            return Support((best,))
        if not found and not best and not cited and said:
            found = self._judge_said(text, said)
        return Support(found or ((best,) if best else ()), "" if found or best else reason)

    def _judge_said(self, text: str, said: Sequence[int]) -> tuple[int, ...]:
        """Return `said` where they bear out a text by its words and claims, words for any setting or unit aside."""
        grounds = [self._grounds[mark - 1] for mark in said]
        bare = _ANY_SETTING.sub(" ", text)
        words = content_words(bare)
        held = share_of(bare, grounds) if words else 1.0
        if held < FOUND_SHARE or not (len(words) > 1 or count_claims(text)):
            return ()
        return () if find_unproven(text, grounds) or find_contradicted(text, grounds) else tuple(said)

    def _same_page(self, text: str, cited: Sequence[int]) -> frozenset[str] | None:
        """Return the pages that may bear a text out which its passages do not; None: any page.

        A passage that holds nearly all of its words is about the same thing, and says otherwise.
        """
        grounds = [self._grounds[mark - 1] for mark in cited]
        if share_of(text, grounds) < FOUND_SHARE or len(content_words(text)) < _FEWEST_FOUND - 1:
            return None
        return frozenset(map(_page_of, grounds))

    def _judge_cited(self, text: str, cited: Sequence[int]) -> tuple[tuple[int, ...], str]:
        grounds = [self._grounds[mark - 1] for mark in cited]
        missing = find_unproven(text, grounds)
        if missing:
            return (), f"not in its source: {', '.join(missing[:5])}"
        share, words, claims = share_of(text, grounds), len(_said_words(text)), count_claims(text)
        is_foreign_to_it = words >= _FEWEST_HELD and not share and not claims
        if is_foreign_to_it or (words >= _FEWEST_WORDS and share < (CLAIMED_SHARE if claims else CITED_SHARE)):
            return (), NO_SOURCE
        is_short = not claims and words < _FEWEST_HELD and not text.rstrip(" *_").endswith(":")
        if is_short and not _holds_short_words(text, grounds):
            return (), NO_SOURCE
        opposite = find_contradicted(text, grounds)
        if opposite:
            return (), f"{_OTHERWISE}: {opposite}"
        return tuple(dict.fromkeys(cited)), ""

    def _find_best(self, text: str, pages: frozenset[str] | None, denies: Sequence[EvidenceText]) -> int:
        """Return the number of the passage, on one of `pages`, that bears out a text by itself; 0: there is none.

        It holds more of the words, values aside, than the passages that deny the text: "It is on by default" is about
        something else where it is in no more of the words.
        """
        bare = CODE_SPAN.sub(" ", text)
        words = len(content_words(text))
        if words < _FEWEST_FOUND - 1 or words + count_claims(text) < _FEWEST_FOUND:
            return 0
        shares = {number: share_of(text, [ground]) for number, ground in enumerate(self._grounds, 1)}
        for number in sorted(shares, key=lambda each: (-shares[each], each)):
            ground = self._grounds[number - 1]
            if shares[number] < FOUND_SHARE or is_foreign(text, ground.text):
                return 0
            if pages is not None and _page_of(ground) not in pages:
                continue
            if denies and share_of(bare, [ground]) <= share_of(bare, denies):
                continue
            if not (find_unproven(text, [ground]) or find_contradicted(text, [ground])):
                return number
        return 0

    def _is_far_better(self, text: str, best: int, found: Sequence[int]) -> bool:
        cited = share_of(text, [self._grounds[mark - 1] for mark in found])
        better = share_of(text, [self._grounds[best - 1]])
        return best not in found and cited < FOUND_SHARE and better >= cited + FAR_BETTER


def _page_of(ground: EvidenceText) -> str:
    return ground.address.partition("#")[0]


def find_contradicted(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return what the grounds say otherwise than a text; empty: nothing."""
    return (
        find_opposite(text, grounds)
        or find_denied(text, grounds)
        or find_unbound(text, grounds)
        or find_crossed(text, grounds)
        or find_misquantified(text, grounds)
        or find_unfounded(text, grounds)
    )


def is_denied(text: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether the grounds say otherwise than a text, or give another value where they lack one of it."""
    missing = {each.strip("'\"") for each in find_unproven(text, grounds)}
    return missing == {find_unbound(text, grounds)} if missing else find_contradicted(text, grounds) != ""


def _said_words(text: str) -> list[str]:
    """Return the words that a text is about, without those that say a number: that is a claim."""
    return [word for word in content_words(text.replace(REMOVED, " ")) if word not in SPELLED]


def _holds_short_words(text: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether the grounds hold half of the words of a text in which few are long: "Ask Bob", "Do not do this".

    One that says nothing but "not" is borne out by nothing.
    """
    stems = stems_in_order(text.replace(REMOVED, " "))
    if not stems:
        return NEGATIONS.isdisjoint(read_clauses(text).conditions)
    held = sum(any(ground.has_form_of(stem, 0) for ground in grounds) for stem in stems)
    return held >= CITED_SHARE * len(stems) or all(is_foreign(text, ground.text) for ground in grounds)


def share_of(text: str, grounds: Sequence[EvidenceText]) -> float:
    """Return the share, 0 to 1, of a text's words that the grounds hold together; 1 where words say nothing."""
    words = _said_words(text)
    if not words or all(is_foreign(text, ground.text) for ground in grounds):
        return 1.0
    held = sum(any(ground.has_form_of(word, _ENDING) for ground in grounds) for word in words)
    return held / len(words)
