"""A draft with [n] marks -> what may be shown: checked, renumbered sentences, each with a source that bears it out.

    draft piece ──Segmenter──> Unit ──Paragraph──> Unit, marks around it ──Judge──> Judged ──Composer──> shown text

Each step has one module and knows no other: where a unit ends (`segments`), which marks stand around it (`paragraph`),
whether a passage bears it out (`judge`), what goes with a unit that is lost (`composer`). Here they are joined, marks
become numbers of sections in order of first use, and lines that are meant for us are read (`notes`). Not judged here:
what to do with an answer of which too little is left (`core.answer.engine`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.check.boilerplate import begins_sources, is_entry
from core.check.composer import INTRODUCES_NOTHING, Composer, Lost
from core.check.fragments import link_to_text
from core.check.judge import PLAIN_MARK, Judge, Judged
from core.check.links import map_outside_code, remove_unprintable
from core.check.notes import Notes
from core.check.paragraph import Paragraph
from core.check.quoting import find_quoted
from core.check.segments import Segmenter, Unit, UnitKind
from core.domain import CheckedUnit, Citation, Hit, UnitVerdict

_MARKED_FIRST = re.compile(r"\[\d{1,2}\]:\s+\S+\s+\S+\s+\S+.*[.!?]\s*$")
_PLAIN_RUN = re.compile(r"(?:\[\d{1,3}\])+")


class Checker:
    """Feed it the draft; it returns the texts that may be shown, in order, each with its leading white space.

    `hits[n - 1]` is what [n] of the draft means; `citations` is what the shown numbers mean. `kept` counts prose and
    code, not headings; `refused`: the draft says in words that something was not found.
    """

    def __init__(self, hits: Sequence[Hit], question: str) -> None:
        self._passages = [hit.passage for hit in hits]
        self._segmenter = Segmenter()
        self._judge = Judge(self._passages, question)
        self._paragraph = Paragraph(self._judge)
        self._composer = Composer()
        self._cited: dict[str, Citation] = {}
        self._placed = set[str]()
        self._in_sources = False
        self._shown: list[CheckedUnit] = []
        self.notes = Notes()
        self.refused = False
        self.kept = 0

    def feed(self, piece: str) -> list[str]:
        """Return the texts of the units that are now known to stay."""
        return [text for unit in self._segmenter.feed(remove_unprintable(piece)) for text in self._take(unit)]

    def finish(self) -> list[str]:
        """Return the texts that were left at the end of the draft, with an open code fence closed."""
        shown = [text for unit in self._segmenter.finish() for text in self._take(unit)]
        shown += self._compose(self._paragraph.finish())
        return shown + [self._show(judged) for judged in self._composer.finish()]

    def restart(self) -> None:
        """Forget what came so far and was not shown: it was no draft. Numbers that were shown keep their meaning."""
        self._segmenter, self._composer = Segmenter(), Composer("\n\n")
        self._paragraph = Paragraph(self._judge)
        self.notes, self.refused, self._in_sources = Notes(), False, False

    def doubt(self, verdicts: Mapping[int, tuple[UnitVerdict, str]]) -> None:
        """Record what became, after all, of units that passed: by their places, each with its reason."""
        for place, (verdict, reason) in verdicts.items():
            unit = replace(self._shown[place], verdict=verdict, reason=reason)
            self._shown[place] = unit
            if verdict is UnitVerdict.DROPPED:
                self._composer.lost.append(Lost(reason, unit.text))

    def cut_off(self) -> list[str]:
        """Return the texts that are held back, of a draft that ends in the middle."""
        return [self._show(judged) for judged in self._composer.finish()]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sections cited so far, numbered in order of first use; passages of one section share a number."""
        return tuple(self._cited.values())

    @property
    def dropped(self) -> Sequence[Lost]:
        """The units that were lost for what they say, in order."""
        return self._composer.lost

    @property
    def left_out(self) -> Sequence[Lost]:
        """Those of `dropped` that said something: a lead-in to what was lost is none."""
        return [each for each in self.dropped if each.reason != INTRODUCES_NOTHING]

    @property
    def units(self) -> tuple[CheckedUnit, ...]:
        """What was decided about each unit: those that are shown in order, then those that are not."""
        kept = (unit for unit in self._shown if unit.verdict is not UnitVerdict.DROPPED)
        lost = (CheckedUnit(each.text, UnitVerdict.DROPPED, each.reason) for each in self.dropped)
        return (*kept, *lost)

    @property
    def mostly_dropped(self) -> bool:
        """Whether nothing, or less than half of the draft, could be shown."""
        return not self.kept or len(self.dropped) > self.kept

    def _take(self, unit: Unit) -> list[str]:
        if unit.kind is UnitKind.DEFINITION and not self._shown and _MARKED_FIRST.match(unit.text):
            unit = replace(unit, kind=UnitKind.SENTENCE)  # "[1]: It is so.", and no list of sources
        self._in_sources = begins_sources(unit.text) or (self._in_sources and is_entry(unit.text))
        if self._in_sources:
            return []
        note = self.notes.find_in(unit)
        if note:
            self.notes.read(note, len(self._passages), self._judge.knows)
            return self._compose(self._paragraph.finish())
        if unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM) and self._judge.refuses(unit):
            self.refused = True
            return []
        return self._compose(self._paragraph.feed(unit))

    def _compose(self, judged: Iterable[Judged]) -> list[str]:
        return [self._show(each) for one in judged for each in self._composer.feed(one)]

    def _show(self, judged: Judged) -> str:
        """Return the unit's text with white space in front and its marks renumbered in order of first use."""
        self.kept += judged.unit.kind is not UnitKind.HEADING
        for mark, quote in zip(judged.marks, judged.quotes or (None,) * len(judged.marks), strict=True):
            self._cite(mark, quote, judged)
        text = self._renumber(judged)
        if judged.unit.kind is UnitKind.SENTENCE:
            text = text.lstrip(" ")  # a mark stood before the first word, as small models write it
        self._record(judged, text)
        return (judged.unit.gap if len(self._shown) > 1 else "") + text

    def _cite(self, mark: int, quote: str | None, judged: Judged) -> None:
        """Give a passage's section its number, its first quote, and the place of the first words that rest on it."""
        passage = self._passages[mark - 1]
        known = self._cited.get(passage.link)
        if known is not None and (known.quote is not None or (quote is None and passage.link in self._placed)):
            return
        number = known.number if known is not None else len(self._cited) + 1
        href = link_to_text(passage, quote or find_quoted(judged.unit.text, passage.text))
        if not judged.waits:  # what it introduces is the place to lead to
            self._placed.add(passage.link)
        self._cited[passage.link] = Citation(number, passage.link, passage.path, passage.title, quote, href)

    def _record(self, judged: Judged, text: str) -> None:
        quote = next(filter(None, judged.quotes), None)
        links = tuple(dict.fromkeys(self._passages[mark - 1].link for mark in judged.marks))
        self._shown.append(CheckedUnit(text, UnitVerdict.SHOWN, judged.reason, quote, links, judged.marks))

    def _renumber(self, judged: Judged) -> str:
        if judged.unit.kind is UnitKind.FENCE:
            fence, newline, label = judged.text.rpartition("\n") if judged.marks else (judged.text, "", "")
            return fence + newline + self._renumbered(label)
        return map_outside_code(judged.text, self._renumbered)

    def _renumbered(self, text: str) -> str:
        def shown(run: re.Match[str]) -> str:
            links = [self._passages[int(number) - 1].link for number in PLAIN_MARK.findall(run.group())]
            return "".join(f"[{self._cited[link].number}]" for link in dict.fromkeys(links))

        return _PLAIN_RUN.sub(shown, text)
