"""What a generator decides about the pages of a folder: their urls, the ids of their headings, what is no page.

    project folder ──detect──> Project ──route("docs/guide/start.md", front matter)──> "guide/start/"

Names are relative to the project, the folder of the configuration; routes to the root of the site. A generator is a
module of this package with a `detect`, and its line in `ingest.folders.generators.registry`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import ClassVar, Protocol, TypeAlias

from ingest.documents.slugs import SlugStyle
from ingest.media import MARKDOWN_ENDINGS

Front: TypeAlias = Mapping[str, str]
"""The values of a page's front matter that are texts, numbers and dates, as text."""

NO_PAGE: str = "\0"
"""The route of a file that is only part of pages: a partial, a sidebar, a table of contents."""


class Project(Protocol):
    """The site of one configuration. `site_url` is where it is published, "" where the configuration does not say.

    `uses_front`: routes depend on front matter, so it has to be read.
    """

    name: ClassVar[str]
    style: ClassVar[SlugStyle]
    uses_front: ClassVar[bool]
    site_url: str

    def route(self, name: str, front: Front) -> str | None:
        """Return the route of a file, `NO_PAGE`, or None where the site is not made of it."""
        ...


def below(content: str, name: str) -> str | None:
    """Return a name relative to a folder, None where it lies elsewhere: `("docs", "docs/a.md")` -> `"a.md"`."""
    content = posixpath.normpath(content or ".")
    if content == ".":
        return None if name.startswith("../") else name
    return name.removeprefix(f"{content}/") if name.startswith(f"{content}/") else None


def is_markdown(name: str) -> bool:
    """Return whether a file is markdown, by its name."""
    return PurePosixPath(name).suffix.lower() in MARKDOWN_ENDINGS


def page_route(name: str, ending: str, indexes: frozenset[str] = frozenset({"index"})) -> str:
    """Return the route of a page by its name: `("guide/start.md", ".html")` -> `"guide/start.html"`.

    An index page gets the route of its folder, `"guide/"`, or `"guide"` where pages have no ending at all.
    """
    path = PurePosixPath(name)
    if path.stem.lower() in indexes:
        above = path.parent.as_posix()
        return "" if above == "." else f"{above}/"
    return path.with_suffix("").as_posix() + ending


def is_underscored(name: str) -> bool:
    """Return whether a file or a folder on its path begins with "_": most generators leave these out."""
    return any(part.startswith("_") for part in name.split("/"))
