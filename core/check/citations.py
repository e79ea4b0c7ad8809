"""A draft with [n] marks -> what may be shown: checked, renumbered sentences, each with a source that bears it out.

    draft piece ──Segmenter──> Unit ──Checker──> shown text, or Dropped(reason, text)

Drops, and counts, prose without a mark and prose whose numbers, versions, flags, identifiers or inline code are not in
a passage that it cites or in the question. Removes marks that mean no passage, and every url that a model
wrote; courtesies and a list of sources are dropped without being counted. Headings and lead-ins ("Run this:") wait for
what they introduce, and are shown or dropped with it. Not judged here: whether a sentence follows from its passage, and
what to do with an answer of which too little is left (`core.answer.engine`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.check.boilerplate import begins_sources, is_courtesy, is_entry, is_refusal
from core.check.claims import EvidenceText, find_unproven
from core.check.code import code_texts, find_closest, find_unknown, find_verbatim, known_language, remove_marks
from core.check.comments import remove_comments
from core.check.inherited_marks import Unmarked
from core.check.links import (
    find_urls,
    indexed_as_code,
    map_outside_code,
    remove_html,
    remove_invisible,
    remove_links_from_code,
    remove_links_from_prose,
    remove_unprintable,
)
from core.check.marks import normalise_marks, unwrap_marks
from core.check.segments import LONGEST_PROSE, Segmenter, Unit, UnitKind
from core.domain import Citation, Hit, Passage

ADAPTED, QUOTED = "Adapted from", "From"
"""What stands under a code fence: changed from a passage, or word for word and not cited just above."""

_PLAIN_MARK = re.compile(r"\[(\d{1,3})\]")
_PLAIN_RUN = re.compile(r"(?:\[\d{1,3}\])+")
_LEAD_IN = re.compile(r":(?:\*\*|__|\s)*$")
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)]|>)[ \t]*")
_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<ticks>`{3,10}|~{3,10})[ \t]*(?P<language>[\w+#.-]{0,20})[^\n]*\n?")
_WORDLESS = re.compile(r"[\W_]*")
_LONGEST_HEADING, _LONGEST_LEAD_IN = 120, 300


@dataclass(frozen=True, slots=True)
class Dropped:
    """A unit that was not shown, and why: "no source", "not in its source: ...", "introduces nothing", ..."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class _Checked:
    """A unit that passed: `marks` are numbers of passages, in the order in which its text holds them as [n]."""

    unit: Unit
    text: str
    marks: tuple[int, ...] = ()
    waits: bool = False


class Checker:
    """Feed it the draft; it returns the texts that may be shown, in order, each with its leading white space.

    `hits[n - 1]` is what [n] of the draft means; `citations` is what the shown numbers mean. `dropped` and `kept`
    count prose and code, not headings.
    """

    def __init__(self, hits: Sequence[Hit], question: str) -> None:
        passages = [hit.passage for hit in hits]
        self._passages = passages
        self._grounds = [EvidenceText(_all_text(passage)) for passage in passages]
        self._codes = [code_texts(remove_invisible(passage.text)) for passage in passages]
        self._question = EvidenceText(question)
        self._known_text = "\n".join([ground.text for ground in self._grounds] + [question])
        self._known_urls = find_urls("\n".join(ground.text for ground in self._grounds))
        self._segmenter = Segmenter()
        self._unmarked = Unmarked(self._grounds, self._marked)
        self._cited: dict[str, Citation] = {}
        self._waiting: list[_Checked] = []
        self._inherited: tuple[int, ...] = ()
        self._gap = ""
        self._shown_any = False
        self._in_sources = False
        self.refused = False
        self.dropped: list[Dropped] = []
        self.kept = 0

    def feed(self, piece: str) -> list[str]:
        """Return the texts of the units that this piece finished and that passed."""
        return [text for unit in self._segmenter.feed(remove_unprintable(piece)) for text in self._judged(unit)]

    def finish(self) -> list[str]:
        """Return the texts that were left at the end of the draft, with an open code fence closed."""
        shown = [text for unit in self._segmenter.finish() for text in self._judged(unit)]
        shown += [text for unit in self._unmarked.finish() for text in self._judged_now(unit)]
        self._forget_waiting()
        return shown

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sections cited so far, numbered in order of first use; passages of one section share a number."""
        return tuple(self._cited.values())

    @property
    def mostly_dropped(self) -> bool:
        """Whether nothing, or less than half of the draft, could be shown."""
        return not self.kept or len(self.dropped) > self.kept

    def _judged(self, unit: Unit) -> Iterator[str]:
        inherits = unit.kind is not UnitKind.SENTENCE and self._inherited and not self._unmarked.holds_any
        for each in [unit] if inherits else self._unmarked.feed(unit):
            yield from self._judged_now(each)

    def _judged_now(self, unit: Unit) -> Iterator[str]:
        self._gap = max(self._gap, unit.gap, key=_width)
        verdict = self._check(unit)
        if isinstance(verdict, Dropped):
            self._drop(verdict, unit)
            return
        verdict = replace(verdict, unit=replace(unit, gap=self._gap))
        self._gap = ""
        if verdict.waits:
            self._wait(verdict)
            return
        yield from self._released(verdict)

    def _drop(self, dropped: Dropped, unit: Unit) -> None:
        """Count a dropped unit, and the lead-ins that would now introduce something else."""
        if dropped.reason:
            self.dropped.append(dropped)
        if dropped.reason and unit.kind is not UnitKind.ITEM:
            self._forget_lead_ins()

    def _check(self, unit: Unit) -> _Checked | Dropped:
        self._in_sources = begins_sources(unit.text) or (self._in_sources and is_entry(unit.text))
        if self._in_sources:
            return Dropped("", unit.text)
        match unit.kind:
            case UnitKind.RULE | UnitKind.DEFINITION:
                return Dropped("", unit.text)
            case UnitKind.FENCE:
                return self._check_fence(unit)
            case UnitKind.HEADING:
                return self._check_heading(unit)
            case UnitKind.SENTENCE | UnitKind.ITEM | UnitKind.TABLE:
                return self._check_prose(unit)

    def _check_heading(self, unit: Unit) -> _Checked | Dropped:
        text, marks = self._marked(unit.text)
        if len(text) > _LONGEST_HEADING or find_unproven(_PLAIN_MARK.sub("", text), self._everything):
            return Dropped("", unit.text)
        return _Checked(unit, text, marks, waits=True)

    def _check_prose(self, unit: Unit) -> _Checked | Dropped:
        if len(unit.text) >= LONGEST_PROSE and unit.kind is not UnitKind.TABLE:
            return Dropped("too long", unit.text)
        text, marks = self._marked(unit.text)
        bullet = _BULLET.match(text) if unit.kind is UnitKind.ITEM else None
        claims = _PLAIN_MARK.sub("", text[bullet.end() :] if bullet else text)
        if _WORDLESS.fullmatch(claims):
            return Dropped("", unit.text)
        if self._refuses(claims):
            self.refused = True
            return Dropped("", unit.text)
        waits = len(text) <= _LONGEST_LEAD_IN and _LEAD_IN.search(claims) is not None
        if not marks and unit.kind is not UnitKind.SENTENCE and self._inherited:
            marks = self._inherited
            text += "" if unit.kind is UnitKind.TABLE else " " + "".join(f"[{mark}]" for mark in marks)
        if not marks and not waits:
            return Dropped("" if is_courtesy(unit.text) else "no source", unit.text)
        grounds = [self._grounds[mark - 1] for mark in marks] + [self._question] if marks else self._everything
        missing = find_unproven(claims, grounds)
        if missing:
            return Dropped(f"not in its source: {', '.join(missing[:5])}", unit.text)
        return _Checked(unit, text, marks, waits)

    def _refuses(self, claims: str) -> bool:
        """Return whether a text says in words that there is no answer; a passage may say that of itself."""
        said = " ".join(claims.split()).rstrip(" .!")
        return is_refusal(said) and not any(said in ground.squeezed for ground in self._grounds)

    def _check_fence(self, unit: Unit) -> _Checked | Dropped:
        opening = _FENCE.match(unit.text)
        if opening is None:
            return Dropped("not code", unit.text)
        language = known_language(opening["language"], self._grounds)
        body = unit.text[opening.end() :]
        code = (body.rpartition("\n")[0] if unit.closed else body).rstrip()
        code = remove_marks(remove_links_from_code(remove_invisible(code), self._known_urls), self._codes)
        if not find_verbatim(code, self._codes):
            code = remove_comments(code, language, self._grounds)
        if not code.strip() or not self._passages:
            return Dropped("no code", unit.text)
        verbatim = find_verbatim(code, self._codes)
        bare = "" if verbatim else remove_comments(code, language)  # the comments that are left have been checked
        missing = find_unknown(bare, language, self._grounds, self._question)
        if missing:
            return Dropped(f"not in any source: {', '.join(missing[:5])}", unit.text)
        indent, ticks = opening["indent"], opening["ticks"]
        fence = f"{indent}{ticks}{language}\n{code}\n{indent}{ticks}"
        return self._labelled(replace(unit, text=fence), verbatim)

    def _labelled(self, fence: Unit, verbatim: list[int]) -> _Checked:
        """Return a fence with a label that says where it is from.

        A quotation needs none if its passage was cited just above it.
        """
        cited_above = self._waiting[-1].marks if self._waiting else self._inherited
        if any(at + 1 in cited_above for at in verbatim):
            return _Checked(fence, fence.text)
        source = (verbatim[0] if verbatim else find_closest(fence.text, self._grounds)) + 1
        label = QUOTED if verbatim else ADAPTED
        return _Checked(fence, f"{fence.text}\n{label} [{source}].", (source,))

    def _wait(self, checked: _Checked) -> None:
        """Hold a heading or lead-in back; an earlier lead-in that another sentence follows has introduced nothing."""
        if checked.unit.kind is UnitKind.HEADING:
            self._forget_lead_ins()
            level = _level(checked.text)
            self._waiting = [each for each in self._waiting if _level(each.text) < level]
        elif checked.unit.kind is UnitKind.SENTENCE:
            self._forget_lead_ins()
        self._waiting.append(checked)
        self._inherited = checked.marks if checked.unit.kind is UnitKind.HEADING else checked.marks or self._inherited

    def _released(self, checked: _Checked) -> Iterator[str]:
        if checked.unit.kind is UnitKind.SENTENCE:
            self._forget_lead_ins()
        for each in (*self._waiting, checked):
            self.kept += each.unit.kind is not UnitKind.HEADING
            yield self._shown(each)
        self._waiting.clear()
        if checked.unit.kind is UnitKind.SENTENCE:
            self._inherited = ()

    def _forget_lead_ins(self) -> None:
        lead_ins = [each for each in self._waiting if each.unit.kind is not UnitKind.HEADING]
        self.dropped += [Dropped("introduces nothing", each.unit.text) for each in lead_ins]
        self._waiting = [each for each in self._waiting if each.unit.kind is UnitKind.HEADING]
        self._inherited = ()

    def _forget_waiting(self) -> None:
        self._forget_lead_ins()
        self._waiting.clear()

    def _shown(self, checked: _Checked) -> str:
        """Return the unit's text with white space in front and its marks renumbered in order of first use."""
        for mark in checked.marks:
            passage = self._passages[mark - 1]
            citation = Citation(len(self._cited) + 1, passage.link, passage.path, passage.title)
            self._cited.setdefault(passage.link, citation)
        gap = checked.unit.gap if self._shown_any else ""
        self._shown_any = True
        if checked.unit.kind is UnitKind.FENCE:
            fence, newline, label = checked.text.rpartition("\n") if checked.marks else (checked.text, "", "")
            return gap + fence + newline + self._renumbered(label)
        return gap + map_outside_code(checked.text, self._renumbered)

    def _renumbered(self, text: str) -> str:
        def shown(run: re.Match[str]) -> str:
            links = [self._passages[int(number) - 1].link for number in _PLAIN_MARK.findall(run.group())]
            return "".join(f"[{self._cited[link].number}]" for link in dict.fromkeys(links))

        return _PLAIN_RUN.sub(shown, text)

    def _marked(self, text: str) -> tuple[str, tuple[int, ...]]:
        """Return the text without links and with plain [n] marks of passages that exist, and those marks."""
        clean = remove_links_from_prose(unwrap_marks(remove_invisible(text)), self._known_urls, self._known_text)
        clean = map_outside_code(clean, self._plain)
        return normalise_marks(clean.strip() if clean[:1] != text[:1] else clean, len(self._passages))

    def _plain(self, piece: str) -> str:
        return indexed_as_code(remove_html(piece, self._known_text), self._known_text)

    @property
    def _everything(self) -> list[EvidenceText]:
        return [*self._grounds, self._question]


def _all_text(passage: Passage) -> str:
    return remove_invisible("\n".join([passage.title, *passage.path, passage.text, passage.link]))


def _level(heading: str) -> int:
    """Return the level of a heading: `"## Set up"` -> 2; a bold line counts as the deepest."""
    return len(heading) - len(heading.lstrip("#")) or 7


def _width(gap: str) -> tuple[int, int]:
    return gap.count("\n"), len(gap)
