"""What tests of chat look up in the inbox of a running bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

OVER = ("done", "withdrawn", "undeliverable")


@dataclass(slots=True)
class Rows:
    """The database of one bot."""

    dsn: str

    async def over_at(self, place: str, *, revision: int = 0, seconds: float = 60) -> asyncpg.Record:
        """Return the row of a question, once its work is over."""
        return await self.row(place, lambda row: row["state"] in OVER and row["revision"] >= revision, seconds=seconds)

    async def row(
        self, place: str, until: Callable[[asyncpg.Record], bool] = lambda _: True, *, seconds: float = 60
    ) -> asyncpg.Record:
        """Return a row of the inbox, once `until` is true of it."""
        async with self.database() as connection, asyncio.timeout(seconds):
            while True:
                row = await connection.fetchrow("select * from question where place_key = $1", place)
                if row is not None and until(row):
                    return row
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection for the test."""
        connection = await asyncpg.connect(self.dsn)
        try:
            yield connection
        finally:
            await connection.close()

    async def count(self, statement: str, *arguments: object) -> int:
        """Return the number that a statement selects."""
        async with self.database() as connection:
            return int(await connection.fetchval(statement, *arguments))
