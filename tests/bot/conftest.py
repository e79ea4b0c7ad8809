"""What tests of bot share: a database that already holds the small site, copied for each test, and what opens it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.wiring import Footnote, open_footnote
from tests.bot.filled import TEMPLATE, fill
from tests.bot.install import Install
from tests.bot.served_api import ServedApi, serve_api
from tests.databases import database_on, execute, migrated_on

_numbers = itertools.count(1)


@pytest.fixture
def install(dsn: str, tmp_path: Path) -> Install:
    """Prepare an installed footnote whose index is in a new database of the session's server."""
    return Install(tmp_path, {"DATABASE_URL": dsn})


@pytest.fixture(scope="module")
def kept(server: str) -> Iterator[str]:
    """Create a database with the schema, for all tests of a module. -> its DSN."""
    name = f"kept_{next(_numbers)}"
    asyncio.run(execute(server, f"create database {name} template {migrated_on(server)} strategy file_copy"))
    yield server.replace("/postgres?", f"/{name}?")
    asyncio.run(execute(server, f"drop database {name} with (force)"))


@pytest.fixture(scope="session")
def filled_template(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a database with one source, `docs` (`tests.bot.filled`)."""
    asyncio.run(fill(server, tmp_path_factory.mktemp("filled")))
    return TEMPLATE


@pytest.fixture
async def filled(server: str, filled_template: str) -> AsyncIterator[str]:
    """Create a copy of the filled database. -> its DSN; dropped after the test."""
    async with database_on(server, f"filled_{next(_numbers)}", filled_template) as dsn:
        yield dsn


@pytest.fixture
async def footnote(filled: str, tmp_path: Path) -> AsyncIterator[Footnote]:
    """Open a footnote on the filled database, without limits for an address."""
    settings = Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1, API_ADDRESS_LIMIT=0)
    async with open_footnote(settings) as opened:
        yield opened


@pytest.fixture
async def api(footnote: Footnote) -> AsyncIterator[ServedApi]:
    """Serve the API of that footnote."""
    async with serve_api(footnote) as served:
        yield served
