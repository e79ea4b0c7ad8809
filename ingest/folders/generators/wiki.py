"""The checkout of a wiki of a git host: pages are at their name, sidebars and footers are no pages.

https://github.com/o/r.wiki.git        Oil-Change.md, how-to/Oil-Change.md ──> /o/r/wiki/Oil-Change
https://gitlab.com/g/p.wiki.git        how-to/oil.md ──> /g/p/-/wikis/how-to/oil
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.checkout import find_wiki_url
from ingest.folders.generators.port import NO_PAGE, Front

_PARTS = ("_sidebar", "_footer", "_header")
_ENDINGS = frozenset({".md", ".markdown", ".mdown", ".mkd", ".rst", ".adoc", ".asciidoc", ".asc", ".org", ".txt"})


class Wiki:
    """The pages of a wiki. `url` is "" where the remote is not known."""

    name: ClassVar[str] = "a wiki"
    style: ClassVar[SlugStyle] = SlugStyle.GITHUB
    uses_front: ClassVar[bool] = False

    def __init__(self, url: str) -> None:
        self.site_url = url
        self._keeps_folders = "/-/wikis/" in url

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a page: its name with dashes."""
        path = PurePosixPath(name)
        if path.suffix.lower() not in _ENDINGS or name.startswith("../"):
            return None
        if path.stem.lower() in _PARTS:
            return NO_PAGE
        route = path.with_suffix("").as_posix() if self._keeps_folders else path.stem
        return route.replace(" ", "-")


def detect(folder: Path) -> Wiki | None:
    """Return the wiki that is checked out in a folder, by its remote or by its sidebar next to its home page."""
    url = find_wiki_url(folder)
    if url:
        return Wiki(url)
    files = {path.stem.lower() for path in folder.glob("*.*")} if folder.is_dir() else set()
    return Wiki("") if "home" in files and not files.isdisjoint(_PARTS) else None
