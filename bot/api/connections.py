"""Bounds what connections may cost, since anybody who reaches the port can open them.

    more than `most` at a time              closed as they are opened
    no whole request within `IDLE_SECONDS`  closed: idle, or sending a byte now and then

How long a body and a response may take is bounded where they are read and written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

MOST, IDLE_SECONDS, LOOK_SECONDS = 500, 15.0, 2.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Closed(asyncio.Protocol):
    """A connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Connections:
    """Makes the protocol of each connection of a server, and closes those that only wait."""

    def __init__(self, most: int = MOST, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._busy = set[object]()
        self._waits_since = dict[object, float]()
        self._server: web.Server | None = None

    def serve(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """Return what makes a protocol for each connection."""
        self._server = server
        return self._accept

    def _accept(self) -> asyncio.Protocol:
        assert self._server is not None
        return self._server() if len(self._server.connections) < self._most else _Closed()

    @web.middleware
    async def note_requests(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note which connections are at work."""
        self._busy.add(request.protocol)
        try:
            return await handler(request)
        finally:
            self._busy.discard(request.protocol)
            self._waits_since.pop(request.protocol, None)

    async def close_idle(self) -> None:
        """Close connections that have waited for too long, again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._look(time.monotonic())

    def _look(self, now: float) -> None:
        waiting = [each for each in self._server.connections if each not in self._busy] if self._server else []
        self._waits_since = {each: self._waits_since.get(each, now) for each in waiting}
        for each in waiting:
            if now - self._waits_since[each] >= self._idle_seconds:
                each.force_close()
