"""Access to Postgres: connections, pools, migrations at start, and asyncpg's errors as `core.errors`.

    open_database(dsn) ──> Database ──readers──> `core.index.search`      (3 s to connect, 5 s per statement)
                                    └─writers──> `core.index.corpus`     (crawls: minutes per statement)

The statements are in the SQL files of each package; the two adapters named above use them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg
from asyncpg.connection import LoggedQuery
from pgvector import HalfVector, SparseVector

from core.errors import ConfigurationError, ModelMismatch, StoreUnavailable
from core.postgres.connect import Connection as Connection
from core.postgres.connect import Connector
from core.postgres.errors import NO_SCHEMA, POOLER, translate_errors
from core.postgres.statements import migrations, space_tables, statements, statements_of_space

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

CONNECT_SECONDS, READ_SECONDS, WRITE_SECONDS = 3.0, 5.0, 900.0
QUEUE_MIGRATION: Final = 3
"""The migration whose tables are in a schema with a fixed name, so that a database has room for one queue."""

OLDEST_POSTGRES, OLDEST_PGVECTOR = 160_000, (0, 8, 4)
"""pgvector before 0.8.4 corrupts HNSW graphs on vacuum."""

ENCODINGS = ("UTF8", "SQL_ASCII")
"""Encodings that take any text; SQL_ASCII checks none."""

_SESSION = {
    "application_name": "footnote",
    "jit": "off",
    "random_page_cost": "1.1",
    "hnsw.ef_search": "100",
    "hnsw.iterative_scan": "relaxed_order",
    # Without these Postgres notices after two hours that a machine lost its power, and keeps its crawls' locks as long.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_READING = _SESSION | {"plan_cache_mode": "force_generic_plan"}
"""Planning the hybrid statement takes 2 ms, and its best plan does not depend on the question (docs/decisions/0008)."""

_OUTLIVED = (asyncpg.ReadOnlySQLTransactionError, asyncpg.InternalServerError, ValueError)
"""Errors of a session whose server became a replica in a failover, or whose types a restored backup has replaced."""


@dataclass(frozen=True, slots=True)
class Space:
    """The embedding model that the index was built with."""

    id: int
    model: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Versions:
    """What a database is and holds, for `footnote doctor`."""

    postgres: str
    pgvector: str
    passages: int
    sources: int


class Database:
    """Pools of connections and the live embedding space. Made by `open_database`."""

    def __init__(self, dsn: str, readers: Pool, writers: Pool, reading: Mapping[str, str]) -> None:
        """Take a url, its pools, and the settings of sessions that search."""
        self.dsn = dsn
        self.readers = readers
        self.writers = writers
        self.space: Space | None = None
        self._reading = reading

    @asynccontextmanager
    async def open_more_readers(self, connections: int) -> AsyncIterator[Database]:
        """Open a further pool to search on; yield the same database, which reads there. Raises `StoreError`."""
        with translate_errors():
            readers = await _pool(self.dsn, connections, READ_SECONDS, self._reading)
        try:
            yield Database(self.dsn, readers, self.writers, self._reading)
        finally:
            await _close(readers)

    @property
    def sql(self) -> Mapping[str, str]:
        """The named statements, with the live space's tables in place where there is one."""
        return statements_of_space(self.space.id) if self.space else statements()

    async def load_space(self) -> Space | None:
        """Look up the live space, which another process may have made or switched. -> it, or None."""
        with translate_errors():
            rows = await self.readers.fetch(statements()["spaces"])
        live = next((row for row in rows if row["live"]), None)
        self.space = Space(live["id"], live["model"], live["dimensions"]) if live else None
        return self.space

    async def versions(self) -> Versions:
        """Return the versions of Postgres and pgvector, and how much is stored. Raises `StoreError`."""
        with translate_errors():
            row = await self.readers.fetchrow(statements()["versions"])
        assert row is not None, "the statement always has a row"
        return Versions(row["postgres"], row["pgvector"], row["passages"], row["sources"])

    async def use_space(self, model: str, dimensions: int) -> Space:
        """Record the model of a new index; later, check that it is still the same. Raises `ModelMismatch`."""
        with translate_errors():
            async with self.writers.acquire() as connection, connection.transaction():
                await connection.execute(statements()["switch_lock"])
                if await self.load_space() is None:
                    self.space = await make_space(connection, model, dimensions, live=True)
        assert self.space is not None
        if (self.space.model, self.space.dimensions) != (model, dimensions):
            raise ModelMismatch(explain_mismatch(self.space.model, model))
        return self.space


def explain_mismatch(recorded: str, wanted: str) -> str:
    """Return the sentence that says what to do about a changed model."""
    return (
        f"The index was built with the embedding model {recorded}, but {wanted} is set: unset EMBEDDING_MODEL to go on "
        f"with {recorded}, or run `footnote crawl --reembed` to embed every passage with {wanted}."
    )


async def make_space(connection: Connection, model: str, dimensions: int, *, live: bool) -> Space:
    """Make a row and two tables for one embedding model, and return the space."""
    number = await connection.fetchval(statements()["add_space"], model, dimensions, live)
    await connection.execute(space_tables(number, dimensions))
    return Space(number, model, dimensions)


@asynccontextmanager
async def open_database(
    dsn: str, *, connections: int = 8, reading: Mapping[str, str] | None = None
) -> AsyncIterator[Database]:
    """Migrate if need be, then open both pools. Raises `StoreError`, `ConfigurationError`.

    `reading` are more settings of Postgres for the connections that search, such as `{"hnsw.ef_search": "200"}`.
    """
    async with open_connection(dsn) as connection:
        path = await find_search_path(connection)
        await migrate(connection)
    settings = _READING | path | dict(reading or {})
    with translate_errors():
        readers = await _pool(dsn, connections, READ_SECONDS, settings)
    try:
        with translate_errors():
            writers = await _pool(dsn, max(4, connections // 2), WRITE_SECONDS, _SESSION | path)
        try:
            database = Database(dsn, readers, writers, settings)
            await database.load_space()
            yield database
        finally:
            await _close(writers)
    finally:
        await _close(readers)


@asynccontextmanager
async def open_pool(dsn: str, connections: int, seconds: float | None) -> AsyncIterator[Pool]:
    """Open a small separate pool, for statements that must not wait behind those of `open_database`'s pools.

    `seconds`: how long a statement may take; None: any time.
    """
    with translate_errors():
        pool = await _pool(dsn, connections, seconds, _SESSION)
    try:
        yield pool
    finally:
        await _close(pool)


async def migrate(connection: Connection) -> list[int]:
    """Apply the missing migrations under an advisory lock, each in a transaction. -> their numbers."""
    with translate_errors():
        await _check_versions(connection)
        for name, value in (await find_search_path(connection)).items():
            await connection.fetchval(statements()["set_setting"], name, value)
        await connection.execute(statements()["migration_lock"])
        try:
            return await _apply_missing(connection)
        finally:
            await connection.execute(statements()["migration_unlock"])


async def find_search_path(connection: Connection) -> dict[str, str]:
    """Return the setting that lets a session see the types of pgvector; empty where it sees them anyway.

    Administrators put extensions into a separate schema. Raises `ConfigurationError` where this user may not use it.
    """
    with translate_errors():
        row = await connection.fetchrow(statements()["search_path"])
    if row is None or row["seen"]:
        return {}
    if not row["usable"]:
        raise ConfigurationError(
            f"The extension vector is in the schema {row['schema']}, which this user may not use: let an administrator "
            f"grant `usage on schema {row['schema']}`."
        )
    if row["home"] is None:
        raise ConfigurationError(NO_SCHEMA)
    return {"search_path": row["path"]}


async def _applied(connection: Connection) -> set[int]:
    """Return the numbers of the migrations that this database has. Raises `ConfigurationError` where it is not ours."""
    async with connection.transaction():
        await connection.execute(statements()["migration_table"])
        done = {row["number"] for row in await connection.fetch(statements()["migrations_done"])}
        if QUEUE_MIGRATION not in done and await connection.fetchval(statements()["queue_is_there"]):
            raise ConfigurationError(
                "Another footnote uses this database, in another schema: two cannot share one, so make a database for "
                "each and name it in DATABASE_URL. (If there is but one: a backup is being restored, or the "
                "search_path of this user leads to another schema than it did.)"
            )
    return done


async def _apply_missing(connection: Connection) -> list[int]:
    done = await _applied(connection)
    newest = max((number for number, _ in migrations()), default=0)
    if done and max(done) > newest:
        raise ConfigurationError(
            f"The database is at migration {max(done)}, this footnote knows {newest}: upgrade footnote."
        )
    missing = [(number, sql) for number, sql in migrations() if number not in done]
    for number, sql in missing:
        async with connection.transaction():
            await connection.execute(sql)
            await connection.execute(statements()["note_migration"], number)
    return [number for number, _ in missing]


async def _check_versions(connection: Connection) -> None:
    number = int(await connection.fetchval(statements()["server_version"]))
    if number < OLDEST_POSTGRES:
        raise ConfigurationError(f"Postgres {number // 10_000} is too old: footnote needs 16 or newer.")
    encoding = await connection.fetchval(statements()["server_encoding"])
    if encoding not in ENCODINGS:
        raise ConfigurationError(
            f"The database keeps text as {encoding}, which lacks letters of most documentation: make one with "
            "`create database ... encoding 'UTF8' template template0`, and name it in DATABASE_URL."
        )
    version = await connection.fetchval(statements()["vector_available"])
    if version is None:
        raise ConfigurationError(
            "This Postgres has no pgvector: install the extension (for servers the pgvector/pgvector image has it), "
            "or unset DATABASE_URL to use the embedded one."
        )
    installed = await connection.fetchval(statements()["vector_installed"])
    if tuple(int(part) for part in str(installed or version).split(".")[:3]) < OLDEST_PGVECTOR:
        raise ConfigurationError(
            f"pgvector {installed or version} is too old: footnote needs 0.8.4 or newer"
            + (" (after installing it: alter extension vector update)." if installed else ".")
        )


@asynccontextmanager
async def open_connection(dsn: str, seconds: float | None = WRITE_SECONDS) -> AsyncIterator[Connection]:
    """Open one connection outside of any pool; `seconds` for a statement. Raises `StoreError`, `ConfigurationError`."""
    connector = Connector(dsn, _SESSION, CONNECT_SECONDS * 3)
    with translate_errors():
        connection = await connector.connect(command_timeout=seconds)
    try:
        if connector.through_pooler:
            await _refuse_shared_sessions(connector, connection)
        yield connection
    finally:
        with translate_errors():
            await connection.close(timeout=5)


async def _refuse_shared_sessions(connector: Connector, connection: Connection) -> None:
    """Raise `ConfigurationError` where a pooler serves two clients with one session of Postgres.

    In transaction mode it does, one after the other: then no lock of ours holds, and no wake-up arrives.
    """
    with translate_errors():
        other = await connector.connect(command_timeout=READ_SECONDS)
        try:
            ours, theirs = [await each.fetchval(statements()["backend"]) for each in (connection, other)]
        finally:
            other.terminate()
    if ours == theirs:
        raise ConfigurationError(POOLER)


async def _pool(dsn: str, size: int, seconds: float | None, session: Mapping[str, str]) -> Pool:
    """Open a pool that replaces its sessions after an error which only a new session can get rid of (`_OUTLIVED`)."""

    async def heard(query: LoggedQuery) -> None:
        if isinstance(query.exception, _OUTLIVED):
            await pool.expire_connections()

    async def begin(connection: Connection) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                await _register(connection)
        except TimeoutError:
            connection.terminate()  # closing it politely would wait for as long as a statement may take
            raise
        connection.add_query_logger(heard)

    connector = Connector(dsn, session, CONNECT_SECONDS)
    pool = await asyncpg.create_pool(
        connect=connector.connect,
        reset=connector.reset,
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=300,
        command_timeout=seconds,
        init=begin,
    )
    return pool


async def _register(connection: Connection) -> None:
    """Register pgvector's binary codecs (its own helper would make a Python object of each number in an array)."""
    schema = await connection.fetchval(statements()["vector_schema"])
    if schema is None:  # it was there at the start
        raise StoreUnavailable("The extension vector has left the database: is a backup being restored?")
    codecs = (("halfvec", HalfVector.to_binary, HalfVector.from_binary), ("sparsevec", bytes, SparseVector.from_binary))
    for name, encoder, decoder in codecs:
        await connection.set_type_codec(name, schema=schema, encoder=encoder, decoder=decoder, format="binary")


async def _close(pool: Pool) -> None:
    """Close politely, but never wait for a frozen server."""
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        pool.terminate()
