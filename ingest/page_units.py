"""Puts the blocks of a page together as units: what one heading or entry says, up to the next one.

    h2 Settings                  ──> unit Settings, level 2, with the text below it
    dt#alpha, its description    ──> unit alpha, an entry
    text after the inner entry   ──> unit Settings again: it resumes

Judges what a unit is worth: whether it deserves a link of its own, whether its text is too short to be found.
`ingest.split` makes passages of units, `ingest.pieces` cuts the blocks in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ingest.pages import Block, BlockKind, Extract
from ingest.pieces import Piece, pieces_of, size_of, text_of

LEAST_WORDS, LEAST_CHARACTERS = 15, 50
LEAST_OWN = 3
"""Words of what an anchor of its own leads to, its name counted."""

WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_HOME = re.compile(r"(?:package|module|namespace|crate|library|class|interface)\s\S", re.IGNORECASE)
_CALL = re.compile(r"\w\(.*\)")
_GLANCE = 1_000  # characters that show whether a text is too short
_ENOUGH = 20  # pieces that show whether a unit says something


@dataclass(slots=True)
class PageUnit:
    """What one heading or entry says, up to the next one. `level` 1..6 of a heading, else 0; `above`: the path to it.

    `own`: its anchor leads to it, and to nothing before it; `is_reached`: to nothing before it but the heading it is
    in. `resumes`: it goes on after an inner entry.
    """

    path: tuple[str, ...]
    above: tuple[str, ...]
    anchor: str
    level: int = 0
    own: bool = False
    is_reached: bool = False
    resumes: bool = False
    pieces: list[Piece] = field(default_factory=list)

    @property
    def size(self) -> int:
        return size_of(self.pieces)

    @property
    def is_entry(self) -> bool:
        return self.own and not self.level

    @property
    def stands_alone(self) -> bool:
        """Whether it deserves a link of its own: it has one, and says something."""
        if not self.own:
            return False
        if self.is_entry and any(piece.kind is not BlockKind.SIGNATURE for piece in self.pieces):
            return True
        text = text_of(self.pieces[:_ENOUGH])
        name = "" if self.is_entry or not self.path else self.path[-1]
        found = islice(WORD.finditer(f"{name} {text}"), LEAST_OWN)
        return sum(1 for _ in found) >= LEAST_OWN or any(map(str.isdigit, text))

    @property
    def is_too_short(self) -> bool:
        return is_too_short(self.words)

    @property
    def words(self) -> str:
        """Its text, with its heading."""
        return f"{self.path[-1]}\n{text_of(self.pieces)}" if self.level and self.path else text_of(self.pieces)

    def declare(self) -> bool:
        """Become an entry where the heading is a declaration that nothing describes. Return whether it is."""
        name = self.path[-1] if self.path else ""
        if not (self.own and self.level and _CALL.search(name)):
            return False
        self.level = 0
        self.pieces.append(Piece(name if "`" in name else f"`{name}`", BlockKind.SIGNATURE, self.anchor))
        return True

    def opening(self) -> list[Piece]:
        """Return the heading as a line of text, for a passage of another unit; nothing for an entry, which has it."""
        if not self.level or not self.path:
            return []
        return [Piece(f"{'#' * self.level} {self.path[-1]}", BlockKind.HEADING, self.anchor, leads=True)]


def read_units(extract: Extract) -> list[PageUnit]:
    """Return the units of a page, in reading order."""
    units = list(_find_units(extract.blocks))
    if extract.is_headless and units and not units[0].level and not units[0].anchor:
        units[0].own, units[0].level = True, 1  # its title stands above it as a heading would
    if len(units) > 1 and _is_above_title(units[0], units[1]):
        line = units.pop(0)
        units[0].pieces[:0] = line.pieces
    return units


def _is_above_title(unit: PageUnit, heading: PageUnit) -> bool:
    """Return whether a unit is a line right above the heading of the page: `Package org.mill`."""
    is_above = not unit.level and not unit.anchor and heading.level == 1 and heading.path == unit.path
    return is_above and unit.is_too_short and _HOME.match(text_of(unit.pieces)) is not None


def _find_units(blocks: Iterable[Block]) -> Iterator[PageUnit]:
    unit: PageUnit | None = None
    seen: dict[str, PageUnit] = {}
    for block in blocks:
        is_heading = block.kind is BlockKind.HEADING and not block.note
        if unit is None or is_heading or block.opens or (block.anchor != unit.anchor and block.anchor in seen):
            if unit is not None:
                yield unit
            before, last = seen.get(block.anchor), unit
            unit = _begin_unit(block, before, is_heading=is_heading)
            # The link of a heading without text of its own leads to the first section in it.
            is_inner = last is not None and last is before and len(unit.path) > len(last.path)
            unit.is_reached = is_inner and last is not None and last.own and not last.pieces
            seen[block.anchor] = unit
        if not is_heading:
            unit.pieces.extend(pieces_of(block))
    if unit is not None:
        yield unit


def _begin_unit(block: Block, before: PageUnit | None, *, is_heading: bool) -> PageUnit:
    """Return the unit that a block begins; `before`: the last one with that anchor."""
    if before is not None and not before.pieces and not is_heading:  # an entry came first
        return PageUnit(before.path, before.above, before.anchor, before.level, before.own, resumes=True)
    is_top = is_heading and not block.anchor and len(block.path) <= 1  # reached without an anchor
    own = (before is None and block.opens) or (is_top and (before is None or not before.own))
    above, level = block.path[:-1] if block.level else block.path, block.level if is_heading else 0
    resumes = not (is_heading or block.opens)
    return PageUnit(block.path, above, block.anchor, level, own, resumes=resumes)


def is_too_short(text: str) -> bool:
    """Return whether a text is too short for a passage, unless an anchor of its own leads to it."""
    text = text[:_GLANCE]
    return len(text) <= LEAST_CHARACTERS or _words_in(text) <= LEAST_WORDS


def _words_in(text: str) -> int:
    """Return the number of words; in scripts without blanks between words, each character counts as one."""
    words = len(text.split())
    return words if words > LEAST_WORDS else words + len(_CJK.findall(text))
