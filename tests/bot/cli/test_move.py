"""`footnote move` as a user types it: from the embedded database to one with TLS, and back."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from core.embedded.postgres import EmbeddedPostgres
from core.postgres.database import open_database
from tests.bot.install import Install
from tests.core.embedded.helpers import sweep
from tests.core.index.helpers import add, crawl
from tests.servers.certificates import make_certificate
from tests.servers.tls import serve_tls


async def fill(home: Path) -> None:
    """Put one passage into an embedded index."""
    embedded = EmbeddedPostgres(home)
    async with open_database(await asyncio.to_thread(embedded.start)) as database:
        await crawl(database, await add(database), {"a": ["some words"]})
    await asyncio.to_thread(embedded.stop)


LIST = ("sources", "list", "--json")


async def test_the_embedded_index_moves_to_a_server_with_tls_and_back(dsn: str, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(tmp_path, "localhost"))
    home, other = tmp_path / "home", tmp_path / "other"
    try:
        await fill(home)
        async with serve_tls(dsn, context) as port:
            url = f"postgresql://postgres@localhost:{port}{urlsplit(dsn).path}?sslmode=require"
            there = Install(tmp_path, {"FOOTNOTE_HOME": str(home)})
            done = await there.run("move", "--to", "-", "--json", stdin=url)
            assert done.code == 0, done.err
            assert json.loads(done.out)["tables"]["passage"] == 1
            assert "passage: 1 row" in done.err
            back = Install(tmp_path, {"FOOTNOTE_HOME": str(other), "DATABASE_URL": url})
            done = await back.run("move", "--to", "embedded")
            assert done.code == 0, done.err
            assert "Unset DATABASE_URL" in done.out
        done = await Install(tmp_path, {"FOOTNOTE_HOME": str(other), "OPENAI_API_KEY": "any"}).run(*LIST)
        assert done.code == 0, done.err
        assert [source["passages"] for source in json.loads(done.out)["sources"]] == [1]
        done = await Install(tmp_path, {"FOOTNOTE_HOME": str(other)}).run("move", "--to", "embedded")
        assert (done.code, "already" in done.err) == (2, True)
    finally:
        sweep(home)
        sweep(other)
