"""Questions that people may be offered, in Postgres. Implements the port `core.history.samples.SampleQuestions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.history.samples import AskedWell, SampleSection
from core.inbox.port import Platform
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of


class PostgresSampleQuestions:
    """Reads and writes over the pool of long statements, so that no search waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, scope: bytes, state: bytes) -> tuple[str, ...] | None:
        """Return the questions that are kept for a scope; None: none were made since its sources are in this state."""
        found: list[str] | None = await self._value("samples_get", scope, state)
        return None if found is None else tuple(found)

    async def is_offered(self, text: str) -> bool:
        """Return whether a text is one of the questions that are offered somewhere."""
        return bool(await self._value("samples_offered", text))

    async def take(self, scope: bytes, state: bytes, minutes: int) -> datetime | None:
        """Return until when this process makes the questions of a scope; None: another one does."""
        taken: datetime | None = await self._value("samples_take", scope, state, minutes)
        return taken

    async def put(self, scope: bytes, taken: datetime, asked: Sequence[str], questions: Sequence[str]) -> bool:
        """Keep what was made, unless somebody was forgotten since it was taken. -> whether it is kept."""
        kept = await self._value("samples_put", scope, taken, list(asked), list(map(text_of, questions)))
        return kept is not None

    async def is_same(self, scope: bytes, taken: datetime, asked: Sequence[str]) -> bool:
        """Return whether the questions of a scope rest on just this; they count as made now, then."""
        return await self._value("samples_same", scope, taken, list(asked)) is not None

    async def asked_well(self, platform: Platform, tenant: str, limit: int) -> list[AskedWell]:
        """Return what was asked several times in threads, the most frequent first."""
        with translate_errors():
            rows = await self._database.writers.fetch(statements()["samples_asked"], platform, tenant, limit)
        channels: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in rows:
            channels[row["body"]].append((row["channel"], row["times"]))
        return [AskedWell(body, tuple(there)) for body, there in channels.items()]

    async def sections(self, sources: Sequence[str], limit: int) -> list[SampleSection]:
        """Return sections of these sources, those of pages near the top first."""
        with translate_errors():
            rows = await self._database.writers.fetch(statements()["samples_sections"], list(sources), limit)
        return [SampleSection(row["url"], tuple(row["path"])) for row in rows]

    async def _value(self, name: str, *arguments: object) -> Any:
        with translate_errors():
            return await self._database.writers.fetchval(statements()[name], *arguments)
