"""A database that is not ours alone: pgvector in a separate schema, a second footnote, no schema for tables."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from core.errors import ConfigurationError
from core.inbox.postgres import open_inbox
from core.index.search import PostgresIndex
from core.postgres.database import open_database
from tests.core.index.helpers import Embedder, add, counts_of, crawl, vector

SITE = {"a": ["some words", "other words"], "b": ["more words"]}


@pytest.fixture
async def admin(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_pgvector_in_a_schema_off_the_search_path_is_found(
    dsn: str, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    """Some providers install extensions like this."""
    await admin.execute('create schema "Our extensions"')
    await admin.execute('create extension vector schema "Our extensions"')
    for _ in range(2):  # also by a process that finds the tables there
        async with open_database(dsn) as database, open_inbox(dsn):
            source = await add(database) if not await counted_sources(admin) else None
            if source is not None:
                await crawl(database, source, SITE, embedder=Embedder())
            for _ in range(3):  # also on a session that has been in its pool
                hits = await PostgresIndex(database).search("other words", vector("other words"), limit=5)
                assert hits[0].passage.text == "other words"
            assert await counts_of(database) == [3, 3, 3]
    assert await admin.fetchval("select to_regclass('public.passage') is not null")


async def counted_sources(admin: asyncpg.Connection[asyncpg.Record]) -> int:
    return int(
        await admin.fetchval("select count(*) from pg_class where relname = 'source'")
        and await admin.fetchval("select count(*) from source")
    )


async def test_pgvector_in_a_schema_that_is_closed_says_which(
    dsn: str, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    await admin.execute("create schema closed; create extension vector schema closed; create role lodger login")
    await admin.execute("grant create on schema public to lodger")
    try:
        with pytest.raises(ConfigurationError, match="grant `usage on schema closed`"):
            async with open_database(dsn.replace("postgres@", "lodger@")):
                pass
    finally:
        await admin.execute("drop owned by lodger; drop role lodger")


async def test_a_second_footnote_in_another_schema_is_refused_in_a_sentence(
    dsn: str, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with open_database(dsn) as database:
        await crawl(database, await add(database), SITE)
    await admin.execute("create role second login superuser; create schema second authorization second")
    try:
        with pytest.raises(ConfigurationError, match="a database for each"):
            async with open_database(dsn.replace("postgres@", "second@")):
                pass
        assert await admin.fetchval("select count(*) from pg_tables where schemaname = 'second'") == 0
    finally:
        await admin.execute("drop schema second cascade; drop role second")
    async with open_database(dsn) as database:
        assert await counts_of(database) == [3, 3, 3]


async def test_a_search_path_that_leads_nowhere_says_so(dsn: str, admin: asyncpg.Connection[asyncpg.Record]) -> None:
    for extension in ("select 1", "create extension vector schema public"):
        await admin.execute(extension)
        await admin.execute(
            "do $$ begin execute format('alter database %I set search_path = nowhere', current_database()); end $$"
        )
        with pytest.raises(ConfigurationError, match="search_path"):
            async with open_database(dsn):
                pass
