"""Requests for crawls and previews in Postgres. Implements the port `core.work.port.Requests`.

    put ──> row, and a job that wakes a worker up ──worker──> progress, progress, ... ──> report or sentence

The row holds what was asked for, how far it is, and its result; chat, clock and command line read it alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from core.domain import Source
from core.errors import UsageError
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import json_of
from core.work.port import PERFORM, Request, RequestKind, RequestState
from core.work.schedule import Scheduled


class PostgresRequests:
    """Stores, reads and ends requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        kind: RequestKind,
        *,
        source: Source | None = None,
        options: Mapping[str, Any] | None = None,
        asked_by: str,
        announce: bool = True,
    ) -> Request:
        """Store a request and return it, or the one for the same source that still waits."""
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                number = await _put(connection, kind, source, options or {}, asked_by, announce=announce)
        return await self.get(number)

    async def put_slots(self, slots: Mapping[int, datetime]) -> set[int]:
        """Store slots and requests in one transaction. -> the sources for which no other process was first."""
        numbers = sorted(slots)
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                rows = await connection.fetch(statements()["take_slots"], numbers, [slots[each] for each in numbers])
                taken = [row["source"] for row in rows]
                if taken:
                    await connection.execute(statements()["forget_slots"], taken, [slots[each] for each in taken])
                    await _forget(connection)
                    asked = await connection.fetch(statements()["put_crawls"], taken)
                    await _announce(connection, [row["id"] for row in asked])
        return set(taken)

    async def schedules(self) -> list[Scheduled]:
        """Return every source as the clock sees it."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["schedules"])
        return await asyncio.to_thread(_scheduled, rows)  # ten thousand of them would hold the loop up

    async def get(self, number: int) -> Request:
        """Return one request. Raises `UsageError` where there is none."""
        with translate_errors():
            row = await self._database.writers.fetchrow(statements()["requests"], number, 1)
        if row is None:
            raise UsageError(f"There is no request {number}: its source was removed, or it is long over.")
        return request_of(row)

    async def recent(self, limit: int) -> list[Request]:
        """Return the latest requests, newest first."""
        with translate_errors():
            rows = await self._database.writers.fetch(statements()["requests"], None, limit)
        return [request_of(row) for row in rows]

    async def progress(self, number: int, state: Mapping[str, object], worker: str) -> None:
        """Store how far `worker` is; the first call marks the request as running."""
        with translate_errors():
            await self._database.writers.execute(statements()["request_progress"], number, json_of(state), worker)

    async def finish(self, number: int, report: Mapping[str, object], worker: str) -> None:
        """Mark the request as done by `worker`, and store its report."""
        with translate_errors():
            await self._database.writers.execute(statements()["end_request"], number, json_of(report), "", worker)

    async def fail(self, number: int, sentence: str) -> None:
        """Mark the request as failed, with a sentence in place of a report."""
        with translate_errors():
            await self._database.writers.execute(statements()["end_request"], number, None, sentence, "")


async def _put(
    connection: Connection,
    kind: RequestKind,
    source: Source | None,
    options: Mapping[str, Any],
    asked_by: str,
    *,
    announce: bool,
) -> int:
    """Drop requests that are long over, store this one, and return its number."""
    await _forget(connection)
    number = await connection.fetchval(
        statements()["put_request"], kind.value, source.id if source else None, json_of(options), asked_by
    )
    if announce:
        await _announce(connection, [number])
    return int(number)


async def _forget(connection: Connection) -> None:
    await connection.execute(statements()["forget_requests"])
    await connection.execute(statements()["forget_jobs"])


async def _announce(connection: Connection, numbers: Sequence[int]) -> None:
    put = await asyncio.to_thread(_load_queue)
    await put(connection, PERFORM, [str(number).encode() for number in numbers])


def _load_queue() -> Callable[[Connection, str, Sequence[bytes]], Awaitable[None]]:
    """Import pgqueuer when it is wanted; that takes tenths of a second, so not on the event loop."""
    from core.work.queue import put_jobs

    return put_jobs


def _scheduled(rows: Sequence[asyncpg.Record]) -> list[Scheduled]:
    return [Scheduled(row["id"], row["name"], row["schedule"], row["added_at"], row["slot"]) for row in rows]


def request_of(row: asyncpg.Record) -> Request:
    return Request(
        id=row["id"],
        kind=RequestKind(row["kind"]),
        source=row["source"],
        options=json.loads(row["options"]),
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        state=RequestState(row["state"]),
        worker=row["worker"],
        progress=json.loads(row["progress"]),
        report=json.loads(row["report"]) if row["report"] else None,
        error=row["error"],
    )
