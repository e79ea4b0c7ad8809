"""Which marks stand around a unit: models often cite once, at a paragraph's or list's end, above it, or below it.

    "Its default is 10. Set it with `size` [1]."    both sentences are judged next to [1]
    "Options [1]:\\n- `size`\\n- `depth`"             the items are judged next to [1]
    "| size | 512 |\\n\\n[2]"                         a mark alone on a line belongs to what stands right above it

    "It is cached [1]. The default is `.cache`."      the second is judged last of all by what bears out the first

A sentence that a passage bears out by itself does not wait. What waits is judged when a mark comes, or the paragraph or
list ends. Marks are only looked for here; whether they are right is judged in `core.check.support`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from core.check.judge import Fate, Judge, Judged, put_marks
from core.check.leadins import Below, is_lead_in, turns
from core.check.segments import MARK, Unit, UnitKind

OUT_OF_ORDER = "its source says otherwise: another order"
_MARKS_ALONE = re.compile(
    r"(?P<named>[*_(]{0,3}sources?[*_]{0,2}:?[*_]{0,2})?(?:\[\d{1,3}\]|[\s.,;()])+", re.IGNORECASE
)
_MARKS = re.compile(rf"\s?{MARK}", re.IGNORECASE)
_PROSE = (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.TABLE)


class Paragraph:
    """Feed it units; it returns them judged, in order, some later."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: list[Unit] = []
        self._above: tuple[int, ...] = ()
        self._said: tuple[int, ...] = ()
        self._below = Below.PLAIN
        self._hidden: tuple[int, ...] = ()
        self._steps = judge.order_steps()

    def feed(self, unit: Unit) -> Iterator[Judged]:
        """Yield the units that are judged now."""
        text, marks = self._judge.read_marks(unit.text) if unit.kind in _PROSE else (unit.text, ())
        if self._hidden and not marks and unit.kind in (UnitKind.ITEM, UnitKind.TABLE):
            unit, marks = _mark(unit, self._hidden), self._hidden
        alone = _MARKS_ALONE.fullmatch(text) if unit.kind is UnitKind.SENTENCE and marks else None
        if self._waiting and not (alone or self._goes_on(unit)):
            yield from self.finish()
        if alone:
            yield from self._finish_near(marks, by_place=not alone["named"])
        elif marks:
            yield from self._finish_near(marks)
            yield self._judged(unit)
        else:
            yield from self._judge_unmarked(unit)

    def finish(self) -> Iterator[Judged]:
        """Yield the units for which no mark came."""
        waiting, self._waiting = self._waiting, []
        yield from map(self._judged, waiting)

    def _judge_unmarked(self, unit: Unit) -> Iterator[Judged]:
        judged = self._judge.judge(unit, self._above, below=self._below)
        if (judged.fate is Fate.LOST and unit.kind in _PROSE) or judged.rows or self._waiting:
            self._waiting.append(unit)
        else:
            yield self._judged(unit)

    def _judged(self, unit: Unit, near: tuple[int, ...] = ()) -> Judged:
        judged = self._judge.judge(unit, near or self._above, self._said, self._below)
        if judged.fate is Fate.SHOWN and unit.kind is UnitKind.ITEM and self._steps.goes_back(unit.text):
            judged = Judged(unit, unit.text, Fate.LOST, reason=OUT_OF_ORDER)
        self._look_above(judged)
        self._said = judged.marks or self._said
        return judged

    def _look_above(self, judged: Judged) -> None:
        """Keep the marks of a heading or lead-in, and its "not", for what stands below it, until the next sentence."""
        is_lead = judged.unit.kind in (UnitKind.SENTENCE, UnitKind.HEADING)
        if is_lead:
            self._below = _turn(judged)
            self._steps.restart()
            self._hidden = () if judged.fate is Fate.SHOWN else judged.marks
        if judged.fate is Fate.FORM:
            return
        if judged.unit.kind is UnitKind.HEADING:
            self._above = judged.marks
        elif judged.waits and judged.fate is Fate.SHOWN:
            self._above = judged.marks or self._above
        elif judged.unit.kind is UnitKind.SENTENCE:
            self._above = ()

    def _goes_on(self, unit: Unit) -> bool:
        """Return whether a unit is in the same paragraph or list as the units that wait."""
        return unit.kind is self._waiting[-1].kind and unit.gap.count("\n") < 2

    def _finish_near(self, marks: tuple[int, ...], *, by_place: bool = False) -> Iterator[Judged]:
        """Yield what waited, judged next to these marks; the last of it is cited by them where `by_place` is set."""
        waiting, self._waiting = self._waiting, []
        for unit in waiting:
            is_cited = by_place and unit is waiting[-1]
            yield self._judged(_mark(unit, marks) if is_cited else unit, marks)


def _mark(unit: Unit, marks: tuple[int, ...]) -> Unit:
    """Return a unit with marks at its end: those of a mark alone below it, or of a lead-in that is not shown."""
    return replace(unit, text=put_marks(unit.text, marks, in_cell=unit.kind is UnitKind.TABLE))


def _turn(judged: Judged) -> Below:
    """Return what stands below a sentence, if anything does."""
    words = _MARKS.sub("", judged.unit.text)
    if judged.unit.kind is UnitKind.HEADING or not (is_lead_in(words) and turns(words)):
        return Below.PLAIN
    return Below.NEGATED if judged.fate is Fate.SHOWN else Below.ORPHANED
