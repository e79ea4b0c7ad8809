"""The sources as people manage them: implements the port `core.index.port.Catalog`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import fields, replace
from typing import Any

import asyncpg

from core.domain import DEFAULT_EDITION, Passage, Source
from core.errors import SourceUnknown, UsageError
from core.index.crawling import READING
from core.index.editions import EditionPartition, choose_shelves, version_rank
from core.index.port import LeftOut, SourceFigures
from core.index.search import passage_of, shelf_of
from core.index.switch import rows_of
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements, statements_of_space
from core.postgres.values import json_of

PASSAGES_AT_ONCE = 200
"""Rows that an export holds in memory."""


_NAMES = tuple(each.name for each in fields(Source))


class PostgresCatalog:
    """Add, list, change, move and remove sources; what each holds, and what it left out."""

    def __init__(self, database: Database, *, language: str = "en") -> None:
        self._database = database
        self._language = language

    async def add(self, source: Source) -> Source:
        """Store a source under its name, and return it as stored. Raises `UsageError` if the name is taken."""
        with translate_errors():
            number = await self._database.writers.fetchval(self._database.sql["add_source"], _document(source))
        if number is None:
            raise UsageError(
                f"There is a source named {source.name} already: choose another --name, or remove it first."
            )
        return await self.get(source.name)

    async def list(self) -> list[Source]:
        """Return all sources, by name."""
        with translate_errors():
            rows = await self._database.readers.fetch(self._database.sql["list_sources"], None, READING)
        return await asyncio.to_thread(lambda: [source_of(row) for row in rows])  # thousands would hold the loop up

    async def figures(self) -> Sequence[SourceFigures]:
        """Return the figures of each source, by name."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["figures"])
        return await asyncio.to_thread(lambda: [SourceFigures(**dict(row)) for row in rows])  # as above

    async def get(self, name: str) -> Source:
        """Return one source. Raises `SourceUnknown`."""
        with translate_errors():
            row = await self._database.readers.fetchrow(self._database.sql["list_sources"], name, READING)
        if row is None:
            raise SourceUnknown(f"There is no source named {name}: `footnote sources list` shows them.")
        return source_of(row)

    async def move(self, name: str, served_at: str) -> Source:
        """Store where a source is served now, and return it; its rows and links stay. Raises `SourceUnknown`."""
        with translate_errors():
            await self._database.writers.execute(self._database.sql["move_source"], name, served_at)
        return await self.get(name)

    async def change(self, source: Source) -> Source:
        """Store what may change of a source, and return it. Raises `SourceUnknown`."""
        with translate_errors():
            await self._database.writers.execute(self._database.sql["change_source"], _document(source))
        return await self.get(source.name)

    async def left_out(self, name: str) -> Sequence[LeftOut]:
        """Return what the last crawl did not keep, by reason and url. Raises `SourceUnknown`."""
        source = await self.get(name)
        with translate_errors():
            rows = await self._database.readers.fetch(self._database.sql["left_out"], source.id)
        return [LeftOut(row["url"], row["reason"]) for row in rows]

    async def passages(self, name: str) -> AsyncGenerator[Passage, None]:
        """Yield all passages of a source, page by page, through a cursor of the server. Raises `SourceUnknown`."""
        source = await self.get(name)
        # A writers' connection: sorting a large source may take longer than a reader's statement is allowed to.
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction(readonly=True):
                sql = self._database.sql["passages_of_source"]
                async for row in connection.cursor(sql, source.id, prefetch=PASSAGES_AT_ONCE):
                    yield passage_of(row)

    async def editions(self, name: str) -> Sequence[EditionPartition]:
        """Return the versions and languages of a source, the default ones first. Raises `SourceUnknown`."""
        source = await self.get(name)
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["shelves"], source.id)
        shelves = [shelf_of(row) for row in rows if row["passages"]]
        usual = {each.number for each in choose_shelves(shelves, DEFAULT_EDITION, source.language or self._language)}
        marked = [replace(each, default=each.number in usual) for each in shelves]
        marked.sort(key=lambda each: (each.edition.place, each.edition.language))
        marked.sort(key=lambda each: (each.default, version_rank(each.edition.version)), reverse=True)
        return marked

    async def remove(self, name: str) -> int:
        """Remove a source from the index, and return how many passages went with it. Raises `SourceUnknown`."""
        source = await self.get(name)
        sql = statements()
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await connection.execute(sql["switch_lock"])
                await connection.execute(sql["doomed"])
                removed = rows_of(await connection.execute(sql["doomed_of_source"], source.id))
                space = await connection.fetchval(sql["live_space"])
                if space is not None:  # a crawl of another source may count on the vector of a passage they share
                    await connection.execute(statements_of_space(space)["switch_spare"])
                await connection.execute(sql["remove_source"], source.id)
        return removed


def _document(source: Source) -> str:
    """Return a source as JSON for `jsonb_populate_record`: one key for each column."""
    return json_of({name: getattr(source, name) for name in _NAMES})


def source_of(row: asyncpg.Record) -> Source:
    values: dict[str, Any] = {}
    for name in _NAMES:
        value = row[name]
        values[name] = tuple(value) if isinstance(value, list) else value
    return Source(**values)
