"""How the gateway fails when a test wants it to: a request to reconnect, closed, cut, silent, or away.

    close code     what discord.py does           code    what it means
    4000           resumes                        4004    the token is wrong: gives up
    4007 4009      the session is gone            4014    an intent is not granted: gives up

A wrong token and an intent that is not granted are best played by changing `world.token` and `world.granted`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.servers.discord.faults import Fault, Faults
from tests.servers.discord.gateway import INVALID, RECONNECT, Gateway


class Outages:
    """Faults of the gateway; `away` takes REST with it where a test wants that. `doors` opens and shuts the ports."""

    def __init__(self, gateway: Gateway, faults: Faults, doors: Callable[[bool, bool], Awaitable[None]]) -> None:
        self._gateway = gateway
        self._faults = faults
        self._doors = doors

    def reconnect(self) -> None:
        """Send op 7: every client must connect again and resume."""
        for link in self._gateway.links:
            link.op(RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9: the session is not valid; where it is not resumable, the events of meanwhile are lost."""
        for link in list(self._gateway.links):
            if not resumable and link.session is not None:
                self._gateway.sessions.pop(link.session.id, None)
                link.session = None
            link.op(INVALID, resumable)

    def close(self, code: int) -> None:
        """Close every socket with a code."""
        for link in self._gateway.links:
            link.send(code)

    def cut(self) -> None:
        """Cut every connection without a close code (the client sees 1006)."""
        for link in list(self._gateway.links):
            link.cut()

    def freeze(self) -> None:
        """Freeze every socket that is open now: it stays open, and answers nothing, not even a heartbeat."""
        for link in self._gateway.links:
            link.flowing.clear()

    def thaw(self) -> None:
        """Thaw the frozen sockets that are left."""
        for link in self._gateway.links:
            link.flowing.set()

    def forget(self) -> None:
        """Forget all sessions without a socket, so that they cannot be resumed; sockets that are open stay."""
        for session in list(self._gateway.sessions.values()):
            if session.link is None:
                del self._gateway.sessions[session.id]

    @asynccontextmanager
    async def away(self, *, status: int = 0, rest: bool = False) -> AsyncIterator[None]:
        """Shut the gateway while the block runs, and cut the connections that are open.

        `status`: what answers the handshake, such as 503; 0 refuses the connection. With `rest`, REST fails
        likewise.
        """
        self._gateway.refusing = status
        self._faults.down = Fault(status) if rest else None
        if not status:
            await self._doors(False, rest)
        self.cut()
        try:
            yield
        finally:
            if not status:
                await self._doors(True, rest)
            self._gateway.refusing, self._faults.down = 0, None
