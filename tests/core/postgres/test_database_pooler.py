"""pgbouncer in front of Postgres: session mode works as without it, transaction mode gets a sentence that says so."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import ConfigurationError
from core.inbox.postgres import open_inbox
from core.index.search import PostgresIndex
from core.postgres.database import open_database
from core.work.queue import PgqueuerJobs, put_jobs
from tests.core.index.helpers import add, counts_of, crawl, fetch, vector
from tests.servers.pooler import PROGRAM, pooler

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs the program pgbouncer")
EXPECTED = {"application_name": "footnote", "jit": "off", "hnsw.iterative_scan": "relaxed_order"}
SITE = {"a": ["some words", "other words"]}


async def test_all_works_through_a_pooler_in_session_mode(dsn: str) -> None:
    done, stop = asyncio.Event(), asyncio.Event()

    async def handler(_: bytes) -> float | None:
        done.set()
        return None

    async with pooler(dsn, "session") as url, open_database(url) as database, open_inbox(url) as inbox:
        await crawl(database, await add(database), SITE)
        assert await counts_of(database) == [2, 2, 2]
        hits = await PostgresIndex(database).search("other words", vector("other words"), limit=5)
        assert {hit.passage.text for hit in hits} == {"some words", "other words"}
        assert await inbox.open_count() == 0
        assert await PgqueuerJobs(database).wakes()
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            group.create_task(PgqueuerJobs(database).run({"job": handler}, stop))
            async with database.writers.acquire() as connection, connection.transaction():
                await put_jobs(connection, "job", [b""])
            await done.wait()
            stop.set()


async def test_sessions_through_a_pooler_have_our_settings_each_time_they_are_used(dsn: str) -> None:
    shown = "select " + ", ".join(f"current_setting('{name}')" for name in EXPECTED)
    expected = tuple(EXPECTED.values())
    async with pooler(dsn, "session") as url, open_database(url, connections=1) as database:
        for _ in range(3):
            assert await fetch(database, shown) == [expected]
            assert [tuple(row) for row in await database.readers.fetch(shown)] == [expected]
            assert await database.readers.fetchval("show plan_cache_mode") == "force_generic_plan"


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_a_pooler_that_shares_sessions_is_refused_in_a_sentence(dsn: str, mode: str) -> None:
    async with pooler(dsn, mode) as url:
        with pytest.raises(ConfigurationError, match="not in session mode"):
            async with open_database(url):
                pass
