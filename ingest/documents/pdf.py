"""Parses a PDF: its pages into lines with positions, its bookmarks into headings, its title; anchors are pages.

    bytes ──pypdf──> Line* per page ──without_edges──> ──Writer──> blocks, each with the anchor page=N of its page

Runs in the parse child, which has more time for it than for a page of HTML. A file that cannot be read gets a trouble
in words ("encrypted pdf", "damaged pdf", "over 3,000 pages", "pdf takes too long", "no text"). What was read before
the time was up is kept, and `left_out` says which page comes next. Follows no link, runs no script, reads no picture:
a scanned page has no text.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, Destination, FloatObject

from core.check.links import remove_invisible
from ingest.documents.pdf_blocks import MOST_TEXT, Writer
from ingest.documents.pdf_lines import Bookmark, Line, body_size, headings_by_size, remove_edges, visible_lines
from ingest.documents.time_limit import USUAL, OutOfTime, TimeBudget, time_limit
from ingest.pages import Extract

MOST_PAGES, MOST_MARKS, DEEPEST_MARK = 3_000, 20_000, 6
LONGEST_TITLE = 300
_DAMAGED = (
    PyPdfError,
    LookupError,
    ArithmeticError,
    TypeError,
    ValueError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    EOFError,
    OSError,
    struct.error,
    zlib.error,
)
"""What pypdf raises for damaged files."""

_FIXED_PITCH = 1
_NARROW_GAP, _PLAIN_GAP = 160.0, 400.0  # thousandths of the type size; kerning is below both
_MONOSPACED = re.compile(
    r"mono|courier|consol|typewriter|menlo|inconsolata|cmtt|[a-z]tt\d*\Z|\A(?:sf|ec|lm)tt", re.IGNORECASE
)
_NO_TITLE = re.compile(
    r"microsoft word\b|untitled|\S+\.(?:docx?|tex|dvi|indd|pdf|pptx?|md|html?)\Z|\W*\Z", re.IGNORECASE
)
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


@dataclass(slots=True)
class _Taken:
    """What has been read of a file so far; `pages` has None for a page that cannot be read."""

    count: int = 0
    title: str = ""
    pages: list[list[Line] | None] = field(default_factory=list)
    marks: list[Bookmark] = field(default_factory=list)

    @property
    def left_out(self) -> str:
        """The anchor of the first page that was not read; "" where all were."""
        return f"page={len(self.pages) + 1}" if len(self.pages) < self.count else ""


def read_pdf(body: bytes, url: str, budget: TimeBudget = USUAL) -> Extract:
    """Return the extract of the document at `url`. Its title is the file name where it has no other.

    When the budget is used up, the pages that have not been read are left out.
    """
    taken = _Taken()
    try:
        with time_limit(budget):
            trouble = _take(body, taken)
    except OutOfTime:
        trouble = "" if any(taken.pages) else "pdf takes too long"
    if trouble:
        return Extract(_file_name(url), (), trouble=trouble)
    pages = remove_edges([lines or [] for lines in taken.pages])
    title = taken.title or _title(pages, url)
    writer = Writer(title)
    writer.write(pages, taken.marks or headings_by_size(pages))
    trouble = "" if writer.blocks else "no text"
    return Extract(title, tuple(writer.blocks), trouble=trouble, left_out=taken.left_out)


def _take(body: bytes, taken: _Taken) -> str:
    """Read a file into `taken`, page by page. Return why it cannot be read, "" where it can."""
    try:
        reader = PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return "encrypted pdf"
        taken.count = len(reader.pages)
    except DependencyError:
        return "encrypted pdf"
    except _DAMAGED:
        return "damaged pdf"
    if taken.count > MOST_PAGES:
        return f"over {MOST_PAGES:,} pages"
    taken.title, room = _said_title(reader), MOST_TEXT
    for number in range(taken.count):
        if room <= 0:
            break  # pages may share their text: a small file can hold it three thousand times
        lines = _lines(reader, number)
        room -= sum(len(line.text) for line in lines or ())
        taken.pages.append(lines)
    if taken.count and all(lines is None for lines in taken.pages):
        return "damaged pdf"
    taken.marks = _marks(reader)
    return ""


def _lines(reader: PdfReader, number: int) -> list[Line] | None:
    """Return the lines of a page in the order of the file; None where the page cannot be read."""
    collector = _Collector()
    try:
        page = reader.pages[number]
        page.extract_text(visitor_operand_before=_widen, visitor_text=collector.take)
    except _DAMAGED:
        return None
    collector.end()
    return visible_lines(collector.lines, _box(page))


def _box(page: PageObject) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of the sheet; infinite where the file does not say."""
    try:
        left, bottom, right, top = map(float, page.mediabox)
    except _DAMAGED:
        return -math.inf, -math.inf, math.inf, math.inf
    return left, bottom, right, top


def _widen(operator: bytes, operands: Sequence[Any], _cm: Sequence[float], _tm: Sequence[float]) -> None:
    """Widen the gaps between words for pypdf, in `[(up) -220 (to) -220 (date)] TJ`, without making a line longer.

    pypdf takes a gap for a blank if it is at least half as wide as the font's blank. Fonts of TeX have no blank, so
    narrow lines came out as one word.
    """
    if operator != b"TJ" or not operands or not isinstance(operands[0], ArrayObject):
        return
    array = operands[0]
    added = 0.0
    for at, item in enumerate(array):
        if isinstance(item, (int, float)) and -_PLAIN_GAP < item <= -_NARROW_GAP:
            added += _PLAIN_GAP + item
            array[at] = FloatObject(-_PLAIN_GAP)
    if added:
        array.append(FloatObject(added))


class _Collector:
    """Joins the pieces of lines that pypdf passes to its visitor."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._text: list[str] = []
        self._place: tuple[float, float, float] | None = None
        self._code = True

    def take(
        self, text: str, cm: Sequence[float], tm: Sequence[float], font: Mapping[str, Any] | None, size: float
    ) -> None:
        for number, part in enumerate(text.split("\n")):
            if number:
                self.end()
            if part.strip():
                if self._place is None:
                    self._place = _place(cm, tm, size)
                self._code = self._code and _is_monospaced(font)
            if part:
                self._text.append(part)

    def end(self) -> None:
        """End the line, and add it to `lines` if it has text."""
        text = remove_invisible("".join(self._text).translate(_LIGATURES)).strip()
        if text and self._place is not None:
            self.lines.append(Line(text, *self._place, self._code))
        self._text, self._place, self._code = [], None, True


def _place(cm: Sequence[float], tm: Sequence[float], size: float) -> tuple[float, float, float]:
    """Return where text is on the page, and its type size: (x, y, size)."""
    x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
    y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
    scale = math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
    return round(x, 1), round(y, 1), round(abs(size) * (scale or 1.0), 1)


def _is_monospaced(font: Mapping[str, Any] | None) -> bool:
    if font is None:
        return False
    name = str(font.get("/BaseFont", ""))[:LONGEST_TITLE].rpartition("+")[2].lstrip("/")
    if _MONOSPACED.search(name.partition("-")[0]) or _MONOSPACED.search(name):
        return True
    try:
        return bool(int(font["/FontDescriptor"]["/Flags"]) & _FIXED_PITCH)
    except _DAMAGED:
        return False


def _marks(reader: PdfReader) -> list[Bookmark]:
    """Return the bookmarks in the order of their pages; [] where there are none, or they cannot be read."""
    try:
        numbers = {page.indirect_reference.idnum: at for at, page in enumerate(reader.pages) if page.indirect_reference}
        marks = list(islice(_flat(reader.outline, 1, numbers), MOST_MARKS))
    except _DAMAGED:
        return []
    return sorted(marks, key=lambda mark: mark.page)


def _flat(outline: Sequence[Any], level: int, numbers: Mapping[int, int]) -> Iterator[Bookmark]:
    for entry in outline:
        if isinstance(entry, list):
            if level < DEEPEST_MARK:
                yield from _flat(entry, level + 1, numbers)
        elif isinstance(entry, Destination) and entry.title:
            page = numbers.get(getattr(entry.page, "idnum", -1))
            top = float(entry.top) if isinstance(entry.top, (int, float)) else None
            if page is not None:
                yield Bookmark(str(entry.title), page, level, top)


def _said_title(reader: PdfReader) -> str:
    """Return the title in the document's metadata; "" where that is missing or no real title."""
    try:
        said = str(reader.metadata.title or "") if reader.metadata else ""
    except _DAMAGED:
        return ""
    said = " ".join(remove_invisible(said).split())
    return "" if _NO_TITLE.match(said) else said[:LONGEST_TITLE]


def _title(pages: Sequence[Sequence[Line]], url: str) -> str:
    """Return the largest line of the first page, else the name of the file."""
    first = next((page for page in pages if page), [])
    largest = max(first, key=lambda line: line.size, default=None)
    if largest is not None and largest.size > 1.3 * body_size(pages):
        return largest.text[:LONGEST_TITLE]
    return _file_name(url)


def _file_name(url: str) -> str:
    """Return the file name without its ending: `"https://h/a/user%20guide.pdf"` -> `"user guide"`."""
    return PurePosixPath(unquote(urlsplit(url).path)).stem[:LONGEST_TITLE]
