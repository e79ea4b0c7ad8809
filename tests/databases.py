"""A server that is made for tests, and a separate database on it for each test.

    server_in_memory(home) ──> DSN of a server whose files are in memory, where that has room
    hasty_server(home) ──> DSN of a server that writes nothing to disk in time
    migrated_on(DSN) ──> a database with the schema, made once; database_on(DSN, name, template) copies it

A power cut would cost such a server its data, and a crash of its process does not: tests of what outlives a crash
of the machine, and of the embedded server's own settings, start `EmbeddedPostgres` themselves.
"""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from core.embedded import location
from core.embedded import server as embedded
from core.embedded.postgres import EmbeddedPostgres
from core.embedded.settings import create_options, server_settings
from core.postgres.database import open_database
from tests.core.embedded.helpers import sweep

MIGRATED = "migrated_template"
HASTE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
"""Creating and dropping a database waits for the disk again and again: these take ten times as long without."""


MEMORY = Path("/dev/shm")
ROOM = 8 << 30
"""Bytes that have to be free there: each worker of pytest has a server, and a container often has 64 MB."""
_PREFIX = "footnote-tests-"


@contextmanager
def server_in_memory(home: Path) -> Iterator[str]:
    """Run such a server with its files in memory, where that has room. -> its DSN.

    To make and drop a database, seven hundred files, takes a fifth of the system's time there that it takes on a disk.
    No other process finds the server by its home.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        with hasty_server(home) as dsn:
            yield dsn
        return
    for left in MEMORY.glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(_PREFIX))):  # its worker was killed
            shutil.rmtree(left, ignore_errors=True)
    folder = MEMORY / f"{_PREFIX}{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        with hasty_server(folder / "home", root_folder=folder / "lib") as dsn:
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def hasty_server(home: Path, binaries: Path | None = None, *, root_folder: Path | None = None) -> Iterator[str]:
    """Run an embedded Postgres that does not wait for the disk. -> its DSN; its data is removed at the end.

    `root_folder` holds root's server in place of the usual folder, from which its home no longer tells the way.
    """
    postgres = EmbeddedPostgres(home, binaries=binaries)
    with pytest.MonkeyPatch.context() as patch:
        if root_folder is not None:
            patch.setattr(location, "ROOT_FOLDER", root_folder)
        patch.setattr(embedded, "create_options", _hasty(create_options, "--no-sync"))
        patch.setattr(embedded, "server_settings", _hasty(server_settings, *HASTE))
        dsn = postgres.start()
    with postgres:
        yield dsn
    if root_folder is None:
        sweep(home)  # root's server does not live in the home, which pytest removes


def _hasty(usual: Callable[..., list[str]], *more: str) -> Callable[..., list[str]]:
    return lambda *given: [*usual(*given), *more]


@functools.cache
def migrated_on(server: str) -> str:
    """Make a database with our schema, once for each server. -> its name, for `database_on`."""

    async def make() -> None:
        await execute(server, f"create database {MIGRATED}")
        async with open_database(server.replace("/postgres?", f"/{MIGRATED}?")):
            pass

    asyncio.run(make())
    return MIGRATED


@asynccontextmanager
async def database_on(server: str, name: str, template: str = "template1") -> AsyncIterator[str]:
    """Create a database, a copy of `template`. -> its DSN; dropped at the end, even if it is still in use."""
    await execute(server, f"create database {name} template {template} strategy file_copy")
    yield server.replace("/postgres?", f"/{name}?")
    await execute(server, f"drop database {name} with (force)")


async def execute(dsn: str, statement: str) -> None:
    """Run one statement on a separate connection."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
