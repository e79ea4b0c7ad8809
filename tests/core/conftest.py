"""An open, empty index on each server that ships: Postgres 18, and 16, the oldest that is served."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from core.embedded.postgres import find_binaries
from core.postgres.database import Database, open_database
from tests.databases import database_on, hasty_server, migrated_on

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def older_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an embedded Postgres 16. -> its DSN."""
    binaries = find_binaries().parent.with_name("pginstall") / "bin"
    if not binaries.is_dir():
        pytest.skip("there is no second Postgres next to the first")
    with hasty_server(tmp_path_factory.mktemp("older"), binaries) as dsn:
        yield dsn


@pytest.fixture(params=["newest", "oldest"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """Open a migrated, empty database, on one server and then on the other."""
    dsn = str(request.getfixturevalue("server" if request.param == "newest" else "older_server"))
    template = await asyncio.to_thread(migrated_on, dsn)
    async with database_on(dsn, f"either_{next(_numbers)}", template) as made, open_database(made) as opened:
        yield opened
