"""mdBook: `book.src`, `output.html.site-url`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import read_config, text_at
from ingest.folders.generators.port import NO_PAGE, Front, below, is_markdown, page_route

_INDEXES = frozenset({"index", "readme"})


class MdBook:
    """The site of a book.toml."""

    name: ClassVar[str] = "mdBook"
    style: ClassVar[SlugStyle] = SlugStyle.MDBOOK
    uses_front: ClassVar[bool] = False

    def __init__(self, config: Path) -> None:
        values = read_config(config)
        self.site_url = text_at(values, "output", "html", "site-url")
        self._content = text_at(values, "book", "src") or "src"

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a file in `src`; SUMMARY.md is the table of contents."""
        inside = below(self._content, name)
        if inside is None or not is_markdown(inside):
            return inside
        return NO_PAGE if inside.lower() == "summary.md" else page_route(inside, ".html", _INDEXES)


def detect(folder: Path) -> MdBook | None:
    """Return the site that is configured in a folder."""
    config = folder / "book.toml"
    return MdBook(config) if config.exists() else None
