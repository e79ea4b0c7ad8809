"""Nextra: pages/, content/ and app/ of a Next.js site; `basePath`, `trailingSlash`, `contentDirBasePath`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import Script, find_first
from ingest.folders.generators.port import NO_PAGE, Front, below, is_markdown, is_underscored, page_route

FILES = tuple(f"next.config.{ending}" for ending in ("mjs", "js", "ts", "cjs", "mts"))
_CONTENT = ("content", "src/content", "pages", "src/pages")
_APP = ("app", "src/app")
_GROUP = re.compile(r"\([^()/]+\)/")


class Nextra:
    """The site of a next.config that names nextra."""

    name: ClassVar[str] = "Nextra"
    style: ClassVar[SlugStyle] = SlugStyle.DOCUSAURUS
    uses_front: ClassVar[bool] = False

    def __init__(self, script: Script) -> None:
        self.site_url = script.text("basePath")
        self._slash = "/" if script.flag("trailingSlash") else ""
        self._mount = script.text("contentDirBasePath").strip("/")

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a page: of the page router, of the content folder, or of the app router."""
        for content in _CONTENT:
            inside = below(content, name)
            if inside is not None and is_markdown(inside):
                if is_underscored(inside):
                    return NO_PAGE
                mount = self._mount if content.endswith("content") else ""
                return self._ended("/".join(filter(None, (mount, page_route(inside, "").rstrip("/")))))
        for content in _APP:
            inside = below(content, name)
            if inside is not None and is_markdown(inside):
                folder, _, file = f"/{inside}".rpartition("/")
                is_page = file.startswith("page.") and "/_" not in folder
                return self._ended(_GROUP.sub("", f"{folder}/").strip("/")) if is_page else NO_PAGE
        return None

    def _ended(self, route: str) -> str:
        return f"{route}{self._slash}" if route else ""


def detect(folder: Path) -> Nextra | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    script = Script.read(config) if config is not None else None
    return Nextra(script) if script is not None and "nextra" in script.code else None
