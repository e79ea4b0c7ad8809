"""Move a whole index from one Postgres to another, over the connections that footnote has anyway.

    source, one snapshot ── COPY, table by table ──> target, one transaction ── counted ──> commit ──> graph

That works with TLS and with any version. pg_dump and pg_restore refuse some pairs of versions, and those that come with
the embedded Postgres speak no TLS. The tables of the target are made by our own migrations, which also say which tables
there are. Everything arrives, or nothing does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from graphlib import TopologicalSorter
from typing import Any, TypeAlias

from core.errors import FootnoteError, StoreError, UsageError
from core.index.corpus import tend
from core.index.graph import GRAPH_ROWS, build_graph
from core.index.switch import rows_of
from core.postgres.connect import Connection
from core.postgres.database import migrate, open_connection, open_database
from core.postgres.errors import translate_errors
from core.postgres.statements import space_table_names, space_tables, statements, table_names

SILENCE_SECONDS = 900.0
"""The move is given up after this long without a byte from one side, or without the other's reply to a whole table."""

AT_ONCE = 8
"""Pieces of a table that are in flight at most; Postgres sends up to 64 kB each."""

Watch: TypeAlias = Callable[[str, int], None]
"""Called with each table and its number of rows once they have arrived."""


async def copy_index(source: str, target: str, watch: Watch, *, graph_rows: int = GRAPH_ROWS) -> Mapping[str, int]:
    """Copy everything, and return the number of rows of each table.

    The target has to be empty, and nobody else may work on the source: what is written meanwhile would be lost. From
    `graph_rows` passages on the target gets its graph. Raises `UsageError`, `ConfigurationError`, `StoreError`.
    """
    async with AsyncExitStack() as opened:
        old = await opened.enter_async_context(open_connection(source, None))
        await _refuse_others(old)
        await migrate(old)
        with _of_target():
            new = await opened.enter_async_context(open_connection(target, None))
        with translate_errors():
            async with old.transaction(isolation="repeatable_read", readonly=True), new.transaction():
                moved = await _move(old, new, watch)
    with _after_all_has_moved():
        await _tend(target, sum(moved.values()), graph_rows)
    return moved


@contextmanager
def _of_target() -> Iterator[None]:
    """Let an error from opening the target say which database is meant."""
    try:
        yield
    except FootnoteError as error:
        sentence = str(error).replace("DATABASE_URL", "its url")
        raise type(error)(f"The database to move to: {sentence}") from error


async def _refuse_others(old: Connection) -> None:
    """Raise `UsageError` if another footnote could still write to the source."""
    with translate_errors():
        others = await old.fetchval(statements()["others_at_work"])
    if others:
        raise UsageError(
            "Another footnote works on the database to move from: stop it first, because what it writes during the "
            "move would be lost, and each of both would answer what is asked in chat."
        )


@contextmanager
def _after_all_has_moved() -> Iterator[None]:
    """Let an error from what comes after the copy say that the copy is whole."""
    try:
        yield
    except StoreError as error:
        raise type(error)(
            f"Everything has moved, but the new database is not prepared for quick search: {error} The next crawl "
            "prepares it."
        ) from error


async def _tend(target: str, rows: int, graph_rows: int) -> None:
    """Prepare the new database to plan and search as the old one did."""
    async with open_database(target) as database, database.writers.acquire() as connection:
        if database.space is not None:
            with translate_errors():
                await tend(database, connection, changed=rows)
            await build_graph(database, lambda _: None, least_rows=graph_rows)


async def _move(old: Connection, new: Connection, watch: Watch) -> dict[str, int]:
    await migrate(new)
    await new.execute(statements()["drop_seeds"])
    await _refuse_taken(new)
    spaces = await old.fetch(statements()["spaces"])
    for space in spaces:
        await new.execute(space_tables(space["id"], space["dimensions"]))
    tables = [*table_names(), *(name for space in spaces for name in space_table_names(space["id"]))]
    moved = {}
    await new.execute(statements()["rest_triggers"])
    for table in await _in_order(new, tables):
        moved[table] = await _copy(old, new, table)
        watch(table, moved[table])
    await new.execute(statements()["wake_triggers"])
    await _set_sequences(old, new, tables)
    return moved


async def _set_sequences(old: Connection, new: Connection, tables: Sequence[str]) -> None:
    """Let new rows get numbers after those that are there."""
    theirs = {
        (row["named"], row["attname"]): row["sequence"] for row in await old.fetch(statements()["sequences"], tables)
    }
    for row in await new.fetch(statements()["sequences"], tables):
        sequence = theirs[row["named"], row["attname"]]
        state = await old.fetchrow(statements()["sequence_state"].replace("sequence_name", sequence))
        assert state is not None, "a sequence is a table of one row"
        await new.execute(statements()["set_sequence"], row["sequence"], state["last_value"], state["is_called"])


async def _refuse_taken(new: Connection) -> None:
    """Raise `UsageError` if the target holds anything already."""
    for table in table_names():
        if await _count(new, table):
            raise UsageError(
                f"The database to move to is not empty: its table {table} has rows. Make a new one, and move there."
            )


async def _in_order(new: Connection, tables: Sequence[str]) -> list[str]:
    """Return the tables, each after those that it points at."""
    parents: dict[str, set[str]] = {table: set() for table in tables}
    for row in await new.fetch(statements()["references"], list(tables)):
        if row["child"] != row["parent"]:
            parents[row["child"]].add(row["parent"])
    return list(TopologicalSorter(parents).static_order())


async def _copy(old: Connection, new: Connection, table: str) -> int:
    """Copy the rows of one table, and return how many. Raises `StoreError` if both databases do not have as many."""
    columns = [row["attname"] for row in await new.fetch(statements()["columns"], table)]
    schema, _, name = table.rpartition(".")
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def coming() -> AsyncIterator[bytes]:
        while (piece := await pieces.get()) is not None:
            limit.reschedule(loop.time() + SILENCE_SECONDS)
            yield piece

    async def leave() -> None:
        await old.copy_from_table(name, schema_name=schema or None, columns=columns, format="binary", output=pieces.put)
        await pieces.put(None)

    async def arrive() -> str:
        return await new.copy_to_table(
            name, schema_name=schema or None, columns=columns, format="binary", source=coming()
        )

    async with asyncio.timeout(SILENCE_SECONDS) as limit:
        arrived = rows_of(await _both(leave(), arrive()))
    counts = {await _count(old, table), await _count(new, table), arrived}
    if counts != {arrived}:
        raise StoreError(f"The rows of {table} are not as many in both databases: nothing was moved. Please report it.")
    return arrived


async def _both(leave: Coroutine[Any, Any, None], arrive: Coroutine[Any, Any, str]) -> str:
    """Wait for both, and return what the second one returns. Raises the first error as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(leave)
            task = group.create_task(arrive)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return task.result()


async def _count(connection: Connection, table: str) -> int:
    return int(await connection.fetchval(statements()["count_rows"].replace("table_name", table)))
