"""A stored page as markdown: its sections with their anchors, and the one that a url means, with those around it.

Passage* of a page ──split_sections──> Section* ──write_sections──> markdown, at most `LONGEST` characters
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.domain import Passage
from core.index.port import StoredPage

LONGEST = 40_000
"""Characters of one result: more would fill the context of the model that asked for it."""

_NAMED = 12
_DEEPEST = 6  # levels of headings in markdown


@dataclass(frozen=True, slots=True)
class Section:
    """All passages of a page under one anchor."""

    anchor: str
    passages: tuple[Passage, ...]

    @property
    def link(self) -> str:
        """The url with the anchor."""
        return self.passages[0].link


@dataclass(frozen=True, slots=True)
class Written:
    """Sections as markdown. `left`: the first one that had no room, or not for all of it; None: all had."""

    markdown: str
    left: Section | None = None
    is_cut: bool = False


def split_sections(passages: Sequence[Passage]) -> list[Section]:
    """Return the sections of a page, in its order."""
    by_anchor: dict[str, list[Passage]] = {}
    for passage in passages:
        by_anchor.setdefault(passage.anchor, []).append(passage)
    return [Section(anchor, tuple(kept)) for anchor, kept in by_anchor.items()]


def find_section(sections: Sequence[Section], url: str) -> int | None:
    """Return the place of the section that a url means, from 0: the first without an anchor; None: it has no such."""
    anchor = urlsplit(url).fragment.partition(":~:")[0] if "#" in url else ""
    if not anchor:
        return 0
    names = [section.anchor for section in sections]
    return next((names.index(each) for each in (anchor, unquote(anchor)) if each in names), None)


def name_anchors(page: StoredPage, sections: Sequence[Section]) -> str:
    """Return the sentence about a section that a page does not have."""
    names = [f"#{section.anchor}" for section in sections if section.anchor]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    has = f"its sections are {', '.join(names[:_NAMED])}{more}" if names else "it has no sections with an anchor"
    return f"The page {page.url} has no such section: {has}. Without an anchor, `around`: page reads all of it."


def write_sections(sections: Sequence[Section]) -> Written:
    """Return sections as markdown, each heading with its anchor; what has no room is left out from the end."""
    written: list[str] = []
    length, path = 0, tuple[str, ...]()
    for section in sections:
        for passage in section.passages:
            piece = passage.text if passage.path == path else f"{_heading(passage)}\n\n{passage.text}"
            if written and length + len(piece) > LONGEST:
                return Written("\n\n".join(written), section, is_cut=True)
            written.append(piece[:LONGEST])
            length, path = length + len(piece), passage.path
    return Written("\n\n".join(written), is_cut=length > LONGEST)


def _heading(passage: Passage) -> str:
    """Return a heading with its anchor: `## Install with pip {#with-pip}`."""
    name = passage.path[-1] if passage.path else passage.title or passage.url
    anchor = f" {{#{passage.anchor}}}" if passage.anchor else ""
    return f"{'#' * min(max(len(passage.path), 1), _DEEPEST)} {' '.join(name.split())}{anchor}"
