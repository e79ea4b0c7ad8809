"""Turns the lines of a PDF's pages into blocks under their headings; the anchor of each is its page, `page=12`.

    lines ──> headings where the bookmarks say ──> paragraphs, items, code ──> Block*

A paragraph ends where the gap, the type size or the indentation changes, and may go on after the end of a page. A word
divided at the end of a line is joined, unless it has a capital, a digit or another hyphen. Tables come as lines of
text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from core.check.links import remove_invisible
from ingest.documents.pdf_lines import Bookmark, HeadingFinder, Line, body_size, is_chapter_sign
from ingest.pages import Block, BlockKind

MOST_TEXT = 6_000_000
"""Characters of one PDF; what follows is left out."""

LONGEST_HEADING = 300

_ITEM = re.compile(
    r"(?:[\u2022\u25e6\u25aa\u2023\u2219\u25cf\u25cb\u25a0\u25a1\u2713]|[*-](?= ))\s*|(?P<number>\(?\d{1,2}[.)])\s+"
)
_HYPHEN = re.compile(r"(?<![\w-])[a-z]*[a-z]{2}-\Z")
_ENDS = (".", "!", "?", ":", ";", "\u3002", "\u201d", ")")
_GAP, _SIZES = 1.35, 0.12
_INDENT, _HANGING = 6.0, 24.0  # points
_WIDTH = 0.6  # of a letter of code, as a share of its type size


class Writer:
    """Collects `blocks`. `title` is the document's: the path of blocks that are under no heading."""

    def __init__(self, title: str) -> None:
        self.blocks: list[Block] = []
        self._title = title
        self._above: list[tuple[int, str]] = []
        self._run: list[Line] = []
        self._page = self._began = 0
        self._room = MOST_TEXT
        self._leading = 0.0

    def write(self, pages: Sequence[Sequence[Line]], marks: Sequence[Bookmark]) -> None:
        """Add the blocks of all pages, from which running heads have been removed."""
        usual = body_size(pages)
        self._leading = _leading(pages)
        finder, by_page = HeadingFinder(), _by_page(marks)
        for number, lines in enumerate(pages):
            self._turn(number, lines)
            at = 0
            for mark in by_page.get(number, ()):
                first, after = finder.find(mark, lines, at)
                self._lines([line for line in lines[at:first] if not is_chapter_sign(line, usual)])
                self._heading(mark)
                at = after
            self._lines(lines[at:])
        self._flush()

    def _turn(self, number: int, lines: Sequence[Line]) -> None:
        """Go to the next page; an unfinished paragraph continues there."""
        goes_on = bool(self._run and lines) and not self._run[-1].code and not lines[0].code
        if not (goes_on and not self._run[-1].text.endswith(_ENDS) and lines[0].text[:1].islower()):
            self._flush()
        self._page = number

    def _heading(self, mark: Bookmark) -> None:
        self._flush()
        self._began = self._page
        text = " ".join(remove_invisible(mark.title).split())[:LONGEST_HEADING]
        while self._above and self._above[-1][0] >= mark.level:
            self._above.pop()
        if not text:
            return
        if not (text == self._title and not self._above):
            self._above.append((mark.level, text))
        self._emit(BlockKind.HEADING, text, level=min(6, mark.level))

    def _lines(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if self._run and self._breaks(self._run[-1], line):
                self._flush()
            if not self._run:
                self._began = self._page
            self._run.append(line)

    def _breaks(self, before: Line, line: Line) -> bool:
        """Return whether a line begins a new block."""
        if before.code != line.code:
            return True
        if line.code:
            return False
        gap = before.y - line.y
        if gap > _GAP * self._leading or abs(before.size - line.size) > _SIZES * before.size:
            return True
        first = self._run[0]
        if gap > 0 and first.x + _HANGING < before.x and line.x < before.x - _INDENT:
            return True  # back from the text that is indented below a term
        is_indented = gap > 0 and _INDENT < line.x - before.x < _HANGING and _ITEM.match(first.text) is None
        return is_indented or _ITEM.match(line.text) is not None

    def _flush(self) -> None:
        run, self._run = self._run, []
        if not run:
            return
        if run[0].code:
            self._emit(BlockKind.CODE, _listing(run, self._leading))
            return
        text = _joined(run)
        item = _ITEM.match(text)
        if item:
            self._emit(BlockKind.ITEM, f"{item['number'] or '-'} {text[item.end() :]}")
        else:
            self._emit(BlockKind.PARAGRAPH, text)

    def _emit(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        text = text[: self._room]
        self._room -= len(text)
        if text.strip():
            path = (*((self._title,) if self._title else ()), *(heading for _, heading in self._above))
            self.blocks.append(Block(kind, text, f"page={self._began + 1}", path, level))


def _by_page(marks: Sequence[Bookmark]) -> dict[int, list[Bookmark]]:
    found: dict[int, list[Bookmark]] = {}
    for mark in marks:
        found.setdefault(mark.page, []).append(mark)
    return found


def _leading(pages: Sequence[Sequence[Line]]) -> float:
    """Return the usual distance of two lines, in points."""
    gaps = Counter(round(one.y - two.y, 1) for page in pages for one, two in pairwise(page) if 4 < one.y - two.y < 40)
    return gaps.most_common(1)[0][0] if gaps else 12.0


def _joined(lines: Sequence[Line]) -> str:
    """Return lines joined into a text: `["config-", "uration of a", "well-"]` -> `"configuration of a well-"`."""
    parts: list[str] = []
    for line in lines:
        if parts and line.text[:1].islower() and _HYPHEN.search(parts[-1][-40:]):
            parts[-1] = parts[-1][:-1]
            parts.append(line.text)
        else:
            parts += [" ", line.text] if parts else [line.text]
    text = "".join(parts)
    return " ".join(remove_invisible(text).split())


def _listing(lines: Sequence[Line], leading: float) -> str:
    """Return code with the indentation that its positions show, and with its empty lines."""
    left = min(line.x for line in lines)
    rows: list[str] = []
    before: Line | None = None
    for line in lines:
        if before is not None and before.y - line.y > 1.6 * leading:
            rows.append("")
        rows.append(" " * min(40, round((line.x - left) / (_WIDTH * line.size or 6.0))) + _typed(line.text))
        before = line
    return remove_invisible("\n".join(rows))


def _typed(code: str) -> str:
    """Return code with quotation marks as typed: TeX prints a plain one as curved, and a backtick as an opening one."""
    opening = "'" if "\u2019" in code else "`"
    return code.replace("\u2018", opening).replace("\u2019", "'")
