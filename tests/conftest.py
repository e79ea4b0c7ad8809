"""What tests share: one real embedded Postgres a session, a separate database a test, and where ../shared is."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.config.settings import names
from core.embedded.location import POINTER
from core.postgres.database import Database, open_database
from tests.core.embedded.helpers import sweep
from tests.databases import database_on, migrated_on, server_in_memory
from tests.distribution import Scheduling, order

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
_numbers = itertools.count(1)

# Neither the clock nor chance decides whether a change lands. `pytest --hypothesis-profile=hunt` looks elsewhere.
settings.register_profile("hunt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", settings.get_profile("hunt"), derandomize=True)
settings.register_profile("quick", settings.get_profile("gate"), max_examples=20)  # `make quick`: a fifth of them
settings.load_profile("gate")


# A test that asks for one of these, or whose module takes a helper from one of those, starts Postgres, a process of
# footnote or a browser. Others that take long say so with the marker. `make quick` leaves such tests out.
SERVERS = frozenset({"server", "older_server", "either"})
STARTERS = (
    *("tests.bot.install", "tests.bot.up", "tests.bot.fleet", "tests.core.embedded", "tests.servers.cluster"),
    *("tests.ingest.parsers", "tests.ingest.renderers", "ingest.parsing.parse", "core.minilm.local"),
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that start a server; skip, visibly, what measures with ../shared where that is missing."""
    for item in items:
        if _starts_server(item):
            item.add_marker("heavy")
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="the folder ../shared is not here"))
    if hasattr(config, "workerinput"):
        order(items)


def pytest_configure() -> None:
    """Collect no garbage while tests are collected: all that is made there stays. 6,000 tests ran 12 % quicker."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave modules and tests out of every later search for garbage: they are half a million objects."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)  # xdist may be switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Give out tests as `tests.distribution` says."""
    return Scheduling(config, log)


def _starts_server(item: pytest.Item) -> bool:
    """Return whether a test asks for a server, or its module has a helper that starts one."""
    if SERVERS.intersection(getattr(item, "fixturenames", ())):
        return True
    names = vars(getattr(item, "module", object())).values() if hasattr(item, "module") else ()
    return any(str(getattr(value, "__module__", "")).startswith(STARTERS) for value in names)


@pytest.fixture(scope="session", autouse=True)
def _swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove, with the session, the data that servers of commands run as root leave outside of pytest's folders."""
    yield
    for pointer in tmp_path_factory.getbasetemp().rglob(POINTER):
        sweep(pointer.parent)


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide all settings of this machine: those of the environment and those of a `.env`."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an embedded Postgres that lives as long as the session. -> its DSN."""
    with server_in_memory(tmp_path_factory.mktemp("home")) as dsn:
        yield dsn


@pytest.fixture
async def dsn(server: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Create a new, empty database, with the schema where a test wants it open too. -> its DSN; dropped afterwards."""
    template = await asyncio.to_thread(migrated_on, server) if "database" in request.fixturenames else "template1"
    async with database_on(server, f"test_{next(_numbers)}", template) as made:
        yield made


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """Open a new database, migrated and empty."""
    async with open_database(dsn) as opened:
        yield opened
