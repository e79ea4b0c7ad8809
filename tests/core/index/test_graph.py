"""The graph of a large index: built once even where builders are killed, with no deadline; searches without it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from core.answer.engine import Engine
from core.domain import Answer, Fault, Question
from core.embedded.settings import SHARED_MEMORY
from core.errors import GraphMissing
from core.index import graph
from core.index.corpus import PostgresCorpus
from core.index.crawling import GraphProgress
from core.index.graph import build_graph, look_at_graph
from core.index.graph_memory import graph_memory
from core.index.reembed import reembed
from core.index.search import PostgresIndex
from core.postgres import database as postgres
from core.postgres.database import Database, open_database
from tests.core.embedded.helpers import REPOSITORY, sweep
from tests.core.index.helpers import (
    BUILDS,
    DIMENSIONS,
    HOLDERS,
    MODEL,
    SITE,
    Embedder,
    add,
    crawl,
    fetch,
    fill,
    held_up,
    is_over,
    vector,
)
from tests.databases import database_on, execute
from tests.fakes import FakeReader
from tests.waiting import pause

ROWS = 300
PHASE = "select phase from pg_stat_progress_create_index where datname = current_database()"
GRAPH = "select indexrelid::bigint, indisvalid from pg_index where indexrelid = to_regclass('vector_1_graph')"


def ignore(_: GraphProgress) -> None:
    """Ignore the progress: nobody watches."""


async def reached(database: Database, phase: str) -> None:
    """Wait until a build is at a phase."""
    async with asyncio.timeout(120):
        while await fetch(database, PHASE) != [(phase,)]:
            await pause()


@pytest.fixture
async def filled(database: Database) -> Database:
    """Fill an index of 310 passages without a graph."""
    await fill(database, {"tiny": 10, "rest": ROWS})
    return database


async def test_two_that_begin_at_once_build_one_graph(filled: Database) -> None:
    async with open_database(filled.dsn) as elsewhere, asyncio.TaskGroup() as group:
        both = [group.create_task(build_graph(each, ignore, least_rows=ROWS)) for each in (filled, elsewhere)]
    assert sorted(task.result() for task in both) == [False, True]
    assert (await fetch(filled, GRAPH))[0][1] is True
    assert await fetch(filled, HOLDERS) == []


async def test_one_that_comes_later_leaves_it_to_the_builder(filled: Database) -> None:
    async with asyncio.TaskGroup() as group, open_database(filled.dsn) as elsewhere, held_up(filled):
        first = group.create_task(build_graph(filled, ignore, least_rows=ROWS))
        await reached(filled, "waiting for old snapshots")
        assert await build_graph(elsewhere, ignore, least_rows=ROWS) is False
    assert first.result() is True


async def test_a_valid_graph_grows_with_each_crawl_and_is_not_built_again(database: Database) -> None:
    source = await add(database)
    corpus = PostgresCorpus(database, graph_rows=3)
    await crawl(database, source, SITE)
    await corpus.build_graph(ignore)
    ((number, valid),) = await fetch(database, GRAPH)
    assert valid is True
    for version in range(3):
        await crawl(database, source, {f"new{version}": [f"words of {version}, number {n}" for n in range(9)]})
        await corpus.build_graph(ignore)
        assert await fetch(database, GRAPH) == [(number, True)]
    hits = await PostgresIndex(database).search("", vector("new2\nwords of 2, number 8"), limit=1)
    assert hits[0].passage.text == "words of 2, number 8"


@pytest.mark.parametrize(
    ("added", "rows", "outgrown"),
    [
        (49_999, 5_000, False),
        (50_000, 5_000, True),
        (200_000, 300_000, False),
        (300_000, 300_000, True),
        (499_999, 4_000_000, False),
        (500_000, 4_000_000, True),
    ],
)
def test_a_graph_is_outgrown_by_rows_that_take_longer_to_put_in_than_to_build(
    added: int, rows: int, outgrown: bool
) -> None:
    assert graph.is_outgrown(added, rows) is outgrown


async def test_a_switch_that_outgrows_the_graph_does_not_go_through_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "OUTGROWN", 6)
    source = await add(database)
    corpus = PostgresCorpus(database, graph_rows=3)
    await crawl(database, source, SITE)
    await corpus.build_graph(ignore)
    for texts, stays in (("abcde", True), ("abcdefghi", True), ("klmnopqrstuvwxyz", False)):
        await crawl(database, source, {"new": [f"words of {letter}" for letter in texts]})
        assert (await fetch(database, GRAPH) != []) is stays
    await corpus.build_graph(ignore)
    assert (await fetch(database, GRAPH))[0][1] is True


async def test_no_graph_is_built_for_few_rows(filled: Database) -> None:
    assert await build_graph(filled, ignore, least_rows=ROWS + 11) is False
    assert await fetch(filled, GRAPH) == []


async def test_a_build_outlives_the_deadlines_of_client_server_and_role(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "WRITE_SECONDS", 0.5)
    name = urlsplit(database.dsn).path.lstrip("/")
    await fill(database, {"rest": ROWS})
    for deadline in ("statement_timeout", "lock_timeout"):
        await database.writers.execute(f"alter database {name} set {deadline} = '200ms'")
    async with asyncio.TaskGroup() as group, open_database(database.dsn) as opened, held_up(database):
        building = group.create_task(build_graph(opened, ignore, least_rows=ROWS))
        await reached(database, "waiting for old snapshots")
        # The server's clock: this statement has lasted longer than any of those deadlines.
        await is_over(database, f"select from ({BUILDS} and clock_timestamp() - query_start < '1.5 s') young")
        assert not building.done()
    assert building.result() is True


async def test_a_killed_process_leaves_its_build_to_the_server_which_ends_it(filled: Database) -> None:
    builder = await started("build", filled.dsn, str(ROWS))
    async with held_up(filled):
        await reached(filled, "waiting for old snapshots")
        builder.kill()
        await builder.wait()
        assert await build_graph(filled, ignore, least_rows=ROWS) is False
    await is_over(filled, HOLDERS)
    assert (await fetch(filled, GRAPH))[0][1] is True


async def test_what_a_killed_build_left_is_dropped_and_built_by_the_next(filled: Database) -> None:
    builder = await started("build", filled.dsn, str(ROWS))
    async with held_up(filled):
        await reached(filled, "waiting for old snapshots")
        ((backend,),) = await fetch(filled, BUILDS)
        await filled.writers.execute("select pg_terminate_backend($1)", backend)
        await builder.wait()
    await is_over(filled, HOLDERS)
    ((left, valid),) = await fetch(filled, GRAPH)
    assert valid is False
    assert await build_graph(filled, ignore, least_rows=ROWS) is True
    ((made, valid),) = await fetch(filled, GRAPH)
    assert valid is True
    assert made != left


async def test_a_cancelled_builder_cancels_its_statement(filled: Database) -> None:
    async with asyncio.TaskGroup() as group, held_up(filled):
        building = group.create_task(build_graph(filled, ignore, least_rows=ROWS))
        await reached(filled, "waiting for old snapshots")
        building.cancel()
        await asyncio.wait({building})
        assert building.cancelled()
        await is_over(filled, BUILDS)
    assert (await fetch(filled, GRAPH))[0][1] is False


async def test_a_build_says_what_it_is_at_and_how_many_rows_are_done(filled: Database) -> None:
    seen: list[GraphProgress] = []
    async with asyncio.TaskGroup() as group, held_up(filled):
        group.create_task(build_graph(filled, seen.append, least_rows=ROWS))
        async with asyncio.timeout(120):
            while GraphProgress("waiting for old snapshots", ROWS + 10, ROWS + 10) not in seen:
                await fetch(filled, "select")
        state = await look_at_graph(filled)
        assert state is not None
        assert (state.progress, state.size) == (seen[-1], None)
    state = await look_at_graph(filled)
    assert state is not None
    assert state.progress is None
    assert state.size is not None
    assert state.size > 0


async def test_readers_and_switches_go_on_during_a_build(filled: Database) -> None:
    async with asyncio.TaskGroup() as group, held_up(filled):
        building = group.create_task(build_graph(filled, ignore, least_rows=ROWS))
        await reached(filled, "waiting for old snapshots")
        source = await add(filled, "other", "https://other.example/")
        # More than a tenth of all: the switch then tends the tables, the one that is being built on among them.
        await crawl(filled, source, {"page": [f"words, number {n}" for n in range(2 * ROWS)]})
        assert (
            len(await PostgresIndex(filled).search("", vector("page\nwords, number 7"), limit=1, sources=["other"]))
            == 1
        )
        assert not building.done()
    hits = await PostgresIndex(filled).search("", vector("page\nwords, number 7"), limit=1)
    assert hits[0].passage.text == "words, number 7"


async def test_a_space_that_is_filled_once_more_is_not_filled_through_its_old_graph(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    assert await build_graph(database, ignore, least_rows=3)
    for model in ("other", MODEL):
        await reembed(database, Embedder(model), 8, lambda *_: None)
    assert await fetch(database, GRAPH) == []
    assert await build_graph(database, ignore, least_rows=3)
    assert len(await PostgresIndex(database).search("words", vector("words"), limit=5)) == 3


async def test_a_process_with_a_retired_model_builds_nothing(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    async with open_database(database.dsn) as elsewhere:
        await reembed(database, Embedder("other"), 8, lambda *_: None)
        assert await build_graph(elsewhere, ignore, least_rows=3) is False
    assert await fetch(database, "select from pg_class where relname like '%graph'") == []


# Searches without a graph.


async def test_a_large_index_without_a_graph_is_searched_by_words_and_says_so(
    filled: Database, caplog: pytest.LogCaptureFixture
) -> None:
    index = PostgresIndex(filled, bearable=ROWS * DIMENSIONS)
    engine = Engine(index, Embedder(), FakeReader("There is a row [1]."))
    for _ in range(2):
        answer = [event async for event in engine.ask(Question("common words"))][-1]
        assert isinstance(answer, Answer)
        assert answer.faults == (Fault.EMBEDDER,)
        assert answer.citations
    hits = await engine.search("common words", 10)
    assert len(hits) == 10
    assert {hit.vector_rank for hit in hits} == {None}
    assert caplog.text.count("310 passages is not built yet") == 1
    with pytest.raises(GraphMissing):
        await index.search("common words", vector("x"), limit=10)

    assert await build_graph(filled, ignore, least_rows=ROWS)
    answer = [event async for event in engine.ask(Question("common words"))][-1]
    assert isinstance(answer, Answer)
    assert answer.faults == ()


async def test_without_a_graph_what_is_small_enough_keeps_its_vectors(filled: Database) -> None:
    index = PostgresIndex(filled, bearable=ROWS * DIMENSIONS)
    for sources in (["tiny"], ["rest"]):  # each alone can be looked at, both together cannot
        hits = await index.search("nothing of the kind", vector("x"), limit=10, sources=sources)
        assert len(hits) == 10
        assert None not in {hit.vector_rank for hit in hits}


# Memory.


async def test_what_is_estimated_holds_the_graph_and_a_tenth_of_it_does_not(database: Database) -> None:
    rows = 4_000
    await fill(database, {"rest": rows})
    messages: list[str] = []
    connection = await asyncpg.connect(database.dsn)
    connection.add_log_listener(lambda _, message: messages.append(str(message)))
    try:
        for memory in (graph_memory(rows, 8) - (16 << 20), 1 << 20):
            await connection.execute(f"set maintenance_work_mem = '{memory >> 10}kB'")
            await connection.execute("set max_parallel_maintenance_workers = 0")
            await connection.execute("create index tried on vector_1 using hnsw (embedding halfvec_ip_ops)")
            await connection.execute("drop index tried")
            assert any("no longer fits" in each for each in messages) is (memory == 1 * (1 << 20))
    finally:
        await connection.close()


async def started(*arguments: str, prefix: tuple[str, ...] = ()) -> asyncio.subprocess.Process:
    """Start a process of `tests.core.index.builder`."""
    command = (*prefix, sys.executable, "-m", "tests.core.index.builder", *arguments)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stdin=pipe, stdout=pipe)


@pytest.fixture
async def cramped(tmp_path: Path) -> AsyncIterator[str]:
    """Serve Postgres with 16 MB of shared memory: with less it does not start, and a build asks for 64. -> its DSN."""
    if os.geteuid() or sys.platform != "linux":
        pytest.skip("only root can mount a small /dev/shm")
    mount = f"mount -t tmpfs -o size=16m tmpfs {SHARED_MEMORY} && exec "
    prefix = ("unshare", "--mount", "sh", "-c", mount + '"$@"', "sh")
    server = await started("serve", str(tmp_path / "home"), prefix=prefix)
    assert server.stdout is not None
    dsn = (await asyncio.wait_for(server.stdout.readline(), 120)).decode().strip()
    if not dsn:
        pytest.skip("a small /dev/shm cannot be mounted here")
    yield dsn
    await asyncio.wait_for(server.communicate(b""), 120)
    sweep(tmp_path / "home")


async def test_where_shared_memory_is_too_small_for_several_processes_one_builds(
    cramped: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with database_on(cramped, "cramped") as dsn:
        async with open_database(dsn) as database:
            await fill(database, {"rest": ROWS})
        await execute(dsn, "alter database cramped set min_parallel_table_scan_size = 0")  # several, small as it is
        async with open_database(dsn) as database:
            assert await build_graph(database, ignore, least_rows=ROWS) is True
            assert (await fetch(database, GRAPH))[0][1] is True
    assert "built by one process" in caplog.text
