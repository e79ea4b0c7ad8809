"""Whether the steps of an answer stand in the order of the page: each is true by itself, whatever stands above it.

    "1. Start the server.\\n2. Stop the server."    the page: "1. Stop the server. ... 3. Start the server."   -> step 2

Only numbered lists are compared, and steps that are nearly one of the page's. Of a page's steps that are alike the one
counts that keeps the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.check.clauses import stems_in_order
from core.check.evidence import EvidenceText
from core.check.segments import UnitKind, split_units
from core.check.support import FOUND_SHARE

_NUMBERED = re.compile(r"[ \t]*\d{1,3}[.)][ \t]+")

List = tuple[int, int]
"""A numbered list: the number of its passage, and its own there."""


class StepOrder:
    """Feed it the steps of an answer in order."""

    def __init__(self, grounds: Sequence[EvidenceText]) -> None:
        self._grounds = grounds
        self._places: dict[List, int] = {}

    def restart(self) -> None:
        """Forget the steps so far: another list begins."""
        self._places.clear()

    def goes_back(self, item: str) -> bool:
        """Return whether an item is a step that its page has before the last one that was fed."""
        numbered = _NUMBERED.match(item)
        stems = frozenset(stems_in_order(item[numbered.end() :])) if numbered else frozenset()
        alike = [
            (steps, place)
            for steps, place, theirs in self._read()
            if stems and len(stems & theirs) >= FOUND_SHARE * len(stems)
        ]
        here = [(steps, place) for steps, place in alike if steps in self._places]
        ahead = [(steps, place) for steps, place in here if place >= self._places[steps]]
        if ahead or (alike and not here):
            self._places = dict(sorted(ahead or alike, reverse=True))  # of steps that are alike the first one
        return bool(here) and not ahead

    def _read(self) -> Iterator[tuple[List, int, frozenset[str]]]:
        for number, ground in enumerate(self._grounds):
            yield from (((number, group), place, stems) for group, place, stems in _read_steps(ground.text))


@lru_cache(maxsize=512)
def _read_steps(passage: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    """Return the words of the numbered items of a passage, each with the number of its list and its place."""
    found, group = [], 0
    for place, unit in enumerate(split_units(passage)):
        numbered = _NUMBERED.match(unit.text) if unit.kind is UnitKind.ITEM else None
        if numbered:
            found.append((group, place, frozenset(stems_in_order(unit.text[numbered.end() :]))))
        group += unit.kind in (UnitKind.SENTENCE, UnitKind.HEADING)
    return tuple(found)
