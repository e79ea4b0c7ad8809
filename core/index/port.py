"""What there is of sources and of their stored pages, whole: the nouns, and the ports.

A page is named by the url that hits and citations show, or by the one that it is stored under. Nothing here asks a
site: what no crawl has stored does not exist. Implemented by `core.index.catalog` and `core.index.pages`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from core.domain import Edition, Passage, Source
from core.index.editions import EditionPartition

PageKey: TypeAlias = tuple[str, str]
"""The name of a source and the url of one of its pages, as hits show it, without an anchor."""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as readers see it: `passages` in its order. `crawled_at`: when a crawl found it last; None: unknown."""

    source: str
    url: str
    edition: Edition
    passages: tuple[Passage, ...]
    crawled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageTitle:
    """One page of a source, for a list."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class SourceEditions:
    """The versions of a source, the one that wins first, and its languages, in alphabetical order."""

    versions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class PageStore(Protocol):
    """Stored pages. A source that `audience` does not see (None: all are seen) counts as none. Raises `StoreError`."""

    async def read_page(self, url: str, audience: frozenset[str] | None, *, source: str = "") -> StoredPage | None:
        """Return the page of a url, of `source` alone if it is named; None: no such page is stored."""
        ...

    async def list_pages(self, source: str, audience: frozenset[str] | None, limit: int) -> Sequence[PageTitle]:
        """Return the first pages of a source, by url; none if there is no such source."""
        ...

    async def crawl_times(self, pages: Collection[PageKey]) -> Mapping[PageKey, datetime]:
        """Return when each page was found by a crawl last; pages that are not stored are left out."""
        ...

    async def list_editions(self, audience: frozenset[str] | None) -> Mapping[str, SourceEditions]:
        """Return the versions and languages of every source that `audience` sees, by name."""
        ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A url that the last crawl of a source did not keep, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What is counted of a source. `last_crawl` None: there was none yet, and the `verdict` is empty."""

    source: str
    pages: int
    passages: int
    last_crawl: datetime | None
    verdict: str


class Catalog(Protocol):
    """The sources, as people manage them. Raises `StoreError`, `SourceUnknown`."""

    async def add(self, source: Source) -> Source: ...
    async def list(self) -> list[Source]: ...
    async def figures(self) -> Sequence[SourceFigures]:
        """Return the figures of every source, by name: less to read than `list`."""
        ...

    async def get(self, name: str) -> Source: ...
    async def remove(self, name: str) -> int:
        """Remove a source, and return how many passages went with it."""
        ...

    async def move(self, name: str, served_at: str) -> Source: ...
    async def change(self, source: Source) -> Source:
        """Store its licence, include, exclude, schedule, language, render, visible_to and paused under its name."""
        ...

    async def left_out(self, name: str) -> Sequence[LeftOut]:
        """Return the urls that the last crawl did not keep, by reason and url."""
        ...

    def passages(self, name: str) -> AsyncGenerator[Passage, None]:
        """Yield all that readers see, page by page, in the order of each page; urls as they are served now.

        Holds a few at a time, however many there are; close the generator.
        """
        ...

    async def editions(self, name: str) -> Sequence[EditionPartition]:
        """Return the versions and languages of a source, the default ones first; one without a label if it has none."""
        ...
