"""Workers that are killed, stopped, and many: readers see the old or the new, each page comes once, slots fire once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from core.domain import Source
from core.tasks import run_in_background
from core.work.port import Request, RequestState
from tests.bot.fleet import SECTIONS, Fleet, far, fleet, manual
from tests.servers.openai_server import serve_openai
from tests.servers.scripted import Json, ScriptedServer
from tests.servers.site import DocSite, serve_site
from tests.waiting import pause

pytestmark = pytest.mark.flaky(reruns=0)  # what is killed has no second chance (docs/decisions/0018)


@pytest.fixture
async def models() -> AsyncIterator[ScriptedServer]:
    async with serve_openai(dimensions=8) as server:
        yield server


def served(models: ScriptedServer) -> dict[str, str]:
    """Return settings with which vectors come from the scripted server at once."""
    return {"OPENAI_BASE_URL": models.base_url, "EMBEDDING_MODEL": "served-embedder", "CHAT_MODEL": "extractive"}


async def looking(there: Fleet, seen: list[frozenset[str]]) -> None:
    """Record what readers see all the while: the versions of all passages, in one statement each time."""
    while True:
        seen.append(frozenset(text.partition("version ")[2].partition(".")[0] for text in await there.texts()))
        await asyncio.sleep(0.02)


async def killed_again_and_again(dsn: str, folder: Path, models: ScriptedServer, *, kills: int, pages: int) -> None:
    async with serve_site(DocSite(manual(pages, 1))) as site, fleet(dsn, folder, **served(models)) as there:
        source = await there.add(site)
        await there.start()
        await there.ended(await there.ask(source))
        assert len(await there.texts()) == (pages + 1) * SECTIONS

        site.pages, site.latency = manual(pages, 2), 0.1
        seen: list[frozenset[str]] = []
        async with run_in_background(looking(there, seen)):
            done = await crawled_under_fire(there, source, kills)
        assert done.state is RequestState.DONE, done
        assert done.report is not None
        assert (done.report["verdict"], done.report["pages"]) == ("ok", pages + 1)
        assert set(seen) <= {frozenset({"1"}), frozenset({"2"})}
        assert await versions(there) == {"2"}

        await there.ended(await there.ask(await there.add(site, "calm")))
        assert sorted(await there.texts("calm")) == sorted(await there.texts())
        for table in ("staged_page", "staged_passage", "visited", "batch"):
            assert await there.count(f"select count(*) from {table}") == 0  # noqa: S608 - our own names
        vectors = await there.count("select count(*) from vector_1")
        assert vectors == 2 * (pages + 1) * SECTIONS == await there.count("select count(*) from lexical")


async def crawled_under_fire(there: Fleet, source: Source, kills: int) -> Request:
    """Ask for a crawl, and kill its worker whenever it has made progress; the next one is started at once."""
    request = await there.ask(source)
    for _ in range(kills):
        known = await there.footnote.requests.get(request.id)
        await there.running(request, far(known))
        await asyncio.sleep(random.uniform(0, 0.5))
        await there.kill(there.workers[0])
        await there.start()
    return await there.ended(request)


async def versions(there: Fleet) -> set[str]:
    return {text.partition("version ")[2].partition(".")[0] for text in await there.texts()}


@pytest.mark.slow
async def test_a_worker_that_is_killed_again_and_again_leaves_no_trace(
    dsn: str, tmp_path: Path, models: ScriptedServer
) -> None:
    """A sample of those below, for every run."""
    await killed_again_and_again(dsn, tmp_path, models, kills=2, pages=100)


@pytest.mark.long
async def test_twenty_kills_leave_no_trace(dsn: str, tmp_path: Path, models: ScriptedServer) -> None:
    await killed_again_and_again(dsn, tmp_path, models, kills=20, pages=1200)


@pytest.mark.slow
async def test_four_workers_two_sources_and_one_kill(dsn: str, tmp_path: Path, models: ScriptedServer) -> None:
    pages = 120
    async with (
        serve_site(DocSite(manual(pages, 1), latency=0.05)) as one,
        serve_site(DocSite(manual(pages, 1), latency=0.05)) as two,
        fleet(dsn, tmp_path, **served(models)) as there,
    ):
        for _ in range(4):
            await there.start()
        sources = [await there.add(one, "one"), await there.add(two, "two")]
        requests = [await there.ask(source) for source in sources]
        running = await there.running(requests[0], 20)
        (victim,) = [each for each in there.workers if running.worker.endswith(f":{each.pid}")]
        await there.kill(victim)
        for request in requests:
            done = await there.ended(request)
            assert done.report is not None, done
            assert (done.report["pages"], done.report["passages"]) == (pages + 1, (pages + 1) * SECTIONS)
        assert {done.report["verdict"]} == {"ok"}  # type: ignore[index]  # each was looked at above
        assert len(await there.texts("one")) == len(set(await there.texts("one"))) == (pages + 1) * SECTIONS
        assert await there.count("select count(*) from crawl") == 2
        # No page of the other source was asked for twice; of the killed one only those that were not yet stored.
        assert max(two.asked.values()) == 1
        assert sum(one.asked.values()) <= pages + 1 + 8 + 60


async def test_a_worker_that_is_told_to_stop_hands_over_at_once(
    dsn: str, tmp_path: Path, models: ScriptedServer
) -> None:
    async with (
        serve_site(DocSite(manual(200, 1), latency=0.2)) as site,
        fleet(dsn, tmp_path, **served(models)) as there,
    ):
        workers = [await there.start("worker"), await there.start("up")]
        request = await there.ask(await there.add(site))
        running = await there.running(request, 20)
        workers.sort(key=lambda worker: running.worker.endswith(f":{worker.pid}"))
        other, first = workers
        assert await there.stop(first) == 0
        done = await there.ended(request)
        assert done.worker.endswith(f":{other.pid}")
        assert done.report is not None
        assert (done.report["verdict"], done.report["pages"]) == ("ok", 201)
        assert await there.stop(other) == 0


async def test_workers_share_the_embedding_of_one_crawl(dsn: str, tmp_path: Path, models: ScriptedServer) -> None:
    together = asyncio.Event()
    under_way = 0

    good = models.otherwise

    async def slow(request: web.Request, asked: Json) -> web.StreamResponse:
        nonlocal under_way
        under_way += 1
        if under_way == 2:
            together.set()
        async with asyncio.timeout(120):
            await together.wait()
        under_way -= 1
        return await good(request, asked)

    async with serve_site(DocSite(manual(150, 1))) as site, fleet(dsn, tmp_path, **served(models)) as there:
        await there.footnote.embedder_for_writing()
        models.otherwise = slow
        for _ in range(2):
            await there.start()
        done = await there.ended(await there.ask(await there.add(site)))
        assert together.is_set()
        assert done.report is not None
        assert (done.report["verdict"], done.report["embedded"]) == ("ok", 151 * SECTIONS)


async def test_the_clock_alone_asks_and_leaves_the_crawl_to_workers(
    dsn: str, tmp_path: Path, models: ScriptedServer
) -> None:
    async with serve_site(DocSite(manual(1, 1))) as site, fleet(dsn, tmp_path, **served(models)) as there:
        await there.add(site)
        await there.footnote.database.writers.execute("update source set schedule = 'every 1s'")
        clock = await there.start("up", "--no-worker")
        async with asyncio.timeout(120):
            while not (asked := await there.footnote.requests.recent(1)):
                await pause()
        assert (asked[0].state, asked[0].asked_by) == (RequestState.WAITING, "schedule")
        assert await there.stop(clock) == 0
        assert await there.count("select count(*) from crawl") == 0


async def slots_are_crawled_once(dsn: str, folder: Path, models: ScriptedServer, *, replicas: int, slots: int) -> None:
    # Slots lie further apart than a crawl takes: else two of them coalesce.
    async with serve_site(DocSite(manual(1, 1))) as site, fleet(dsn, folder, **served(models)) as there:
        await there.add(site)
        await there.footnote.database.writers.execute("update source set schedule = 'every 6s'")
        for _ in range(replicas):
            await there.start("up")
        fired = "select count(*) from schedule_slot"
        async with asyncio.timeout(240 + 8 * slots):
            while await there.count(fired) < slots // 2:
                await pause()
            # Between two crawls: where the next slot comes first, its crawl goes on with one that was cut short.
            await there.ended((await there.footnote.requests.recent(1))[0])
            await there.kill(there.workers[0])
            while await there.count(fired) < slots:
                await pause()
        await there.footnote.database.writers.execute("update source set schedule = 'off'")
        for process in list(there.workers[:-1]):
            await there.stop(process)
        for request in await there.footnote.requests.recent(slots + 5):
            await there.ended(request)
        fired_in_all = await there.count(fired)
        # A slot asks for nothing new while its predecessor's request waits: it did where a crawl took so long.
        missed = await there.count(
            "select coalesce(sum(floor((extract(epoch from finished_at - asked_at) + 1) / 6)), 0)::int from request"
        )
        asked = await there.count("select count(*) from request where asked_by = 'schedule'")
        crawled = await there.count("select count(*) from crawl where finished_at is not null")
        assert fired_in_all - missed <= asked <= fired_in_all
        assert asked - missed <= crawled <= asked


@pytest.mark.slow
async def test_a_schedule_fires_once_however_many_replicas_run(
    dsn: str, tmp_path: Path, models: ScriptedServer
) -> None:
    await slots_are_crawled_once(dsn, tmp_path, models, replicas=3, slots=3)


@pytest.mark.long
async def test_four_replicas_one_killed_ten_slots_ten_crawls(dsn: str, tmp_path: Path, models: ScriptedServer) -> None:
    await slots_are_crawled_once(dsn, tmp_path, models, replicas=4, slots=10)
