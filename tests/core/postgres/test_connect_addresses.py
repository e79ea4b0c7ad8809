"""A DATABASE_URL that leads nowhere, or to something else than Postgres: the sentence says which of these it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from core.errors import ConfigurationError, FootnoteError, StoreUnavailable
from core.postgres.database import open_database
from tests.servers.pooler import PROGRAM, pooler
from tests.servers.ports import HOST, held_port

SECRET = "Pa55word-never-shown"


async def explain(url: str, kind: type[FootnoteError]) -> str:
    """Return the sentence with which a database is refused."""
    with pytest.raises(kind) as refused:
        async with open_database(url):
            pass
    assert SECRET not in str(refused.value)
    return str(refused.value)


async def test_a_host_without_an_address_is_named_as_the_cause() -> None:
    sentence = await explain(f"postgresql://me:{SECRET}@no host/db", StoreUnavailable)
    assert sentence.startswith("Postgres cannot be reached (the name of its host has no address)")


@pytest.mark.parametrize("host", ["db..example.org", f"{'a' * 64}.example.org"])
async def test_a_host_that_is_no_name_is_a_sentence(host: str) -> None:
    assert "is not a url" in await explain(f"postgresql://me:{SECRET}@{host}/db", ConfigurationError)


async def test_a_password_that_is_cut_at_its_slash_is_not_taken_for_a_host() -> None:
    assert "percent-encoded" in await explain(f"postgresql://me:a@b/{SECRET}@localhost/db", ConfigurationError)


async def test_a_port_where_nothing_listens_is_named_as_the_cause() -> None:
    with held_port() as port:
        sentence = await explain(f"postgresql://me:{SECRET}@{HOST}:{port}/db", StoreUnavailable)
    assert sentence.startswith("Postgres cannot be reached (nothing listens at its host and port)")


async def test_a_folder_without_a_socket_is_named_as_the_cause(tmp_path: Path) -> None:
    sentence = await explain(f"postgresql://me:{SECRET}@/db?host={tmp_path}", StoreUnavailable)
    assert sentence.startswith("Postgres cannot be reached (its folder has no socket)")


@asynccontextmanager
async def greeting(words: bytes) -> AsyncIterator[int]:
    """Serve a program that greets each client with these words, and hangs up; yield its port."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    "words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"J\0\0\0\n8.0.36\0", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
@pytest.mark.parametrize("query", ["", "?sslmode=prefer", "?sslmode=require"])
async def test_another_program_at_the_port_is_named_as_the_cause(words: bytes, query: str) -> None:
    async with greeting(words) as port:
        sentence = await explain(f"postgresql://me:{SECRET}@{HOST}:{port}/db{query}", ConfigurationError)
    assert "another program" in sentence
    assert ("no TLS" in sentence) == ("require" in query)


async def test_an_option_that_postgres_does_not_know_is_named(dsn: str) -> None:
    sentence = await explain(f"{dsn}&pgbouncer=true&connection_limit=1", ConfigurationError)
    assert 'DATABASE_URL has an option that Postgres does not know, "' in sentence
    assert "take it out" in sentence


@pytest.mark.skipif(PROGRAM is None, reason="needs the program pgbouncer")
async def test_an_option_that_a_pooler_does_not_know_is_named(dsn: str) -> None:
    async with pooler(dsn, "session") as url:
        assert '"schema"' in await explain(f"{url}?schema=public", ConfigurationError)


async def test_a_user_who_may_not_create_the_extension_learns_who_can(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    name = urlsplit(dsn).path.lstrip("/")
    await connection.execute(f"create role maker login; grant all on database {name} to maker")
    await connection.execute("drop extension if exists vector cascade; grant all on schema public to maker")
    try:
        sentence = await explain(dsn.replace("postgres@", "maker@"), ConfigurationError)
        assert "run `create extension vector` there" in sentence
    finally:
        await connection.execute("drop owned by maker; drop role maker")
        await connection.close()
