"""A server on loopback that writes whatever bytes a test gives it: what no HTTP library would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class RawSite:
    """A served site; `requests` are the heads as they came, in lower case."""

    url: str = ""
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def serve_raw(answer: Answer) -> AsyncIterator[RawSite]:
    """Serve on loopback: every connection gets `answer` to each of its requests."""
    site, open_writers, idle = RawSite(), set[asyncio.StreamWriter](), asyncio.Condition()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                site.requests.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower())
                await answer(writer)
                await writer.drain()
        writer.transport.abort()
        async with idle:
            open_writers.discard(writer)
            idle.notify()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield site
    finally:
        server.close()
        for writer in open_writers:
            writer.transport.abort()
        async with idle:
            await idle.wait_for(lambda: not open_writers)


def page(body: bytes = b"<p>words</p>", headers: Iterable[bytes] = (), *, length: int | None = None) -> Answer:
    """Return a 200 with `body`; `length` is what its header claims."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: text/html", b"Content-Length: %d" % (length or len(body)), *headers]

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    return write


def drip(head: bytes, drop: bytes, seconds: float) -> Answer:
    """Return an answer of `head`, then one `drop` after another for ever."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(seconds)

    return write
