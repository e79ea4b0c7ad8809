"""Requests for crawls and previews: keeps the port `core.work.Requests`.

    put ──> row, and a job that wakes a worker up ──worker──> progress, progress, ... ──> report or sentence

The row is what is asked, how far it is, and what came of it; chat, clock and command line read it alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from core.adapters.postgres import Connection, Database
from core.adapters.rows import json_of
from core.adapters.statements import statements
from core.adapters.store_errors import translated
from core.domain import Source
from core.errors import UsageError
from core.work import PERFORM, Request, RequestKind, RequestState


class PostgresRequests:
    """Put, watch and end requests."""

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
        """A new one, or that for the same source which still waits."""
        with translated():
            async with self._database.writers.acquire() as connection, connection.transaction():
                number = await _put(connection, kind, source, options or {}, asked_by, announce=announce)
        return await self.get(number)

    async def put_once(self, source: Source, slot: datetime) -> Request | None:
        """Slot and request in one transaction; None where another process was first."""
        with translated():
            async with self._database.writers.acquire() as connection, connection.transaction():
                if await connection.fetchval(statements()["take_slot"], source.id, slot) is None:
                    return None
                await connection.execute(statements()["forget_slots"], source.id)
                number = await _put(connection, RequestKind.CRAWL, source, {}, "schedule", announce=True)
        return await self.get(number)

    async def last_slots(self) -> Mapping[int, datetime]:
        """Source id -> when its schedule fired last."""
        with translated():
            rows = await self._database.readers.fetch(statements()["last_slots"])  # which wait for seconds
        return {row["source"]: row["slot"] for row in rows}

    async def get(self, number: int) -> Request:
        """Raises `UsageError` where there is none."""
        with translated():
            row = await self._database.writers.fetchrow(statements()["requests"], number, 1)
        if row is None:
            raise UsageError(f"There is no request {number}: its source was removed, or it is long over.")
        return _request(row)

    async def recent(self, limit: int) -> list[Request]:
        """Newest first."""
        with translated():
            rows = await self._database.writers.fetch(statements()["requests"], None, limit)
        return [_request(row) for row in rows]

    async def progress(self, number: int, state: Mapping[str, object], worker: str) -> None:
        """The first one says that it runs."""
        with translated():
            await self._database.writers.execute(statements()["request_progress"], number, json_of(state), worker)

    async def finish(self, number: int, report: Mapping[str, object], worker: str) -> None:
        """Done by `worker`, with its report."""
        with translated():
            await self._database.writers.execute(statements()["end_request"], number, json_of(report), "", worker)

    async def fail(self, number: int, sentence: str) -> None:
        """Over, without one."""
        with translated():
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
    """A new one also takes the place of what is long over."""
    await connection.execute(statements()["forget_requests"])
    await connection.execute(statements()["forget_jobs"])
    number = await connection.fetchval(
        statements()["put_request"], kind.value, source.id if source else None, json_of(options), asked_by
    )
    if announce:
        from core.adapters.queue import put

        await put(connection, PERFORM, [str(number).encode()])
    return int(number)


def _request(row: asyncpg.Record) -> Request:
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
