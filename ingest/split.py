"""Splits the blocks of a page into passages: a section, or as much of one as fits, with its heading path.

    blocks ──> sections (flush at each heading) ──pack──> drafts of about 1,000 characters
           ──join──> a section under 200 characters goes to its first child, else to the sibling before it; but a
                     section with an anchor and a full sentence stays alone, or no link could lead to it
           ──drop──> what is still <= 15 words or <= 50 characters, counted ──> Passage*

A line that ends in ":" stays with what follows. Lengths are characters; the rules and their numbers were tried on
25 sites. Other modules do identity, embedding and storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from core.domain import Kind, Passage
from ingest.pages import Block, BlockKind, Extract
from ingest.pieces import HARD, SOFT, TARGET, Piece, pieces_of

SMALL = 200
MOST_LEADS, LONGEST_LEAD = 3, 300
LEAST_WORDS, LEAST_CHARACTERS = 15, 50

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_WHOLE = frozenset({BlockKind.CODE, BlockKind.TABLE})


@dataclass(slots=True)
class _Section:
    """A heading and the blocks under it, up to the next heading."""

    path: tuple[str, ...]
    anchor: str
    level: int = 0
    pieces: list[Piece] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(piece.text) + 2 for piece in self.pieces)

    @property
    def stands_alone(self) -> bool:
        """Whether it deserves a separate link: it has an anchor, and holds a full sentence."""
        return bool(self.anchor) and self.level > 0 and _is_sentence(_text(self.pieces))

    def opening(self) -> Piece:
        """Return the heading as a line of text, for a passage that holds other sections too."""
        return Piece(f"{'#' * self.level} {self.path[-1]}", BlockKind.HEADING, self.anchor, leads=True)


@dataclass(slots=True)
class _Draft:
    """A passage in the making."""

    path: tuple[str, ...]
    anchor: str
    pieces: list[Piece]
    opening: Piece | None = None  # the heading of its section, where it begins one

    @property
    def stands_alone(self) -> bool:
        return self.opening is not None and bool(self.opening.anchor) and _is_sentence(_text(self.pieces))

    @property
    def size(self) -> int:
        return sum(len(piece.text) + 2 for piece in self.pieces)


def split(extract: Extract, url: str) -> tuple[tuple[Passage, ...], int]:
    """Return the passages of a page, and how many were dropped as too short."""
    drafts: list[_Draft] = []
    waiting: list[Piece] = []  # a small section on its way into its first child
    sections = [section for section in _sections(extract.blocks) if section.pieces]
    for section, following in zip_longest(sections, sections[1:]):
        if waiting:
            # The link leads to the child: that is most of the passage, and what joined it is right above it.
            moved = [replace(piece, anchor=section.anchor) for piece in waiting]
            section.pieces[:0] = [*moved, section.opening()] if section.level else moved
            waiting = []
        if section.size < SMALL and following is not None and _is_child(following, section):
            waiting = section.pieces
        elif section.stands_alone or not (section.size < SMALL and _joins(section, drafts)):
            drafts.extend(_packed(section))
    return _finished(drafts, extract, url)


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    section: _Section | None = None
    for block in blocks:
        if block.kind is BlockKind.HEADING and not block.note:
            if section is not None:
                yield section
            section = _Section(block.path, block.anchor, block.level)
        else:
            if section is None:
                section = _Section(block.path, block.anchor)
            section.pieces.extend(pieces_of(block))
    if section is not None:
        yield section


def _is_child(section: _Section, parent: _Section) -> bool:
    return len(section.path) > len(parent.path) and section.path[: len(parent.path)] == parent.path


def _joins(section: _Section, drafts: list[_Draft]) -> bool:
    """Add a small section to the sibling or parent before it, where that has room. Return whether it did."""
    if not drafts or not section.level:
        return False
    before = drafts[-1]
    parent = section.path[:-1]
    is_sibling = before.path[:-1] == parent and len(before.path) == len(section.path)
    has_room = before.size + section.size <= (SOFT if _is_too_short(_text(section.pieces)) else TARGET)
    if not has_room or not (is_sibling or before.path == parent):
        return False
    if is_sibling and before.size < SMALL and before.opening is not None and parent and not before.stands_alone:
        # Two small sections: neither heading fits both, so the text holds both headings.
        if before.opening not in before.pieces:  # it already is where their parent was small too
            before.pieces.insert(0, before.opening)
        before.path = parent
    before.pieces += [section.opening(), *section.pieces]
    return True


def _packed(section: _Section) -> Iterator[_Draft]:
    """Yield drafts of a section, each with as many pieces as fit."""
    opening = section.opening() if section.level else None
    current: list[Piece] = []
    size = 0
    for piece in section.pieces:
        if current and not _fits(current[-1], size, piece):
            carried = _leading_end(current, piece)
            kept = current[: len(current) - len(carried)]
            if kept:
                yield _Draft(section.path, kept[0].anchor or section.anchor, kept, opening)
                opening = None
                current, size = carried, sum(len(one.text) + 2 for one in carried)
        current.append(piece)
        size += len(piece.text) + 2
    if current:
        yield _Draft(section.path, current[0].anchor or section.anchor, current, opening)


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
        text = _text(draft.pieces)
        if not _is_too_short(text) or draft.stands_alone:
            kind, language = _kind(draft.pieces)
            path = draft.path or ((extract.title,) if extract.title else ())
            passages.append(Passage(url, draft.anchor, path, text, extract.title, kind, language, len(passages)))
    return tuple(passages), len(drafts) - len(passages)


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
    return len(text) <= LEAST_CHARACTERS or _words_in(text) <= LEAST_WORDS


def _is_sentence(text: str) -> bool:
    """Return whether a text says something under a separate heading: `"Default: dist. Where the build goes to."`."""
    return len(text) > LEAST_CHARACTERS and _words_in(text) >= LEAST_WORDS // 2


def _words_in(text: str) -> int:
    """Return the number of words; in scripts without blanks between words, each character counts as one."""
    words = len(text.split())
    return words if words > LEAST_WORDS else words + len(_CJK.findall(text))


def _kind(pieces: list[Piece]) -> tuple[Kind, str]:
    """Return the kind of most of the text, and the language of most of its code."""
    sizes = dict.fromkeys(BlockKind, 0)
    by_language: dict[str, int] = {}
    for piece in pieces:
        sizes[piece.kind] += len(piece.text)
        if piece.kind is BlockKind.CODE:
            by_language[piece.language] = by_language.get(piece.language, 0) + len(piece.text)
    language = max(by_language, key=lambda name: by_language[name], default="")
    half = sum(sizes.values()) / 2
    if sizes[BlockKind.CODE] > half:
        return Kind.CODE, language
    if sizes[BlockKind.TABLE] > half:
        return Kind.TABLE, language
    is_api = any(piece.kind is BlockKind.SIGNATURE and piece.text.startswith("`") for piece in pieces)
    return (Kind.API if is_api else Kind.PROSE), language
