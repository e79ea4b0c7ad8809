"""A folder of documents on this machine; its links lead to --url, the git host, or the files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from core.domain import Source
from core.errors import UsageError
from core.net.urls import check_url
from ingest.folders.addresses import file_url, find_site_url, folder_of
from ingest.folders.checkout import find_web_url, is_blob
from ingest.folders.folder import Folder
from ingest.folders.generators.registry import find_project
from ingest.kinds.port import SourceOption, TypedSource, WalkTools
from ingest.sync import Walk

_COMMON_NAMES = frozenset({"doc", "docs", "documentation", "content", "src", "source", "pages", "website"})


class FolderKind:
    """The documents of one folder."""

    name: ClassVar[str] = "folder"
    takes: ClassVar[frozenset[SourceOption]] = frozenset({SourceOption.PATTERNS, SourceOption.BASE})
    discovers: ClassVar[bool] = False

    def recognise(self, typed: TypedSource) -> bool:
        """Return whether there is such a folder."""
        path = typed.path
        return path is not None and path.is_dir()

    def build(self, typed: TypedSource) -> Source:
        """Return the source of a folder. Raises `UsageError`, `UrlRefused`."""
        assert typed.path is not None, "recognised by its path"
        folder = Path(os.path.realpath(typed.path))
        if folder == Path(folder.anchor):
            raise UsageError("Name a folder of documents, not the whole disk.")
        if not os.access(folder, os.R_OK | os.X_OK):
            raise UsageError(f"The folder {folder} cannot be opened: its permissions forbid it.")
        place = file_url(folder)
        # BASE is never requested, so it may be in a private network.
        base = (
            check_url(typed.base, ports=None, allow_private=True)
            if typed.base
            else find_site_url(folder) or find_web_url(folder) or place
        )
        root = base if base.endswith("/") else f"{base}/"
        default = f"{folder.parent.name} {folder.name}" if folder.name.lower() in _COMMON_NAMES else folder.name
        name = typed.choose_name(default)
        return Source(0, name, root, served_at=place, licence=typed.licence, kind=self.name)

    def remark(self, source: Source) -> str:
        """Return where the links will lead, and a warning where that cannot be known."""
        folder = folder_of(source)
        found = find_project(folder)
        where = f"Links will lead to {source.root_url}"
        if source.root_url.startswith("file:"):
            maker = f"{found.project.name} makes a site of it, but its" if found is not None else "No"
            return f"{where}, on this machine alone. {maker} url is not known: name it with --url."
        if found is None and not is_blob(source.root_url):
            return (
                f"{where} and the names of the files, such as guide/start.md. No configuration of a generator was "
                "found: if the site serves its pages under other urls, add the published site instead."
            )
        if found is not None and not is_blob(source.root_url):
            return f"{where} as {found.project.name} serves its pages"
        return where

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the reader of a folder, which sends no request."""
        return Folder(source, tools.parser, tools.bounds).walk
