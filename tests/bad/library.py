"""A small library in a real Postgres, crawled by the real crawler, for questions that are asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import escape

import asyncpg

from core.answer.engine import Engine
from core.config.settings import Settings
from core.domain import Source
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import Verdict
from core.index.search import PostgresIndex
from core.ports import Reader
from core.postgres.database import open_database
from core.quote.reader import ExtractiveReader
from ingest.assembly import crawl_source
from tests.fakes import FakeEmbedder
from tests.servers.site import DocSite, serve_site

GOOD = {
    "dpo": ("Fine-tune with DPO", "You fine-tune a mistral LLM with DPO by calling `train()` on your own pairs."),
    "install": ("Install it", "You install the package with `pip install frobnicator`, which takes a minute or two."),
    "tokens": ("Tokens and keys", "The environment variables of a worker are listed by `frobnicator env` on demand."),
}
MORE = "There is more to say about it, and this paragraph says it in so many words that the section is kept whole."


def page_of(title: str, text: str) -> str:
    """Return one page with one section."""
    return f"<html><title>{title}</title><main><h1 id=top>{title}</h1><p>{text}</p><p>{MORE}</p></main></html>"


def site_of(others: Mapping[str, str]) -> DocSite:
    """Return a site of the good pages, with each of the other texts on a page in the middle."""
    pages = {f"/docs/{name}": page_of(*words) for name, words in GOOD.items()}
    pages |= {f"/docs/{name}": page_of(f"Notes {name}", escape(text)) for name, text in others.items()}
    links = "".join(f'<a href="{path}">next</a> ' for path in pages)
    start = page_of("Start", "This is where the manual of the frobnicator begins.")
    return DocSite({"/docs/": start.replace("</main>", f"</main><nav>{links}</nav>")} | pages)


def filled(server: str, name: str, others: Mapping[str, str]) -> str:
    """Create a database with such a site as source "docs", and a source "secret" next to it. -> its DSN."""

    async def fill() -> str:
        connection = await asyncpg.connect(server)
        await connection.execute(f"create database {name}")
        await connection.close()
        dsn = server.replace("/postgres?", f"/{name}?")
        secret = DocSite({"/docs/": page_of("Vault", "Documents of workspace T2: the vault opens with tulip-canary.")})
        await _crawl(dsn, "docs", site_of(others))
        await _crawl(dsn, "secret", secret)
        return dsn

    return asyncio.run(fill())


async def _crawl(dsn: str, name: str, site: DocSite) -> None:
    async with open_database(dsn) as database, serve_site(site):
        await database.use_space("fake", 2)
        source = Source(0, name, site.url("/docs/"), allow_private=True)
        added = await PostgresCatalog(database).add(source)
        report = await crawl_source(
            added, PostgresCorpus(database), FakeEmbedder(), Settings(_env_file=None), watch=lambda _: None
        )
        assert report.verdict is Verdict.OK, report


@asynccontextmanager
async def library(dsn: str, reader: Reader | None = None) -> AsyncIterator[tuple[Engine, FakeEmbedder]]:
    """Open an engine over such a database that finds by words alone.

    Yield it with the embedder that counts its calls.
    """
    embedder = FakeEmbedder(fails=True)
    async with open_database(dsn) as database:
        yield Engine(PostgresIndex(database), embedder, reader or ExtractiveReader()), embedder
