"""Tables as markdown rows: a cell that spans columns is followed by empty ones, one that spans rows is repeated.

    <tr><th>Option<th>Default</tr><tr><td>a<td>1</tr>   ->   | Option | Default |
                                                           | --- | --- |
                                                           | a | 1 |

A table that only arranges blocks on the page (`is_layout`) does not count: its cells are walked like any container.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ingest.html.inline import render_line
from ingest.html.known import COLUMN_TABLES, MEMBER_TABLES
from ingest.html.pictures import label_of
from ingest.html.tree import HEADING, PRE, TABLE, Node, find, number_of

_MOST_SPANS = {"colspan": 20, "rowspan": 1_000}
_LARGEST = 1_500_000  # characters of one table
_LONGEST_ROW = 4_000
_LEAST_PLAIN, _LEAST_LINKS, _LARGEST_BAR, _LEAST_NAMED = 2, 3, 300, 2
_LONGEST_SIGN = 2
_COUNTED = re.compile(r"\d{1,3}\.\Z")
_PARTS = frozenset({"thead", "tbody", "tfoot"})


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row to which the page has a link, as a table of its own under the header; `anchor` "": rows without a link."""

    name: str
    anchor: str
    text: str


class Row(NamedTuple):
    """A row that says something: its `line` of markdown, its first text, and whether it heads the columns."""

    node: Node
    line: str
    name: str
    columns: int
    is_header: bool


def rows_of(table: Node) -> Iterator[Node]:
    """Yield the shown rows of a table, not those of tables within it: its foot last, wherever it is written."""
    for kid in sorted(table.nodes, key=lambda kid: kid.tag == "tfoot"):
        if kid.shown and kid.tag == "tr":
            yield kid
        elif kid.shown and kid.tag in _PARTS:
            yield from (row for row in kid.nodes if row.shown and row.tag == "tr")


def cells_of(row: Node) -> list[Node]:
    """Return the shown cells of a row."""
    return [kid for kid in row.nodes if kid.shown and kid.tag in {"td", "th"}]


def is_layout(table: Node) -> bool:
    """Return whether a table only arranges things on the page."""
    if table.holds & (PRE | TABLE | HEADING) or table.attrs.get("role") == "presentation":
        return True
    rows = [cells_of(row) for row in rows_of(table)]
    cells = sum(map(len, rows))
    if cells <= 1:
        return True
    if len(rows) == 1 and _is_framed(rows[0]):
        return True
    if any(cell.tag == "th" for row in rows for cell in row):
        return False
    return all(len(row) <= 1 for row in rows) or _is_next_to_icon(rows)


def is_link_bar(table: Node) -> bool:
    """Return whether a table is one row of links: a menu of the site."""
    if not table.linked or table.linked * 10 < table.size * 9 or table.size > _LARGEST_BAR:
        return False
    rows = [cells_of(row) for row in rows_of(table)]
    return len(rows) == 1 and sum(cell.size > 0 for cell in rows[0]) >= _LEAST_LINKS


def _is_framed(row: list[Node]) -> bool:
    """Return whether a row is a text with a picture next to it."""
    if any(cell.tag == "th" for cell in row):
        return False
    return sum(cell.size > 0 for cell in row) <= 1 or any("icon" in cell.classes for cell in row)


def _is_next_to_icon(rows: list[list[Node]]) -> bool:
    """Return whether rows are a text with one picture next to all of them, as DocBook sets its notes."""
    icon = rows[0][0] if rows[0] else None
    is_icon = icon is not None and not icon.size and "rowspan" in icon.attrs and find(icon, "img") is not None
    return is_icon and all(len(row) <= 1 + (row is rows[0]) for row in rows)


def iterate_parts(table: Node) -> Iterator[str | Node]:
    """Yield the parts of a table whose cells are not all plain: cells to walk, and plain rows as markdown, in order.

    Rows become markdown where two at least are plain (doxygen's members under headings, jsdoc's nested properties).
    """
    rows = list(rows_of(table))
    plain = sum(_is_plain(row) and sum(cell.size > 0 for cell in cells_of(row)) > 1 for row in rows)
    least = 1 if not MEMBER_TABLES.isdisjoint(table.classes) else _LEAST_PLAIN
    if plain < least or all(map(_is_plain, rows)) or table.attrs.get("role") == "presentation":
        for row in rows:
            yield from (cell for cell in cells_of(row) if "icon" not in cell.classes)
        return
    together: list[Node] = []
    for row in rows:
        if _is_plain(row):
            together.append(row)
            continue
        yield _markdown(together)
        together = []
        simple, others = _split_row(row)
        if simple:
            yield _line(simple)
        yield from others
    yield _markdown(together)


def _is_plain(row: Node) -> bool:
    return not row.holds & (PRE | TABLE | HEADING)


def _split_row(row: Node) -> tuple[list[str], list[Node]]:
    """Return the texts of the plain cells, and the cells that hold more."""
    cells = cells_of(row)
    simple = [cell for cell in cells if not cell.holds & (PRE | TABLE | HEADING)]
    others = [cell for cell in cells if cell.holds & (PRE | TABLE | HEADING)]
    return [_cell(cell) for cell in simple if cell.size], others


def format_div_table(holder: Node) -> str:
    """Return one of javadoc's tables of `<div>`s as markdown, "" where the columns do not add up."""
    columns = next((count for name, count in COLUMN_TABLES.items() if name in holder.classes), 0)
    cells = holder.nodes
    if not columns or len(cells) % columns or holder.holds & PRE:
        return ""
    rows = [[_cell(cell) for cell in cells[at : at + columns]] for at in range(0, len(cells), columns)]
    lines = [_line(row) for row in rows]
    if "table-header" in cells[0].classes and len(lines) > 1:
        lines.insert(1, f"|{' --- |' * columns}")
    return "\n".join(lines)


def read_rows(table: Node) -> list[Row]:
    """Return the rows of a table that say something; [] where one is too long."""
    return _read(rows_of(table))


def format_rows(rows: Sequence[Row]) -> str:
    """Return rows as markdown, one per line; "" for none."""
    lines = [row.line for row in rows]
    if len(lines) > 1 and rows[0].is_header:
        lines.insert(1, f"|{' --- |' * rows[0].columns}")
    return "\n".join(lines)


def split_rows(rows: Sequence[Row], anchor_of: Callable[[Node], str]) -> list[NamedRow]:
    """Return rows by their links, each under the header; none where few rows have a link.

    A row without a link goes on with the one before it. `anchor_of` returns the link of a row, "" for none.
    """
    header = ""
    if rows and rows[0].is_header:
        header, rows = f"{rows[0].line}\n|{' --- |' * rows[0].columns}\n", rows[1:]
    anchors = [anchor_of(row.node) for row in rows]
    linked = sum(map(bool, anchors))
    if linked < _LEAST_NAMED or linked * 2 < len(rows):
        return []
    found: list[NamedRow] = []
    for row, anchor in zip(rows, anchors, strict=True):
        if anchor or not found:
            found.append(NamedRow(row.name, anchor, header + row.line))
        else:
            found[-1] = replace(found[-1], text=f"{found[-1].text}\n{row.line}")
    return found


def _markdown(rows: Iterable[Node]) -> str:
    return format_rows(_read(rows))


def _read(rows: Iterable[Node]) -> list[Row]:
    found: list[Row] = []
    spanning: dict[int, tuple[int, str]] = {}
    size = 0
    for row in rows:
        cells = cells_of(row)
        texts = _row(cells, spanning)
        if not any(texts):
            continue
        line = _line(texts)
        if len(line) > _LONGEST_ROW:
            return []
        is_head = row.parent is not None and row.parent.tag == "thead"
        is_header = is_head or all(cell.tag == "th" for cell in cells)
        name = next((text for text in texts if text and not _COUNTED.match(text)), "") or next(filter(None, texts))
        found.append(Row(row, line, name, len(texts), is_header))
        size += len(line)
        if size > _LARGEST:
            break
    return found


def _row(cells: list[Node], spanning: dict[int, tuple[int, str]]) -> list[str]:
    """Return the texts of a row. `spanning`: by column, the number of rows a cell still reaches down, and its text."""
    texts: list[str] = []
    waiting = list(cells)
    while waiting or len(texts) in spanning:
        column = len(texts)
        if column in spanning:
            left, text = spanning.pop(column)
            if left > 1:
                spanning[column] = (left - 1, text)
            texts.append(text)
            continue
        cell = waiting.pop(0)
        text = _cell(cell)
        down = _span(cell, "rowspan")
        for offset in range(_span(cell, "colspan")):
            texts.append(text if not offset else "")
            if down > 1:
                spanning[column + offset] = (down - 1, text if not offset else "")
    return texts


def _cell(cell: Node) -> str:
    text = render_line(cell)
    if len(text) <= _LONGEST_SIGN and not text.isalnum():
        text = label_of(cell) or text
    return text.replace("|", "\\|")


def _line(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _span(cell: Node, name: str) -> int:
    value = cell.get(name)
    if not value:
        return 1
    most = _MOST_SPANS[name]
    return min(most, number_of(value, 1)) or (most if name == "rowspan" else 1)  # rowspan=0: down to the end
