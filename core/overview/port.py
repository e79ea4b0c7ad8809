"""What the sources hold and what crawls changed, for those who run the bot: the nouns, and the port that reads them.

    SourceFilter ──> ListedSource*       some of any number of sources, by name
    source ───────> LastCrawl           its report, and how many pages it added, changed, removed
          └───────> PageChange*, SkippedPage*, Request*

Each list is read a page at a time: an install may have ten thousand sources, and a source a million skipped urls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.domain import Source
from core.work.port import Request


class PageChangeKind(StrEnum):
    """What a crawl did to a page that readers see."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which sources: those that `audience` sees (None: all), with `text` in name or url, with `verdict` ("": any).

    The verdict `new` is that of sources that were never crawled.
    """

    audience: frozenset[str] | None
    text: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source in a list. `difference` counts pages by `PageChangeKind` and as `unchanged`; `skipped` by reason.

    `working` is the state of its request that waits or runs, "" without one.
    """

    source: Source
    difference: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    working: str = ""


@dataclass(frozen=True, slots=True)
class LastCrawl:
    """The last crawl of a source that ended. `report` is a `core.index.crawling.CrawlReport` as JSON.

    `difference` counts the pages of its switch; empty: readers keep what they had. `named`: of the pages that it added,
    changed and removed, how many are named.
    """

    id: int
    started_at: datetime
    finished_at: datetime
    report: Mapping[str, Any]
    difference: Mapping[str, int]
    named: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PageChange:
    """What a crawl did to a page: passages that readers gained and lost by it."""

    url: str
    title: str
    change: PageChangeKind
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class SkippedPage:
    """A url that the last crawl did not keep. `stays`: readers still see the page as an earlier crawl read it."""

    url: str
    reason: str
    stays: bool


class Overview(Protocol):
    """Reads what is stored of sources and crawls. Raises `StoreError`."""

    async def find_sources(self, wanted: SourceFilter, limit: int, offset: int = 0) -> list[ListedSource]:
        """Return sources by name."""
        ...

    async def count_sources(self, wanted: SourceFilter) -> tuple[int, int]:
        """Return how many sources pass the filter, and how many passages they hold."""
        ...

    async def last_crawl(self, source: Source) -> LastCrawl | None:
        """Return the last crawl that ended, None where there was none."""
        ...

    async def list_changes(
        self, source: Source, change: PageChangeKind | None, limit: int, offset: int = 0
    ) -> list[PageChange]:
        """Return the pages that the last switch of a source changed, by kind and url."""
        ...

    async def list_skipped(self, source: Source, reason: str, limit: int, offset: int = 0) -> list[SkippedPage]:
        """Return the urls that the last crawl did not keep, by reason and url; `reason` "": any."""
        ...

    async def list_requests(self, source: Source, limit: int) -> list[Request]:
        """Return the latest requests to crawl a source, newest first."""
        ...

    async def list_open_requests(self, audience: frozenset[str] | None, limit: int) -> list[Request]:
        """Return the crawls that wait or run, of sources that `audience` sees, the oldest first."""
        ...

    async def count_citations(self, names: Sequence[str], days: int) -> Mapping[str, int]:
        """Return how many answers of so many days cite each of these sources; a source without any has no entry."""
        ...
