"""Cuts blocks to size: a block that is too large for one passage becomes several pieces, each readable alone.

    CODE    whole up to 2,000 characters, else cut on blank lines, then lines; each piece in a fence
    TABLE   whole up to 2,000 characters, else cut between rows, each piece under the header
    text    whole up to 1,300 characters, else cut between sentences, then words

Loses nothing but blank lines where code is cut. `ingest.split` decides which pieces share a passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ingest.pages import Block, BlockKind

TARGET, SOFT, HARD = 1_000, 1_300, 2_000

_TICKS = re.compile(r"`{3,}")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[\w`\"'(\[*-])|(?<=[。！？；])")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+(?=\n|\S|[ \t]*\S)")
_SEPARATOR = re.compile(r"\|(?:[ :-]+\|)+\Z")
_LONGEST_HEADER = 500
_LONGEST_LABEL = 50


class Piece(NamedTuple):
    """A block, or a part of one, as markdown. `leads`: it means nothing without what follows it.

    `entry` is the line that names the entry it belongs to.
    """

    text: str
    kind: BlockKind
    anchor: str = ""
    language: str = ""
    leads: bool = False
    level: int = 0
    entry: str = ""


def fenced(code: str, language: str) -> str:
    """Return the code in a fence longer than any run of backticks within it."""
    longest = max((len(run) for run in _TICKS.findall(code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def pieces_of(block: Block) -> Iterator[Piece]:
    """Yield the pieces of one block in order; a HEADING (of a note) becomes a line in bold."""
    match block.kind:
        case BlockKind.CODE:
            for code in [block.text] if len(block.text) <= HARD else _packed(_code_units(block.text), "", SOFT):
                if code.strip("\n"):
                    text = fenced(code.strip("\n"), block.language)
                    yield Piece(text, block.kind, block.anchor, block.language, entry=block.entry)
        case BlockKind.TABLE:
            for rows in [block.text] if len(block.text) <= HARD else _table_parts(block.text):
                yield Piece(rows, block.kind, block.anchor, entry=block.entry)
        case BlockKind.HEADING:
            text = f"**{block.text}**"
            yield Piece(text, block.kind, block.anchor, leads=True, level=block.level, entry=block.entry)
        case _:
            texts = [block.text] if len(block.text) <= SOFT else prose_parts(block.text)
            for text in texts:
                leads = _is_label(text, block.kind) or (block.kind is BlockKind.SIGNATURE and text is texts[-1])
                yield Piece(text, block.kind, block.anchor, leads=leads, entry=block.entry)


def _is_label(text: str, kind: BlockKind) -> bool:
    """Return whether a text labels what follows: it ends in a colon, or is a few words that are no sentence."""
    if text.endswith((":", "：")):
        return True
    is_short = kind is BlockKind.PARAGRAPH and len(text) <= _LONGEST_LABEL
    return is_short and (text[-1].isalnum() or text[-1] in "`?)]")


def prose_parts(text: str) -> list[str]:
    """Return parts of at most `TARGET` characters, cut between sentences where there are several."""
    units = [part for sentence in _SENTENCE.split(text) for part in _words(sentence, TARGET)]
    return _packed(units, " ", TARGET)


def _words(text: str, limit: int) -> Iterator[str]:
    """Yield parts of a sentence of at most `limit` characters, cut between words where it has any."""
    while len(text) > limit:
        cut = max(text.rfind(" ", 0, limit), text.rfind("\n", 0, limit))
        cut = cut if cut > limit // 2 else limit
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    if text:
        yield text


def _packed(units: list[str], joint: str, limit: int) -> list[str]:
    """Return the units joined into parts: each takes units until the next one would pass `limit` characters."""
    parts: list[str] = []
    current: list[str] = []
    size = 0
    for unit in units:
        if current and size + len(unit) > limit:
            parts.append(joint.join(current))
            current, size = [], 0
        current.append(unit)
        size += len(unit) + len(joint)
    if current:
        parts.append(joint.join(current))
    return parts


def _code_units(code: str) -> list[str]:
    """Return paragraphs of code with the blank lines before them; large ones by line, overlong lines in slices."""
    units: list[str] = []
    start = 0
    for gap in _BLANK_LINES.finditer(code):
        units.extend(_lines(code[start : gap.start()]))
        start = gap.start()
    units.extend(_lines(code[start:]))
    return units


def _lines(code: str) -> list[str]:
    if len(code) <= TARGET:
        return [code]
    lines = code.splitlines(keepends=True)
    return [line[at : at + HARD] for line in lines for at in range(0, len(line), HARD)]


def _labelled(rows: list[str]) -> list[str]:
    """Return the rows, each that only labels what follows together with the row after it."""
    found: list[str] = []
    label = ""
    for row in rows:
        if sum(1 for cell in row.strip("|").split(" |") if cell.strip(" |")) == 1 and row.count("|") > 2:
            label += f"{row}\n"
        else:
            found.append(label + row)
            label = ""
    return [*found, label.rstrip("\n")] if label else found


def _table_parts(text: str) -> Iterator[str]:
    rows = text.split("\n")
    header = rows[:2] if len(rows) > 1 and _SEPARATOR.match(rows[1]) else []
    body = _labelled(rows[len(header) :])
    if sum(map(len, header)) > _LONGEST_HEADER:
        header, body = [], rows
    room = TARGET - sum(map(len, header))
    for part in _packed([f"{row}\n" for row in body], "", max(room, TARGET // 2)):
        yield "\n".join([*header, part.rstrip("\n")])


def size_of(pieces: Iterable[Piece]) -> int:
    """Return the characters of the pieces, with the blank line after each."""
    return sum(len(piece.text) + 2 for piece in pieces)


def text_of(pieces: list[Piece]) -> str:
    """Return the text of the pieces: a blank line between two, none between list items or after a signature."""
    parts: list[str] = []
    before: BlockKind | None = None
    for piece in pieces:
        close = before is BlockKind.SIGNATURE or (before is piece.kind is BlockKind.ITEM)
        parts.append(("\n" if close else "\n\n") if parts else "")
        parts.append(piece.text)
        before = piece.kind
    return "".join(parts)
