"""Prose that waits for a mark further on: models often cite once, at a paragraph's or list's end, or on the line below.

    "It needs Python 3.11. Install it with `pip install x` [1]."   -> "It needs Python 3.11 [1].", "Install it ... [1]."
    "| size | 512 |\\n\\n[2]"                                        -> "| size | 512 [2] |"

A mark alone on a line belongs to what stands right above it, unless it is labelled as a source. What stands further
above, and sentences before a marked one, get the mark of the passage that holds nearly all of their words and all of
their claims; if there is none, they stay unmarked, and `core.check.citations` drops them. Marks are only added here,
never removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from core.check.claims import EvidenceText, find_unproven, words_of
from core.check.segments import Unit, UnitKind, has_mark

_HELD = 0.8
"""The share of a sentence's words that a passage has to hold."""

_SHORTEST_WORD, _FEWEST_WORDS, _ENDING = 4, 3, 3
_MARKS_ALONE = re.compile(
    r"(?P<named>[*_(]{0,3}sources?[*_]{0,2}:?[*_]{0,2})?(?:\[\d{1,3}\]|[\s.,;()])+", re.IGNORECASE
)
_END = re.compile(r"(?P<stop>[.!?。！？]{0,3}[\"'”’)»*_]{0,4})\s*$")
_LEADS_IN = re.compile(r":[*_\s]*$")


class Unmarked:
    """Feed units, get them back in order, some later and marked; `marked` normalises a text and finds its marks."""

    def __init__(self, grounds: Sequence[EvidenceText], marked: Callable[[str], tuple[str, tuple[int, ...]]]) -> None:
        self._grounds = grounds
        self._marked = marked
        self._held: list[Unit] = []

    @property
    def holds_any(self) -> bool:
        return bool(self._held)

    def feed(self, unit: Unit) -> Iterator[Unit]:
        if not self._held and has_mark(unit.text):
            yield unit
            return
        text, marks = self._marked(unit.text)
        alone = _MARKS_ALONE.fullmatch(text) if unit.kind is UnitKind.SENTENCE and marks else None
        if not (alone or self._goes_on(unit)):
            yield from self.finish()
        if marks and self._held:
            yield from self._covered(marks, by_place=alone is not None and not alone["named"])
            if alone:
                return
        if marks or not _may_wait(unit):
            yield unit
        else:
            self._held.append(unit)

    def finish(self) -> Iterator[Unit]:
        """Yield the units that waited in vain, as they were."""
        yield from self._held
        self._held.clear()

    def _goes_on(self, unit: Unit) -> bool:
        """Return whether a unit is in the same paragraph or list as the units that wait."""
        return bool(self._held) and unit.kind is self._held[-1].kind and unit.gap.count("\n") < 2

    def _covered(self, marks: tuple[int, ...], *, by_place: bool) -> Iterator[Unit]:
        last = self._held[-1]
        for unit in self._held:
            bearing = marks if by_place and unit is last else _bearing(unit.text, marks, self._grounds)
            yield replace(unit, text=_with_marks(unit, bearing)) if bearing else unit
        self._held.clear()


def _may_wait(unit: Unit) -> bool:
    prose = unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.TABLE)
    return prose and not has_mark(unit.text) and not _LEADS_IN.search(unit.text)


def _bearing(text: str, marks: Sequence[int], grounds: Sequence[EvidenceText]) -> tuple[int, ...]:
    """Return the one passage that supports a text best, or none."""
    words = [word.lower() for word in words_of(text) if len(word) >= _SHORTEST_WORD]
    if len(words) < _FEWEST_WORDS:
        return ()
    shares = {mark: sum(grounds[mark - 1].has_form_of(word, _ENDING) for word in words) / len(words) for mark in marks}
    best = max(shares, key=shares.__getitem__)
    enough = shares[best] >= _HELD and not find_unproven(text, [grounds[best - 1]])
    return (best,) if enough else ()


def _with_marks(unit: Unit, marks: Sequence[int]) -> str:
    """Return a unit's text with marks: `"Use pip."` -> `"Use pip [1]."`; in a table they go into the last cell."""
    written = "".join(f"[{mark}]" for mark in marks)
    if unit.kind is UnitKind.TABLE:
        body = unit.text.rstrip().removesuffix("|").rstrip()
        return f"{body} {written} |"
    end = _END.search(unit.text)
    at = end.start() if end else len(unit.text)
    return f"{unit.text[:at]} {written}{unit.text[at:]}"
