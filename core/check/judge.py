"""Whether one unit of a draft may be shown, and under which passages. Knows nothing of the units around it.

    Unit ──> Judged: shown, with plain marks of passages
                     lost:   no passage bears it out; it is counted, and said
                     form:   a courtesy, a list of sources, a heading of nothing; neither counted nor said

Prose is attributed by `core.check.support`, code by `core.check.code`. A table is judged row by row. Every url that a
model wrote is removed first. What becomes of units that lean on a lost one is decided in `core.check.composer`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.check.asked import find_assumed
from core.check.boilerplate import is_courtesy, refuses
from core.check.claims import find_unproven
from core.check.code import (
    code_texts,
    find_closest,
    find_unknown,
    find_verbatim,
    known_language,
    remove_marks,
    remove_quoted_lines,
)
from core.check.comments import remove_comments
from core.check.crossed import find_crossed_rows
from core.check.evidence import EvidenceText
from core.check.leadins import Below, is_introduced, is_lead_in, is_turned, negates_itself
from core.check.links import (
    find_urls,
    indexed_as_code,
    map_outside_code,
    remove_html,
    remove_invisible,
    remove_links_from_code,
    remove_links_from_prose,
)
from core.check.marks import normalise_marks, unwrap_marks
from core.check.quoting import pick_quote
from core.check.segments import LONGEST_PROSE, Unit, UnitKind
from core.check.spoken import describes_passages
from core.check.steps import StepOrder
from core.check.support import CITED_SHARE, CROSSED, NO_SOURCE, Support, Supporter, share_of
from core.check.words import content_words
from core.domain import Passage

ADAPTED, QUOTED = "Adapted from", "From"
"""What stands under a code fence: changed from a passage, or word for word and not cited just above."""

PLAIN_MARK = re.compile(r"\[(\d{1,3})\]")
_MARK_RUNS = re.compile(r"[ \t]?(?:\[\d{1,3}\])+")
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)]|>)[ \t]*")
_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<ticks>`{3,10}|~{3,10})[ \t]*(?P<language>[\w+#.-]{0,20})[^\n]*\n?")
_UNPROVEN = "not in its source"
WITHOUT_LEAD_IN, TURNED = "leans on what was left out", "its source says otherwise: not"
_WORDLESS = re.compile(r"[\W_]*")
_END = re.compile(r"(?P<stop>[.!?。！？:]{0,3}[\"'”’)»*_]{0,4})\s*$")
_CELL = re.compile(r"[^|\n]+")
_ROW_RULE = re.compile(r"[|\s:-]+")
_LONGEST_HEADING, _LONGEST_LEAD_IN, _FEWEST_SAID = 120, 300, 2
_LEADING_MARK = re.compile(r"\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+)?(?:\[\d{1,3}\])")


class Fate(StrEnum):
    """What becomes of a unit; the drawing is at the top of the module."""

    SHOWN = "shown"
    LOST = "lost"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Judged:
    """A unit and its fate. `marks` are numbers of passages, in the order in which its text holds them as [n].

    `waits`: it introduces what follows. `quotes` has the evidence of each mark, None where the unit quotes it itself.
    `rows` are the rows of a table that were lost, each with its reason.
    """

    unit: Unit
    text: str
    fate: Fate = Fate.SHOWN
    marks: tuple[int, ...] = ()
    reason: str = ""
    waits: bool = False
    quotes: tuple[str | None, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


class Judge:
    """Judges the units of one draft against its passages."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self._passages = passages
        self._grounds = [to_evidence(passage) for passage in passages]
        self._codes = [code_texts(remove_invisible(passage.text)) for passage in passages]
        self._question = EvidenceText(question)
        self._asked = "".join(filter(str.isalnum, question)).lower()
        self._known_text = "\n".join([ground.everything for ground in self._grounds] + [question])
        self._known_urls = find_urls("\n".join(ground.everything for ground in self._grounds))
        self._known_words = frozenset().union(*(ground.lowered_words for ground in self._grounds))
        self._supporter = Supporter(self._grounds)

    def knows(self, text: str) -> bool:
        """Return whether the question and the passages hold half of a text's words, and its names and numbers."""
        known = [self._question, *self._grounds]
        return share_of(text, known) >= CITED_SHARE and not find_unproven(text, known)

    def order_steps(self) -> StepOrder:
        """Return what compares the order of steps with that of the passages."""
        return StepOrder(self._grounds)

    def read_marks(self, text: str) -> tuple[str, tuple[int, ...]]:
        """Return the text without links and with plain [n] marks of passages that exist, and those marks."""
        clean = remove_links_from_prose(unwrap_marks(remove_invisible(text)), self._known_urls, self._known_text)
        clean = map_outside_code(clean, self._plain)
        return normalise_marks(clean.strip() if clean[:1] != text[:1] else clean, len(self._passages))

    def judge(
        self, unit: Unit, near: Sequence[int] = (), said: Sequence[int] = (), below: Below = Below.PLAIN
    ) -> Judged:
        """Return the fate of a unit; `near` are the passages cited around it, `said` those of what precedes."""
        judged = self._judge_alone(unit, near, said)
        if judged.fate is Fate.SHOWN and unit.kind in (UnitKind.ITEM, UnitKind.FENCE, UnitKind.TABLE):
            reason = self._find_turned(judged, near, below)
            return Judged(unit, unit.text, Fate.LOST, reason=reason) if reason else judged
        return judged

    def _find_turned(self, judged: Judged, near: Sequence[int], below: Below) -> str:
        """Return why what stands below a lead-in is no longer what its passage says; empty: it is."""
        if below is Below.ORPHANED:
            return WITHOUT_LEAD_IN
        grounds = [self._grounds[mark - 1] for mark in judged.marks or near]
        words = PLAIN_MARK.sub("", judged.unit.text)
        if below is Below.PLAIN and judged.unit.kind is UnitKind.ITEM and negates_itself(words):
            return ""
        return TURNED if is_turned(words, grounds) != (below is Below.NEGATED) else ""

    def _judge_alone(self, unit: Unit, near: Sequence[int], said: Sequence[int]) -> Judged:
        match unit.kind:
            case UnitKind.RULE | UnitKind.DEFINITION | UnitKind.NOTE:
                return Judged(unit, unit.text, Fate.FORM)
            case UnitKind.FENCE:
                return self._judge_fence(unit, near)
            case UnitKind.HEADING:
                return self._judge_heading(unit)
            case UnitKind.TABLE:
                return self._judge_table(unit, near, said)
            case UnitKind.SENTENCE | UnitKind.ITEM:
                return self._judge_prose(unit, near, said)

    def _judge_heading(self, unit: Unit) -> Judged:
        text, marks = self.read_marks(unit.text)
        if len(text) > _LONGEST_HEADING:
            return Judged(unit, unit.text, Fate.FORM)
        return self._judge_introduction(unit, text, PLAIN_MARK.sub("", text), marks)

    def _judge_prose(self, unit: Unit, near: Sequence[int], said: Sequence[int]) -> Judged:
        reason = self._find_empty(unit.text)
        if reason:
            return Judged(unit, unit.text, Fate.LOST, reason=reason)
        text, marks = self.read_marks(unit.text)
        bullet = _BULLET.match(text) if unit.kind is UnitKind.ITEM else None
        words = _MARK_RUNS.sub("", text[bullet.end() :] if bullet else text)
        if _WORDLESS.fullmatch(words) or self._is_echo(words):
            return Judged(unit, unit.text, Fate.FORM)
        if len(text) <= _LONGEST_LEAD_IN and is_lead_in(words):
            return self._judge_introduction(unit, text, words, marks)
        support = self._find_support(words, marks, near, said)
        if not support.marks:
            is_form = not marks and is_courtesy(words)
            return Judged(unit, unit.text, Fate.FORM if is_form else Fate.LOST, reason=support.reason)
        return self._shown(unit, text, words, marks, support, waits=False)

    def _is_echo(self, words: str) -> bool:
        return "".join(filter(str.isalnum, words)).lower() == self._asked

    def _find_empty(self, text: str) -> str:
        """Return why a text is not worth looking up; empty: it is."""
        if len(text) >= LONGEST_PROSE:
            return "too long"
        is_about = describes_passages(text) and "passage" not in self._known_words
        return "says only what a passage is about" if is_about else ""

    def _find_support(
        self, words: str, marks: Sequence[int], near: Sequence[int] = (), said: Sequence[int] = ()
    ) -> Support:
        """Return what bears a text out, unless it calls a thing what only the question calls it."""
        support = self._supporter.find(words, marks, near, said)
        grounds = [self._grounds[mark - 1] for mark in support.marks]
        assumed = find_assumed(words, self._question.text, grounds) if grounds else []
        return Support((), f"only the question says it: {', '.join(assumed)}") if assumed else support

    def _judge_introduction(self, unit: Unit, text: str, words: str, marks: tuple[int, ...]) -> Judged:
        """Judge what introduces code or a list, as a sentence of the passages that it cites, or of any.

        It is form if none says it: what it introduces is judged by itself.
        """
        if is_courtesy(words) and not marks:
            return Judged(unit, unit.text, Fate.FORM)
        reason = ""
        for cited in [*([marks] if marks else []), *((at,) for at in range(1, len(self._grounds) + 1))]:
            support = self._find_support(words, cited)
            grounds = [self._grounds[mark - 1] for mark in support.marks]
            if grounds and (unit.kind is UnitKind.ITEM or is_introduced(words, grounds)):
                if marks:
                    return self._shown(unit, text, words, marks, support, waits=True)
                return Judged(unit, text, waits=True)
            reason = reason or support.reason
        is_form = unit.kind is not UnitKind.ITEM and (not reason or reason.startswith(NO_SOURCE))
        return Judged(unit, unit.text, Fate.FORM if is_form else Fate.LOST, marks=marks, reason=reason)

    def _shown(
        self, unit: Unit, text: str, words: str, marks: tuple[int, ...], support: Support, *, waits: bool
    ) -> Judged:
        """Return a unit with the marks of what bears it out, in their places where the model put them right."""
        if set(support.marks) != set(marks) or _LEADING_MARK.match(text):
            text = put_marks(_MARK_RUNS.sub("", text), support.marks)
            marks = support.marks
        quotes = tuple(pick_quote(words, self._passages[mark - 1].text) for mark in marks)
        return Judged(unit, text, marks=marks, waits=waits, quotes=quotes)

    def _judge_table(self, unit: Unit, near: Sequence[int], said: Sequence[int]) -> Judged:
        """Judge each row by itself; the header stays if a row does."""
        text, marks = self.read_marks(unit.text)
        lines = text.split("\n")
        head = 2 if len(lines) > 1 and _ROW_RULE.fullmatch(_MARK_RUNS.sub("", lines[1])) else 0
        kept, lost, used = [], [], list[int]()
        cited = [self._grounds[mark - 1] for mark in marks or near]
        crossed = find_crossed_rows([line.replace("|", ", ") for line in lines[head:]], cited)
        for place, line in enumerate(lines[head:]):
            words = " ".join(_MARK_RUNS.sub("", line).replace("|", " ").split())
            own = normalise_marks(line, len(self._passages))[1]
            support = CROSSED if place in crossed else self._find_support(words, own or marks, near, said)
            if support.marks or _WORDLESS.fullmatch(words):
                kept.append(line)
                used += support.marks
            else:
                lost.append((line, support.reason))
        if not used:
            reason = lost[0][1] if lost else "no section bears it out"
            return Judged(unit, unit.text, Fate.LOST, reason=reason)
        found = tuple(dict.fromkeys(used))
        table = "\n".join([*self._judge_header(lines[:head], found), *kept])
        bare = _MARK_RUNS.sub("", table)
        lost_its_mark = bool(marks) and bare == table
        if set(found) != set(marks) or lost_its_mark:
            table = bare if set(found) <= set(near) and not lost_its_mark else put_marks(bare, found, in_cell=True)
        quotes = tuple(pick_quote(" ".join(kept), self._passages[mark - 1].text) for mark in found)
        return Judged(unit, table, marks=found, quotes=quotes, rows=tuple(lost))

    def _judge_header(self, head: Sequence[str], marks: Sequence[int]) -> list[str]:
        """Return the header of a table and its rule without the names of columns that its passages do not say.

        One word ("Parameter") names what is in a column, and claims nothing that a row does not.
        """
        grounds = [self._grounds[mark - 1] for mark in marks]

        def judge(cell: re.Match[str]) -> str:
            words = _MARK_RUNS.sub("", cell.group())
            is_label = len(content_words(words)) < _FEWEST_SAID and not negates_itself(words)
            is_said = (is_label or is_introduced(words, grounds)) and not find_unproven(words, grounds)
            return cell.group() if is_said else "  "

        return [_CELL.sub(judge, head[0]), *head[1:]] if head else []

    def _judge_fence(self, unit: Unit, near: Sequence[int]) -> Judged:
        opening = _FENCE.match(unit.text)
        if opening is None or not self._passages:
            return Judged(unit, unit.text, Fate.LOST, reason="no code")
        language = known_language(opening["language"], self._grounds)
        body = unit.text[opening.end() :]
        code = (body.rpartition("\n")[0] if unit.closed else body).rstrip()
        code = remove_marks(remove_links_from_code(remove_invisible(code), self._known_urls), self._codes)
        if not find_verbatim(code, self._codes):
            code = remove_comments(code, language, self._grounds)
        if not code.strip():
            return Judged(unit, unit.text, Fate.LOST, reason="no code")
        indent, ticks = opening["indent"], opening["ticks"]
        fence = replace(unit, text=f"{indent}{ticks}{language}\n{code}\n{indent}{ticks}")
        return self._attribute(fence, code, language, near)

    def _attribute(self, fence: Unit, code: str, language: str, near: Sequence[int]) -> Judged:
        """Return a fence with a label that says where it is from.

        A quotation needs none if its passage was cited just above it.
        """
        verbatim = [at + 1 for at in find_verbatim(code, self._codes)]
        if any(mark in near for mark in verbatim):
            return Judged(fence, fence.text, quotes=())
        if verbatim:
            return Judged(fence, f"{fence.text}\n{QUOTED} [{verbatim[0]}].", marks=(verbatim[0],), quotes=(None,))
        bare = remove_comments(code, language)  # the comments that are left have been checked
        bare = remove_quoted_lines(bare, language, self._codes)
        closest = find_closest(fence.text, self._grounds) + 1
        missing: list[str] = []
        pages = {self._passages[mark - 1].url for mark in near or (closest,)}
        others = (at for at, passage in enumerate(self._passages, 1) if passage.url in pages)
        for mark in dict.fromkeys([*near, *(() if near else (closest,)), *others]):
            unknown = find_unknown(bare, language, [self._grounds[mark - 1]], self._question)
            if not unknown:
                return Judged(fence, f"{fence.text}\n{ADAPTED} [{mark}].", marks=(mark,), quotes=(None,))
            missing = missing or unknown
        return Judged(fence, fence.text, Fate.LOST, reason=f"{_UNPROVEN}: {', '.join(missing[:5])}")

    def _plain(self, piece: str) -> str:
        return indexed_as_code(remove_html(piece, self._known_text), self._known_text)

    def refuses(self, unit: Unit) -> bool:
        """Return whether a unit says in words that there is no answer; a passage may say that of itself."""
        words = " ".join(_MARK_RUNS.sub("", self.read_marks(unit.text)[0]).split()).rstrip(" .!")
        return refuses(words, self._known_words) and not any(words in ground.squeezed for ground in self._grounds)


def to_evidence(passage: Passage) -> EvidenceText:
    """Return a passage as a text that proves claims."""
    headings = dict.fromkeys([passage.title, *passage.path])
    return EvidenceText(remove_invisible(passage.text), remove_invisible("\n".join(headings)), passage.link)


def put_marks(text: str, marks: Sequence[int], *, in_cell: bool = False) -> str:
    """Return a text with marks at its end: `"Use pip."` -> `"Use pip [1]."`; in a table in the last cell."""
    written = "".join(f"[{mark}]" for mark in marks)
    if in_cell:
        return f"{text.rstrip().removesuffix('|').rstrip()} {written} |"
    end = _END.search(text)
    at = end.start() if end else len(text)
    return f"{text[:at].rstrip()} {written}{text[at:]}"
