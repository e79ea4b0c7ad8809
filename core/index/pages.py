"""Stored pages in Postgres, read whole. Implements the port `core.index.port.PageStore`; writes nothing.

url as shown ──_spellings──> (source, url as stored)* ──"read_page"──> StoredPage
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import asyncpg

from core.domain import Edition
from core.index.editions import EditionPartition, list_editions
from core.index.port import PageKey, PageTitle, SourceEditions, StoredPage
from core.index.search import passage_of, shelf_of
from core.net.urls import normalise, rebase
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of


class PostgresPages:
    """Reads what readers see. Safe to share between tasks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_page(self, url: str, audience: frozenset[str] | None, *, source: str = "") -> StoredPage | None:
        """Return the page of a url, of the first source by name that has it; None: no such page is stored."""
        roots = await self._roots(audience, [source] if source else None)
        pairs = [(root["id"], stored) for root in roots for stored in _spellings(url, root)]
        with translate_errors():
            rows = await self._database.readers.fetch(
                statements()["read_page"],
                [number for number, _ in pairs],
                [text_of(stored) for _, stored in pairs],
                _places(audience),
            )
        if not rows:
            return None
        passages = tuple(passage_of(row) for row in rows)
        first = rows[0]
        edition = Edition(first["version"], first["spoken"], first["place"])
        return StoredPage(first["source"], passages[0].url, edition, passages, first["crawled_at"])

    async def list_pages(self, source: str, audience: frozenset[str] | None, limit: int) -> Sequence[PageTitle]:
        """Return the first pages of a source, by url; none if there is no such source."""
        roots = await self._roots(audience, [source])
        if not roots:
            return []
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["list_pages"], roots[0]["id"], limit)
        return [PageTitle(_shown(row["url"], roots[0]), row["title"]) for row in rows]

    async def crawl_times(self, pages: Collection[PageKey]) -> Mapping[PageKey, datetime]:
        """Return when each page was found by a crawl last; pages that are not stored are left out."""
        roots = {root["name"]: root for root in await self._roots(None, sorted({source for source, _ in pages}))}
        wanted: dict[tuple[int, str], PageKey] = {}
        for source, url in pages:
            if source in roots:
                wanted |= {(roots[source]["id"], stored): (source, url) for stored in _spellings(url, roots[source])}
        with translate_errors():
            rows = await self._database.readers.fetch(
                statements()["crawl_times"], [number for number, _ in wanted], [text_of(stored) for _, stored in wanted]
            )
        return {wanted[row["source"], row["url"]]: row["crawled_at"] for row in rows}

    async def list_editions(self, audience: frozenset[str] | None) -> Mapping[str, SourceEditions]:
        """Return the versions and languages of every source that `audience` sees, by name."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["shelves_to_search"], _places(audience))
        shelves: defaultdict[str, list[EditionPartition]] = defaultdict(list)
        for row in rows:
            if row["seen"]:
                shelves[row["name"]].append(shelf_of(row))
        return {name: SourceEditions(*map(tuple, list_editions(some))) for name, some in shelves.items()}

    async def _roots(self, audience: frozenset[str] | None, names: Sequence[str] | None) -> list[asyncpg.Record]:
        kept = None if names is None else [text_of(name) for name in names]
        with translate_errors():
            return await self._database.readers.fetch(statements()["roots_seen"], _places(audience), kept)


def _places(audience: frozenset[str] | None) -> list[str] | None:
    return None if audience is None else sorted(audience)


def _shown(url: str, root: asyncpg.Record) -> str:
    """Return a stored url as hits show it."""
    return rebase(url, root["root_url"], root["served_at"]) if root["served_at"] else url


def _spellings(url: str, root: asyncpg.Record) -> Iterator[str]:
    """Yield the urls that a page may be stored under, the likeliest first: as shown, in one spelling, as served."""
    bare = url.partition("#")[0].strip()
    spellings = dict.fromkeys(filter(None, (bare, normalise(bare))))
    if root["served_at"]:
        served = [rebase(each, root["served_at"], root["root_url"]) for each in spellings]
        spellings = dict.fromkeys((*served, *spellings))
    yield from spellings
