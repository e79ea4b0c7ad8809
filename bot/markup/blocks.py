"""The text of an answer as stretches, one paragraph or one block of code each, and stretches as messages that fit.

    "Use `fit`.\\n\\n```py\\nfit()\\n```\\nFrom [1]." -> "Use `fit`."  code "fit()" in py  "From [1]." (tight)
    stretches ──divided──> [[stretch, stretch], [stretch]]     each list one message, none larger than the limit

Whatever the text is, here it loses what no chat may show: links that no passage holds (`core.check.links`), control,
bidirectional and invisible characters, and piles of combining marks. The text is cut before it is looked at, and no
pattern repeats without bound beside another. A table is code: on Discord it would be pipes, and on Slack one that is
out of bounds costs the whole message. What a mention is, and how code is fenced, each platform knows itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.markup.tables import aligned
from core.answer.prompt import SHORTENED
from core.check.links import CODE_SPAN, REMOVED, code_without_links, outside_code, prose_without_links, visible
from core.domain import Hit

LONGEST = 24_000
"""Characters of a text that are looked at. The engine shows 3,000."""

TICK = "ˋ"
"""What stands for a backtick where it would begin code: looks like one and is none, in every dialect."""

BREAK = "\u200b"
"""Behind "<" where what follows is a token of Discord, not a tag. `clean` leaves none, so each of them is ours."""

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
    """At most `longest` characters, without any that are not seen or are piled up on another."""
    text = visible(text[:longest])
    return text if text.isascii() else "".join(_without_piles(text))


def as_rendered(text: str) -> str:
    """NFKC where it makes a mention out of what was none ("＠everyone"); `core.check.links` does the same for urls."""
    folded = unicodedata.normalize("NFKC", text)
    return folded if len(_MENTION.findall(folded)) > len(_MENTION.findall(text)) else text


def one_line(text: str, longest: int) -> str:
    """`clean`, on one line and at most `longest` long, with an ellipsis where something is missing."""
    line = " ".join(as_rendered(clean(text, 4 * longest)).split())
    return line if width(line) <= longest and len(text) <= 4 * longest else f"{_begin(line, longest - 1)}…"


def width(text: str) -> int:
    """The length as platforms count it, in UTF-16 units: never less than the number of characters."""
    return len(text) + sum(character > "\uffff" for character in text) if not text.isascii() else len(text)


def stretches(text: str, known: Collection[str] = ()) -> list[MarkdownBlock]:
    """The text without links that are not in `known` (see `known_in`); empty where there is nothing to show."""
    return [*_Reading(clean(text), known).stretches()]


def known_in(text: str, hits: Sequence[Hit]) -> frozenset[str]:
    """The addresses of `text` that stand in its evidence and may therefore be shown, such as a url within code.

    Few and short: they can be stored beside an answer, whose evidence is gone by the time it is rendered again.
    """
    held = "\n".join(visible(f"{hit.passage.title}\n{hit.passage.text}\n{hit.passage.link}") for hit in hits)
    words = {word.strip(_PUNCTUATION) for word in re.split(r"[\s`\"'<>|{}^]", text[:LONGEST])}
    return frozenset(word for word in words if ("." in word or "://" in word) and word in held)


def unlinked(text: str, known: Collection[str] = ()) -> str:
    """Prose without links that are not `known`. `core.check.links` looks where words begin, and platforms anywhere."""
    text = prose_without_links(text, known, "\n".join(known))
    return outside_code(text, lambda piece: _ANYWHERE.sub(REMOVED, piece))


def spans(prose: str) -> Iterator[tuple[str, bool]]:
    """A paragraph as (text, is code) in turn: code comes without its backticks, and no other backtick is left.

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


def joined(part: Sequence[MarkdownBlock], form: Callable[[MarkdownBlock], str]) -> str:
    """The stretches of a message, each in its form, with the blank lines that stood between them."""
    return "".join(("\n" if at and each.tight else "\n\n" if at else "") + form(each) for at, each in enumerate(part))


def gap_of(delta: str) -> tuple[str, str]:
    """The white space in front of a delta, and the rest with its indent. `"\\n  - a"` -> `("\\n", "  - a")`."""
    lead = len(delta) - len(delta.lstrip())
    lead = delta.rfind("\n", 0, lead) + 1 or lead
    return clean(delta[:lead]), delta[lead:]


def unfenced(code: str) -> str:
    """Code that cannot end the fence that it stands in: blanks between three backticks or more."""
    return re.sub(r"(?<=``)`", " `", code)


def split_blocks(
    stretches: Sequence[MarkdownBlock], size: Callable[[MarkdownBlock], int], *, limit: int, most: int
) -> list[list[MarkdownBlock]]:
    """One list a message. `size` is what a stretch takes up there; longer ones are cut at lines, sentences, blanks.

    What would need more than `most` messages is left out, and the last one says so.
    """
    room = limit - len(SHORTENED) - 2
    messages: list[list[MarkdownBlock]] = []
    left = 0
    for stretch in (part for whole in stretches for part in _broken(whole, size, room)):
        needed = size(stretch) + 2
        if needed > left:
            lead = _lead_in(messages, size, room - needed)
            messages.append(lead)
            left = room + 2 - sum(size(each) + 2 for each in lead)
        messages[-1].append(stretch)
        left -= needed
    if len(messages) > most:
        messages[most:] = []
        messages[-1].append(MarkdownBlock(SHORTENED))
    return messages


def _lead_in(
    messages: list[list[MarkdownBlock]], size: Callable[[MarkdownBlock], int], room: int
) -> list[MarkdownBlock]:
    """A heading, or a line such as "Run this:", goes with what it introduces."""
    last = messages[-1] if messages else []
    introduces = len(last) > 1 and not last[-1].code and (last[-1].text.endswith(":") or _HEADING.match(last[-1].text))
    return [last.pop()] if introduces and size(last[-1]) + 2 <= room else []


def _broken(whole: MarkdownBlock, size: Callable[[MarkdownBlock], int], limit: int) -> Iterator[MarkdownBlock]:
    """A stretch in parts that fit; parts of code are code in the same language."""
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


def _border(stretch: MarkdownBlock, target: int) -> int:
    """Where to cut at most `target` characters off: behind a line, else a sentence, else a word, else anywhere."""
    lowest = target // 2
    for border in ("\n",) if stretch.code else ("\n", ". ", " "):
        found = stretch.text.rfind(border, lowest, target)
        if found > 0:
            return found + len(border.rstrip())
    return target


def _begin(line: str, longest: int) -> str:
    """The first words of a line."""
    while width(line) > longest:
        line = line[: min(len(line) - 1, longest)]
    head, blank, _ = line.rpartition(" ")
    return head if blank and len(head) > longest // 2 else line


def _without_piles(text: str) -> Iterator[str]:
    """Zalgo, levelled: of the marks on one character the first few."""
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

    def stretches(self) -> Iterator[MarkdownBlock]:
        while self._at < len(self._lines):
            if not self._lines[self._at].strip():
                self._at += 1
                self._gap = True
                continue
            stretch = self._next()
            if stretch.text.strip():
                yield replace(stretch, tight=not self._gap)
                self._gap = False

    def _next(self) -> MarkdownBlock:
        opening = _OPENING.fullmatch(self._lines[self._at])
        if opening:
            return self._fence(*opening.groups())
        if self._is_table(self._at):
            return self._table()
        return self._paragraph()

    def _fence(self, indent: str, ticks: str, info: str) -> MarkdownBlock:
        """To its closing line, or to the end: `~~~` and four backticks hold three of them."""
        closing = re.compile(rf"[ \t]{{0,40}}{re.escape(ticks[0])}{{{len(ticks)},20}}[ \t]{{0,40}}")
        self._at += 1
        begin = self._at
        while self._at < len(self._lines) and not closing.fullmatch(self._lines[self._at]):
            self._at += 1
        body = [_without_indent(line, len(indent)) for line in self._lines[begin : self._at]]
        self._at += 1
        language = _LANGUAGE.match(info)
        code = code_without_links("\n".join(body), self._known)
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
        table = aligned(table.replace(BREAK, ""))
        return MarkdownBlock(code_without_links(table, self._known), code=True)  # a mark within a url is gone now

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
        text = _TOKEN.sub(rf"\g<0>{BREAK}", as_rendered(text))  # or `<a:b:1>` would go as a tag, and `<id:b>` as a link
        return unlinked(text, self._known)


def _without_indent(line: str, most: int) -> str:
    """The line without as much of its leading blanks as its fence has."""
    blanks = len(line) - len(line.lstrip(" \t"))
    return line[min(blanks, most) :]
