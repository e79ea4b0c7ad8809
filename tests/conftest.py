"""What tests share: one real embedded Postgres a session, a database of its own a test, and where ../shared is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from core.adapters.embedded import EmbeddedPostgres
from core.adapters.postgres import Database, open_database
from tests.core.embedded.helpers import sweep

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, visibly, what measures with ../shared where that folder is missing."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the folder ../shared is not here"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of an embedded Postgres that lives as long as the session."""
    home = tmp_path_factory.mktemp("home")
    with EmbeddedPostgres(home) as embedded:
        yield embedded.start()
    sweep(home)  # root's server does not live in the home, which pytest removes


@pytest.fixture
async def dsn(server: str) -> AsyncIterator[str]:
    """A new, empty database; dropped after the test."""
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"create database {name}")
        yield server.replace("/postgres?", f"/{name}?")
        await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The same, migrated and opened."""
    async with open_database(dsn) as opened:
        yield opened
