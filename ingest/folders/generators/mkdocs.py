"""MkDocs: `docs_dir`, `use_directory_urls`, `site_url`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import find_first, read_config, text_at
from ingest.folders.generators.port import Front, below, is_markdown, page_route

FILES = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml", "zensical.toml")
_INDEXES = frozenset({"index", "readme"})


class MkDocs:
    """The site of a mkdocs.yml."""

    name: ClassVar[str] = "MkDocs"
    style: ClassVar[SlugStyle] = SlugStyle.MKDOCS
    uses_front: ClassVar[bool] = False

    def __init__(self, config: Path) -> None:
        values = read_config(config)
        if config.suffix == ".toml":
            values = values.get("project", values)
        self.site_url = text_at(values, "site_url")
        self._content = text_at(values, "docs_dir") or "docs"
        self._ending = ".html" if text_at(values, "use_directory_urls") == "False" else "/"

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a file in `docs_dir`."""
        inside = below(self._content, name)
        if inside is None or not is_markdown(inside):
            return inside
        return page_route(inside, self._ending, _INDEXES)


def detect(folder: Path) -> MkDocs | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    return MkDocs(config) if config is not None else None
