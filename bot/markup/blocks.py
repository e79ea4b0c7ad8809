"""The text of an answer as blocks, one paragraph or one body of code each, and blocks as messages that fit.

    "Use `fit`.\\n\\n```py\\nfit()\\n```\\nFrom [1]." -> "Use `fit`."  code "fit()" in py  "From [1]." (tight)
    blocks ──split_blocks──> [[block, block], [block]]     each list one message, none larger than the limit

Whatever the text is, here it loses what no chat may show: links that no passage holds (`core.check.links`), control,
bidirectional and invisible characters, and piles of combining marks. The text is cut before it is looked at, and no
pattern repeats without bound next to another. A table is code: on Discord it would be pipes, and on Slack one that is
out of bounds costs the whole message. Each platform's module knows what a mention is there, and how code is fenced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.markup.tables import align_columns
from core.answer.prompt import SHORTENED
from core.check.links import (
    CODE_SPAN,
    REMOVED,
    map_outside_code,
    remove_invisible,
    remove_links_from_code,
    remove_links_from_prose,
)
from core.domain import Hit

LONGEST = 24_000
"""The most characters of a text that are looked at. The engine shows 3,000."""

TICK = "ˋ"
"""What replaces a backtick that would begin code: it looks like one and is none, in every dialect."""

BREAK = "\u200b"
"""Stands behind "<" where what follows is a token of Discord, not a tag. `clean` leaves none, so each one is ours."""

_MOST_MARKS = 4
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,20}")
_OPENING = re.compile(r"([ \t]{0,40})(`{3,10}|~{3,10})[ \t]{0,10}([^`\n]{0,80})")
_TICKS = re.compile(r"`{3,}")
_MASKED = re.compile(r"\](?=\()")
_DEFINITION = re.compile(r"^([ \t>*+0-9.)-]{0,20}\[[^\]\n]{1,200}\])(?=:)", re.MULTILINE)
_MENTION = re.compile(r"<(?=[@#!&:/]|[a-z]{1,20}[:^|])|@(?=everyone|here)", re.IGNORECASE)
_TOKEN = re.compile(r"<(?=a?:\w{1,40}:\d|t:-?\d|id:\w|sound:\d)", re.IGNORECASE)
_ANYWHERE = re.compile(r"[a-z]{2,12}:[/\\]{2}\S*", re.IGNORECASE)
_TABLE_RULE = frozenset("|:- \t")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
_PUNCTUATION = ".,;:!?()[]{}<>\"'`*_|"


@dataclass(frozen=True, slots=True)
class MarkdownBlock:
    """A paragraph of prose, or the body of a code block. `tight`: no blank line stood before it."""

    text: str
    code: bool = False
    language: str = ""
    tight: bool = False


def clean(text: str, longest: int = LONGEST) -> str:
    """Return at most `longest` characters of a text, without those that are invisible or piled up on another."""
    text = remove_invisible(text[:longest])
    return text if text.isascii() else "".join(_without_piles(text))


def to_rendered(text: str) -> str:
    """Return the NFKC of a text where that makes a mention out of what was none ("＠everyone"), else the text itself.

    `core.check.links` does the same for urls.
    """
    folded = unicodedata.normalize("NFKC", text)
    return folded if len(_MENTION.findall(folded)) > len(_MENTION.findall(text)) else text


def to_one_line(text: str, longest: int) -> str:
    """Return a text after `clean`, on one line and at most `longest` long, with an ellipsis if something is missing."""
    line = " ".join(to_rendered(clean(text, 4 * longest)).split())
    return line if width(line) <= longest and len(text) <= 4 * longest else f"{_begin(line, longest - 1)}…"


def width(text: str) -> int:
    """Return the length as platforms count it, in UTF-16 units: never less than the number of characters."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def parse_blocks(text: str, known: Collection[str] = ()) -> list[MarkdownBlock]:
    """Return the blocks of a text, without links that are not in `known` (see `known_in`); empty: nothing to show."""
    return [*_Reading(clean(text), known).read_blocks()]


def known_in(text: str, hits: Sequence[Hit]) -> frozenset[str]:
    """Return the addresses of `text` that stand in its evidence and may therefore be shown, like a url within code.

    They are few and short: they can be stored with an answer, whose evidence is gone by the time it is rendered again.
    """
    held = "\n".join(remove_invisible(f"{hit.passage.title}\n{hit.passage.text}\n{hit.passage.link}") for hit in hits)
    words = {word.strip(_PUNCTUATION) for word in re.split(r"[\s`\"'<>|{}^]", text[:LONGEST])}
    return frozenset(word for word in words if ("." in word or ":/" in word) and word in held)


def remove_links(text: str, known: Collection[str] = ()) -> str:
    """Return prose without links that are not `known`.

    `core.check.links` looks for links where words begin, while platforms see them anywhere.
    """
    text = remove_links_from_prose(text, known, "\n".join(known))
    return map_outside_code(text, lambda piece: _ANYWHERE.sub(REMOVED, piece))


def split_spans(prose: str) -> Iterator[tuple[str, bool]]:
    """Yield a paragraph as (text, is code) in turn: code without its backticks, and no other backtick is left.

    `"Use `fit` ` now"` -> `("Use ", False), ("fit", True), (" ˋ now", False)`
    """
    prose = _TICKS.sub(TICK * 3, prose)
    at = 0
    for span in CODE_SPAN.finditer(prose):
        yield prose[at : span.start()].replace("`", TICK), False
        inner = span.group().strip("`").replace(BREAK, "")
        yield (inner.replace("`", TICK), True) if inner.strip() else (inner, False)
        at = span.end()
    yield prose[at:].replace("`", TICK), False


def join_blocks(part: Sequence[MarkdownBlock], form: Callable[[MarkdownBlock], str]) -> str:
    """Return the blocks of a message as one text, each in its form, with the blank lines that stood between them."""
    return "".join(("\n" if at and each.tight else "\n\n" if at else "") + form(each) for at, each in enumerate(part))


def gap_of(delta: str) -> tuple[str, str]:
    """Return the white space in front of a delta, and the rest with its indent. `"\\n  - a"` -> `("\\n", "  - a")`."""
    lead = len(delta) - len(delta.lstrip())
    lead = delta.rfind("\n", 0, lead) + 1 or lead
    return clean(delta[:lead]), delta[lead:]


def break_fences(code: str) -> str:
    """Return code that cannot end the fence that it stands in: with blanks between three backticks or more."""
    return re.sub(r"(?<=``)`", " `", code)


def split_blocks(
    blocks: Sequence[MarkdownBlock], size: Callable[[MarkdownBlock], int], *, limit: int, most: int
) -> list[list[MarkdownBlock]]:
    """Return the blocks of each message. `size` is what a block takes up there.

    Longer blocks are cut at lines, sentences, blanks. What would need more than `most` messages is left out, and the
    last one says so.
    """
    room = limit - len(SHORTENED) - 2
    messages: list[list[MarkdownBlock]] = []
    left = 0
    for block in (part for whole in blocks for part in _split_block(whole, size, room)):
        needed = size(block) + 2
        if needed > left:
            lead = _lead_in(messages, size, room - needed)
            messages.append(lead)
            left = room + 2 - sum(size(each) + 2 for each in lead)
        messages[-1].append(block)
        left -= needed
    if len(messages) > most:
        messages[most:] = []
        messages[-1].append(MarkdownBlock(SHORTENED))
    return messages


def _lead_in(
    messages: list[list[MarkdownBlock]], size: Callable[[MarkdownBlock], int], room: int
) -> list[MarkdownBlock]:
    """Return the heading, or a line like "Run this:", that goes to the next message with what it introduces."""
    last = messages[-1] if messages else []
    introduces = len(last) > 1 and not last[-1].code and (last[-1].text.endswith(":") or _HEADING.match(last[-1].text))
    return [last.pop()] if introduces and size(last[-1]) + 2 <= room else []


def _split_block(whole: MarkdownBlock, size: Callable[[MarkdownBlock], int], limit: int) -> Iterator[MarkdownBlock]:
    """Yield a block as blocks that fit; what is cut from code is code in the same language."""
    rest = whole
    while size(rest) > limit:
        cut = _border(rest, min(len(rest.text), limit))
        while (over := size(replace(rest, text=rest.text[:cut]))) > limit:
            cut = _border(rest, max(1, min(cut - 1, cut * limit // over)))
        if head := rest.text[:cut].rstrip("\n" if rest.code else None):
            yield replace(rest, text=head)
        following = rest.text[cut:]
        rest = replace(rest, text=following.removeprefix("\n") if rest.code else following.lstrip())
    if rest.text.strip():
        yield rest


def _border(block: MarkdownBlock, target: int) -> int:
    """Return where to cut off at most `target` characters: after a line, else a sentence, a word, or anywhere."""
    lowest = target // 2
    for border in ("\n",) if block.code else ("\n", ". ", " "):
        found = block.text.rfind(border, lowest, target)
        if found > 0:
            return found + len(border.rstrip())
    return target


def _begin(line: str, longest: int) -> str:
    """Return the first words of a line, at most `longest` long."""
    while width(line) > longest:
        line = line[: min(len(line) - 1, longest)]
    head, blank, _ = line.rpartition(" ")
    return head if blank and len(head) > longest // 2 else line


def _without_piles(text: str) -> Iterator[str]:
    """Yield a text's characters, but only the first few of the combining marks on one character: Zalgo, levelled."""
    piled = 0
    for character in text:
        piled = piled + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if piled <= _MOST_MARKS:
            yield character


class _Reading:
    """One pass over the lines of a text."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self._lines = text.split("\n")
        self._known = known
        self._at = 0
        self._gap = True

    def read_blocks(self) -> Iterator[MarkdownBlock]:
        while self._at < len(self._lines):
            if not self._lines[self._at].strip():
                self._at += 1
                self._gap = True
                continue
            block = self._next()
            if block.text.strip():
                yield replace(block, tight=not self._gap)
                self._gap = False

    def _next(self) -> MarkdownBlock:
        opening = _OPENING.fullmatch(self._lines[self._at])
        if opening:
            return self._fence(*opening.groups())
        if self._is_table(self._at):
            return self._table()
        return self._paragraph()

    def _fence(self, indent: str, ticks: str, info: str) -> MarkdownBlock:
        """Return the code up to its closing line, or to the end: `~~~` and four backticks may hold three backticks."""
        closing = re.compile(rf"[ \t]{{0,40}}{re.escape(ticks[0])}{{{len(ticks)},20}}[ \t]{{0,40}}")
        self._at += 1
        begin = self._at
        while self._at < len(self._lines) and not closing.fullmatch(self._lines[self._at]):
            self._at += 1
        body = [_without_indent(line, len(indent)) for line in self._lines[begin : self._at]]
        self._at += 1
        language = _LANGUAGE.match(info)
        code = remove_links_from_code("\n".join(body), self._known)
        return MarkdownBlock(code.strip("\n"), code=True, language=language.group() if language else "")

    def _is_table(self, at: int) -> bool:
        if at + 1 >= len(self._lines) or "|" not in self._lines[at]:
            return False
        rule = self._lines[at + 1]
        return "|" in rule and "-" in rule and _TABLE_RULE.issuperset(rule)

    def _table(self) -> MarkdownBlock:
        begin = self._at
        while self._at < len(self._lines) and "|" in self._lines[self._at]:
            self._at += 1
        table = self._prose("\n".join(self._lines[begin : self._at]))
        table = align_columns(table.replace(BREAK, ""))
        return MarkdownBlock(remove_links_from_code(table, self._known), code=True)  # a mark within a url is gone now

    def _paragraph(self) -> MarkdownBlock:
        begin = self._at
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip() or _OPENING.fullmatch(line) or self._is_table(self._at):
                break
            self._at += 1
        prose = self._prose("\n".join(self._lines[begin : self._at]))
        prose = _DEFINITION.sub(r"\1 ", _MASKED.sub("] ", prose))
        return MarkdownBlock(prose.rstrip())

    def _prose(self, text: str) -> str:
        text = _TOKEN.sub(rf"\g<0>{BREAK}", to_rendered(text))  # or `<a:b:1>` would go as a tag, and `<id:b>` as a link
        return remove_links(text, self._known)


def _without_indent(line: str, most: int) -> str:
    """Return a line without its leading blanks, at most as many as its fence has."""
    blanks = len(line) - len(line.lstrip(" \t"))
    return line[min(blanks, most) :]
