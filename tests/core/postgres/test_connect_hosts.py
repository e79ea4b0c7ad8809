"""Several servers in one url, as clusters and managed Postgres have them: the one that takes changes is found."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from core.errors import ConfigurationError, FootnoteError, StoreUnavailable
from core.inbox.postgres import open_inbox
from core.index.search import PostgresIndex
from core.postgres.database import Database, open_database
from core.postgres.dsn import parse_dsn
from core.work import queue
from core.work.port import RequestKind
from core.work.queue import PgqueuerJobs, put_jobs
from core.work.requests import PostgresRequests
from tests.core.embedded.helpers import find_reachable_binaries
from tests.core.index.helpers import add, crawl, fetch, vector
from tests.servers.certificates import make_certificate
from tests.servers.cluster import Cluster, clusters
from tests.servers.ports import held_port
from tests.servers.tls import serve_tls

URLS = {
    "postgresql://u:p@a:5432,b:5433/db?target_session_attrs=read-write": (["a", "b"], [5432, 5433], "read-write"),
    "postgresql://u:p@a,b/db": (["a", "b"], [5432, 5432], "read-write"),
    "postgresql://u:p@a,b:1/db?target_session_attrs=any": (["a", "b"], [5432, 1], "any"),
    "postgresql://u:p@[::1]:1,[::2],c/db": (["::1", "::2", "c"], [1, 5432, 5432], "read-write"),
    "postgresql://u:p@/db?host=/run/a,/run/b&port=1,2": (["/run/a", "/run/b"], [1, 2], "read-write"),
    "postgresql://u:p@/db?host=a,b&port=7": (["a", "b"], [7, 7], "read-write"),
    "postgresql://u:p@%2Frun%2Fa/db": (["/run/a"], [5432], "any"),
    "postgresql://u:p@a/db": (["a"], [5432], "any"),
    "postgresql:///db?user=u": (["127.0.0.1"], [5432], "any"),
}


@pytest.mark.parametrize(("url", "found"), URLS.items(), ids=URLS)
def test_servers_of_a_url_are_read_as_libpq_reads_them(url: str, found: tuple[list[str], list[int], str]) -> None:
    arguments = parse_dsn(url)
    assert (arguments["host"], arguments["port"], arguments["target_session_attrs"]) == found
    assert (arguments["user"], arguments["database"]) == ("u", "db")


@pytest.mark.parametrize(
    "query", ["@a:1,b:x/db", "@a,b/db?port=1,2,3", "@a:0/db", "@a,b:99999/db", "@[::1/db", "@a:1:2/db"]
)
def test_servers_that_cannot_be_read_are_refused_without_repeating_them(query: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a url") as refused:
        parse_dsn(f"postgresql://me:Pa55word{query}")
    assert "Pa55word" not in str(refused.value)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Cluster, Cluster]]:
    """Start a primary and its replica, as one url names them."""
    binaries = find_reachable_binaries()
    with clusters() as make:
        primary = await asyncio.to_thread(make, binaries)
        await asyncio.to_thread(primary.start, "listen_addresses=")
        replica = await asyncio.to_thread(lambda: make(binaries, copy_of=primary))
        await asyncio.to_thread(replica.start, "listen_addresses=")
        yield primary, replica


def url_of(*servers: Cluster, more: str = "") -> str:
    return f"postgresql://postgres@/postgres?host={','.join(str(each.folder) for each in servers)}{more}"


@pytest.mark.slow
async def test_all_goes_on_after_the_server_failed_over(
    pair: tuple[Cluster, Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, replica = pair
    monkeypatch.setattr(queue, "_RECONNECT_SECONDS", 0.1)
    done, stop = asyncio.Event(), asyncio.Event()

    async def handler(_: bytes) -> float | None:
        done.set()
        return None

    async with open_database(url_of(replica, primary)) as database, open_inbox(database.dsn) as inbox:
        await crawl(database, await add(database), {"a": ["some words"]})
        await _replayed(database, replica)
        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            group.create_task(PgqueuerJobs(database).run({"job": handler}, stop))
            await _worker_is_there(database)
            await asyncio.to_thread(primary.kill)
            connection = await asyncpg.connect(replica.dsn)
            await connection.execute("select pg_promote()")
            await connection.close()
            assert await _written(database) == "written"
            hits = await PostgresIndex(database).search("words", vector("words"), limit=5)
            assert [hit.passage.text for hit in hits] == ["some words"]
            assert await inbox.open_count() == 0
            async with database.writers.acquire() as connection, connection.transaction():  # type: ignore[assignment]  # a connection of a pool, or its own
                await put_jobs(connection, "job", [b""])
            await done.wait()
            stop.set()


async def _replayed(database: Database, replica: Cluster) -> None:
    """Wait until the replica has all that was written."""
    (position,) = (await fetch(database, "select pg_current_wal_lsn()::text"))[0]
    connection = await asyncpg.connect(replica.dsn)
    while not await connection.fetchval(  # noqa: ASYNC110 - Postgres reports it only when it is asked
        f"select pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"
    ):
        await asyncio.sleep(0.05)
    await connection.close()


async def _worker_is_there(database: Database) -> None:
    while not await PgqueuerJobs(database).workers():  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)


async def _written(database: Database) -> str:
    """Return the result of a request that writes, once it is anything but `StoreUnavailable`."""
    for _ in range(50):
        try:
            await PostgresRequests(database).put(RequestKind.PREVIEW, asked_by="test")
        except StoreUnavailable:
            await asyncio.sleep(0.2)
        except FootnoteError as error:
            return str(error)
        else:
            return "written"
    return "refused"


@pytest.mark.slow
async def test_a_url_of_replicas_alone_says_so(pair: tuple[Cluster, Cluster]) -> None:
    for url in (url_of(pair[1], pair[1]), url_of(pair[1], more="&target_session_attrs=read-write")):
        with pytest.raises(StoreUnavailable, match="target_session_attrs"):
            async with open_database(url):
                pass


async def test_a_server_that_is_down_or_takes_no_changes_is_passed_over(dsn: str) -> None:
    name = urlsplit(dsn).path.lstrip("/")
    async with serve_tls(dsn, None) as there, held(0) as nobody:
        for hosts in (f"127.0.0.1:{nobody},127.0.0.1:{there}", f"127.0.0.1:{there},127.0.0.1:{nobody}"):
            async with open_database(f"postgresql://postgres@{hosts}/{name}?sslmode=prefer") as database:
                await database.versions()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            async with open_database(f"postgresql://postgres@127.0.0.1:{nobody},127.0.0.1:{nobody}/{name}"):
                pass


@asynccontextmanager
async def held(port: int) -> AsyncIterator[int]:
    """Hold a port where nobody listens."""
    with held_port(port) as number:
        yield number


async def test_what_one_server_says_counts_more_than_that_another_is_down(dsn: str, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path, "localhost"))
    other, _ = make_certificate(tmp_path, "other")
    async with serve_tls(dsn, context) as there, held(0) as nobody:
        url = f"postgresql://me@localhost:{there},localhost:{nobody}/db?sslmode=verify-full&sslrootcert={other}"
        with pytest.raises(ConfigurationError, match="not trusted"):
            async with open_database(url):
                pass
