"""The graph of a large index as users meet it: in the progress of a crawl, in doctor, and when a worker ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.index.graph import GRAPH_ROWS
from core.postgres.database import open_database
from core.work.port import Request, RequestState
from tests.bot.fleet import SECTIONS, Fleet, fleet, manual
from tests.core.index.helpers import BUILDS, fetch, fill, held_up, is_over
from tests.servers.openai_server import serve_openai
from tests.servers.site import DocSite, serve_site
from tests.waiting import pause


@pytest.fixture
async def large(dsn: str) -> str:
    """Fill an index that is large enough for a graph, and lacks it. -> its DSN."""
    async with open_database(dsn) as database:
        await fill(database, {"rest": GRAPH_ROWS})
        await database.writers.execute("update space set model = 'served-embedder'")
    return dsn


async def graph_checks(there: Fleet) -> list[tuple[str, str]]:
    """Return what doctor reports of the graph: (health, sentence)."""
    ended = await there.install.run("doctor", "--json")
    return [(each["health"], each["says"]) for each in ended.json["checks"] if each["subject"] == "graph"]


async def at_step(there: Fleet, request: Request, step: str) -> Request:
    """Wait until a crawl's build is at a step. -> the request."""
    async with asyncio.timeout(120):
        while (request := await there.footnote.requests.get(request.id)).progress.get("step") != step:
            assert request.state is not RequestState.DONE
            await pause()
    return request


async def test_a_worker_that_is_told_to_stop_cancels_its_build_and_another_builds(large: str, tmp_path: Path) -> None:
    async with serve_openai(dimensions=8) as models, serve_site(DocSite(manual(1, 1))) as site:
        settings = {"OPENAI_BASE_URL": models.base_url, "EMBEDDING_MODEL": "served-embedder"}
        async with fleet(large, tmp_path, **settings, CHAT_MODEL="extractive") as there:
            database, rows = there.footnote.database, GRAPH_ROWS + 2 * SECTIONS
            assert await graph_checks(there) == [("note", "missing, the next crawl builds it: footnote crawl")]
            worker = await there.start()
            async with held_up(database):
                request = await there.ask(await there.add(site))
                request = await at_step(there, request, "waiting for old snapshots")
                progress = {name: request.progress[name] for name in ("stage", "indexed", "to_index")}
                assert progress == {"stage": "graph", "indexed": rows, "to_index": rows}
                assert await graph_checks(there) == [("note", "being built, 100 % (waiting for old snapshots)")]
                assert await there.stop(worker) == 0
                await is_over(database, BUILDS)
            assert not await fetch(
                database, "select from pg_index where indexrelid = 'vector_1_graph'::regclass and indisvalid"
            )
            await there.start()
            done = await there.ended(request)
            assert done.report is not None
            assert done.report["verdict"] == "ok"
            ((health, says),) = await graph_checks(there)
    assert (health, says.partition(",")[0]) == ("ok", "built")
