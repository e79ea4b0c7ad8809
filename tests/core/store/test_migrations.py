"""The schema: made once, by one of many, and never by an old footnote over a new one."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import asyncpg
import pytest

from core.adapters import postgres
from core.adapters.postgres import Database, migrate, open_database
from core.adapters.statements import migrations, read, statements
from core.errors import ConfigurationError
from tests.core.store.helpers import fetch

NUMBERS = [number for number, _ in migrations()]


async def test_a_fresh_database_gets_every_migration_and_a_second_look_none(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    assert await migrate(connection) == NUMBERS
    assert await migrate(connection) == []
    assert await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
    await connection.close()


async def test_numbers_count_up_and_each_says_its_reason() -> None:
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert all(sql.startswith("-- Reason: ") for _, sql in migrations())


async def test_every_statement_is_named_once_and_says_what_it_is_for() -> None:
    named = sum(read(name).count("-- name: ") for name in ("queries.sql", "work.sql"))
    assert named == len(statements())
    assert all(sql and not sql.startswith("--") and not sql.endswith(";") for sql in statements().values())


async def test_four_processes_at_once_migrate_once(dsn: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from core.adapters.postgres import open_database\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]) as database:\n"
        "        print((await database.versions()).sources)\n"
        "asyncio.run(main())\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, dsn], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - a start, not a wait
        for _ in range(4)
    ]
    said = [(await asyncio.to_thread(process.communicate))[0] for process in started]
    assert said == ["0\n"] * 4
    async with open_database(dsn) as database:
        assert [row[0] for row in await fetch(database, "select number from migration")] == NUMBERS


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
