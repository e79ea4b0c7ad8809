"""All kinds of sources, in the order in which they are asked whether they are meant.

A new kind is a module next to this one, and its line in `KINDS`.
"""

from __future__ import annotations

from core.domain import Source
from core.errors import UsageError
from ingest.kinds.file import FileKind
from ingest.kinds.folder import FolderKind
from ingest.kinds.page import PageKind
from ingest.kinds.port import SourceKind, SourceOption, TypedSource
from ingest.kinds.site import SiteKind
from ingest.kinds.urls import ListKind

KINDS: tuple[SourceKind, ...] = (ListKind(), FolderKind(), FileKind(), PageKind(), SiteKind())


def find_kind(source: Source) -> SourceKind:
    """Return the kind of a stored source. Raises `UsageError` for one that only a newer footnote knows."""
    for kind in KINDS:
        if kind.name == source.kind:
            return kind
    raise UsageError(f"This footnote cannot read {source.name}: it is a {source.kind}, added by a newer version.")


def recognise_kind(typed: TypedSource) -> SourceKind:
    """Return the kind of source that is meant. Raises `UsageError`, also for an option that it does not take."""
    if typed.list_file is not None and typed.place:
        raise UsageError("Give a url or a folder, or a list with --list FILE, but not both.")
    if typed.list_file is None and not typed.place:
        raise UsageError("Name what to add: a url, a folder, or with --list FILE a list of urls.")
    kind = next(kind for kind in KINDS if kind.recognise(typed))
    for option in typed.options:
        if option not in kind.takes:
            raise UsageError(option.value)
    return kind


def refuse_option(source: Source, option: SourceOption) -> None:
    """Raise `UsageError` where a source is of a kind that does not take an option."""
    if option not in find_kind(source).takes:
        raise UsageError(option.value)
