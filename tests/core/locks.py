"""Who waits for a lock in a database."""

from __future__ import annotations

import asyncio

from core.postgres.database import Database


async def until_waiting(database: Database, count: int) -> None:
    """Wait until this many connections wait for a lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(60):
        while True:
            if await database.readers.fetchval(waiting) >= count:
                return
            await asyncio.sleep(0.02)
