"""A database of its own for each test, on the one server of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def database_on(server: str, name: str, template: str = "template1") -> AsyncIterator[str]:
    """The DSN of a new database, a copy of `template`; dropped at the end, whoever still uses it."""
    await execute(server, f"create database {name} template {template}")
    yield server.replace("/postgres?", f"/{name}?")
    await execute(server, f"drop database {name} with (force)")


async def execute(dsn: str, statement: str) -> None:
    """One statement, on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
