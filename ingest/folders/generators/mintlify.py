"""Mintlify: docs.json or mint.json; a page is at its path, snippets are parts of pages."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import find_first, read_config, text_at
from ingest.folders.generators.port import NO_PAGE, Front, is_markdown, page_route

FILES = ("docs.json", "mint.json")


class Mintlify:
    """The site of a docs.json."""

    name: ClassVar[str] = "Mintlify"
    style: ClassVar[SlugStyle] = SlugStyle.MINTLIFY
    uses_front: ClassVar[bool] = False

    def __init__(self, config: Path) -> None:
        values = read_config(config)
        self.site_url = text_at(values, "seo", "metatags", "canonical") or text_at(values, "metadata", "canonical")

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a file next to or below docs.json."""
        if name.startswith("../") or not is_markdown(name):
            return None if name.startswith("../") else name
        if name.split("/")[0] == "snippets" or PurePosixPath(name).name.startswith("_"):
            return NO_PAGE
        return page_route(name, "").removesuffix("/")


def detect(folder: Path) -> Mintlify | None:
    """Return the site that is configured in a folder: a docs.json with a navigation is Mintlify's."""
    config = find_first(folder, FILES)
    if config is None:
        return None
    values = read_config(config)
    return Mintlify(config) if config.name == "mint.json" or "navigation" in values or "theme" in values else None
