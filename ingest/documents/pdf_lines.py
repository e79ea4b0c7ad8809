"""The lines of a PDF's pages, before they become text: which repeat on every page, and which are headings.

    Line* per page ──visible_lines──> nothing too small to be read, nothing outside the page
                   ──remove_edges──> no running heads and feet      ──HeadingFinder──> where a bookmark's words are
                   ──headings_by_size──> bookmarks made from large type, where the file has none

A running head is at the top or the bottom and is the same on most pages apart from numbers, or shows the page's number.
Pure; `ingest.documents.pdf` reads the PDF, `ingest.documents.pdf_blocks` makes the paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST_LOOKS = 2_000_000
"""Looks at lines, for all bookmarks of one file; a manual of 3,000 pages needs a tenth."""

_SMALLEST, _TRUSTED = 2.0, 0.8
_EDGE, _MARGIN = 2, 0.1
_FEWEST_PAGES = 3
_MOST, _HALF = 0.4, 0.5
_LONGEST_SAID = 1_000
_LARGE, _LEVELS, _LONGEST_HEADING = 1.15, 4, 120
_TAIL = 200
_DIGITS = re.compile(r"\d+")
_NUMBER_AT_EDGE = re.compile(r"\A(\d{1,5})\b|\b(\d{1,5})\Z")
_LEADERS = re.compile(r"(?:\. ?){5,}\s*(?:\d{1,5}|[ivxl]{1,8})?\s*\Z")
_CHAPTER = re.compile(
    r"(?:chapter|part|appendix)(?: [a-z0-9]{1,12})?\Z|(?:one|two|three|four|five|six|seven|eight|nine|ten)\Z"
)
_WORDS = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"(?:chapter|part|appendix)?[0-9a-z]{0,7}\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is on a page; `y` grows upwards, `size` is its type size in points."""

    text: str
    x: float
    y: float
    size: float
    code: bool = False


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A bookmark: `page` counts from 0, `level` from 1, `top` is the `y` that it leads to (None: the page's start)."""

    title: str
    page: int
    level: int
    top: float | None = None


def visible_lines(lines: Sequence[Line], box: tuple[float, float, float, float]) -> list[Line]:
    """Return the lines that a reader sees: text that only machines read may hold prompt injections.

    `box`: left, bottom, right, top of the page.
    """
    left, bottom, right, top = box
    legible = [line for line in lines if line.size >= _SMALLEST]
    inside = [line for line in legible if left <= line.x <= right and bottom <= line.y <= top]
    # Where much is outside, the positions are wrong: those of forms within forms are not always computed right.
    return inside if len(inside) >= _TRUSTED * len(legible) else legible


def remove_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without running heads and feet, and without the dotted lines of a table of contents."""
    kept = [[line for line in page if not _LEADERS.search(line.text[-_TAIL:])] for page in pages]
    margins = _margins(kept)
    edges = [_edges(page, *margins) for page in kept]  # sets: a file may have all its lines at one height
    there = max(1, sum(bool(page) for page in kept))
    said = Counter(words for lines in edges for words in {_masked(line) for line in lines})
    common = {words for words, count in said.items() if count >= _FEWEST_PAGES and count >= _MOST * there}
    shift = _numbering(edges, there)
    return [
        [line for line in page if not (line in lines and (_masked(line) in common or shift in _shifts(line, number)))]
        for number, (page, lines) in enumerate(zip(kept, edges, strict=True))
    ]


def _margins(pages: Sequence[Sequence[Line]]) -> tuple[float, float]:
    """Return two heights: below the first and above the second there is little but heads and feet."""
    heights = [line.y for page in pages for line in page]
    low, high = min(heights, default=0.0), max(heights, default=0.0)
    return low + _MARGIN * (high - low), high - _MARGIN * (high - low)


def _edges(page: Sequence[Line], low: float, high: float) -> frozenset[Line]:
    """Return the highest and the lowest lines, where they are in the margins."""
    heights = sorted({line.y for line in page})
    outer = {*heights[:_EDGE], *heights[-_EDGE:]}
    return frozenset(line for line in page if line.y in outer and not low < line.y < high)


def _masked(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _numbering(edges: Sequence[frozenset[Line]], there: int) -> int | None:
    """Return what to add to a page's index in the file to get the number printed on it; None where there is none."""
    shifts = Counter(
        shift for number, lines in enumerate(edges) for line in lines for shift in {*_shifts(line, number)}
    )
    best = shifts.most_common(1)
    return best[0][0] if best and best[0][1] >= max(_FEWEST_PAGES, _HALF * there) else None


def _shifts(line: Line, page: int) -> list[int]:
    return [int(found[1] or found[2]) - page for found in _NUMBER_AT_EDGE.finditer(line.text)]


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """Return the type size of most of the text, in points."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def headings_by_size(pages: Sequence[Sequence[Line]]) -> list[Bookmark]:
    """Return the lines of larger type as bookmarks; the largest type is the first level."""
    usual = body_size(pages)
    large = [
        (number, line)
        for number, page in enumerate(pages)
        for line in page
        if line.size >= _LARGE * usual and 3 <= len(line.text) <= _LONGEST_HEADING and any(map(str.isalpha, line.text))
    ]
    sizes = sorted({round(line.size, 1) for _, line in large}, reverse=True)
    levels = {size: min(level, _LEVELS) for level, size in enumerate(sizes, 1)}
    return [Bookmark(line.text, number, levels[round(line.size, 1)], line.y) for number, line in large]


class HeadingFinder:
    """Finds the titles of bookmarks in the lines of a page. Use one per document: it counts the lines it looks at.

    A file may have as many bookmarks as lines, and each search may look at all lines. Past `MOST_LOOKS`, headings are
    put where their bookmarks lead to.
    """

    def __init__(self) -> None:
        self._left = MOST_LOOKS
        self._lines: Sequence[Line] = ()
        self._said: list[tuple[str, ...]] = []

    def find(self, mark: Bookmark, lines: Sequence[Line], start: int) -> tuple[int, int]:
        """Return (first, after): the lines, from `start` on, that hold a bookmark's title.

        Both are the same where no line does: the index of the first line below the point that the bookmark leads to.
        """
        if lines is not self._lines:
            self._lines, self._said = lines, _said(lines)
        title = _bare(mark.title)
        for first in range(start, min(len(lines), start + self._left) if title else start):
            self._left -= 1
            for size, words in enumerate(self._said[first], 1):
                if _says(words, title):
                    return first, first + size
        at, top = start, mark.top
        if top is not None:
            below = (at for at in range(start, min(len(lines), start + self._left)) if lines[at].y < top)
            at = next(below, len(lines))
        self._left -= at - start
        return at, at


def _said(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return, for each line, the letters of it alone, of it and the next, and of it and the next two."""
    bare = [_bare(line.text[:_LONGEST_SAID]) for line in lines]
    return [
        tuple("".join(bare[first:after]) for after in range(first + 1, min(first + 3, len(bare)) + 1))
        for first in range(len(bare))
    ]


def is_chapter_sign(line: Line, usual: float) -> bool:
    """Return whether a line is the large `CHAPTER` or `TWO` above the heading of a chapter."""
    return line.size >= _LARGE * usual and _CHAPTER.match(line.text.lower()) is not None


def _says(words: str, title: str) -> bool:
    if words == title:
        return True
    if words.endswith(title):
        return _NUMBERING.match(words[: -len(title)]) is not None
    return bool(words) and title.endswith(words) and _NUMBERING.match(title[: -len(words)]) is not None


def _bare(text: str) -> str:
    return _WORDS.sub("", text.lower())
