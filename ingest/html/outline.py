"""Where a walk over a page is: the headings and entries above, the anchor in use, and the name of the entry.

    h2 Settings ─> dt#alpha ─> dd ─> h4 Notes          path: Page, Settings, alpha, Notes
    /dd         ─> dt#beta                             path: Page, Settings, beta

What begins within a term's description or a list item ends with it (`mark` before, `back` after): a heading there is
above nothing that follows. Reads no nodes; finds no anchors (`ingest.html.anchors`).
"""

from __future__ import annotations

import re
from typing import TypeAlias

LONGEST_NAME, LONGEST_LINE = 80, 160
"""Characters of an entry's name in a path, and of the line that repeats it."""

_ENTRY = 9
"""The level of an entry: below every heading, so that no heading within it ends it (`Outline._floor`)."""

_SIGNS = str.maketrans("", "", "`*")
_LABEL = re.compile(r"\s*[(\[{<]")

_Above: TypeAlias = "tuple[tuple[int, str, str], ...]"
Mark: TypeAlias = "tuple[_Above, int, str, str, str]"


class Outline:
    """The headings above, and `anchor`, `entry`: the line that names the entry, "" outside of one."""

    def __init__(self, title: str) -> None:
        self.anchor = ""
        self.entry = ""
        self.path: tuple[str, ...] = (title,) if title else ()
        self._title = title
        self._above: _Above = ()
        self._floor = 0
        self._held = ""  # the entry's line to return to at a heading

    def mark(self) -> Mark:
        """Return what `back` restores."""
        return self._above, self._floor, self.anchor, self.entry, self._held

    def back(self, mark: Mark) -> None:
        """Return to where `mark` was taken."""
        above, self._floor, self.anchor, self.entry, self._held = mark
        if above is not self._above:
            self._set(above)

    def top(self) -> None:
        """Return to the heading of the page: what follows belongs to all of it."""
        above = self._above[:1] if self._above and self._above[0][0] == 1 else ()
        self.anchor, self.entry, self._held, self._floor = above[0][2] if above else "", "", "", 0
        self._set(above)

    def head(self, level: int, text: str, anchor: str, around: str = "") -> None:
        """Begin a section. Without an anchor it is reached by that of the section or entry it is in, or by `around`."""
        above = self._above
        while len(above) > self._floor and above[-1][0] >= level:
            above = above[:-1]
        is_title = text.translate(_SIGNS) == self._title.translate(_SIGNS)
        shown = "" if is_title and not any(name for _, name, _ in above) else text
        self.anchor = anchor or (above[-1][2] if above else around if self._above else self.anchor or around)
        self._set((*above, (level, shown, self.anchor)))
        self.entry = self._held

    def enter(self, line: str, anchor: str) -> None:
        """Begin an entry that lasts until `back`, named by a line of markdown; one with an anchor is in the path."""
        line = _shortened(line)
        if anchor:
            self.anchor, self.entry = anchor, line
            self._set((*self._above, (_ENTRY, name_of(line), anchor)))
        elif line:
            self.entry = f"{self.entry}\n{line}" if self.entry else line
        self._floor = len(self._above)
        self._held = self.entry

    def name(self, line: str, anchor: str) -> None:
        """Begin an entry that lasts until the next one or the next heading: a declaration, a named paragraph."""
        self.anchor = anchor or self.anchor
        self.entry = "\n".join(filter(None, (self._held, _shortened(line))))

    def _set(self, above: _Above) -> None:
        self._above = above
        self.path = tuple(name for name in (self._title, *(text for _, text, _ in above)) if name)


def name_of(line: str) -> str:
    """Return an entry's name without its arguments: "`f(a, b=1)`" -> `"f"`, `"**level** (integer)"` -> `"level"`."""
    text = line.translate(_SIGNS).strip()
    label = _LABEL.search(text)
    if label is not None and label.start():
        text = text[: label.start()]
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME].rsplit(" ", 1)[0]


def _shortened(line: str) -> str:
    """Return a line that names an entry, short enough to be repeated."""
    if len(line) <= LONGEST_LINE:
        return line
    return f"`{name_of(line)}`" if line.startswith("`") else f"**{name_of(line)}**"
