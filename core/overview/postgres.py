"""Sources and crawls in Postgres. Implements the port `core.overview.port.Overview`; writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import asyncpg

from core.domain import Source
from core.index.catalog import source_of
from core.index.crawling import READING
from core.overview.port import LastCrawl, ListedSource, PageChange, PageChangeKind, SkippedPage, SourceFilter
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of
from core.work.port import Request
from core.work.requests import request_of


class PostgresOverview:
    """Reads lists a page at a time. `retention_days`: older answers count no more."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_days = retention_days

    async def find_sources(self, wanted: SourceFilter, limit: int, offset: int = 0) -> list[ListedSource]:
        """Return sources by name."""
        rows = await self._fetch("overview_sources", READING, *_filter(wanted), limit, offset)
        return [_listed(row) for row in rows]

    async def count_sources(self, wanted: SourceFilter) -> tuple[int, int]:
        """Return how many sources pass the filter, and how many passages they hold."""
        (row,) = await self._fetch("overview_count", *_filter(wanted))
        return row["sources"], row["passages"]

    async def last_crawl(self, source: Source) -> LastCrawl | None:
        """Return the last crawl that ended, None where there was none."""
        for row in await self._fetch("overview_crawl", source.id):
            report, difference, named = (json.loads(row[key] or "{}") for key in ("report", "difference", "named"))
            return LastCrawl(row["id"], row["started_at"], row["finished_at"], report, difference, named)
        return None

    async def list_changes(
        self, source: Source, change: PageChangeKind | None, limit: int, offset: int = 0
    ) -> list[PageChange]:
        """Return the pages that the last crawl of a source changed, by kind and url."""
        kind = change.value if change else None
        rows = await self._fetch("overview_changes", source.id, kind, limit, offset)
        return [PageChange(**{**row, "change": PageChangeKind(row["change"])}) for row in rows]

    async def list_skipped(self, source: Source, reason: str, limit: int, offset: int = 0) -> list[SkippedPage]:
        """Return the urls that the last crawl did not keep, by reason and url; `reason` "": any."""
        rows = await self._fetch("overview_skipped", source.id, text_of(reason) or None, limit, offset)
        return [SkippedPage(**row) for row in rows]

    async def list_requests(self, source: Source, limit: int) -> list[Request]:
        """Return the latest requests to crawl a source, newest first."""
        return [request_of(row) for row in await self._fetch("overview_requests", source.id, limit)]

    async def list_open_requests(self, audience: frozenset[str] | None, limit: int) -> list[Request]:
        """Return the crawls that wait or run, of sources that `audience` sees, those that run first."""
        places = None if audience is None else sorted(audience)
        return [request_of(row) for row in await self._fetch("overview_open", places, limit)]

    async def count_citations(self, names: Sequence[str], days: int) -> Mapping[str, int]:
        """Return how many answers of so many days cite each of these sources."""
        # A writers' connection: over 100,000 answers it may take longer than a reader's statement is allowed to.
        with translate_errors():
            rows = await self._database.writers.fetch(
                statements()["overview_citations"], list(names), days, self._retention_days
            )
        return {row["source"]: row["answers"] for row in rows}

    async def _fetch(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        with translate_errors():
            return await self._database.readers.fetch(statements()[name], *arguments)


def _filter(wanted: SourceFilter) -> tuple[object, ...]:
    places = None if wanted.audience is None else sorted(wanted.audience)
    return places, text_of(wanted.text) or None, text_of(wanted.verdict) or None


def _listed(row: asyncpg.Record) -> ListedSource:
    difference, skipped = json.loads(row["difference"]), json.loads(row["skipped"])
    return ListedSource(source_of(row), difference, skipped, row["working"])
