"""What the store's tests share: passages, a crawl in one call, and what the database should hold afterwards."""

from __future__ import annotations

import asyncio
import hashlib
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

import asyncpg
import numpy as np

from core.domain import Edition, Passage, Source, Vector
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import Crawling, CrawlReport, StagedPage, Switched, Verdict
from core.index.rows import sparse
from core.index.search import to_half_vector
from core.index.terms import lexemes, split_terms, weights
from core.postgres.database import Database
from tests.waiting import pause

MODEL, DIMENSIONS = "fake", 8
ROOT = "https://docs.example/"

Pages = Mapping[str, Sequence[str]]
"""What a site holds: the name of each page and the texts of its passages."""

HOLDERS = (
    "select pid from pg_locks where locktype = 'advisory'"
    " and database = (select oid from pg_database where datname = current_database())"
)
"""Processes with advisory locks in this database: other tests' processes use others of the same server."""

BUILDS = (
    "select pid from pg_stat_activity where query like 'create index concurrently%' and state = 'active'"
    " and datname = current_database() and backend_type = 'client backend'"
)
"""Backends of this database that build a graph."""

SITE: Pages = {"a": ["first words", "second words"], "b": ["third words"]}


def vector(text: str, dimensions: int = DIMENSIONS) -> Vector:
    """Return a direction that depends on the text alone."""
    seed = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())
    numbers = np.random.default_rng(seed).normal(size=dimensions).astype(np.float32)
    return array("f", (numbers / np.linalg.norm(numbers)).tobytes())


class Embedder:
    """Counts the texts it is given."""

    def __init__(self, model: str = MODEL, dimensions: int = DIMENSIONS) -> None:
        self.model, self.dimensions, self.texts = model, dimensions, list[str]()

    async def embed_query(self, text: str) -> Vector:
        return vector(text, self.dimensions)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        self.texts += texts
        return [vector(text, self.dimensions) for text in texts]


def page(name: str, texts: Sequence[str], root: str = ROOT) -> StagedPage:
    """Return one page, its passages in order."""
    url = f"{root}{quote(name, errors='replace')}"
    passages = [Passage(url, f"s{number}", (name,), text, name, ordinal=number) for number, text in enumerate(texts)]
    return StagedPage(url, name, passages=tuple(passages))


async def add(database: Database, name: str = "docs", root: str = ROOT) -> Source:
    """Add a source to an index whose model is known."""
    await database.use_space(MODEL, DIMENSIONS)
    return await PostgresCatalog(database).add(Source(0, name, root))


async def embed(crawling: Crawling, embedder: Embedder) -> int:
    """Give every staged passage its vector. -> how many had none."""
    texts = await crawling.texts(await crawling.absent())
    vectors = await embedder.embed_passages([text for _, text in texts])
    await crawling.store_vectors([(identity, each) for (identity, _), each in zip(texts, vectors, strict=True)])
    return len(texts)


async def crawl(
    database: Database,
    source: Source,
    pages: Pages,
    *,
    gone: Sequence[str] = (),
    embedder: Embedder | None = None,
    editions: Mapping[str, Edition] | None = None,
) -> tuple[int, Switched]:
    """Stage, embed, switch and report.

    -> passages embedded, and the switch's counts. `editions` by name of the page.
    """
    async with PostgresCorpus(database).crawl(source) as crawling:
        found = [page(name, texts, source.root_url) for name, texts in pages.items()]
        staged = (await crawling.resumed()).staged
        await crawling.stage([each for each in found if each.url not in staged])
        embedded = await embed(crawling, embedder or Embedder())
        of_urls = {f"{source.root_url}{name}": edition for name, edition in (editions or {}).items()}
        switched = await crawling.switch([], [f"{source.root_url}{name}" for name in gone], of_urls)
        await crawling.finish(report(source))
    return embedded, switched


def report(source: Source, reason: str = "") -> CrawlReport:
    return CrawlReport(source.name, 0, 0, 0, 0, 0, 0, 0, {}, Verdict.OK, 0.1, reason)


async def fetch(database: Database, statement: str, *values: object) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await database.writers.fetch(statement, *values)]


async def counts_of(database: Database) -> list[int]:
    """Return the rows of passage, lexical and the live vectors: always three equal numbers."""
    assert database.space is not None
    tables = ("passage", "lexical", f"vector_{database.space.id}")
    return [int(str((await fetch(database, f"select count(*) from {table}"))[0][0])) for table in tables]  # noqa: S608 - our own names


async def texts_of(database: Database) -> list[str]:
    return [str(row[0]) for row in await fetch(database, "select body from passage order by body")]


async def document_frequencies(database: Database) -> dict[object, object]:
    return dict(await fetch(database, "select term, sum(df) from lexeme group by term"))  # type: ignore[arg-type]  # pairs


async def recount(database: Database) -> dict[object, object]:
    """Return the document frequencies, counted from the texts that readers see."""
    rows = await fetch(database, "select path, body from passage")
    return dict(Counter(term for path, body in rows for term in set(split_terms("\n".join((*path, str(body)))))))  # type: ignore[misc]  # a row's columns


async def fill(database: Database, sizes: dict[str, int]) -> None:
    """Add sources of this many passages each, with directions at random."""
    chance = np.random.default_rng(5)
    terms = split_terms("common words")
    async with database.writers.acquire() as connection:
        for name, size in sizes.items():
            source = await add(database, name, f"https://{name}.example/")
            await connection.execute(
                "insert into passage (source, shelf, crawl, url, ordinal, anchor, path, title, kind, language, body,"
                " identity)"
                " select $1::int, $1::int, 1, 'https://x.example/' || n, 0, '', '{}', '', 'prose', '', 'row ' || n,"
                " decode(md5($1::int || '-' || n), 'hex') from generate_series(1, $2::int) n",
                source.id,
                size,
            )
            ids = [row[0] for row in await connection.fetch("select id from passage where source = $1", source.id)]
            numbers = chance.normal(size=(size, DIMENSIONS)).astype(np.float32)
            unit = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
            vectors = [
                (id_, source.id, to_half_vector(array("f", each.tobytes())))
                for id_, each in zip(ids, unit, strict=True)
            ]
            await connection.copy_records_to_table("vector_1", records=vectors)
            await connection.execute(
                "insert into lexical select id, $2::text::tsvector, $3 from passage where source = $1",
                source.id,
                f"{lexemes(terms)} '#{source.id}'",
                sparse(weights(terms)),
            )
            await connection.execute("update shelf set passages = $2 where id = $1", source.id, size)
        await connection.execute(
            "insert into lexeme select term, shelf, count(*) from passage, (values ('common'), ('word')) terms (term)"
            " group by term, shelf on conflict (term, shelf) do update set df = excluded.df"
        )
        await connection.execute("analyze")


@asynccontextmanager
async def held_up(database: Database) -> AsyncIterator[None]:
    """Hold up a build for as long as the block runs: its last phase waits for a transaction that began before it."""
    connection = await asyncpg.connect(database.dsn)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await connection.fetch("select from source")
            yield
    finally:
        await connection.close()


async def is_over(database: Database, statement: str) -> None:
    """Wait until a statement finds no row any more."""
    async with asyncio.timeout(120):
        while await fetch(database, statement):
            await pause()
