"""An open, empty index on each server that ships: Postgres 18, and 16, the oldest that is served."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from core.embedded.postgres import EmbeddedPostgres, find_binaries
from core.postgres.database import Database, open_database
from tests.core.embedded.helpers import sweep
from tests.databases import database_on

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def older_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an embedded Postgres 16. -> its DSN."""
    binaries = find_binaries().parent.with_name("pginstall") / "bin"
    if not binaries.is_dir():
        pytest.skip("there is no second Postgres beside the first")
    home = tmp_path_factory.mktemp("older")
    with EmbeddedPostgres(home, binaries=binaries) as embedded:
        yield embedded.start()
    sweep(home)


@pytest.fixture(params=["newest", "oldest"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """Open a migrated, empty database, on one server and then on the other."""
    dsn = str(request.getfixturevalue("server" if request.param == "newest" else "older_server"))
    async with database_on(dsn, f"either_{next(_numbers)}") as made, open_database(made) as opened:
        yield opened
