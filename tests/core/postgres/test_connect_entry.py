"""Who a real Postgres with TLS lets in, by its pg_hba.conf: each refusal is a sentence that says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from core.errors import ConfigurationError
from core.postgres.database import open_database
from tests.servers.certificates import make_certificate
from tests.servers.cluster import Cluster, clusters, with_tls
from tests.servers.ports import own_port

BINARIES = with_tls()
pytestmark = pytest.mark.skipif(BINARIES is None, reason="needs a Postgres with TLS in /usr/lib/postgresql")
LANGUAGE = "lc_messages=C"
RULES = """\
local   all       postgres               trust
hostssl postgres  guarded  127.0.0.1/32  scram-sha-256
hostssl postgres  carded   127.0.0.1/32  cert
hostnossl all     plain    127.0.0.1/32  scram-sha-256
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    assert BINARIES is not None
    made, key = make_certificate(tmp_path_factory.mktemp("tls"), "localhost")
    with clusters() as make, own_port() as port:
        server: Cluster = make(BINARIES)
        for source, name in ((made, "server.crt"), (key, "server.key"), (made, "root.crt")):
            server.take(source, name)
        server.write("pg_hba.conf", RULES)
        server.start("ssl=on", "ssl_ca_file=root.crt", "listen_addresses=127.0.0.1", LANGUAGE, port=port)
        server.run("psql", "-h", server.folder, "-p", str(port), "-U", "postgres", "-c", ROLES)
        yield port


ROLES = ";".join(f"create role {name} login password 'right'" for name in ("guarded", "carded", "plain", "barred"))

REFUSED = {
    "TLS switched off where it is wanted": ("guarded:right", "sslmode=disable", "sslmode=require"),
    "no line for the user, over TLS": ("barred:right", "sslmode=require", "no line in its pg_hba.conf"),
    "no line for the user, either way": ("barred:right", "sslmode=prefer", "no line in its pg_hba.conf"),
    "a wrong password where TLS is wanted": ("guarded:wrong", "", "refused the user or password"),
    "a wrong password over TLS": ("guarded:wrong", "sslmode=require", "refused the user or password"),
    "a user that is not there": ("nobody:right", "sslmode=require", "no line in its pg_hba.conf"),
    "a certificate that is wanted": ("carded:right", "sslmode=require", "sslcert=FILE"),
    "no TLS wanted": ("plain:right", "sslmode=require", "no line in its pg_hba.conf"),
}


@pytest.mark.parametrize(("identity", "query", "says"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_by_pg_hba_says_what_it_was_for(port: int, identity: str, query: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        async with open_database(f"postgresql://{identity}@127.0.0.1:{port}/postgres?{query}"):
            pass
    assert says in str(refused.value)
    assert "right" not in str(refused.value)
    await asyncio.sleep(0.1)  # asyncpg leaves the end of TLS to the loop


async def test_who_is_let_in_is_let_in(port: int) -> None:
    """The server is too old or has no pgvector, which is noticed only after it let us in."""
    with pytest.raises(ConfigurationError, match=r"too old|no pgvector"):
        async with open_database(f"postgresql://guarded:right@127.0.0.1:{port}/postgres"):
            pass
