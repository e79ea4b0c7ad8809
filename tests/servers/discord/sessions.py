"""The deliveries of the gateway: events, the sessions that keep them, and the sockets they are written to."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from tests.servers.discord.model import Intents, Json


@dataclass(frozen=True, slots=True)
class Event:
    """One event to be delivered. `data` and `bare` are JSON; `bare` is for sessions that may not read texts.

    `guild_id` None: it goes to shard 0, as direct messages do. `intents` 0: to every session of the shard.
    """

    name: str
    data: str
    bare: str
    guild_id: int | None
    intents: Intents


@dataclass(eq=False, slots=True)
class Session:
    """What outlives a socket: the client, and all events since, numbered."""

    id: str
    shard: tuple[int, int]
    intents: Intents
    log: deque[tuple[int, str]]
    sequence: int = 0
    link: Link | None = None
    left: float = 0.0

    def wants(self, event: Event) -> bool:
        """Return whether the event is of its shard and its intents."""
        of_shard = (event.guild_id >> 22) % self.shard[1] if event.guild_id is not None else 0
        return of_shard == self.shard[0] and (not event.intents or bool(self.intents & event.intents))

    def push(self, event: Event) -> None:
        """Store an event under the next number, and send it."""
        self.sequence += 1
        data = event.data if self.intents & Intents.MESSAGE_CONTENT else event.bare
        frame = f'{{"op":0,"t":"{event.name}","s":{self.sequence},"d":{data}}}'
        self.log.append((self.sequence, frame))
        if self.link is not None:
            self.link.send(frame)


@dataclass(eq=False, slots=True)
class Link:
    """One socket, with one queue and one writer, so that a client that does not read holds nobody up.

    While it is not `flowing`, nothing is written and nothing is answered, and the socket stays open. `closing`: the
    code that this side closes it with.
    """

    socket: web.WebSocketResponse
    request: web.Request
    compressor: zlib._Compress | None
    session: Session | None = None
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    closing: int = 0
    heartbeats: list[float] = field(default_factory=list)
    queue: asyncio.Queue[str | int] = field(default_factory=asyncio.Queue)

    def send(self, frame: str | int) -> None:
        """Queue a frame, or a close code."""
        self.queue.put_nowait(frame)

    def op(self, number: int, data: Json = None) -> None:
        """Queue a frame that is no event."""
        self.send(json.dumps({"op": number, "t": None, "s": None, "d": data}))

    async def write(self) -> None:
        """Send what is queued, until a close code or the end of the socket."""
        while True:
            frame = await self.queue.get()
            await self.flowing.wait()
            try:
                if isinstance(frame, int):
                    self.closing = frame
                    await self.socket.close(code=frame)
                    return
                await self._write(frame.encode())
            except ConnectionError:
                return

    async def _write(self, frame: bytes) -> None:
        if self.compressor is None:
            await self.socket.send_str(frame.decode())
            return
        await self.socket.send_bytes(self.compressor.compress(frame) + self.compressor.flush(zlib.Z_SYNC_FLUSH))

    def cut(self) -> None:
        """Cut the connection without a close code; the client sees 1006."""
        if self.request.transport is not None:
            self.request.transport.abort()


def plain(name: str, data: Json, guild_id: int | None = None) -> Event:
    """Return an event that reads the same with and without the intent for texts."""
    text = json.dumps(data)
    return Event(name, text, text, guild_id, Intents(0))
