"""Splits the blocks of a page into passages: what one anchor leads to, or as much of it as fits, with its path.

    blocks ──> units: a heading or an entry with what follows, up to the next one ──pack──> drafts of about 1,000
               characters; a draft that begins within an entry repeats the entry's name
           ──join──> a unit that says nothing of its own goes to the draft it belongs to, under its heading or name
           ──drop──> what is too short and belongs to no draft, counted ──> Passage*

An anchor that the author gave is a passage of its own, however short, from three words or a value on. Text without
one is a passage from 16 words and 51 characters on, its heading counted. Nothing goes to a unit that it does not stand
under, but a heading without an anchor to the parent or the sibling before it, with its heading as a line. A line that
ends in ":" stays with what follows. Lengths are characters. Other modules do identity, embedding and storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from core.domain import Passage, PassageKind
from ingest.pages import Block, BlockKind, Extract
from ingest.pieces import HARD, SOFT, TARGET, Piece, pieces_of

SMALL = 200
MOST_LEADS, LONGEST_LEAD = 3, 300
LEAST_WORDS, LEAST_CHARACTERS = 15, 50
LEAST_OWN = 3
"""Words of what an anchor of its own leads to, its name counted."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_WORD = re.compile(r"\w+")
_HOME = re.compile(r"(?:package|module|namespace|crate|library|class|interface)\s\S", re.IGNORECASE)
_CALL = re.compile(r"\w\(.*\)")
_SIGNS = str.maketrans("", "", "`*")
_GLANCE = 1_000  # characters that show whether a text is too short
_ENOUGH = 20  # pieces that show whether a unit says something
_MARKS = "-. 0123456789"  # of an item of a list
_WHOLE = frozenset({BlockKind.CODE, BlockKind.TABLE})


@dataclass(slots=True)
class _Unit:
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
        return _size(self.pieces)

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
        text = _text(self.pieces[:_ENOUGH])
        name = "" if self.is_entry or not self.path else self.path[-1]
        found = islice(_WORD.finditer(f"{name} {text}"), LEAST_OWN)
        return sum(1 for _ in found) >= LEAST_OWN or any(map(str.isdigit, text))

    @property
    def is_too_short(self) -> bool:
        return _is_too_short(self.words)

    @property
    def words(self) -> str:
        """Its text, with its heading."""
        return f"{self.path[-1]}\n{_text(self.pieces)}" if self.level and self.path else _text(self.pieces)

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


@dataclass(slots=True)
class _Draft:
    """A passage in the making. `title`: the heading that it begins. `kept`: however short it is."""

    path: tuple[str, ...]
    anchor: str
    pieces: list[Piece]
    title: list[Piece] = field(default_factory=list)
    kept: bool = False
    is_entry: bool = False
    is_reached: bool = False

    @property
    def size(self) -> int:
        return _size(self.pieces)

    def is_too_short(self) -> bool:
        return _is_too_short(_text([*self.title, *self.pieces]))


def split(extract: Extract, url: str) -> tuple[tuple[Passage, ...], int]:
    """Return the passages of a page, and how many texts were dropped as too short."""
    drafts = _Drafts()
    units = list(_units(extract.blocks))
    if extract.is_headless and units and not units[0].level and not units[0].anchor:
        units[0].own, units[0].level = True, 1  # its title stands above it as a heading would
    if len(units) > 1 and _is_above_title(units[0], units[1]):
        line = units.pop(0)
        units[0].pieces[:0] = line.pieces
    for unit, following in zip_longest(units, units[1:]):
        if unit.pieces or unit.declare():
            drafts.add(unit)
        elif unit.level and not unit.own and (following is None or following.path[: len(unit.path)] != unit.path):
            drafts.remark(unit)
    drafts.close()
    return _finished(drafts.all, extract, url)


def _is_above_title(unit: _Unit, heading: _Unit) -> bool:
    """Return whether a unit is a line right above the heading of the page: `Package org.mill`."""
    is_above = not unit.level and not unit.anchor and heading.level == 1 and heading.path == unit.path
    return is_above and unit.is_too_short and _HOME.match(_text(unit.pieces)) is not None


def _units(blocks: Iterable[Block]) -> Iterator[_Unit]:
    unit: _Unit | None = None
    seen: dict[str, _Unit] = {}
    for block in blocks:
        is_heading = block.kind is BlockKind.HEADING and not block.note
        if unit is None or is_heading or block.opens or (block.anchor != unit.anchor and block.anchor in seen):
            if unit is not None:
                yield unit
            before, last = seen.get(block.anchor), unit
            unit = _begun(block, before, is_heading=is_heading)
            # The link of a heading without text of its own leads to the first section in it.
            is_inner = last is not None and last is before and len(unit.path) > len(last.path)
            unit.is_reached = is_inner and last is not None and last.own and not last.pieces
            seen[block.anchor] = unit
        if not is_heading:
            unit.pieces.extend(pieces_of(block))
    if unit is not None:
        yield unit


def _begun(block: Block, before: _Unit | None, *, is_heading: bool) -> _Unit:
    """Return the unit that a block begins; `before`: the last one with that anchor."""
    if before is not None and not before.pieces and not is_heading:  # an entry came first
        return _Unit(before.path, before.above, before.anchor, before.level, before.own, resumes=True)
    is_top = is_heading and not block.anchor and len(block.path) <= 1  # reached without an anchor
    own = (before is None and block.opens) or (is_top and (before is None or not before.own))
    above, level = block.path[:-1] if block.level else block.path, block.level if is_heading else 0
    resumes = not (is_heading or block.opens)
    return _Unit(block.path, above, block.anchor, level, own, resumes=resumes)


class _Drafts:
    """The drafts of one page, in reading order."""

    def __init__(self) -> None:
        self.all: list[_Draft] = []
        self._last: dict[tuple[tuple[str, ...], str], _Draft] = {}
        self._names: _Unit | None = None  # entries that are names alone, so far

    def add(self, unit: _Unit) -> None:
        """Make drafts of a unit, or add it to a draft that it belongs to."""
        if unit.is_entry and not unit.stands_alone:
            self._name(unit)
            return
        if (names := self._names) is not None and unit.resumes and unit.path == names.path:
            # They are described below their list.
            unit.pieces[:0] = [piece._replace(anchor=unit.anchor) for piece in names.pieces]
            self._names = None
        self.close()
        if unit.stands_alone:
            self._put(_packed(unit), kept=True, is_entry=unit.is_entry)
        elif not (self._join(unit) or (unit.is_too_short and self._join_last(unit))):
            self._put(_packed(unit), kept=False, is_reached=unit.is_reached)

    def remark(self, unit: _Unit) -> None:
        """Keep a heading that says it all, like "Returns void", as a line of what is right above it."""
        if self.all and self.all[-1].path == unit.above:
            _took(self.all[-1], unit)

    def close(self) -> None:
        """Make drafts of the names at the end of a list: a short list goes to what is said above it."""
        unit, self._names = self._names, None
        if unit is None or (unit.is_too_short and self._join_above(unit)):
            return
        words = f"{unit.path[-1] if unit.path else ''}\n{_text(unit.pieces)}"
        self._put(_packed(unit), kept=len(_WORD.findall(words)) >= LEAST_OWN)

    def _name(self, unit: _Unit) -> None:
        names, path = self._names, unit.above
        if names is not None and names.path == path and names.size + unit.size <= TARGET:
            names.pieces += unit.pieces
        else:
            self.close()
            self._names = _Unit(path, path, unit.anchor, pieces=unit.pieces)

    def _put(self, drafts: Iterable[_Draft], *, kept: bool, is_entry: bool = False, is_reached: bool = False) -> None:
        for draft in drafts:
            draft.kept, draft.is_entry, draft.is_reached = kept, is_entry, is_reached
            self.all.append(draft)
            self._last[draft.path, draft.anchor] = draft

    def _join_above(self, unit: _Unit) -> bool:
        """Add names to the last draft of the section or the entry that they are in. Return whether it did."""
        home = next((draft for draft in reversed(self.all) if draft.path == unit.path), None)
        return home is not None and _took(home, unit)

    def _join(self, unit: _Unit) -> bool:
        """Add a small unit without a link of its own to what it stands under. Return whether it did."""
        home = self._last.get((unit.path, unit.anchor))
        if home is not None and not unit.level:  # it goes on after an inner entry
            return unit.is_too_short and _took(home, unit)
        if not unit.level or not self.all or unit.size >= SMALL:
            return False
        last, parent = self.all[-1], unit.above
        if last.anchor != unit.anchor:
            return False
        if last.path == parent:
            return last.size + unit.size <= TARGET and _took(last, unit)
        is_sibling = last.path[:-1] == parent and len(last.path) == len(unit.path)
        if not is_sibling or not parent or last.kept or last.size >= SMALL:
            return False
        # Two small sections: neither heading fits both, so the text holds both headings.
        last.pieces, last.path, last.title = [*last.title, *last.pieces], parent, []
        return _took(last, unit)

    def _join_last(self, unit: _Unit) -> bool:
        """Add a text that would be dropped to the nearest draft of its section. Return whether it did."""
        if unit.path and (home := self._last.get((unit.path[:-1], unit.anchor))) is not None:
            return _took(home, unit)
        for draft in reversed(self.all):
            if unit.own and draft.is_entry:
                continue
            if draft.path[: len(unit.path) - 1] != unit.path[:-1]:
                return False
            if unit.own and draft.kept and len(draft.path) == len(unit.path):
                unit.is_reached = True  # a section of its own, which does not stand under the link of that one
                return False
            if len(draft.path) <= len(unit.path):
                return _took(draft, unit)
        return False


def _took(draft: _Draft, unit: _Unit) -> bool:
    """Add a unit to a draft where that has room. Return whether it had."""
    if draft.size + unit.size > HARD:
        return False
    draft.pieces += [*unit.opening(), *unit.pieces]
    return True


def _packed(unit: _Unit) -> Iterator[_Draft]:
    """Yield drafts of a unit, each with as many pieces as fit; one that is too short joins the one before it."""
    title = unit.opening()
    before: _Draft | None = None
    for pieces in _parts(unit.pieces):
        draft = _Draft(unit.path, pieces[0].anchor or unit.anchor, _named(pieces), title)
        has_room = before is not None and before.size + _size(pieces) <= HARD
        if before is not None and has_room and (before.is_too_short() or draft.is_too_short()):
            before.pieces += pieces
            continue
        if before is not None:
            yield before
        before, title = draft, []
    if before is not None:
        yield before


def _parts(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    current: list[Piece] = []
    size = 0
    for piece in pieces:
        if current and not _fits(current[-1], size, piece):
            carried = _leading_end(current, piece)
            if kept := current[: len(current) - len(carried)]:
                yield kept
                current, size = carried, _size(carried)
        current.append(piece)
        size += len(piece.text) + 2
    if current:
        yield current


def _named(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces of a passage under the names of the entries that they are in the middle of."""
    first = pieces[0]
    lines = first.entry.split("\n") if first.entry else []
    if first.kind is BlockKind.SIGNATURE:
        lines = lines[:-1]
    if not lines:
        return pieces
    text, name = first.text.translate(_SIGNS).lstrip(_MARKS), lines[0].translate(_SIGNS)
    if text.startswith(name) or (first.kind is BlockKind.TABLE and name in text):
        return pieces
    names = [Piece(line, BlockKind.SIGNATURE, first.anchor, leads=True, entry=first.entry) for line in lines]
    return [*names, *pieces]


def _fits(last: Piece, size: int, piece: Piece) -> bool:
    """Return whether a piece still fits into a draft of `size` characters that ends with `last`."""
    together = size + len(piece.text)
    if together <= TARGET:
        return not (piece.kind is BlockKind.SIGNATURE and size > TARGET // 2)
    if together <= SOFT:
        return piece.kind in _WHOLE or last.leads or size < SMALL
    return size < SMALL and together <= HARD


def _leading_end(pieces: list[Piece], following: Piece) -> list[Piece]:
    """Return the last pieces that introduce what follows: at most `MOST_LEADS`, of a few lines; [] for none."""
    if pieces[-1].kind is following.kind is BlockKind.SIGNATURE:
        return []
    start, size = len(pieces), 0
    while start > len(pieces) - MOST_LEADS and start and pieces[start - 1].leads and size <= LONGEST_LEAD:
        start -= 1
        size += len(pieces[start].text)
    return pieces[start:]


def _finished(drafts: list[_Draft], extract: Extract, url: str) -> tuple[tuple[Passage, ...], int]:
    passages: list[Passage] = []
    for draft in drafts:
        if draft.kept or draft.is_reached or not draft.is_too_short():
            kind, language = _kind(draft.pieces)
            path = draft.path or ((extract.title,) if extract.title else ())
            text = _text(draft.pieces)
            passages.append(Passage(url, draft.anchor, path, text, extract.title, kind, language, len(passages)))
    return tuple(passages), len(drafts) - len(passages)


def _size(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.text) + 2 for piece in pieces)


def _text(pieces: list[Piece]) -> str:
    """Return the text of the pieces: a blank line between two, none between list items or after a signature."""
    parts: list[str] = []
    before: BlockKind | None = None
    for piece in pieces:
        close = before is BlockKind.SIGNATURE or (before is piece.kind is BlockKind.ITEM)
        parts.append(("\n" if close else "\n\n") if parts else "")
        parts.append(piece.text)
        before = piece.kind
    return "".join(parts)


def _is_too_short(text: str) -> bool:
    text = text[:_GLANCE]
    return len(text) <= LEAST_CHARACTERS or _words_in(text) <= LEAST_WORDS


def _words_in(text: str) -> int:
    """Return the number of words; in scripts without blanks between words, each character counts as one."""
    words = len(text.split())
    return words if words > LEAST_WORDS else words + len(_CJK.findall(text))


def _kind(pieces: list[Piece]) -> tuple[PassageKind, str]:
    """Return the kind of most of the text, and the language of most of its code."""
    size = tables = 0
    by_language: dict[str, int] = {}
    for piece in pieces:
        size += len(piece.text)
        if piece.kind is BlockKind.CODE:
            by_language[piece.language] = by_language.get(piece.language, 0) + len(piece.text)
        elif piece.kind is BlockKind.TABLE:
            tables += len(piece.text)
    language = max(by_language, key=lambda name: by_language[name], default="")
    if sum(by_language.values()) * 2 > size:
        return PassageKind.CODE, language
    if tables * 2 > size:
        return PassageKind.TABLE, language
    is_api = any(piece.kind is BlockKind.SIGNATURE and piece.text.startswith("`") for piece in pieces)
    return (PassageKind.API if is_api else PassageKind.PROSE), language
