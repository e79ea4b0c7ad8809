"""A Postgres behind TLS, as managed ones are: every `sslmode`, with asyncpg and Postgres as they are."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.errors import ConfigurationError
from core.index.search import PostgresIndex
from core.postgres.database import open_database
from tests.core.index.helpers import add, crawl, vector
from tests.servers.certificates import make_certificate
from tests.servers.tls import serve_tls

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")
POISON = {"SSL_CERT_FILE": "/poison", "PGSSLROOTCERT": "/poison", "PGSSLMODE": "disable"}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
async def port(dsn: str, signed: tuple[Path, Path]) -> AsyncIterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*signed)
    async with serve_tls(dsn, context) as port:
        yield port


def url(dsn: str, port: int, query: str, host: str = "localhost") -> str:
    return f"postgresql://postgres@{host}:{port}{urlsplit(dsn).path}?{query}"


@pytest.mark.parametrize("query", ["", "sslmode=prefer", "sslmode=require", "sslmode=verify-full"])
async def test_an_index_is_built_and_searched_through_tls(
    dsn: str, port: int, signed: tuple[Path, Path], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in POISON.items():
        monkeypatch.setenv(name, value)
    if query.endswith("full"):
        query += f"&sslrootcert={signed[0]}"
    async with open_database(url(dsn, port, query)) as database:
        await crawl(database, await add(database), {"a": ["some words"]})
        hits = await PostgresIndex(database).search("words", vector("words"), limit=5)
        assert [hit.passage.text for hit in hits] == ["some words"]


async def test_the_root_certificates_of_the_machine_serve_too(
    dsn: str, port: int, signed: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(signed[0]))
    async with open_database(url(dsn, port, "sslrootcert=system")) as database:
        assert (await database.versions()).postgres
    with pytest.raises(ConfigurationError, match="not trusted"):
        async with open_database(url(dsn, port, "sslrootcert=system", "127.0.0.1")):
            pass


REFUSED = {
    "no root certificate": ("sslmode=verify-full", "localhost", "add sslrootcert=FILE"),
    "signed for another name": ("sslmode=verify-full&sslrootcert={signed}", "127.0.0.1", "not trusted"),
    "signed by somebody else": ("sslmode=verify-full&sslrootcert={other}", "localhost", "not trusted"),
    "a file that is not there": ("sslmode=verify-full&sslrootcert=/no/where.crt", "localhost", "/no/where.crt"),
    "a file that is none": ("sslmode=verify-full&sslrootcert={key}", "localhost", "DATABASE_URL"),
    "no such mode": ("sslmode=verify-fully", "localhost", "DATABASE_URL"),
}


@pytest.mark.parametrize(("query", "host", "message"), REFUSED.values(), ids=REFUSED)
async def test_a_certificate_that_does_not_fit_is_told(
    dsn: str, port: int, signed: tuple[Path, Path], tmp_path: Path, query: str, host: str, message: str
) -> None:
    other, _ = make_certificate(tmp_path, "other")
    named = query.format(signed=signed[0], key=signed[1], other=other)
    with pytest.raises(ConfigurationError, match=message) as refused:
        async with open_database(url(dsn, port, named, host)):
            pass
    assert str(refused.value).endswith(".")


async def test_a_server_without_tls_is_told_where_tls_is_wanted(dsn: str) -> None:
    async with serve_tls(dsn, None) as port:
        with pytest.raises(ConfigurationError, match="sslmode"):
            async with open_database(url(dsn, port, "sslmode=require")):
                pass
        async with open_database(url(dsn, port, "sslmode=prefer")) as database:
            assert (await database.versions()).postgres
