"""The schema: made once, by one of many, and never by an old footnote over a new one."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import asyncpg
import pytest

from core.domain import Passage
from core.errors import ConfigurationError
from core.index.catalog import PostgresCatalog
from core.index.search import PostgresIndex
from core.postgres import database as postgres
from core.postgres.database import Database, migrate, open_database
from core.postgres.statements import FILES, migrations, read, statements
from tests.core.index.helpers import HOLDERS, MODEL, ROOT, Embedder, crawl, fetch, vector

IDENTITY = Passage("", "", ("p",), "old words").identity
_BEFORE_EDITIONS = """
insert into source (name, root_url, passages) values ('docs', 'ROOT', 1);
insert into page (source, url, title, etag, crawl) values (1, 'ROOTp', 'p', '"1"', 1);
insert into passage (source, crawl, url, ordinal, anchor, path, title, kind, language, body, identity)
values (1, 1, 'ROOTp', 0, 's0', '{p}', 'p', 'prose', '', 'old words', decode('IDENTITY', 'hex'));
insert into lexical select id, $$'word' '#1'$$::tsvector, '{}/16777216'::sparsevec from passage;
insert into lexeme (term, source, df) values ('word', 1, 1);
insert into space (model, dimensions, live) values ('fake', 2, true);
create table vector_1 (passage bigint primary key references passage on delete cascade, source int not null,
                       embedding halfvec(2) not null);
create index vector_1_source on vector_1 (source);
create table spare_1 (identity bytea primary key, embedding halfvec(2) not null, since timestamptz default now());
insert into vector_1 select id, 1, '[1,0]' from passage;
"""

NUMBERS = [number for number, _ in migrations()]


async def test_a_fresh_database_gets_every_migration_and_a_second_look_none(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    assert await migrate(connection) == NUMBERS
    assert await migrate(connection) == []
    assert await connection.fetch(HOLDERS) == []
    await connection.close()


async def test_numbers_count_up_and_each_says_its_reason() -> None:
    assert sorted(set(NUMBERS)) == NUMBERS
    assert all(sql.startswith("-- Reason: ") for _, sql in migrations())


async def test_every_statement_is_named_once_and_says_what_it_is_for() -> None:
    named = sum(read(name).count("-- name: ") for name in FILES)
    assert named == len(statements())
    assert all(sql and not sql.startswith("--") and not sql.endswith(";") for sql in statements().values())


async def test_four_processes_at_once_migrate_once(dsn: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from core.postgres.database import open_database\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]) as database:\n"
        "        print((await database.versions()).sources)\n"
        "asyncio.run(main())\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, dsn], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - a start, not a wait
        for _ in range(4)
    ]
    outputs = [(await asyncio.to_thread(process.communicate))[0] for process in started]
    assert outputs == ["0\n"] * 4
    async with open_database(dsn) as database:
        assert [row[0] for row in await fetch(database, "select number from migration")] == NUMBERS


async def test_an_index_of_the_release_before_editions_is_searched_as_before(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(dsn)
    monkeypatch.setattr(postgres, "migrations", lambda: migrations()[:3])
    await migrate(connection)
    monkeypatch.undo()
    await connection.execute(_BEFORE_EDITIONS.replace("ROOT", ROOT).replace("IDENTITY", IDENTITY.hex()))
    await connection.close()
    async with open_database(dsn) as database:
        (hit,) = await PostgresIndex(database).search("words", vector("x", 2), limit=5, sources=["docs"])
        assert (hit.passage.text, hit.lexical_rank, hit.vector_rank) == ("old words", 1, 1)
        source = await PostgresCatalog(database).get("docs")
        assert source.pages == 1
        embedded, switched = await crawl(database, source, {"p": ["old words"]}, embedder=Embedder(MODEL, 2))
        assert (embedded, switched.added, switched.removed) == (0, 0, 0)
        assert await fetch(database, "select shelf.id = source.id, shelf.passages from shelf, source") == [(True, 1)]


async def test_a_newer_schema_is_refused_and_left_alone(dsn: str) -> None:
    async with open_database(dsn) as database:
        await database.writers.execute("insert into migration (number) values (9999)")
    with pytest.raises(ConfigurationError, match=r"migration 9999.*upgrade footnote"):
        async with open_database(dsn):
            pass


@pytest.mark.parametrize(
    ("name", "bound", "sentence"),
    [
        ("OLDEST_POSTGRES", 990_000, r"Postgres \d\d is too old"),
        ("OLDEST_PGVECTOR", (99, 0, 0), r"pgvector \d+\.\d+\.\d+ is too old.*alter extension vector update"),
    ],
)
async def test_an_old_server_is_refused_in_words(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str, bound: object, sentence: str
) -> None:
    monkeypatch.setattr(postgres, name, bound)
    with pytest.raises(ConfigurationError, match=sentence):
        async with open_database(database.dsn):
            pass


async def test_a_migration_that_was_cut_short_is_applied_whole_by_the_next(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(dsn)
    monkeypatch.setattr(postgres, "migrations", lambda: [(1, f"{migrations()[0][1]}; select 1 / 0")])
    with pytest.raises(Exception, match="22012"):
        await migrate(connection)
    monkeypatch.undo()
    assert await migrate(connection) == NUMBERS
    await connection.close()
