"""One document on this machine: an API's description, or a notebook. Its link is --url, the git host, or the file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from core.domain import Source
from core.net.urls import check_url
from ingest.folders.addresses import file_url, quote_path
from ingest.folders.checkout import find_web_url
from ingest.folders.folder import Folder
from ingest.kinds.port import SourceOption, TypedSource, WalkTools
from ingest.media import DATA_ENDINGS, NOTEBOOK_ENDING
from ingest.sync import Walk

ENDINGS = DATA_ENDINGS | {NOTEBOOK_ENDING}


class FileKind:
    """A file whose name ends as those of data and notebooks do; other files are read with their folder."""

    name: ClassVar[str] = "file"
    takes: ClassVar[frozenset[SourceOption]] = frozenset({SourceOption.BASE})
    discovers: ClassVar[bool] = False

    def recognise(self, typed: TypedSource) -> bool:
        """Return whether there is such a file."""
        path = typed.path
        return path is not None and path.suffix.lower() in ENDINGS and path.is_file()

    def build(self, typed: TypedSource) -> Source:
        """Return the source of one file. Raises `UsageError`, `UrlRefused`."""
        assert typed.path is not None, "recognised by its path"
        path = Path(os.path.realpath(typed.path))
        place = file_url(path.parent) + quote_path(path.name)
        web = find_web_url(path.parent)
        base = check_url(typed.base, ports=None, allow_private=True) if typed.base else ""
        url = base or (f"{web}{quote_path(path.name)}" if web else place)
        name = typed.choose_name(f"{path.parent.name} {path.stem}")
        return Source(0, name, url, served_at=place, licence=typed.licence, kind=self.name)

    def remark(self, source: Source) -> str:
        """Return where the link will lead."""
        where = f"Links will lead to {source.root_url}"
        return (
            f"{where}, on this machine alone: name its url with --url."
            if source.root_url.startswith("file:")
            else where
        )

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the reader of the file's folder, which reads that file alone."""
        folder, _, name = source.served_at.rpartition("/")
        return Folder(replace(source, served_at=f"{folder}/"), tools.parser, tools.bounds, only=name).walk
