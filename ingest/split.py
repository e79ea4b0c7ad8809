"""Splits the blocks of a page into passages: what one anchor leads to, or as much of it as fits, with its path.

    units (`ingest.page_units`)
      ──pack──> drafts of about 1,000 characters; one that begins within an entry repeats the entry's name
      ──join──> a unit that says nothing of its own goes to the draft it belongs to, under its heading or name
      ──drop──> what is too short and belongs to no draft, counted ──> Passage*

An anchor that the author gave is a passage of its own, however short, from three words or a value on. Text without
one is a passage from 16 words and 51 characters on, its heading counted. Nothing goes to a unit that it does not stand
under, but a heading without an anchor to the parent or the sibling before it, with its heading as a line. A line that
ends in ":" stays with what follows. Lengths are characters. Other modules do identity, embedding and storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from core.domain import Passage, PassageKind
from ingest.page_units import LEAST_OWN, WORD, PageUnit, is_too_short, read_units
from ingest.pages import BlockKind, Extract
from ingest.pieces import HARD, SOFT, TARGET, Piece, size_of, text_of

SMALL = 200
MOST_LEADS, LONGEST_LEAD = 3, 300

_SIGNS = str.maketrans("", "", "`*")
_MARKS = "-. 0123456789"  # of an item of a list
_WHOLE = frozenset({BlockKind.CODE, BlockKind.TABLE})


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
        return size_of(self.pieces)

    def is_too_short(self) -> bool:
        return is_too_short(text_of([*self.title, *self.pieces]))


def split(extract: Extract, url: str) -> tuple[tuple[Passage, ...], int]:
    """Return the passages of a page, and how many texts were dropped as too short."""
    drafts = _Drafts()
    units = read_units(extract)
    for unit, following in zip_longest(units, units[1:]):
        if unit.pieces or unit.declare():
            drafts.add(unit)
        elif unit.level and not unit.own and (following is None or following.path[: len(unit.path)] != unit.path):
            drafts.remark(unit)
    drafts.close()
    return _make_passages(drafts.all, extract, url)


class _Drafts:
    """The drafts of one page, in reading order."""

    def __init__(self) -> None:
        self.all: list[_Draft] = []
        self._last: dict[tuple[tuple[str, ...], str], _Draft] = {}
        self._names: PageUnit | None = None  # entries that are names alone, so far

    def add(self, unit: PageUnit) -> None:
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
            self._put(_pack_unit(unit), kept=True, is_entry=unit.is_entry)
        elif not (self._join(unit) or (unit.is_too_short and self._join_last(unit))):
            self._put(_pack_unit(unit), kept=False, is_reached=unit.is_reached)

    def remark(self, unit: PageUnit) -> None:
        """Keep a heading that says it all, like "Returns void", as a line of what is right above it."""
        if self.all and self.all[-1].path == unit.above:
            _add_to_draft(self.all[-1], unit)

    def close(self) -> None:
        """Make drafts of the names at the end of a list: a short list goes to what is said above it."""
        unit, self._names = self._names, None
        if unit is None or (unit.is_too_short and self._join_above(unit)):
            return
        words = f"{unit.path[-1] if unit.path else ''}\n{text_of(unit.pieces)}"
        self._put(_pack_unit(unit), kept=len(WORD.findall(words)) >= LEAST_OWN)

    def _name(self, unit: PageUnit) -> None:
        names, path = self._names, unit.above
        if names is not None and names.path == path and names.size + unit.size <= TARGET:
            names.pieces += unit.pieces
        else:
            self.close()
            self._names = PageUnit(path, path, unit.anchor, pieces=unit.pieces)

    def _put(self, drafts: Iterable[_Draft], *, kept: bool, is_entry: bool = False, is_reached: bool = False) -> None:
        for draft in drafts:
            draft.kept, draft.is_entry, draft.is_reached = kept, is_entry, is_reached
            self.all.append(draft)
            self._last[draft.path, draft.anchor] = draft

    def _join_above(self, unit: PageUnit) -> bool:
        """Add names to the last draft of the section or the entry that they are in. Return whether it did."""
        home = next((draft for draft in reversed(self.all) if draft.path == unit.path), None)
        return home is not None and _add_to_draft(home, unit)

    def _join(self, unit: PageUnit) -> bool:
        """Add a small unit without a link of its own to what it stands under. Return whether it did."""
        home = self._last.get((unit.path, unit.anchor))
        if home is not None and not unit.level:  # it goes on after an inner entry
            return unit.is_too_short and _add_to_draft(home, unit)
        if not unit.level or not self.all or unit.size >= SMALL:
            return False
        last, parent = self.all[-1], unit.above
        if last.anchor != unit.anchor:
            return False
        if last.path == parent:
            return last.size + unit.size <= TARGET and _add_to_draft(last, unit)
        is_sibling = last.path[:-1] == parent and len(last.path) == len(unit.path)
        if not is_sibling or not parent or last.kept or last.size >= SMALL:
            return False
        # Two small sections: neither heading fits both, so the text holds both headings.
        last.pieces, last.path, last.title = [*last.title, *last.pieces], parent, []
        return _add_to_draft(last, unit)

    def _join_last(self, unit: PageUnit) -> bool:
        """Add a text that would be dropped to the nearest draft of its section. Return whether it did."""
        if unit.path and (home := self._last.get((unit.path[:-1], unit.anchor))) is not None:
            return _add_to_draft(home, unit)
        for draft in reversed(self.all):
            if unit.own and draft.is_entry:
                continue
            if draft.path[: len(unit.path) - 1] != unit.path[:-1]:
                return False
            if unit.own and draft.kept and len(draft.path) == len(unit.path):
                unit.is_reached = True  # a section of its own, which does not stand under the link of that one
                return False
            if len(draft.path) <= len(unit.path):
                return _add_to_draft(draft, unit)
        return False


def _add_to_draft(draft: _Draft, unit: PageUnit) -> bool:
    """Add a unit to a draft where that has room. Return whether it had."""
    if draft.size + unit.size > HARD:
        return False
    draft.pieces += [*unit.opening(), *unit.pieces]
    return True


def _pack_unit(unit: PageUnit) -> Iterator[_Draft]:
    """Yield drafts of a unit, each with as many pieces as fit; one that is too short joins the one before it."""
    title = unit.opening()
    before: _Draft | None = None
    for pieces in _group_pieces(unit.pieces):
        draft = _Draft(unit.path, pieces[0].anchor or unit.anchor, _repeat_names(pieces), title)
        has_room = before is not None and before.size + size_of(pieces) <= HARD
        if before is not None and has_room and (before.is_too_short() or draft.is_too_short()):
            before.pieces += pieces
            continue
        if before is not None:
            yield before
        before, title = draft, []
    if before is not None:
        yield before


def _group_pieces(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    current: list[Piece] = []
    size = 0
    for piece in pieces:
        if current and not _fits(current[-1], size, piece):
            carried = _leading_end(current, piece)
            if kept := current[: len(current) - len(carried)]:
                yield kept
                current, size = carried, size_of(carried)
        current.append(piece)
        size += len(piece.text) + 2
    if current:
        yield current


def _repeat_names(pieces: list[Piece]) -> list[Piece]:
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


def _make_passages(drafts: list[_Draft], extract: Extract, url: str) -> tuple[tuple[Passage, ...], int]:
    passages: list[Passage] = []
    for draft in drafts:
        if draft.kept or draft.is_reached or not draft.is_too_short():
            kind, language = _kind_of(draft.pieces)
            path = draft.path or ((extract.title,) if extract.title else ())
            text = text_of(draft.pieces)
            passages.append(Passage(url, draft.anchor, path, text, extract.title, kind, language, len(passages)))
    return tuple(passages), len(drafts) - len(passages)


def _kind_of(pieces: list[Piece]) -> tuple[PassageKind, str]:
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
