"""What markdown says about its code and text that a site does not show: removed lines, marks of lines, edits.

    retries: 3, // [!code --]        nothing          a: 1 // [!code highlight]      a: 1         VitePress, Shiki
    ```js del={2} ins={3-4}          without line 2   // highlight-next-line         nothing      Starlight, Docusaurus
    {--old--}{++new++}, {~~old~>new~~}                new                                         CriticMarkup
    ==text==, ^^text^^, ++ctrl+c++, %%comment%%       text, text, `ctrl+c`, nothing               MkDocs, Obsidian

Lines in, lines out; `ingest.documents.dialects` knows where code is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_COMMENT = r"(?://|#|--|;|%|<!--|/\*|\{/\*)"
_NOTATION = re.compile(rf"[ \t]*{_COMMENT}[ \t]*\[!code[ \t]+(?P<what>[^\]\n]{{1,60}})\][ \t]*(?:-->|\*/\}}?)?[ \t]*\Z")
_REMOVED = re.compile(r"--(?::(?P<lines>\d{1,3}))?\Z")
_MAGIC = re.compile(rf"[ \t]*{_COMMENT}[ \t]*highlight-(?:next-line|start|end)[ \t]*(?:-->|\*/\}}?)?[ \t]*\Z")
_META = re.compile(r"\bdel=\{(?P<lines>[\d,\s-]{1,200})\}")
_EDITS = (
    (re.compile(r"\{--.{1,2000}?--\}"), ""),
    (re.compile(r"\{>>.{1,2000}?<<\}"), ""),
    (re.compile(r"\{==(.{1,2000}?)==\}"), r"\1"),
    (re.compile(r"\{\+\+(.{1,2000}?)\+\+\}"), r"\1"),
    (re.compile(r"\{~~(?:(?!~>).){1,2000}?~>(.{0,2000}?)~~\}"), r"\1"),
)
_MARKS = (
    (re.compile(r"%%.{1,500}?%%"), ""),
    (re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,300}?)(?<=\S)==(?![=\w])"), r"\1"),
    (re.compile(r"\^\^(?=[^\s^])([^^\n]{1,300}?)(?<=\S)\^\^"), r"\1"),
    (re.compile(r"(?<![\w+])\+\+([a-z0-9][\w-]{0,20}(?:\+[\w-]{1,20}){0,4})\+\+(?![\w+])"), r"`\1`"),
)
_BLOCK_NAME = re.compile(r"(?<=\S)[ \t]\^[A-Za-z][\w-]{0,40}[ \t]*\Z")
_RAISED = re.compile(r"(?<=[\w)])\^([^\s^~`]{1,12})\^")
_LOWERED = re.compile(r"(?<=[\w)])(?<!~)~([\w+-]{1,12})~(?!~)")


_INCLUDED = re.compile(r"[ \t]*\{\{#[^{}\n]{1,300}\}\}[ \t]*\Z")
"""Where mdBook puts lines of another file."""


def shown_lines(lines: Iterable[str], info: str) -> list[str]:
    """Return the lines of a block of code that its page shows, as it shows them. `info`: what follows the fence."""
    meta = _META.search(info)
    removed = set(_numbers(meta["lines"])) if meta else set()
    found: list[str] = []
    skipped = 0
    for number, line in enumerate(lines, start=1):
        notation = _NOTATION.search(line)
        out = _REMOVED.match(notation["what"].strip()) if notation else None
        if out is not None:
            skipped = int(out["lines"] or 1)
        if skipped or number in removed or _MAGIC.match(line) or _INCLUDED.match(line):
            skipped -= skipped > 0
            continue
        found.append(line[: notation.start()] if notation else line)
    return found


def _numbers(written: str) -> Iterable[int]:
    """Yield the numbers of lines: `"2, 4-5"` -> 2, 4, 5."""
    for part in written.split(","):
        first, _, last = part.strip().partition("-")
        if first.strip().isdigit():
            yield from range(int(first), min(int(last) if last.strip().isdigit() else int(first), int(first) + 999) + 1)


def settle_edits(text: str) -> str:
    """Return a line of prose after the edits that it marks, with raised and lowered text as HTML."""
    if "{" in text:
        for pattern, kept in _EDITS:
            text = pattern.sub(kept, text)
    for pattern, kept in _MARKS:
        text = pattern.sub(kept, text)
    if "^" in text:
        text = _BLOCK_NAME.sub("", text)
        text = _RAISED.sub(r"<sup>\1</sup>", text)
    return _LOWERED.sub(r"<sub>\1</sub>", text) if "~" in text else text
