"""Server-sent events of one answer, to a reader that may be slow or go away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from core.tasks import run_in_background

PING_SECONDS, SLOWEST_SECONDS = 10.0, 20.0
"""Between two comments that keep a connection open, and until a reader that takes nothing is given up."""


class EventStream:
    """Writes events. A write raises `ConnectionError` if the reader has gone, or takes nothing for a while."""

    def __init__(self, response: web.StreamResponse) -> None:
        self.response = response
        self._lock = asyncio.Lock()

    async def send(self, document: object, event: str = "") -> None:
        """Send one event with a JSON document as its data, of the type `event`."""
        data = json.dumps(document, ensure_ascii=False, default=str)
        await self.send_text(data, event)

    async def send_text(self, data: str, event: str = "") -> None:
        """Send one event with a text of one line as its data."""
        head = f"event: {event}\n" if event else ""
        await self._write(f"{head}data: {data}\n\n")

    async def _write(self, text: str) -> None:
        async with self._lock:
            try:
                async with asyncio.timeout(SLOWEST_SECONDS):
                    await self.response.write(text.encode("utf-8", "replace"))
            except TimeoutError:
                raise ConnectionResetError("The reader takes nothing.") from None

    async def ping(self) -> None:
        """Send a comment now and then, until cancelled or the reader has gone."""
        try:
            while True:
                await asyncio.sleep(PING_SECONDS)
                await self._write(": still here\n\n")
        except ConnectionError:
            return


@asynccontextmanager
async def open_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """Begin a response of server-sent events, and end it when the block does."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    stream = EventStream(response)
    async with run_in_background(stream.ping()):
        yield stream
    await response.write_eof()
