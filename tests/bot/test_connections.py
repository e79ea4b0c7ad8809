"""Connections that only wait are closed, those at work are not, and every server of ours is made so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

import bot
from bot.connections import Connections

WAITING = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    "after an answer": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@asynccontextmanager
async def served(connections: Connections, looked: asyncio.Event | None = None) -> AsyncIterator[int]:
    """Serve an application that answers at once at /, after its body at /read, and once `looked` is set at /work."""

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/read":
            await request.read()
        if request.path == "/work" and looked is not None:
            await looked.wait()
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with connections.listen(web.AppRunner(app, access_log=None, shutdown_timeout=0.1), "127.0.0.1:0") as port:
        yield port


@pytest.mark.parametrize("sent", WAITING.values(), ids=WAITING)
async def test_a_connection_that_only_waits_is_closed(sent: bytes) -> None:
    async with served(Connections(idle_seconds=0.0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(60):
            await reader.read()
        writer.close()


async def test_a_request_at_work_is_not_closed() -> None:
    looked = asyncio.Event()
    async with served(Connections(idle_seconds=0.0), looked) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
        silent, other = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(60):
            assert await silent.read() == b"", "all were looked at"
            looked.set()
            assert b"200 OK" in await reader.readline()
        writer.close()
        other.close()


def test_no_server_listens_without_bounds() -> None:
    ways = ("TCPSite(", "create_server(", "start_server(")
    found = {
        str(path.relative_to(root))
        for root in [Path(bot.__file__).parent]
        for path in root.rglob("*.py")
        if any(way in path.read_text("utf-8") for way in ways)
    }
    assert found == {"connections.py", "site_server.py"}, "the second is the demo's, on loopback while it runs"
