"""What is read of stored pages, whole: the nouns, and the port that reads them.

A page is named by the url that hits and citations show, or by the one that it is stored under. Nothing here asks a
site: what no crawl has stored does not exist. Implemented by `core.index.pages`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from core.domain import Edition, Passage

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
