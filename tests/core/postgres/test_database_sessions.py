"""Sessions that outlive what they were opened for: a server made read-only, a restored backup, tables that are away."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from core.embedded.binaries import find_binaries
from core.errors import ConfigurationError, FootnoteError, StoreUnavailable
from core.index.search import PostgresIndex
from core.postgres import database as postgres
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.work import queue
from core.work.port import RequestKind
from core.work.queue import PgqueuerJobs, put_jobs
from core.work.requests import PostgresRequests
from tests.core.index.helpers import add, crawl, fetch, vector

CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"


async def asked(database: Database) -> str:
    """Return the result of a request for a preview, which writes."""
    try:
        await PostgresRequests(database).put(RequestKind.PREVIEW, asked_by="test")
    except FootnoteError as error:
        return type(error).__name__
    return "written"


@asynccontextmanager
async def administrator(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Connect as somebody in another database of the same server."""
    connection = await asyncpg.connect(dsn.replace(urlsplit(dsn).path, "/postgres"))
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_session_with_a_server_that_takes_no_changes_is_given_up(database: Database) -> None:
    name = urlsplit(database.dsn).path.lstrip("/")
    async with administrator(database.dsn) as admin:
        # As after a failover: the name of the server leads to the one that is a replica now, and then to the other.
        await admin.execute(f"alter database {name} set default_transaction_read_only = on")
        await admin.execute(CUT, name)
        outcomes = [await asked(database) for _ in range(4)]
        assert outcomes[-1] == "StoreUnavailable"
        await admin.execute(f"alter database {name} set default_transaction_read_only = off")
        assert "written" in [await asked(database) for _ in range(2)]


async def test_a_backup_that_is_restored_beneath_open_sessions_is_searched(database: Database, tmp_path: Path) -> None:
    await crawl(database, await add(database), {"a": ["some words"]})
    index = PostgresIndex(database)
    await index.search("words", vector("words"), limit=5)
    await asyncio.to_thread(_dumped_and_restored, database.dsn, tmp_path / "dump")
    outcomes = list[int | str]()
    for _ in range(3):
        try:
            outcomes.append(len(await index.search("words", vector("words"), limit=5)))
        except FootnoteError as error:
            outcomes.append(str(error))
    assert outcomes[-1] == 1, outcomes


async def test_an_extension_that_is_away_for_a_while_is_waited_for(database: Database) -> None:
    """This is so in the middle of a restore, or in a database that was made again."""
    await database.writers.execute("drop extension vector cascade")
    await database.writers.expire_connections()
    assert await asked(database) == "StoreUnavailable"
    connection = await asyncpg.connect(database.dsn)
    await connection.execute("create extension vector")
    await connection.close()
    assert await asked(database) == "written"


async def test_a_session_that_does_not_begin_in_time_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same holds where statements may take minutes: the clock would stand still for as long."""

    async def swallowed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.fetchval("select pg_sleep(600)")

    monkeypatch.setattr(postgres, "_register", swallowed)
    monkeypatch.setattr(postgres, "READ_SECONDS", 0.2)
    async with asyncio.timeout(60):
        assert await asked(database) == "StoreUnavailable"


def _dumped_and_restored(dsn: str, dump: Path) -> None:
    """Dump and restore a database as docs/operations.md describes it, with the programs of the server."""
    folder = find_binaries()
    assert folder is not None
    name, host = urlsplit(dsn).path.lstrip("/"), parse_qs(urlsplit(dsn).query)["host"][0]
    common = ["--host", host, "--username", "postgres", "--no-owner", "--no-comments"]
    environment = {"PATH": os.defpath, "LD_LIBRARY_PATH": str(folder.parent / "lib")}
    commands: tuple[list[str | Path], ...] = (
        [folder / "pg_dump", *common, "--format", "custom", "--file", dump, name],
        [folder / "pg_restore", *common, "--clean", "--if-exists", "--dbname", name, dump],
    )
    for command in commands:
        subprocess.run(command, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ("alter schema footnote_queue rename to elsewhere", "alter schema elsewhere rename to footnote_queue"),
        ("alter role postgres with nologin", "alter role postgres with login"),
    ],
    ids=["tables", "login"],
)
async def test_a_worker_waits_for_what_was_there_at_its_start(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, away: str, back: str
) -> None:
    monkeypatch.setattr(queue, "_RECONNECT_SECONDS", 0.1)
    stop, done = asyncio.Event(), asyncio.Event()

    async def handler(_: bytes) -> float | None:
        done.set()
        return None

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        connection = await database.writers.acquire()
        await connection.execute(away)
        try:
            group.create_task(PgqueuerJobs(database).run({"job": handler}, stop))
            while "The worker tries again" not in caplog.text:
                await connection.execute("select 1")
            await asyncio.sleep(0.5)  # for more of the same
        finally:
            await connection.execute(back)
        async with connection.transaction():
            await put_jobs(connection, "job", [b""])
        await database.writers.release(connection)
        await done.wait()
        stop.set()
    assert caplog.text.count("The worker tries again") == 1  # reported once, not each time


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ProtocolViolationError("unsupported startup parameter: jit"),
        asyncpg.DuplicatePreparedStatementError('prepared statement "__asyncpg_stmt_1__" already exists'),
        asyncpg.InvalidSQLStatementNameError('prepared statement "__asyncpg_stmt_1__" does not exist'),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_pooler_before_postgres_is_named(error: asyncpg.PostgresError) -> None:
    """The texts are those of pgbouncer 1.18, at the start and in transaction mode."""
    with pytest.raises(ConfigurationError, match="leads to a pooler"), translate_errors():
        raise error


def test_another_breach_of_the_protocol_is_a_lost_connection() -> None:
    with pytest.raises(StoreUnavailable, match="went away"), translate_errors():
        raise asyncpg.ProtocolViolationError("invalid frontend message type 0")


async def test_postgres_is_told_to_look_whether_we_are_there(database: Database) -> None:
    """On a Unix socket it has no need to, but knows the settings."""
    asked = "select name, reset_val from pg_settings where name like 'tcp_keepalives%'"
    expected = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
    for pool in (database.readers, database.writers):
        assert {row["name"]: row["reset_val"] for row in await pool.fetch(asked)} == expected


async def test_what_is_expired_was_of_no_use(database: Database) -> None:
    """An error of a statement alone costs no connection."""
    pid = (await fetch(database, "select pg_backend_pid()"))[0]
    with pytest.raises(asyncpg.DivisionByZeroError):
        await fetch(database, "select 1 / 0")
    assert (await fetch(database, "select pg_backend_pid()"))[0] == pid
