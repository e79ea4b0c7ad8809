"""What tests share: one real embedded Postgres a session, a database of its own a test, and where ../shared is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.config.settings import names
from core.embedded.location import POINTER
from core.embedded.postgres import EmbeddedPostgres
from core.postgres.database import Database, open_database
from tests.core.embedded.helpers import sweep
from tests.databases import database_on

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
_numbers = itertools.count(1)

# Neither the clock nor chance decides whether a change lands. `pytest --hypothesis-profile=hunt` looks elsewhere.
settings.register_profile("hunt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", settings.get_profile("hunt"), derandomize=True)
settings.load_profile("gate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, visibly, what measures with ../shared where that folder is missing."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="the folder ../shared is not here"))


@pytest.fixture(scope="session", autouse=True)
def _swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers of commands that ran as root leave their data out of pytest's folders: it goes with the session."""
    yield
    for pointer in tmp_path_factory.getbasetemp().rglob(POINTER):
        sweep(pointer.parent)


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine is seen: neither in the environment nor in a `.env`."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


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
    async with database_on(server, f"test_{next(_numbers)}") as made:
        yield made


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The same, migrated and opened."""
    async with open_database(dsn) as opened:
        yield opened
