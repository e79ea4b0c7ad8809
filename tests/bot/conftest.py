"""What tests of whole processes share: a database that holds the small site already, copied for each test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from core.domain import Source, SourceKind
from core.settings import Settings
from core.wiring import open_footnote
from ingest.assembly import crawl_source
from tests.bot.install import write_site

TEMPLATE = "filled_template"
BASE = "https://docs.example/guide/"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def filled_template(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with one source, `docs`: the pages of `tests.bot.install`, published at `BASE`."""
    asyncio.run(fill(server, tmp_path_factory.mktemp("filled")))
    return TEMPLATE


async def fill(server: str, folder: Path) -> None:
    """One source in a new database `TEMPLATE` of that server."""
    await _execute(server, f"create database {TEMPLATE}")
    settings = Settings(
        DATABASE_URL=server.replace("/postgres?", f"/{TEMPLATE}?"), FOOTNOTE_HOME=folder, EMBED_THREADS=1
    )  # type: ignore[call-arg]  # by alias
    site = write_site(folder / "site")
    async with open_footnote(settings) as footnote:
        source = Source(0, "docs", BASE, served_at=f"{site.as_uri()}/", kind=SourceKind.FOLDER)
        stored = await footnote.catalog.add(source)
        await crawl_source(
            stored, footnote.corpus, await footnote.embedder_for_writing(), settings, watch=lambda _: None
        )


@pytest.fixture
async def filled(server: str, filled_template: str) -> AsyncIterator[str]:
    """A copy of it: the DSN; dropped after the test."""
    name = f"filled_{next(_numbers)}"
    await _execute(server, f"create database {name} template {filled_template}")
    yield server.replace("/postgres?", f"/{name}?")
    await _execute(server, f"drop database {name} with (force)")


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
