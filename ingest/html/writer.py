"""Writes the blocks of a page where the walk over it is: under which headings, in which entry, item or note.

    declare("`open(path)`", "open")   begins an entry, and adds its SIGNATURE, which opens what the anchor leads to
    mark = "  - "                     the next paragraph becomes an ITEM
    note = "tip"                      all blocks carry the kind of the note, until it is "" again

Reads no nodes (`ingest.html.blocks`), and takes no more text of a page than `MOST_TEXT`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.html.badges import is_prompt
from ingest.html.inline import tidy
from ingest.html.outline import Outline
from ingest.html.tables import NamedRow
from ingest.pages import Block, BlockKind

MOST_TEXT = 1_500_000
"""Characters of one page; what follows is left out."""

_LONGEST_LABEL, _LONGEST_SIGN = 80, 2


class BlockWriter:
    """Collects `blocks`. `at`: where the walk is; `note`: the kind of the note, `depth`: of the list that it is in.

    `mark`: of the list item whose first paragraph is still to come. `opens`: the next block begins what an anchor of
    its own leads to.
    """

    def __init__(self, title: str) -> None:
        self.blocks: list[Block] = []
        self.at = Outline(title)
        self.note = ""
        self.depth = 0
        self.mark = ""
        self.opens = False
        self._room = MOST_TEXT

    def emit(
        self,
        kind: BlockKind,
        text: str,
        *,
        level: int = 0,
        language: str = "",
        path: tuple[str, ...] | None = None,
    ) -> None:
        """Add a block; nothing where its text is blank. `path`: where it is not that of the outline."""
        if not text.strip() or self._room <= 0:
            return
        text = text[: self._room]
        self._room -= len(text)
        at, opens, self.opens = self.at, self.opens, False
        place = at.path if path is None else path
        block = Block(kind, text, at.anchor, place, level, language, self.note, self.depth, at.entry, opens)
        self.blocks.append(block)

    def add_run(self, run: list[str]) -> None:
        """Add the text of a run as a paragraph, the first one of a list item under its mark, and empty the run.

        A sign alone is no text, and neither is the prompt of a notebook.
        """
        if not run:
            return
        text = tidy(run)
        run.clear()
        is_sign = len(text) <= _LONGEST_SIGN and not any(map(str.isalnum, text))
        if not text or is_sign or (text[-1] in "]:" and is_prompt(text)):
            return
        mark, self.mark = self.mark, ""
        if mark:
            self.emit(BlockKind.ITEM, mark + text.replace("\n", "\n" + " " * len(mark)))
        else:
            self.emit(BlockKind.PARAGRAPH, text)

    def add_label(self, label: str) -> None:
        """Add the title of a note or a tab as a paragraph that ends in a sign; nothing where it is long."""
        if label and len(label) <= _LONGEST_LABEL:
            self.emit(BlockKind.PARAGRAPH, label if label.endswith((":", "?", ".", "!")) else f"{label}:")

    def add_rows(self, text: str) -> None:
        """Add a table, or a part of one."""
        self.mark = ""
        self.emit(BlockKind.TABLE, text)

    def add_named_rows(self, rows: Iterable[NamedRow]) -> None:
        """Add rows that have links of their own, each as an entry."""
        for row in rows:
            before = self.at.mark()
            if row.anchor:
                self.at.enter(row.name, row.anchor)
            self.opens = bool(row.anchor)
            self.add_rows(row.text)
            self.at.back(before)

    def begin(self, line: str, anchor: str) -> None:
        """Begin an entry that lasts until the next one, or the next heading."""
        self.at.name(line, anchor)
        self.opens = self.opens or bool(anchor)

    def sign(self, line: str, *, level: int = 0) -> None:
        """Add the line that names an entry, "" for none."""
        if line:
            self.mark = ""
            self.emit(BlockKind.SIGNATURE, line, level=level)

    def declare(self, line: str, anchor: str) -> None:
        """Begin an entry, with the line that names it."""
        self.begin(line, anchor)
        self.sign(line)
