"""`footnote move`: afterwards all of one database is in the other, over TLS and between versions, or nothing is."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from core.domain import Edition, Source
from core.errors import FootnoteError, StoreError, StoreFull, UsageError
from core.inbox.postgres import open_inbox
from core.index import corpus, move
from core.index.catalog import PostgresCatalog
from core.index.reembed import reembed
from core.index.search import PostgresIndex
from core.postgres.database import Database, open_database
from core.postgres.statements import space_table_names, table_names
from core.work.port import RequestKind
from core.work.queue import put_jobs
from core.work.requests import PostgresRequests
from tests.core.index.helpers import Embedder, add, crawl, fetch, page, texts_of, vector
from tests.databases import database_on, execute
from tests.servers.certificates import make_certificate
from tests.servers.tls import serve_tls

_numbers = itertools.count(1)
SITE = {name: [f"some words of {name}", f"other words of {name}, 你好 ünd \\ ' \n\t"] for name in ("a", "b", "c")}


def nothing(table: str | int, rows: int) -> None:
    """Ignore the progress."""


async def fill(dsn: str) -> None:
    """Fill most tables: sources, editions, two embedding spaces, a crawl cut short, work, questions."""
    async with open_database(dsn) as database:
        first = await add(database)
        await crawl(database, first, SITE)
        await crawl(database, first, {"a": ["new words"]}, gone=["b"], editions={"c": Edition("1.0", "de", "v")})
        second = await add(database, "second", "https://second.example/")
        async with corpus.PostgresCorpus(database).crawl(second) as crawling:
            await crawling.stage([page("x", ["staged words"])])
        await reembed(database, Embedder("other", 6), 6, nothing)
        await PostgresRequests(database).put(RequestKind.CRAWL, asked_by="test", source=second)
        async with database.writers.acquire() as connection, connection.transaction():
            await put_jobs(connection, "job", [b"\x00payload"])
            channel = "insert into channel (platform, tenant, channel, sources) values ('slack', 'T', 'C', '{docs}')"
            await connection.execute(channel)


async def contents(dsn: str) -> dict[str, list[str]]:
    """Return every row of every table as text, and where each sequence stands."""
    connection = await asyncpg.connect(dsn)
    spaces = [row["id"] for row in await connection.fetch("select id from space")]
    held = {}
    for table in [*table_names(), *itertools.chain(*map(space_table_names, spaces))]:
        rows = await connection.fetch(f"select named::text from {table} named order by 1")  # noqa: S608 - our own names
        held[table] = [row[0] for row in rows]
    held["sequences"] = [
        f"{row['sequencename']} {row['last_value']}"
        for row in await connection.fetch("select sequencename, last_value from pg_sequences order by 1")
    ]
    await connection.close()
    return held


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[str]:
    async with database_on(server, f"moved_{next(_numbers)}") as dsn:
        yield dsn


async def test_the_tables_that_move_are_those_that_the_migrations_make(database: Database) -> None:
    ours = "('public'::regnamespace, 'footnote_queue'::regnamespace)"
    named = "select oid::regclass::text from pg_class where relkind in ('r', 'p') and relnamespace in "
    made = await fetch(database, named + ours)
    assert {str(row[0]) for row in made} == {*table_names(), "migration"}


async def test_an_index_moves_to_a_server_behind_tls_whole(server: str, dsn: str, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made, key = make_certificate(tmp_path, "localhost")
    context.load_cert_chain(made, key)
    await fill(dsn)
    async with empty(server) as target, serve_tls(target, context) as port:
        url = f"postgresql://postgres@localhost:{port}{urlsplit(target).path}?sslmode=verify-full&sslrootcert={made}"
        watched: dict[str, int] = {}
        moved = await move.copy_index(dsn, url, watched.__setitem__)
        before = await contents(dsn)
        assert await contents(target) == before
        assert moved == watched == {table: len(rows) for table, rows in before.items() if table != "sequences"}
        async with open_database(url) as database, open_inbox(url):
            hits = await PostgresIndex(database).search("new words", vector("new words", 6), limit=5)
            assert "new words" in {hit.passage.text for hit in hits}
            third = await PostgresCatalog(database).add(Source(0, "third", "https://third.example/"))
            await crawl(database, third, {"z": ["later words"]}, embedder=Embedder("other", 6))
            assert "later words" in await texts_of(database)


@pytest.mark.slow
async def test_an_index_moves_from_an_older_postgres_and_from_a_newer_one(server: str, older_server: str) -> None:
    for one, other in ((server, older_server), (older_server, server)):
        async with empty(one) as source, empty(other) as target:
            await fill(source)
            await move.copy_index(source, target, nothing)
            assert await contents(target) == await contents(source)


async def test_the_graph_is_built_when_all_is_there(server: str, dsn: str) -> None:
    await fill(dsn)
    async with empty(server) as target:
        await move.copy_index(dsn, target, nothing, graph_rows=3)
        async with open_database(target) as database:
            assert await fetch(database, database.sql["graph_exists"]) == [(True,)]


async def test_a_graph_that_cannot_be_built_does_not_hide_that_all_has_moved(
    server: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StoreFull("No memory.")

    monkeypatch.setattr(move, "tend", full)
    await fill(dsn)
    async with empty(server) as target:
        with pytest.raises(StoreFull, match="Everything has moved"):
            await move.copy_index(dsn, target, nothing)
        assert await contents(target) == await contents(dsn)


async def test_a_move_that_fails_leaves_the_target_empty(
    server: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(dsn)
    async with empty(server) as target:

        def cut(table: str, rows: int) -> None:
            if table == "passage":
                raise StoreError("cut off")

        with pytest.raises(StoreError, match="cut off"):
            await move.copy_index(dsn, target, cut)
        connection = await asyncpg.connect(target)
        assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
        await connection.close()
        await move.copy_index(dsn, target, nothing)
        assert await contents(target) == await contents(dsn)


async def test_a_connection_that_is_lost_in_the_middle_is_a_sentence_and_moves_nothing(server: str, dsn: str) -> None:
    await fill(dsn)
    async with empty(server) as target:
        name = urlsplit(target).path.lstrip("/")
        statement = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"  # noqa: S608 - our own name

        def cut(table: str, rows: int) -> None:
            if table == "source":
                with ThreadPoolExecutor() as elsewhere:
                    elsewhere.submit(lambda: asyncio.run(execute(server, statement))).result()

        with pytest.raises(FootnoteError, match="went away"):
            await move.copy_index(dsn, target, cut)
        await move.copy_index(dsn, target, nothing)
        assert await contents(target) == await contents(dsn)


async def test_a_target_with_an_index_is_refused_and_kept(server: str, dsn: str) -> None:
    await fill(dsn)
    async with empty(server) as target:
        async with open_database(target) as database:
            await crawl(database, await add(database), {"mine": ["my words"]})
        before = await contents(target)
        with pytest.raises(UsageError, match="is not empty"):
            await move.copy_index(dsn, target, nothing)
        assert await contents(target) == before
    with pytest.raises(UsageError, match="is not empty"):
        await move.copy_index(dsn, dsn, nothing)


async def test_a_target_that_was_only_looked_at_is_taken(server: str, dsn: str) -> None:
    """`footnote doctor` makes the tables."""
    await fill(dsn)
    async with empty(server) as target:
        async with open_database(target):
            pass
        await move.copy_index(dsn, target, nothing)
        assert await contents(target) == await contents(dsn)


async def test_a_move_beneath_a_footnote_that_works_is_refused(server: str, dsn: str) -> None:
    async with open_database(dsn) as database, empty(server) as target:
        await database.versions()
        with pytest.raises(UsageError, match="stop it first"):
            await move.copy_index(dsn, target, nothing)


@pytest.mark.parametrize("url", ["postgresql://me@127.0.0.1:1/db", "nonsense", "postgresql://me@/db?host=/nowhere"])
async def test_a_target_that_cannot_be_opened_is_named_as_the_target(dsn: str, url: str) -> None:
    with pytest.raises(FootnoteError, match=r"^The database to move to: ") as refused:
        await move.copy_index(dsn, url, nothing)
    assert "DATABASE_URL" not in str(refused.value)
