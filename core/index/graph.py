"""The graph that large indexes are searched with by vector: how it is built, and its state.

    missing ──> lock, drop what was cut short, build while readers and switches go on ──> valid
                 │ another process has the lock: it builds for us
                 └ killed, cancelled: an invalid index is left, which nobody uses and the next build drops

There is one for each embedding model, over the vectors of all shelves. A valid one grows with each switch and is not
built again. How much memory a build has is chosen in `core.index.graph_memory`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from core.errors import StoreError
from core.index.crawling import GraphProgress
from core.index.graph_memory import Build, choose_build, graph_memory, look_at_machine
from core.index.search import BEARABLE_NUMBERS
from core.postgres.database import Connection, Database, Space, open_pool
from core.postgres.errors import translate_errors
from core.tasks import run_in_background

GRAPH_ROWS = 5_000
"""Below this many rows no graph is built: looking at each is as fast, and exact."""

OUTGROWN, AT_MOST = 50_000, 500_000
"""Rows added at once. A graph takes in about a thousand a second, and a switch has fifteen minutes."""

LOOK_SECONDS = 1.0
"""Time between two looks at how far a build is."""

_BEFORE = ("initializing", "waiting for writers before build")
_SHARED_MEMORY_SOURCE = "dsm_impl.c"
"""The file of Postgres that an error names when shared memory is too small; its words depend on the language."""

Watch = Callable[[GraphProgress], None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GraphState:
    """The graph's state, for `footnote doctor`: `size` of a valid one in bytes, `progress` of one that is being built.

    `shortage` says what memory the next build lacks, if any.
    """

    rows: int
    dimensions: int
    size: int | None
    progress: GraphProgress | None
    shortage: str

    @property
    def is_wanted(self) -> bool:
        """Whether there are enough rows for a graph."""
        return self.rows >= GRAPH_ROWS

    @property
    def is_awaited(self) -> bool:
        """Whether questions are answered by words alone until the graph is there."""
        return self.size is None and self.rows * self.dimensions > BEARABLE_NUMBERS


async def build_graph(database: Database, watch: Watch, *, least_rows: int = GRAPH_ROWS) -> bool:
    """Build the graph of the live space if it is missing and there are enough rows; return whether it was built here.

    Takes as long as it needs, on a separate connection. Returns False at once if another process builds it. When the
    caller is cancelled, so is the statement. Raises `StoreError`.
    """
    with translate_errors():
        if database.space is None or not await _is_missing(database, least_rows):
            return False
    async with open_pool(database.dsn, 1, None) as pool:  # no deadline: a million rows take minutes, or hours on disk
        with translate_errors():
            async with pool.acquire() as connection:
                return await _build_locked(database, connection, watch)


async def drop_outgrown(database: Database, connection: Connection, *, added: int) -> None:
    """Drop the graph before a switch that would take longer to put its rows into it than building it again takes.

    Runs outside any transaction. Searches look at each row meanwhile, or use words.
    """
    if added < OUTGROWN or not await connection.fetchval(database.sql["graph_exists"]):
        return
    if is_outgrown(added, await connection.fetchval(database.sql["vector_rows"])):
        await connection.execute(database.sql["drop_graph"])


def is_outgrown(added: int, rows: int) -> bool:
    """Return whether a graph over `rows` is to be built again when `added` more come: when they double, as a rule."""
    return added >= max(OUTGROWN, min(rows, AT_MOST))


async def _is_missing(database: Database, least_rows: int) -> bool:
    sql, writers = database.sql, database.writers
    assert database.space is not None
    if await writers.fetchval(sql["live_space"]) != database.space.id:  # another process has swapped it meanwhile
        return False
    return await writers.fetchval(sql["vector_rows"]) >= least_rows and not await writers.fetchval(sql["graph_exists"])


async def _build_locked(database: Database, connection: Connection, watch: Watch) -> bool:
    """Build under a lock that ends with the session, and return whether it was built here.

    It is not if another process has the lock, or was quicker.
    """
    sql = database.sql
    assert database.space is not None
    if not await connection.fetchval(sql["graph_lock"]) or await connection.fetchval(sql["graph_exists"]):
        return False
    await connection.execute(sql["lift_deadlines"])
    await connection.execute(sql["drop_graph"])
    rows = await connection.fetchval(sql["vector_rows"])
    server = await connection.fetchrow(sql["graph_server"])
    assert server is not None
    build, shortage = _chosen(rows, database.space, server)
    if shortage:
        _log.warning("%s", shortage)
    async with run_in_background(_report(database, server["pid"], rows, watch)):
        await _create(connection, sql, build)
    return True


def _chosen(rows: int, space: Space, server: asyncpg.Record) -> tuple[Build, str]:
    """Return how the graph is to be built, and what memory it lacks."""
    need = graph_memory(rows, space.dimensions)
    build = choose_build(need, server["own"], look_at_machine() if server["embedded"] else None)
    return build, "" if build.fits else does_not_fit(need, build, embedded=server["embedded"])


async def _create(connection: Connection, sql: Mapping[str, str], build: Build) -> None:
    """Build the graph; with one process if there turns out to be too little shared memory for several."""
    await _allow(connection, sql, build.memory, parallel=build.parallel)
    try:
        await connection.execute(sql["build_graph"])
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError) as error:
        if getattr(error, "server_source_filename", None) != _SHARED_MEMORY_SOURCE:
            raise
        _log.warning("The graph is built by one process: the server has too little shared memory for several.")
        await _allow(connection, sql, build.memory, parallel=False)
        await connection.execute(sql["drop_graph"])
        await connection.execute(sql["build_graph"])


async def _allow(connection: Connection, sql: Mapping[str, str], memory: int, *, parallel: bool) -> None:
    await connection.execute(sql["graph_memory"], f"{memory >> 10}kB")
    if not parallel:
        await connection.execute(sql["graph_alone"])


async def _report(database: Database, pid: int, rows: int, watch: Watch) -> None:
    """Report now and then how far the build of backend `pid` is."""
    while True:
        with suppress(StoreError), translate_errors():  # the next look may succeed; the build goes on in any case
            row = await database.writers.fetchrow(database.sql["graph_progress"], pid)
            if row is not None:
                watch(_progress(row, rows))
        await asyncio.sleep(LOOK_SECONDS)


def _progress(row: asyncpg.Record, rows: int) -> GraphProgress:
    """Return how many rows are done: `("building index: loading tuples", .41)` of 1,000 -> 410; all once it is over."""
    phase = row["phase"]
    if phase in _BEFORE:
        return GraphProgress(phase, 0, rows)
    share = (row["share"] or 0.0) if phase.startswith("building") else 1.0
    done = max(row["tuples"], int(share * rows))
    return GraphProgress(phase, min(done, rows), rows)


async def look_at_graph(database: Database) -> GraphState | None:
    """Return the state of the live space's graph; None if nothing was ever embedded. Raises `StoreError`."""
    space, sql = database.space, database.sql
    if space is None:
        return None
    with translate_errors():
        async with database.writers.acquire() as connection:
            rows = await connection.fetchval(sql["vector_rows"])
            size = await connection.fetchval(sql["graph_size"])
            progress = await connection.fetchrow(sql["graph_progress"], None)
            server = await connection.fetchrow(sql["graph_server"])
    assert server is not None
    return GraphState(
        rows=rows,
        dimensions=space.dimensions,
        size=size,
        progress=_progress(progress, rows) if progress else None,
        shortage="" if progress else _chosen(rows, space, server)[1],  # a running build has its memory already
    )


def does_not_fit(need: int, build: Build, *, embedded: bool) -> str:
    """Return the sentence that says what the graph needs, what it gets, and what to do about it."""
    megabytes = f"{need >> 20:,} MB"
    sentence = (
        f"To build the graph in memory takes {megabytes}, and it may have {build.memory >> 20:,} MB: "
        "it is built on disk, which takes many times as long"
    )
    if embedded:
        return f"{sentence}. Half of the memory that is free on this machine may be used."
    return f"{sentence}. Let footnote's user have more: alter role ... set maintenance_work_mem = '{need >> 20}MB'."
