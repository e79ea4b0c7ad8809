"""Starlight and other sites of Astro: `site`, `base`, `trailingSlash` and `build.format` of astro.config."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import Script, find_first
from ingest.folders.generators.port import NO_PAGE, Front, below, is_markdown, is_underscored

FILES = tuple(f"astro.config.{ending}" for ending in ("mjs", "ts", "js", "mts", "cjs"))
_CONTENT, _PAGES = "src/content/docs", "src/pages"
_UNWORDED = re.compile(r"[^\w\- ]")


class Starlight:
    """The site of an astro.config."""

    name: ClassVar[str] = "Starlight"
    style: ClassVar[SlugStyle] = SlugStyle.DOCUSAURUS
    uses_front: ClassVar[bool] = True

    def __init__(self, config: Path) -> None:
        script = Script.read(config)
        site, base = script.text("site"), script.text("base")
        self.site_url = f"{site.rstrip('/')}/{base.strip('/')}" if site else base
        slash = script.text("trailingSlash")
        is_file = any(block.text("format") == "file" for block in script.blocks("build"))
        self._ending = "" if slash == "never" else ".html" if is_file and slash != "always" else "/"

    def route(self, name: str, front: Front) -> str | None:
        """Return the route of an entry of the collection `docs`, or of a page in src/pages."""
        inside, is_entry = below(_CONTENT, name), True
        if inside is None:
            inside, is_entry = below(_PAGES, name), False
        if inside is None or not is_markdown(inside):
            return None
        if is_underscored(inside):
            return NO_PAGE
        own = front.get("slug", "").strip("/") if is_entry else ""
        if is_entry and "slug" in front:
            return self._ended(own)
        parts = PurePosixPath(inside).with_suffix("").as_posix().split("/")
        if is_entry:
            parts = [_UNWORDED.sub("", part.lower()).replace(" ", "-") for part in parts]
        if parts[-1] == "index":
            del parts[-1]
        return self._ended("/".join(parts))

    def _ended(self, route: str) -> str:
        return f"{route}{self._ending}" if route else ""


def detect(folder: Path) -> Starlight | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    return Starlight(config) if config is not None else None
