"""Bounds what connections may cost, since anybody who reaches the port can open them.

    more than `most` at a time              closed as they are opened
    no whole request within `IDLE_SECONDS`  closed: idle, or sending a byte now and then; as long once more for its body

How long a response may take is bounded where it is written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

from aiohttp import web

from core.tasks import run_in_background

MOST, IDLE_SECONDS, LOOK_SECONDS = 500, 15.0, 2.0

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Closed(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Waits:
    """Knows for how long each connection has waited."""

    def __init__(self, seconds: float = IDLE_SECONDS) -> None:
        self._seconds = seconds
        self._since = dict[object, float]()

    def find_overdue(self, waiting: Iterable[T]) -> list[T]:
        """Return those of the connections that wait now which have done so for too long."""
        now = time.monotonic()
        each_since = [(each, self._since.get(each, now)) for each in waiting]
        self._since = dict(each_since)
        return [each for each, since in each_since if now - since >= self._seconds]

    def end(self, connection: object) -> None:
        """Note that a connection has just had or sent something whole."""
        self._since.pop(connection, None)


class Connections:
    """Makes the protocol of each connection of a server, and closes those that only wait."""

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most = most
        self._requests = dict[object, web.Request]()
        self._waits = Waits(idle_seconds)
        self._server: web.Server | None = None

    @asynccontextmanager
    async def listen(self, runner: web.AppRunner, address: str) -> AsyncIterator[int]:
        """Serve at host:port while the block runs, then end the runner. -> the port. Raises `OSError`."""
        runner.app.middlewares.insert(0, self.note_requests)
        await runner.setup()
        try:
            self._server = runner.server
            host, _, port = address.rpartition(":")
            listening = await asyncio.get_running_loop().create_server(self._accept, host.strip("[]"), int(port))
            try:
                async with run_in_background(self._close_idle()):
                    yield int(listening.sockets[0].getsockname()[1])
            finally:
                listening.close()
        finally:
            await runner.cleanup()

    def _accept(self) -> asyncio.Protocol:
        assert self._server is not None
        return self._server() if len(self._server.connections) < self._most else _Closed()

    @web.middleware
    async def note_requests(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note which connections are at work."""
        self._requests[request.protocol] = request
        self._waits.end(request.protocol)
        try:
            return await handler(request)
        finally:
            self._requests.pop(request.protocol, None)
            self._waits.end(request.protocol)

    async def _close_idle(self) -> None:
        """Close connections that have waited for too long, again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            connections = self._server.connections if self._server else []
            for each in self._waits.find_overdue(filter(self._is_waiting, connections)):
                each.force_close()

    def _is_waiting(self, connection: object) -> bool:
        request = self._requests.get(connection)
        return request is None or not request.content.is_eof()
