"""Markdown that is still being written -> units that are finished: a sentence, a list item, a heading, a code fence.

    "Install it [1]. Run:\\n```sh\\npip"       -> Unit(SENTENCE, "Install it [1].")     (the rest may still grow)
    "... install trl\\n```\\n- fast [2]\\n"     -> Unit(SENTENCE, "Run:"), Unit(FENCE, ...), Unit(ITEM, "- fast [2]")

Where a unit ends depends on the text alone, never on how it was cut into pieces. Nothing is judged here (that is
`core.check.citations`) and nothing is lost but white space: `gap` says what stood before a unit. Refused: nested
markdown (a fence in a list is a fence with an indent) and setext headings; neither is needed to check an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.domain import Abstention

_LABEL = (
    r"(?:(?:passage|source|document|doc|reference|ref|citation|cite|quelle|fuente|fonte|bron|pasaje|passagem|passaggio"
    r"|źródło|источник|出典|来源|來源|출처)s?[:：._]? ?#?|[pd](?=\d))?"
)
_BEHIND_WORD = r"(?:(?<=[^\W\d_]{2})(?<!\b[kcm]m)|(?<=[.!?。,;:)\]\"”»`])|(?<=[.!?] ))"
MARK = (
    rf"(?:\\?\[ ?\^?#?{_LABEL}\d{{1,3}}(?:(?: ?[,;&–-] ?"
    rf"| and )\^?#?{_LABEL}\d{{1,3}}){{0,11}}\.?(?:†[^\[\]\n]{{0,40}})?\^? ?\\?\]"
    r"|[【［〔](?:出典|来源|來源|출처)?[:：]? ?\d{1,3}(?:[,:† ][^\[\]【】［］〔〕\n]{0,40})?[】］〕]"
    r"|\((?:see )?(?:passage|source|document|quelle|fuente|fonte|bron|出典|来源)s?[:：]? ?\d{1,3}(?:, ?\d{1,3}){0,5}\)"
    r"|<(?:sup|cite)>[ \t]{0,2}\[?\d{1,3}(?:, ?\d{1,3}){0,5}\]?[ \t]{0,2}</(?:sup|cite)>"
    r"|</co:? ?\d{1,3}(?:, ?\d{1,3}){0,5}>"
    rf"|{_BEHIND_WORD}[¹²³⁴⁵⁶⁷⁸⁹](?:[,˒⸴]?[⁰¹²³⁴⁵⁶⁷⁸⁹]){{0,5}}(?!\w)"
    r"|(?:(?<=[^\W\d_]{2})|(?<=[.!?] )|(?<=[.!?])|(?<=\w ))\^\d{1,2}(?=[.!?,;]|\s*$)"
    r"|(?<=\w )\{\d{1,2}\}(?=[.!?,;]|\s|$)"
    r"|\ue200cite(?:\ue202[^\ue200-\ue202\n]{1,60}){1,6}\ue201)"
)
"""One citation mark in the forms that models write: [1], [^1], [1, 2], [1-3], [passage 1], [1†L2], 【1†source】,
[P1], (Source: 1), <sup>1</sup>, ¹, ^1, {1}, and the private-use marks of OpenAI's models."""

LONGEST_PROSE = 1_500
"""Characters after which prose is cut, wherever that is; no sentence of documentation is that long."""

_PREFIX = 14
_BY_LINES = re.MULTILINE | re.IGNORECASE
_PATIENCE = 32
_LONGEST_SPAN = 300
_IN_BOLD = r"(?:[^ *\n]{1,100} ){3}[^*\n]{0,100}\.\*\*"
"""A sentence in bold, in place of a heading: it has words and ends."""

_CLASSES = (
    (
        "note",
        re.compile(
            r"[*_`\[]{0,3}(?:NOT_FOUND|SEE_ALSO)[*_`]{0,3}[ \t]{0,3}[:：]"
            rf"|[*_`\[]{{0,3}}(?:{'|'.join(each.value.upper() for each in Abstention)})[*_`\]. \t]{{0,9}}$"
        ),
    ),
    ("fence", re.compile(r"`{3,10}[^`\n]{0,80}$|~{3,10}[^\n]{0,80}$")),
    ("rule", re.compile(r"(?:-[ \t]?){3,60}$|(?:\*[ \t]?){3,60}$|(?:_[ \t]?){3,60}$")),
    ("heading", re.compile(rf"#{{1,6}}[ \t]|\*\*(?!{_IN_BOLD})[^*\n]{{1,100}}\*\*:?[ \t]{{0,4}}$")),
    ("definition", re.compile(r"\[[^\]\n]{1,40}\]:")),
    ("item", re.compile(r"(?:[-*+•]|\d{1,3}[.)])[ \t]|>")),
    ("table", re.compile(r"\|")),
)
_NEEDS_WHOLE_LINE = re.compile(
    r"[*_`\[]{0,3}(?:NOT_|SEE_|CONTEXT_|NO_C|DOES_)|`{3}|~{3}|#{1,6}(?:[ \t]|$)"
    r"|[-*_][-*_ \t]{0,120}$|\*\*[^\n]{0,108}$|\[[^\n]{0,44}$"
)
_STOP = re.compile(r"`{1,10}|\n|[.!?…]|[。！？]")
_TAIL = re.compile(r"[.!?…]{0,3}[\"'”’)»*_]{0,4}")
_FULL_WIDTH_TAIL = re.compile(r"[。！？]{0,3}[」』）》”’]{0,3}")
_MARKS = re.compile(rf"(?: ?{MARK}){{0,12}}", re.IGNORECASE)
_OPENS, _CLOSES = "[【［〔\\(<{^\ue200", re.compile(r"[\]】］〕)}>\ue201]|^\^\d{1,3}\D")
_FRONT_MARK = re.compile(MARK, re.IGNORECASE)
_HAS_MARK = re.compile(MARK, re.IGNORECASE)
_INITIALS = re.compile(r"(?:[A-Za-z]\.){1,5}[A-Za-z]|[A-Z]")
_ABBREVIATIONS = frozenset(
    ["eg", "ie", "cf", "vs", "al", "approx", "ca", "dr", "mr", "mrs", "ms", "prof", "fig", "sec"]
)


class UnitKind(StrEnum):
    SENTENCE = "sentence"
    ITEM = "item"
    HEADING = "heading"
    FENCE = "fence"
    TABLE = "table"
    RULE = "rule"
    DEFINITION = "definition"
    NOTE = "note"


_BY_LINE = {kind.value: kind for kind in UnitKind}


@dataclass(frozen=True, slots=True)
class Unit:
    """A finished unit of a text.

    `text` keeps its indent (items, fences); `gap` is "", " ", one newline or two; `closed` is False for a fence whose
    end never came.
    """

    kind: UnitKind
    text: str
    gap: str = ""
    closed: bool = True


class Segmenter:
    """Feed pieces, take the units that they finish; `finish` gives the rest."""

    def __init__(self) -> None:
        self._text = ""
        self._at_line_start = True
        self._next_look = 0

    def feed(self, piece: str) -> list[Unit]:
        self._text += piece
        if len(self._text) < self._next_look:
            return []
        found = list(self._take(final=False))
        self._next_look = len(self._text) + len(self._text) // _PATIENCE  # or long units would take quadratic time
        return found

    def finish(self) -> list[Unit]:
        return list(self._take(final=True))

    def _take(self, *, final: bool) -> Iterator[Unit]:
        while body := self._text.lstrip():
            lead = self._text[: len(self._text) - len(body)]
            at_line_start = self._at_line_start or "\n" in lead
            found = _first_unit(body, lead, at_line_start=at_line_start, final=final)
            if found is None:
                return
            unit, length = found
            self._text = body[length:]
            self._at_line_start = False
            yield unit


def split_units(text: str) -> list[Unit]:
    """Return all units of a finished text."""
    return [*(segmenter := Segmenter()).feed(text), *segmenter.finish()]


def has_mark(text: str) -> bool:
    return _HAS_MARK.search(text) is not None


def _first_unit(body: str, lead: str, *, at_line_start: bool, final: bool) -> tuple[Unit, int] | None:
    """Return the unit that `body` begins with and its length in `body`; None: more text is needed to know."""
    name = _line_class(body, final=final) if at_line_start else "sentence"
    if name is None:
        return None
    kind = _BY_LINE[name]
    end = _ENDS[kind](body, final)
    if end is None:
        return None
    newlines = lead.count("\n")
    gap = "\n" * min(newlines, 2) or (" " if lead else "")
    indent = lead.rpartition("\n")[2] if kind in (UnitKind.ITEM, UnitKind.FENCE, UnitKind.TABLE) else ""
    closed = kind is not UnitKind.FENCE or _closing(body) is not None
    return Unit(kind, indent + body[:end].rstrip(), gap, closed), end


def _line_class(text: str, *, final: bool) -> str | None:
    """Return the kind of line that begins here, which no further text changes; None: too little of it is there."""
    line, newline, _ = text[:600].partition("\n")
    complete = bool(newline) or final or len(line) >= 600
    if not complete and (len(line) < _PREFIX or _NEEDS_WHOLE_LINE.match(line)):
        return None
    return next((name for name, pattern in _CLASSES if pattern.match(line)), "sentence")


def _line_end(text: str, final: bool) -> int | None:  # noqa: FBT001  # one signature for all of _ENDS
    end = text.find("\n")
    if end >= 0:
        return end
    return len(text) if final else None


def _fence_end(text: str, final: bool) -> int | None:  # noqa: FBT001  # one signature for all of _ENDS
    """Return the end of a fence, whose closing line has to be finished: "```" could still become "```python"."""
    end = _closing(text)
    if end is not None and (final or end < len(text)):
        return end
    return len(text) if final else None


def _closing(text: str) -> int | None:
    opening = re.match(r"`{3,10}|~{3,10}", text)
    if opening is None or text.rfind(opening.group()) == 0:
        return None
    mark = opening.group()
    marks = rf"(?:[ \t]{{0,4}}{MARK}){{0,12}}"  # models cite behind the fence, too
    closing = re.compile(rf"^[ \t]{{0,40}}{re.escape(mark[0])}{{{len(mark)},20}}{marks}[ \t]{{0,40}}$", _BY_LINES)
    start = text.find("\n")
    found = closing.search(text, start + 1) if start >= 0 else None
    return found.end() if found else None


def _item_end(text: str, final: bool) -> int | None:  # noqa: FBT001  # one signature for all of _ENDS
    """Return the end of an item, which goes on over indented lines of plain text."""
    end = 0
    while end < LONGEST_PROSE:
        line_end = text.find("\n", end)
        if line_end < 0:
            return _cut(text, final)
        following = text[line_end + 1 :]
        goes_on = _continues(following, final=final, indent=2)
        if goes_on is None:
            return None
        if not goes_on:
            return min(line_end, LONGEST_PROSE)
        end = line_end + 1
    return LONGEST_PROSE


def _table_end(text: str, final: bool) -> int | None:  # noqa: FBT001  # one signature for all of _ENDS
    end = text.find("\n")
    while end >= 0:
        following = text[end + 1 :].lstrip(" \t")
        if not following and not final:
            return None
        if not following.startswith("|"):
            return end
        end = text.find("\n", end + 1)
    return len(text) if final else None


def _continues(following: str, *, final: bool, indent: int) -> bool | None:
    """Return whether the line after a newline belongs to the paragraph or item before it."""
    stripped = following.lstrip(" \t")
    if not stripped:
        return False if final else None
    if stripped[0] == "\n" or len(following) - len(stripped) < indent:
        return False
    name = _line_class(stripped, final=final)
    return None if name is None else name == "sentence"


def _sentence_end(text: str, final: bool) -> int | None:  # noqa: FBT001  # one signature for all of _ENDS
    at = 0
    while stop := _STOP.search(text, at, LONGEST_PROSE):
        sign = stop.group()
        if sign[0] == "`":
            step = _span_end(text, stop.end(), sign, final=final)
        elif sign == "\n":
            step = _paragraph_end(text, stop.start(), final=final)
        else:
            step = _stop_end(text, stop, final=final)
        if step is None:
            return None
        is_end, at = step
        if is_end:
            return at
    return _cut(text, final)


def _cut(text: str, final: bool) -> int | None:  # noqa: FBT001  # as _ENDS
    if len(text) >= LONGEST_PROSE:
        return LONGEST_PROSE
    return len(text) if final else None


def _span_end(text: str, start: int, ticks: str, *, final: bool) -> tuple[bool, int] | None:
    """Step past an inline code span, in which no sentence ends; a lone backtick is an ordinary character."""
    if start == len(text) and not final:
        return None  # the run of backticks may still grow
    window = text[start : start + _LONGEST_SPAN].partition("\n")
    close = window[0].find(ticks)
    if close >= 0:
        return False, start + close + len(ticks)
    decided = final or window[1] or len(window[0]) == _LONGEST_SPAN
    return (False, start) if decided else None


def _paragraph_end(text: str, newline: int, *, final: bool) -> tuple[bool, int] | None:
    goes_on = _continues(text[newline + 1 :], final=final, indent=0)
    return None if goes_on is None else (not goes_on, newline if not goes_on else newline + 1)


def _stop_end(text: str, stop: re.Match[str], *, final: bool) -> tuple[bool, int] | None:
    """Step past a full stop with its quotes and marks, and return whether the sentence ends there, and the place."""
    full_width = stop.group() in "。！？"
    tail = (_FULL_WIDTH_TAIL if full_width else _TAIL).match(text, stop.end())
    end = tail.end() if tail else stop.end()
    marks = None if _FRONT_MARK.match(text) else _MARKS.match(text, end)
    end = marks.end() if marks else end
    rest = text[end : end + LONGEST_PROSE].lstrip()
    if not final and (not rest or (rest[0] in _OPENS and len(rest) < 60 and not _CLOSES.search(rest))):
        return None
    if not rest:
        return True, end
    if not full_width and (not text[end].isspace() or _goes_on(text, stop, end, rest[0])):
        return False, stop.end()
    return True, end


def _goes_on(text: str, stop: re.Match[str], end: int, following: str) -> bool:
    """Return whether a full stop only ends an abbreviation, or a word that cannot stand alone ("No. ...")."""
    if len(text[:end].split(maxsplit=2)) <= 1 and not has_mark(text[:end]):
        return True
    if stop.group() in "!?":
        return False
    before = re.split(r"[\s(\[\"'*]", text[max(0, stop.start() - 16) : stop.start()])[-1]
    short = before.replace(".", "").lower()
    numbered = short in ("no", "nr", "p", "pp", "ch") and following.isdigit()
    return following.islower() or numbered or short in _ABBREVIATIONS or _INITIALS.fullmatch(before) is not None


_ENDS = {
    UnitKind.SENTENCE: _sentence_end,
    UnitKind.ITEM: _item_end,
    UnitKind.HEADING: _line_end,
    UnitKind.FENCE: _fence_end,
    UnitKind.TABLE: _table_end,
    UnitKind.RULE: _line_end,
    UnitKind.DEFINITION: _line_end,
    UnitKind.NOTE: _line_end,
}
