"""The order in which units are shown, and what goes with a unit that is lost.

    judged unit ──> open (headings, lead-ins) ──> held (a sentence, or a list up to 8 items) ──> shown

    state     leaves it when
    open      something is borne out below it: shown in front of that; or another sentence comes: it introduced nothing
    held      the next unit is judged: shown, or lost with an exception to it that is lost
    broken    (of a numbered list) a step is lost: the steps behind it are lost, too
    gap       a unit was lost: what begins with However, Otherwise, "The command above" leans on it and is lost, too

Nothing that was shown is taken back. Knows no passages and judges no words but the first of a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.check.judge import Fate, Judged
from core.check.own import holds_values
from core.check.segments import UnitKind

MOST_HELD = 8
"""Items of a list that are held back until it ends."""

INTRODUCES_NOTHING, LEANS, AFTER_LOST_STEP, WITHOUT_EXCEPTION = (
    "introduces nothing",
    "leans on what was left out",
    "comes after a step that was left out",
    "an exception to it was left out",
)

_LEANS_BACK = re.compile(
    r"[*_\s]*(?:however|but|otherwise|then|therefore|thus|hence|so|instead|consequently|as a result|in that case|if so"
    r"|if not|afterwards?|after (?:that|this)|this|that|these|those|such|they|its|their"
    r"|it(?! (?:is|was|may be|might be) (?:also |often |not )?(?:best|common|import|necess|possib|recommend|safe))"
    r"|the (?:command|code|example|snippet|setting|step|option|file|block)s? above|the (?:same|former|latter|above)"
    r"|jedoch|aber|andernfalls|sonst|dann|daher|deshalb|stattdessen|diese[rsnm]?"
    r"|pero|sin embargo|entonces|esto|cependant|mais|sinon|ensuite|cela|しかし|ただし|その後|但是|然后|否则)\b",
    re.IGNORECASE,
)
_EXCEPTS = re.compile(
    r"[*_\s]*(?:except|unless|but|however|only|not\b|never|do not|don['’]t|this (?:does not|is not"
    r"|only)|note that|the exception|one"
    r" exception|ausnahme|außer|nur|jedoch|aber|nicht|excepto|salvo|pero|sauf|mais|ただし|但)\b"
    r"|.*\b(?:exception|exceptions|does not apply|not apply)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<indent>[ \t]*)(?P<number>\d{1,3})[.)][ \t]")
_BULLET = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\d{1,3}[.)]|>)[ \t]*")


@dataclass(frozen=True, slots=True)
class Lost:
    """A unit that is not shown, and why."""

    reason: str
    text: str


class Composer:
    """Feed it judged units in order; it returns those that may be shown now."""

    def __init__(self, space: str = "") -> None:
        """Begin; `space` is put in front of the first unit."""
        self.lost: list[Lost] = []
        self._open: list[Judged] = []
        self._held: list[Judged] = []
        self._gap_before = False
        self._broken_at: int | None = None
        self._space = space

    def feed(self, judged: Judged) -> Iterator[Judged]:
        """Yield the units that are now known to stay, each with the white space that stood before it."""
        self._space = max(self._space, judged.unit.gap, key=_width)
        if judged.fate is Fate.FORM:
            return
        judged = self._lean(judged)
        self.lost += [Lost(reason, row) for row, reason in judged.rows]
        if judged.fate is Fate.LOST:
            self._lose(judged)
            return
        if not self._goes_on(judged):
            yield from self._release()
        judged = replace(judged, unit=replace(judged.unit, gap=self._space))
        self._space = ""
        if judged.waits:
            self._wait(judged)
            return
        yield from self._hold(judged)

    def finish(self) -> Iterator[Judged]:
        """Yield what is held at the end of a draft."""
        yield from self._release()
        self._forget_lead_ins()
        self._open.clear()

    @property
    def marks_above(self) -> tuple[int, ...]:
        """The marks of the heading or lead-in that what comes now would stand under."""
        return self._open[-1].marks if self._open else ()

    def _lean(self, judged: Judged) -> Judged:
        """Return a unit as lost if it leans on a lost one: the step before it, or the sentence that it begins from."""
        if self._is_behind_lost_step(judged):
            return replace(judged, fate=Fate.LOST, reason=judged.reason or AFTER_LOST_STEP)
        leans = judged.unit.kind is UnitKind.SENTENCE and _LEANS_BACK.match(judged.unit.text) is not None
        if self._gap_before and leans and judged.fate is Fate.SHOWN:
            return replace(judged, fate=Fate.LOST, reason=LEANS)
        return judged

    def _is_behind_lost_step(self, judged: Judged) -> bool:
        """Return whether a unit is a later step of a list that has lost one, or the code of the lost step."""
        if self._broken_at is None:
            return False
        step = _NUMBERED.match(judged.unit.text) if judged.unit.kind is UnitKind.ITEM else None
        if judged.unit.kind is UnitKind.HEADING or (step and int(step["number"]) == 1):
            self._broken_at = None
            return False
        if judged.unit.kind is UnitKind.ITEM:
            return step is not None or _indent(judged) > self._broken_at
        return judged.unit.kind is UnitKind.FENCE and self._gap_before

    def _lose(self, judged: Judged) -> None:
        self.lost.append(Lost(judged.reason, judged.unit.text))
        self._gap_before = True
        if judged.unit.kind is UnitKind.ITEM:
            if _NUMBERED.match(judged.unit.text) and self._broken_at is None:
                self._broken_at = _indent(judged)
            return
        if judged.unit.kind is UnitKind.SENTENCE and self._held and _EXCEPTS.match(judged.unit.text):
            rule = self._held[-1]
            if rule.unit.kind is UnitKind.SENTENCE:
                self.lost.append(Lost(WITHOUT_EXCEPTION, self._held.pop().unit.text))
                while self._held and self._held[-1].waits:
                    self._open.insert(0, self._held.pop())
        self._forget_lead_ins()

    def _goes_on(self, judged: Judged) -> bool:
        """Return whether a unit is the next item of the list that is held."""
        return bool(self._held) and judged.unit.kind is UnitKind.ITEM and self._held[-1].unit.kind is UnitKind.ITEM

    def _wait(self, judged: Judged) -> None:
        """Keep a heading or lead-in; an earlier lead-in that another sentence follows has introduced nothing."""
        if judged.unit.kind is UnitKind.HEADING:
            self._forget_lead_ins()
            level = _level(judged.text)
            self._open = [each for each in self._open if _level(each.text) < level]
            self._gap_before = False
        elif judged.unit.kind is UnitKind.SENTENCE:
            self._forget_lead_ins()
        self._open.append(judged)

    def _hold(self, judged: Judged) -> Iterator[Judged]:
        if judged.unit.kind is UnitKind.SENTENCE or any(not holds_values(judged.text, each.own) for each in self._open):
            self._forget_lead_ins()
        self._gap_before = self._gap_before and judged.unit.kind is UnitKind.ITEM
        self._held += [*self._open, judged]
        self._open.clear()
        while len(self._held) > MOST_HELD:
            yield self._held.pop(0)

    def _release(self) -> Iterator[Judged]:
        yield from self._held
        self._held.clear()

    def _forget_lead_ins(self) -> None:
        self.lost += [Lost(INTRODUCES_NOTHING, each.unit.text) for each in self._open if not _is_heading(each)]
        self._open = [each for each in self._open if _is_heading(each)]


def _is_heading(judged: Judged) -> bool:
    return judged.unit.kind is UnitKind.HEADING


def _indent(judged: Judged) -> int:
    bullet = _BULLET.match(judged.unit.text)
    return len(bullet["indent"].expandtabs(4)) if bullet else 0


def _level(heading: str) -> int:
    """Return the level of a heading: `"## Set up"` -> 2; a bold line counts as the deepest."""
    return len(heading) - len(heading.lstrip("#")) or 7


def _width(gap: str) -> tuple[int, int]:
    return gap.count("\n"), len(gap)
