"""The small site of `tests.bot.install` in a database, and further sites next to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.config.settings import Settings
from core.domain import Source
from core.wiring import open_footnote
from ingest.assembly import crawl_source
from tests.bot.install import write_site
from tests.databases import execute

TEMPLATE = "filled_template"
BASE = "https://docs.example/guide/"


async def fill(server: str, folder: Path) -> None:
    """Create a database `TEMPLATE` on that server with one source: `docs`, published at `BASE`."""
    await execute(server, f"create database {TEMPLATE}")
    dsn = server.replace("/postgres?", f"/{TEMPLATE}?")
    await add_source(dsn, write_site(folder / "site"), Source(0, "docs", BASE))


async def add_source(dsn: str, site: Path, source: Source) -> None:
    """Add and crawl one more source, of the pages in a folder."""
    settings = Settings(DATABASE_URL=dsn, FOOTNOTE_HOME=site / "home", EMBED_THREADS=1)
    async with open_footnote(settings) as footnote:
        stored = await footnote.catalog.add(replace(source, served_at=f"{site.as_uri()}/", kind="folder"))
        embedder = await footnote.embedder_for_writing()
        await crawl_source(stored, footnote.corpus, embedder, settings, watch=lambda _: None)
