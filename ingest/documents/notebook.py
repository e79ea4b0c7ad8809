"""Turns a Jupyter notebook (nbformat 4) into markdown: its text, its code as blocks, what the code printed.

Left out: prompts, pictures and other outputs that are no text, attachments, and cells or outputs that a tag hides
(`remove-cell`, `remove-input`, `remove-output`, `hide-...`). Runs in the parse child.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.documents.unreadable import Unreadable
from ingest.pieces import fenced

LONGEST_OUTPUT = 2_000
"""Letters of one output; a longer one is a log or a table of data."""

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ATTACHED = re.compile(r"!\[[^\]\n]*\]\(attachment:[^)\n]*\)")


def render_notebook(text: str) -> str:
    """Return the notebook as markdown. Raises `Unreadable`."""
    try:
        book = json.loads(text)
    except ValueError as error:
        raise Unreadable("damaged notebook") from error
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("damaged notebook")
    metadata = _table(book.get("metadata"))
    language = _text(_table(metadata.get("kernelspec")).get("language"))
    language = language or _text(_table(metadata.get("language_info")).get("name"))
    return "\n\n".join(part for cell in cells for part in _shown(_table(cell), language) if part.strip())


def _shown(cell: Mapping[str, Any], language: str) -> Iterator[str]:
    tags = {_text(tag).replace("_", "-") for tag in _list(_table(cell.get("metadata")).get("tags"))}
    if tags & {"remove-cell", "hide-cell"}:
        return
    source = _text(cell.get("source"))
    match cell.get("cell_type"):
        case "markdown":
            yield _ATTACHED.sub("", source)
        case "code":
            if source.strip() and not tags & {"remove-input", "hide-input"}:
                yield fenced(source.strip("\n"), language)
            if not tags & {"remove-output", "hide-output"}:
                yield from map(_output, _list(cell.get("outputs")))
        case _:
            return


def _output(output: Any) -> str:
    """Return what a piece of code printed or returned, in a block; "" for what is no text, an error, or long."""
    table = _table(output)
    text = (
        _text(table.get("text"))
        if table.get("output_type") == "stream"
        else _text(_table(table.get("data")).get("text/plain"))
    )
    text = _ESCAPES.sub("", text).strip("\n")
    is_object = text.startswith("<") and text.endswith(">")  # <Figure size 640x480 with 1 Axes>
    return "" if not text.strip() or is_object or len(text) > LONGEST_OUTPUT else fenced(text, "text")


def _text(value: Any) -> str:
    """Return a text that notebooks keep as a string or as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
