"""Batches, requests and jobs, which processes share through Postgres."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.core.qm import QueueManager

from core.errors import StoreUnavailable, UsageError
from core.index.batches import BATCH_PASSAGES, PostgresBatches
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.postgres.database import Database
from core.work import queue
from core.work.port import RequestKind, RequestState
from core.work.queue import SETTINGS, OutageLog, PgqueuerJobs, put_jobs, queries_of
from core.work.requests import PostgresRequests
from tests.core.index.helpers import add, fetch, page, report, vector
from tests.waiting import pause

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
CRAWL = RequestKind.CRAWL


def test_the_migration_is_what_pgqueuer_prints_for_our_settings() -> None:
    migration = (files("core") / "postgres" / "migrations" / "0003_queue.sql").read_text("utf-8")
    assert re.sub(r"\A(?:--(?! pgqueuer).*\n)+", "", migration).strip() == render_install(SETTINGS).strip()


async def test_pgqueuer_finds_its_tables_as_it_wants_them(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGQUEUER_PREFIX", "poison_")
    monkeypatch.setenv("PGQUEUER_SCHEMA", "poison")
    async with database.writers.acquire() as connection:
        queries = queries_of(connection)
        await QueueManager(queries, channel=SETTINGS.channel).verify_structure()
        plan = await queries.plan_upgrade()
        assert not plan.statements, plan


async def test_a_batch_is_held_by_one_until_it_is_given_back_or_late(database: Database) -> None:
    source = await add(database)
    texts = [f"text {number}" for number in range(BATCH_PASSAGES + 5)]
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("a", texts)])
        await crawling.share(await crawling.absent())
        mine, theirs = crawling.batches(), PostgresCorpus(database).batches()
        first, second = await mine.take(), await theirs.take()
        assert first is not None
        assert second is not None
        assert {len(first.texts), len(second.texts)} == {BATCH_PASSAGES, 5}
        assert await mine.take() is None
        assert await mine.take(impatient=True) is None
        await database.writers.execute("update batch set until = until - interval '30 s' where id = $1", first.id)
        assert await theirs.take() is None
        assert await theirs.take(impatient=True) == first
        await theirs.give_back(first)
        assert await mine.take() == first
        for batch in (first, second):  # twice is harmless
            for _ in range(2):
                await theirs.finish(batch, [vector(text) for _, text in batch.texts])
        assert await mine.remaining() == 0
        assert await crawling.absent() == []


async def test_what_a_killed_process_shared_is_not_embedded_twice(database: Database) -> None:
    source = await add(database)
    with suppress(ConnectionResetError):
        async with PostgresCorpus(database).crawl(source) as crawling:
            await crawling.stage([page("a", [f"text {number}" for number in range(3 * BATCH_PASSAGES)])])
            await crawling.share(await crawling.absent())
            batch = await crawling.batches().take()
            assert batch is not None
            await crawling.batches().finish(batch, [vector(text) for _, text in batch.texts])
            raise ConnectionResetError
    async with PostgresCorpus(database).crawl(source) as crawling:
        absent = await crawling.absent()
        await crawling.share(absent)
        assert await crawling.batches().remaining() == len(absent) == 2 * BATCH_PASSAGES
        await crawling.finish(report(source))
    # Nobody came to help: the jobs that were to wake other workers go with the crawl.
    assert await fetch(database, "select count(*) from footnote_queue.pgqueuer") == [(0,)]


async def test_batches_of_a_crawl_that_is_over_are_gone(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("a", ["one", "two"])])
        await crawling.share(await crawling.absent())
        assert await PostgresBatches(database).remaining() == 2
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.unstage([page("a", []).url])
    assert await PostgresBatches(database).remaining() == 2
    await PostgresCatalog(database).remove("docs")
    assert await PostgresBatches(database).remaining() == 0


async def test_requests_for_one_source_coalesce_while_they_wait(database: Database) -> None:
    source, other = await add(database), await add(database, "other", "https://other.example/")
    requests = PostgresRequests(database)
    first = await requests.put(CRAWL, source=source, asked_by="schedule")
    second = await requests.put(CRAWL, source=source, options={"force": True}, asked_by="admin")
    third = await requests.put(CRAWL, source=other, asked_by="admin")
    assert (first.id, second.options) == (second.id, {"force": True})
    assert third.id != first.id
    await requests.progress(first.id, {"stage": "crawl", "pages": 3}, "w1")
    running = await requests.get(first.id)
    assert (running.state, running.worker, running.progress["pages"]) == (RequestState.RUNNING, "w1", 3)
    fourth = await requests.put(CRAWL, source=source, asked_by="admin")
    assert fourth.id != first.id
    await requests.finish(fourth.id, {"verdict": "ok", "skipped": {"half \ud800 \0": 1}}, "w2")
    done, stale = await requests.get(fourth.id), await requests.get(first.id)
    assert (done.state, done.report) == (RequestState.DONE, {"verdict": "ok", "skipped": {"half \ufffd ": 1}})
    assert (stale.state, stale.error) == (RequestState.FAILED, "Its process ended before the crawl did.")
    await requests.fail(third.id, "The site is away.")
    assert [each.id for each in await requests.recent(2)] == [fourth.id, third.id]
    with pytest.raises(UsageError, match="no request"):
        await requests.get(10_000)


@pytest.mark.parametrize("way", ["asked", "scheduled"])
async def test_a_new_request_lets_go_of_what_is_long_over(database: Database, way: str) -> None:
    requests, source = PostgresRequests(database), await add(database)
    for kind, hours in (
        (RequestKind.PREVIEW, 2),
        (RequestKind.PREVIEW, 0),
        (RequestKind.CRAWL, 2),
        (RequestKind.CRAWL, 91 * 24),
    ):
        of = source if kind is RequestKind.CRAWL else None
        done = await requests.put(kind, source=of, asked_by="somebody", options={"hours": hours})
        await requests.finish(done.id, {}, "worker")
        await database.writers.execute(
            "update request set finished_at = now() - make_interval(hours => $2) where id = $1", done.id, hours
        )
    if way == "asked":
        await requests.put(RequestKind.PREVIEW, asked_by="somebody")
    else:
        await requests.put_slots({source.id: datetime.now(UTC)})
    over = [each for each in await requests.recent(9) if each.state is RequestState.DONE]
    assert {(each.kind, each.options["hours"]) for each in over} == {(RequestKind.PREVIEW, 0), (RequestKind.CRAWL, 2)}


async def test_a_slot_fires_once_who_asks(database: Database) -> None:
    source, requests = await add(database), PostgresRequests(database)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(requests.put_slots({source.id: NOON})) for _ in range(6)]
    assert sorted(map(len, (task.result() for task in tasks))) == [0, 0, 0, 0, 0, 1]
    assert [each.fired for each in await requests.schedules()] == [NOON]
    assert len(await fetch(database, "select 1 from request")) == 1


async def test_processes_that_ask_for_many_slots_share_them_and_wake_a_worker_up_for_each(database: Database) -> None:
    requests = PostgresRequests(database)
    numbers = [(await add(database, f"docs-{number}")).id for number in range(20)]
    some = [dict.fromkeys(part, NOON) for part in (numbers[:15], numbers[5:], numbers[::-1], numbers)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(requests.put_slots(slots)) for slots in some]
    assert sorted(number for task in tasks for number in task.result()) == numbers
    asked = "select (select count(*) from request), (select count(*) from footnote_queue.pgqueuer)"
    assert await fetch(database, asked) == [(20, 20)]


async def test_a_source_that_was_removed_keeps_no_other_from_being_asked_for(database: Database) -> None:
    requests, source, gone = PostgresRequests(database), await add(database), await add(database, "gone")
    await PostgresCatalog(database).remove("gone")
    assert await requests.put_slots({gone.id: NOON, source.id: NOON}) == {source.id}


async def test_each_job_is_done_and_one_that_is_put_off_comes_again(database: Database) -> None:
    stop, done = asyncio.Event(), list[bytes]()

    async def handler(payload: bytes) -> float | None:
        done.append(payload)
        if done.count(payload) < 2 and payload == b"3":
            return 0.1
        if len(done) == 9:
            stop.set()
        return None

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(PgqueuerJobs(database).run({"job": handler}, stop))
        async with database.writers.acquire() as connection, connection.transaction():
            await put_jobs(connection, "job", [str(number).encode() for number in range(8)])
    assert sorted(done) == sorted([b"3", *(str(number).encode() for number in range(8))])
    assert await fetch(database, "select count(*) from footnote_queue.pgqueuer") == [(0,)]


async def test_a_worker_comes_back_from_a_lost_connection(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, done = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(queue, "_PROBE_SECONDS", 60.0)

    async def handler(payload: bytes) -> float | None:
        done.set()
        return None

    assert await PgqueuerJobs(database).workers() == 0
    assert await PgqueuerJobs(database).wakes()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(PgqueuerJobs(database).run({"job": handler}, stop))
        working = (
            "select count(*) from pg_stat_activity"
            " where application_name = 'footnote-worker' and datname = current_database()"
        )
        while await fetch(database, working) == [(0,)]:
            await pause()
        await database.readers.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'footnote-worker' and datname = current_database()"
        )
        async with database.writers.acquire() as connection, connection.transaction():
            await put_jobs(connection, "job", [b""])
        await done.wait()
        stop.set()


async def test_an_outage_is_logged_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    outage, away = OutageLog(), StoreUnavailable("Postgres is away.")
    await outage.end_after(0)
    assert caplog.messages == []
    for _ in range(2):
        outage.report(away)
        outage.report(away)
        await outage.end_after(0)
        await outage.end_after(0)
    assert (
        caplog.messages
        == ["Postgres is away. The worker tries again.", "Postgres is back, and the worker goes on."] * 2
    )
