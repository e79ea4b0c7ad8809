"""Settings of channels and the audit in Postgres. Implements `Channels` and `Audit` of `core.inbox.channels`."""

from __future__ import annotations

import json
from collections.abc import Mapping

import asyncpg

from core.inbox.channels import (
    AuditEntry,
    AuditFilter,
    ChannelSettings,
    ListedChannel,
    Mute,
    Outcome,
    build_audience,
)
from core.inbox.port import Platform
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import json_of, text_of


class PostgresChannels:
    """One row per channel that has settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, platform: Platform, tenant: str, channel: str) -> ChannelSettings:
        """Return the settings of a channel; the defaults where there is no row."""
        seen_from = sorted(build_audience(platform, tenant, channel))
        with translate_errors():
            row = await self._database.readers.fetchrow(statements()["channel"], platform, tenant, channel, seen_from)
        if row is None:
            return ChannelSettings()
        return _to_settings(row)

    async def put(self, platform: Platform, tenant: str, channel: str, settings: ChannelSettings) -> None:
        """Replace all settings of a channel."""
        texts = [text_of(text) for text in (settings.tone, settings.language)]
        with translate_errors():
            await self._database.writers.execute(
                statements()["put_channel"],
                platform,
                tenant,
                channel,
                list(settings.sources),
                *texts,
                settings.unmentioned,
                text_of(settings.ask),
            )

    async def find(self, audience: frozenset[str] | None, limit: int, offset: int = 0) -> list[ListedChannel]:
        """Return channels that have settings, by their ids."""
        with translate_errors():
            sql = statements()["find_channels"]
            rows = await self._database.readers.fetch(sql, _places(audience), limit, offset)
        return [
            ListedChannel(Platform(row["platform"]), row["tenant"], row["channel"], _to_settings(row), row["hidden"])
            for row in rows
        ]

    async def mutes(self, audience: frozenset[str] | None, limit: int, offset: int = 0) -> list[Mute]:
        """Return the mutes that hold now, the latest first."""
        with translate_errors():
            sql = statements()["find_mutes"]
            rows = await self._database.readers.fetch(sql, _places(audience), limit, offset)
        return [Mute(**{**row, "platform": Platform(row["platform"])}) for row in rows]


def _to_settings(row: asyncpg.Record) -> ChannelSettings:
    return ChannelSettings(tuple(row["sources"]), row["tone"], row["language"], row["unmentioned"], row["ask"])


def _places(audience: frozenset[str] | None) -> list[str] | None:
    return None if audience is None else sorted(audience)


class PostgresAudit:
    """One row per act."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, entry: AuditEntry) -> int:
        """Record an act before it is done, and return its number."""
        with translate_errors():
            number: int = await self._database.writers.fetchval(
                statements()["begin_act"],
                entry.platform,
                entry.tenant,
                entry.who,
                entry.channel,
                entry.act,
                json_of(entry.details),
                entry.outcome.value,
                entry.via,
            )
        return number

    async def end(self, number: int, outcome: Outcome, details: Mapping[str, object]) -> None:
        """Record how an act ended; `details` are added to those that are there."""
        with translate_errors():
            await self._database.writers.execute(statements()["end_act"], number, outcome.value, json_of(details))

    async def recent(self, limit: int) -> list[AuditEntry]:
        """Return the latest acts, newest first."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["acts"], limit)
        return [_to_entry(row) for row in rows]

    async def find(
        self, wanted: AuditFilter, audience: frozenset[str] | None, limit: int, offset: int = 0
    ) -> list[AuditEntry]:
        """Return the latest acts that somebody in these places may see, newest first."""
        named = [text_of(each) or None for each in (wanted.who, wanted.act, wanted.outcome)]
        with translate_errors():
            sql = statements()["find_acts"]
            rows = await self._database.readers.fetch(sql, _places(audience), *named, limit, offset)
        return [_to_entry(row) for row in rows]


def _to_entry(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(
        platform=Platform(row["platform"]),
        tenant=row["tenant"],
        who=row["who"],
        channel=row["channel"],
        act=row["act"],
        details=json.loads(row["details"]),
        outcome=Outcome(row["outcome"]),
        via=row["via"],
        id=row["id"],
        at=row["at"],
    )
