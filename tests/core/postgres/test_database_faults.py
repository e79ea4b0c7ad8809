"""What can happen to a database, each reported in a sentence that holds no secret, and healed without a restart."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
from asyncpg import connect_utils

from core.embedded.postgres import EmbeddedPostgres
from core.errors import ConfigurationError, FootnoteError, StoreError, StoreFull, StoreUnavailable
from core.index.corpus import PostgresCorpus
from core.index.search import PostgresIndex
from core.postgres import database as postgres
from core.postgres.database import Database, open_database
from core.postgres.dsn import parse_dsn
from tests.core.embedded.helpers import ROOT, crash, freeze, pid_of, sweep, thaw
from tests.core.index.helpers import Embedder, Pages, add, crawl, embed, fetch, page, texts_of, vector
from tests.servers.ports import held_port
from tests.waiting import pause

SITE: Pages = {"a": ["some words"]}
SECRET = "Pa55word-never-shown"
POISON = {
    "PGHOST": "poison.invalid",
    "PGPORT": "1",
    "PGUSER": "poison",
    "PGPASSWORD": "poison",
    "PGDATABASE": "poison",
    "PGSERVICE": "poison",
    "PGSERVICEFILE": "/poison",
    "PGPASSFILE": "/poison",
    "PGDSN": "postgresql://poison.invalid/poison",
    "PGOPTIONS": "-c search_path=poison",
    "PGAPPNAME": "poison",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLCERT": "/poison.crt",
    "PGSSLKEY": "/poison.key",
    "PGSSLROOTCERT": "/poison.pem",
    "PGSSLCRL": "/poison.crl",
    "PGSSLMINPROTOCOLVERSION": "poison",
    "PGSSLMAXPROTOCOLVERSION": "poison",
    "PGTARGETSESSIONATTRS": "poison",
    "PGKRBSRVNAME": "poison",
    "PGGSSLIB": "poison",
    "PGCONNECT_TIMEOUT": "poison",
    "PGTZ": "Asia/Tokyo",
    "PGCLIENTENCODING": "LATIN1",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Name the home of a server that a test may stop or freeze."""
    yield tmp_path / "home"
    sweep(tmp_path / "home")


@pytest.fixture
async def own(home: Path) -> AsyncIterator[tuple[EmbeddedPostgres, Database]]:
    """Start a separate server for the test, with an index."""
    embedded = EmbeddedPostgres(home)
    try:
        async with open_database(await asyncio.to_thread(embedded.start)) as database:
            await crawl(database, await add(database), SITE)
            yield embedded, database
    finally:
        await asyncio.to_thread(embedded.stop)


async def test_connections_that_are_cut_heal_by_themselves(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    index = PostgresIndex(database)
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
    connection = await asyncpg.connect(database.dsn)
    outcomes = []
    for _ in range(5):
        outcomes.append(await outcome(index))
        await connection.execute(others.replace("$1", "current_database()"))
    outcomes += [await outcome(index) for _ in range(10)]
    assert set(outcomes) <= {"found", "StoreUnavailable"}
    assert outcomes[-1] == "found"
    await connection.close()


async def outcome(index: PostgresIndex) -> str:
    try:
        return "found" if await index.search("words", vector("words"), limit=5) else "nothing"
    except StoreUnavailable as error:
        return type(error).__name__


async def test_a_statement_cut_off_in_the_middle_says_so(database: Database) -> None:
    source = await add(database)
    blocker = await asyncpg.connect(database.dsn)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("a", SITE["a"])])
        await embed(crawling, Embedder())
        await blocker.execute("select pg_advisory_lock(7001)")  # the switch waits for this
        async with asyncio.TaskGroup() as group:
            switching = group.create_task(failure_of(crawling.switch([], [])))
            await blocker.execute("select pg_terminate_backend($1)", await waiting_for_a_lock(blocker))
        assert isinstance(switching.result(), StoreUnavailable)
        await blocker.close()
        assert await texts_of(database) == []
        assert (await crawling.switch([], [])).added == 1


async def waiting_for_a_lock(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """Return the backend of the same database that waits for an advisory lock, once one does."""
    waiting = "select pid from pg_stat_activity where wait_event = 'advisory' and datname = current_database()"
    async with asyncio.timeout(60):
        while not (pid := await connection.fetchval(waiting)):
            await pause()
    return int(pid)


async def failure_of(call: object) -> FootnoteError:
    with pytest.raises(FootnoteError) as failure:
        await call  # type: ignore[misc]  # a coroutine
    return failure.value


async def test_a_stopped_server_is_named_and_found_again(own: tuple[EmbeddedPostgres, Database], home: Path) -> None:
    embedded, database = own
    await asyncio.to_thread(crash, home)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await PostgresIndex(database).search("words", vector("words"), limit=5)
    await asyncio.to_thread(embedded.start)
    hits = await PostgresIndex(database).search("words", vector("words"), limit=5)
    assert [hit.passage.text for hit in hits] == ["some words"]


@pytest.mark.slow
async def test_a_frozen_server_is_an_error_in_time_and_heals(
    own: tuple[EmbeddedPostgres, Database], home: Path
) -> None:
    _, database = own
    index = PostgresIndex(database)
    await index.search("words", vector("words"), limit=5)
    frozen = await asyncio.to_thread(freeze, pid_of(home))
    try:
        async with asyncio.timeout(60):
            with pytest.raises(StoreUnavailable):  # on a connection that was open
                await index.search("words", vector("words"), limit=5)
            with pytest.raises(StoreUnavailable):  # on one that has to be opened
                await index.search("words", vector("words"), limit=5)
    finally:
        thaw(frozen)
    async with asyncio.timeout(60):
        while await outcome(index) != "found":
            await pause()


# A full disk


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Mount a disk of 160 MB that the server's user can enter; pytest's folders are closed to that user."""
    disk = Path(tempfile.mkdtemp(prefix="footnote-disk-"))
    options = "size=160m,mode=755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, check=False)
    try:
        if done.returncode:
            pytest.skip(f"mounting is refused here: {done.stderr.decode(errors='replace').strip()}")
        disk.chmod(0o755)
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=False, capture_output=True)
        disk.rmdir()


@pytest.mark.slow
@pytest.mark.skipif(not ROOT, reason="only root can mount a small disk")
async def test_a_full_disk_is_told_in_words_and_loses_nothing(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.embedded.location.ROOT_FOLDER", small_disk / "lib")
    home = small_disk / "home"
    try:
        with EmbeddedPostgres(home) as embedded:
            async with open_database(embedded.start()) as database:
                await fill_the_disk(database, small_disk / "ballast")
                found = await PostgresIndex(database).search("words", vector("words"), limit=5)
                assert [hit.passage.text for hit in found] == ["some words"]
                source = await add(database, "again", "https://again.example/")
                assert (await crawl(database, source, SITE))[0] == 0
    finally:
        sweep(home)


async def fill_the_disk(database: Database, ballast: Path) -> None:
    """Index something, then crawl until the disk is full, and check that the first pages are still found."""
    source = await add(database)
    await crawl(database, source, SITE)
    leave(ballast, 12 << 20)
    big = {f"p{number}": [f"{number} " + os.urandom(40_000).hex()] for number in range(300)}
    error = await failure_of(crawl(database, source, big))
    assert isinstance(error, StoreFull), repr(error)
    assert "no space left on its disk: free some" in str(error)
    assert await texts_of(database) == ["some words"]
    leave(ballast, 100 << 20)


def leave(ballast: Path, size: int) -> None:
    """Fill the disk but for this many bytes."""
    ballast.unlink(missing_ok=True)
    ballast.write_bytes(bytes(max(0, shutil.disk_usage(ballast.parent).free - size)))


# Urls and passwords


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"mysql://me:{SECRET}@127.0.0.1/db", "must start with postgresql://"),
        (SECRET, "must start with postgresql://"),
        (f"postgresql://me:{SECRET}@[127.0.0.1/db", "is not a url"),
        (f"postgresql://me:{SECRET}/x@127.0.0.1/db", "is not a url"),
        (f"postgresql://me:{SECRET}@127.0.0.1/db?port=x", "is not a url"),
        (f"postgresql://me:{SECRET}@127.0.0.1:99999/db", "is not a url"),
        (f"postgresql://me:{SECRET}@127.0.0.1/db?sslmode=banana", "what follows the question mark"),
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        async with open_database(url):
            pass
    assert SECRET not in str(refused.value)


async def test_nobody_there_is_a_sentence_without_the_password() -> None:
    with held_port() as port, pytest.raises(StoreUnavailable, match="cannot be reached") as refused:
        async with open_database(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db"):
            pass
    assert SECRET not in str(refused.value)


async def test_an_unknown_database_user_or_right_is_a_sentence(dsn: str) -> None:
    with pytest.raises(ConfigurationError, match="does not exist: create it"):
        async with open_database(dsn.replace("/test_", "/nowhere_")):
            pass
    with pytest.raises(ConfigurationError, match="user or password"):
        async with open_database(dsn.replace("postgres@", f"somebody:{SECRET}@")):
            pass
    connection = await asyncpg.connect(dsn)
    await connection.execute("create role weak login")
    try:
        with pytest.raises(ConfigurationError, match="must be allowed to create tables"):
            async with open_database(dsn.replace("postgres@", "weak@")):
                pass
    finally:
        await connection.execute("drop role weak")
        await connection.close()


@pytest.mark.parametrize(("encoding", "is_taken"), [("LATIN1", False), ("SQL_ASCII", True)])
async def test_a_database_that_cannot_keep_all_letters_is_refused(server: str, encoding: str, is_taken: bool) -> None:
    name = f"kept_as_{encoding.lower()}"
    connection = await asyncpg.connect(server)
    options = "locale_provider libc lc_collate 'C' lc_ctype 'C' template template0"
    await connection.execute(f"create database {name} encoding '{encoding}' {options}")
    try:
        async with AsyncExitStack() as opened:
            if not is_taken:
                opened.enter_context(pytest.raises(ConfigurationError, match="keeps text as LATIN1"))
            database = await opened.enter_async_context(open_database(server.replace("/postgres?", f"/{name}?")))
            await crawl(database, await add(database), {"a": ["schöne Wörter 你好"]})
            assert await texts_of(database) == ["schöne Wörter 你好"]
    finally:
        await connection.execute(f"drop database {name} with (force)")
        await connection.close()


async def test_a_database_without_pgvector_says_what_to_do(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    real = connection.fetchval

    class Without:
        """A connection to the same server, if it had no such extension to offer."""

        async def fetchval(self, statement: str) -> object:
            return None if "pg_available_extensions" in statement else await real(statement)

    with pytest.raises(ConfigurationError, match="has no pgvector"):
        await postgres._check_versions(Without())  # type: ignore[arg-type]  # as much of a connection as is asked
    await connection.close()


async def test_poisoned_variables_change_nothing(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".pgpass").write_text("*:*:*:*:poison")
    (tmp_path / ".pg_service.conf").write_text("[poison]\nhost=poison.invalid\n")
    for name, value in {**POISON, "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    async with open_database(dsn) as database:
        await crawl(database, await add(database), SITE)
        shown = "select current_setting('application_name'), current_setting('search_path'), current_user::text"
        assert await fetch(database, shown) == [("footnote", '"$user", public', "postgres")]
    parsed = await parsed_by_asyncpg("postgresql://me@db.example/docs")
    assert parsed == await unpoisoned(monkeypatch, "postgresql://me@db.example/docs")
    assert parsed[:5] == ([("db.example", 5432)], "me", "", "docs", "prefer")


async def parsed_by_asyncpg(url: str) -> tuple[object, ...]:
    """Return where asyncpg would connect to, as whom, and how."""
    names = ("passfile", "direct_tls", "server_settings", "ssl", "krbsrvname", "gsslib")
    addresses, wanted = connect_utils._parse_connect_dsn_and_args(**dict.fromkeys(names), **parse_dsn(url))  # type: ignore[attr-defined]  # asyncpg's own parser, to compare with ours
    encryption = (wanted.ssl.minimum_version, wanted.ssl.maximum_version, wanted.ssl.verify_mode)
    negotiation = (wanted.ssl_negotiation, wanted.target_session_attrs, wanted.krbsrvname, wanted.gsslib)
    return (addresses, wanted.user, wanted.password, wanted.database, wanted.sslmode.name, encryption, negotiation)


async def unpoisoned(monkeypatch: pytest.MonkeyPatch, url: str) -> tuple[object, ...]:
    for name in POISON:
        monkeypatch.delenv(name)
    return await parsed_by_asyncpg(url)


def test_what_only_libpq_knows_is_left_out_and_the_rest_is_kept() -> None:
    url = "postgres://me:p%40ss@db.example:6543/docs?sslmode=require&channel_binding=require&connect_timeout=10"
    found = parse_dsn(url)
    assert (found["host"], found["port"], found["user"]) == (["db.example"], [6543], "me")
    assert (found["password"], found["database"], found["dsn"]) == ("p@ss", "docs", "postgresql:///?sslmode=require")


async def test_a_fault_that_nobody_foresaw_names_its_code_and_no_text(database: Database) -> None:
    source = await add(database)
    await database.writers.execute("alter table passage add constraint odd check (body <> 'secret text')")
    error = await failure_of(crawl(database, source, {"a": ["secret text"]}))
    assert isinstance(error, StoreError)
    assert "23514" in str(error)
    assert "secret" not in str(error)
