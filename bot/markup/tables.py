"""A table as lines of code: its columns stand below each other, and the markdown within them is gone.

    | Name | Default |          Name  Default
    |---|---|            ->     ----  -------
    | `A` | **1** |             A     1

Pure. A table that would be wider than a message, or has very many rows, is left as it was written.
"""

from __future__ import annotations

import re
import unicodedata

WIDEST = 80
"""The most columns of a line of code that fit into a message without a break."""

MOST_ROWS = 100

_BETWEEN = re.compile(r"(?<!\\)\|")
_MARKED = re.compile(r"`([^`]{1,200})`|\*\*([^*]{1,200})\*\*")


def align_columns(table: str) -> str:
    """Return a markdown table, the second row of which is its rule, with its columns aligned."""
    head, _, *rest = [_cells(line) for line in table.split("\n")]
    count = max(len(row) for row in (head, *rest))
    rows = [[*row, *[""] * (count - len(row))] for row in (head, *rest)]
    widths = [max(_columns(row[at]) for row in rows) for at in range(count)]
    if len(rows) > MOST_ROWS or sum(widths) + 2 * (count - 1) > WIDEST:
        return table
    rule = ["-" * max(width, 1) for width in widths]
    return "\n".join(_line(row, widths) for row in (rows[0], rule, *rows[1:]))


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_MARKED.sub(lambda m: m[1] or m[2], cell).replace("\\|", "|").strip() for cell in _BETWEEN.split(inner)]


def _line(cells: list[str], widths: list[int]) -> str:
    padded = (cell + " " * (width - _columns(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """Return the columns of a text in a font of fixed width: some letters take two, and combining marks none."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
