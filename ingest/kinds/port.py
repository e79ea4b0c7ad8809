"""What a kind of source is: how it is recognised, added and read. One module of this package for each kind.

    what was typed ──recognise──> kind ──build──> Source        `footnote sources add`
    Source, WalkTools ──walk──> ingest.sync.Walk                each crawl and preview

A new kind is a module with a class that has these methods, and its line in `ingest.kinds.registry`. A kind stores
nothing and draws nothing; what people read of it are whole sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar, Protocol

from core.domain import Source
from core.errors import UsageError
from core.net.urls import to_slug
from ingest.frontier import Bounds
from ingest.sync import Walk
from ingest.visit import PageParser, Renderer
from ingest.web.fetch import Fetcher


class SourceOption(Enum):
    """An option of `sources add` that not every kind takes. Its value says to a person which kinds do."""

    PAGE = "--page is for a url: it reads that page alone."
    SCOPE = "--scope is for a site: a page, a list and a folder say themselves what belongs to them."
    PATTERNS = "--include and --exclude are for sites and folders: this names its pages one by one."
    RENDER = "--render is for what is read from a site: a folder is read as its files are."
    BASE = "--url says where the files of a folder are published: name a folder or a file with it."


@dataclass(frozen=True, slots=True)
class TypedSource:
    """What was typed on the command line, unchecked."""

    place: str = ""
    list_file: Path | None = None
    page: bool = False
    base: str = ""
    scope: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pdf: bool = False
    render: bool = False
    name: str | None = None
    licence: str = ""
    allow_private: bool = False

    @property
    def path(self) -> Path | None:
        """The place as a path on this machine; None for a url. Raises `UsageError` where there is no home folder."""
        if "://" in self.place:
            return None
        try:
            return Path(self.place).expanduser()
        except RuntimeError:
            raise UsageError(f"There is no home folder for {self.place}: write the whole path.") from None

    @property
    def options(self) -> Iterator[SourceOption]:
        """The options that were given, of those that not every kind takes."""
        given = {
            SourceOption.PAGE: self.page,
            SourceOption.SCOPE: self.scope,
            SourceOption.PATTERNS: self.include or self.exclude,
            SourceOption.RENDER: self.render,
            SourceOption.BASE: self.base,
        }
        return (option for option, text in given.items() if text)

    def choose_name(self, default: str) -> str:
        """Return the name of the source: the one that was typed, else `default` as a name. Raises `UsageError`."""
        name = to_slug(self.name or default)
        if not name:
            raise UsageError("--name needs letters or digits.")
        return name


@dataclass(frozen=True, slots=True)
class WalkTools:
    """What a walk works with. `renderer` None: no browser."""

    fetcher: Fetcher
    parser: PageParser
    bounds: Bounds
    renderer: Renderer | None = None


class SourceKind(Protocol):
    """One kind of source. `name` is stored; `discovers`: pages are found by links and sitemaps, not named."""

    name: ClassVar[str]
    takes: ClassVar[frozenset[SourceOption]]
    discovers: ClassVar[bool]

    def recognise(self, typed: TypedSource) -> bool:
        """Return whether this kind is meant. Asked in the order of the registry."""
        ...

    def build(self, typed: TypedSource) -> Source:
        """Return the source with its name and urls. Raises `UsageError`, `UrlRefused`, each with a sentence."""
        ...

    def remark(self, source: Source) -> str:
        """Return a sentence for the person who adds this source; "" for none."""
        ...

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the function that reads the source."""
        ...
