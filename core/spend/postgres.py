"""Counts of what models cost, in Postgres. Implements the ports of `core.spend.port`.

Each of its methods is one statement, over the pool of short ones: a question waits for two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import asyncpg

from core.calls import ModelCall, Purpose
from core.domain import Asker, SpendCap
from core.errors import StoreError
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of
from core.spend.port import Price, SpendCaps, SpendReport, Spent

MOST_WAITING = 10_000
"""Calls that are kept in memory while Postgres is away."""

MOST_TOKENS = 10**9
"""Of one call; a server may report any number."""

_Row: TypeAlias = tuple[str, str, str, str, str, str, int, int, bool, int]
_FIGURES = ("calls", "sent", "received", "estimated", "units", "cost", "unpriced")


class PostgresSpend:
    """Safe to share between tasks, and between processes on one database."""

    def __init__(self, database: Database, caps: SpendCaps, prices: Mapping[str, Price]) -> None:
        self._database = database
        self._caps = caps
        self._prices = prices
        self._waiting: list[_Row] = []

    async def find_cap(self, asker: Asker) -> SpendCap | None:
        """Return the cap that is reached for somebody today. Without any cap, Postgres is not asked."""
        if not self._caps.is_set:
            return None
        caps = self._caps
        with translate_errors():
            found = await self._database.readers.fetchval(
                statements()["spend_cap"],
                *(text_of(each) for each in (asker.platform, asker.person, asker.channel)),
                caps.day,
                caps.person,
                caps.channel,
            )
        return SpendCap(found) if found else None

    async def record(self, asker: Asker, calls: Sequence[ModelCall]) -> None:
        """Add calls to today's counts, with those that could not be stored before."""
        rows, self._waiting = [*self._waiting, *(_to_row(asker, call) for call in calls)], []
        if not rows:
            return
        try:
            with translate_errors():
                await self._database.readers.execute(statements()["spend_record"], *map(list, zip(*rows, strict=True)))
        except StoreError:
            self._waiting = [*rows, *self._waiting][:MOST_WAITING]
            raise

    async def build_report(self, days: int, most: int, audience: frozenset[str] | None = None) -> SpendReport:
        """Return what was spent in so many days, read in one statement; `today` is read for itself."""
        prices = [(model, price.sent, price.received, price.unit) for model, price in self._prices.items()]
        columns = [list(column) for column in zip(*prices, strict=True)] or [[], [], [], []]
        places = None if audience is None else sorted(audience)
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["spend_sums"], days, *columns, most, places)
            today = await self._database.readers.fetchval(statements()["spend_today"])
        kinds: dict[str, list[asyncpg.Record]] = {}
        for row in rows:
            kinds.setdefault(row["kind"], []).append(row)
        return SpendReport(
            days=days,
            total=_to_spent(kinds["total"][0]),
            by_day={row["day"]: _to_spent(row) for row in kinds.get("day", [])},
            people={f"{row['platform']}:{row['person']}": _to_spent(row) for row in kinds.get("person", [])},
            channels={f"{row['platform']}:{row['channel']}": _to_spent(row) for row in kinds.get("channel", [])},
            models={(row["model"], Purpose(row["purpose"])): _to_spent(row) for row in kinds.get("model", [])},
            today=int(today),
            caps=self._caps,
        )


def _to_row(asker: Asker, call: ModelCall) -> _Row:
    platform, tenant, person = map(text_of, (asker.platform, asker.tenant, asker.person))
    channel, model = map(text_of, (asker.channel, call.model))
    sent, received, units = (min(each, MOST_TOKENS) for each in (call.usage.sent, call.usage.received, call.units))
    return platform, tenant, person, channel, model, call.purpose.value, sent, received, call.usage.estimated, units


def _to_spent(row: asyncpg.Record) -> Spent:
    return Spent(**{name: row[name] for name in _FIGURES})
