"""A folder of documents on this machine; its links lead to --url, the git host, or the files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from core.domain import Source
from core.errors import UsageError
from core.net.urls import check_url
from ingest.folders.addresses import file_url
from ingest.folders.checkout import find_web_url
from ingest.folders.folder import Folder
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
        base = check_url(typed.base, ports=None, allow_private=True) if typed.base else find_web_url(folder) or place
        root = base if base.endswith("/") else f"{base}/"
        default = f"{folder.parent.name} {folder.name}" if folder.name.lower() in _COMMON_NAMES else folder.name
        name = typed.choose_name(default)
        return Source(0, name, root, served_at=place, licence=typed.licence, kind=self.name)

    def remark(self, source: Source) -> str:
        """Return where the links will lead."""
        return f"Links will lead to {source.root_url}"

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the reader of a folder, which sends no request."""
        return Folder(source, tools.parser, tools.bounds).walk
