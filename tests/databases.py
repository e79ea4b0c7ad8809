"""A separate database for each test, on the one server of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def database_on(server: str, name: str, template: str = "template1") -> AsyncIterator[str]:
    """Create a database, a copy of `template`. -> its DSN; dropped at the end, even if it is still in use."""
    await execute(server, f"create database {name} template {template}")
    yield server.replace("/postgres?", f"/{name}?")
    await execute(server, f"drop database {name} with (force)")


async def execute(dsn: str, statement: str) -> None:
    """Run one statement on a separate connection."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
