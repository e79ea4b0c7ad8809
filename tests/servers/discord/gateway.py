"""Discord's gateway: sockets, sessions and their events.

    socket ──HELLO──> client ──IDENTIFY──> Session 1 ──READY, GUILD_CREATE, events 1 2 3 ...──> socket
    socket lost: the session stays, events go on being numbered
    socket ──HELLO──> client ──RESUME, seq 2──> events 3 ..., RESUMED

A session belongs to a shard and gets the events of its intents. Every session of a shard gets them, as two replicas of
a bot do. Sessions and sockets are in `sessions`, events are described in `events`, and `outages` plays faults.
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import deque
from collections.abc import Callable

from aiohttp import WSCloseCode, WSMsgType, web

from tests.servers.discord import payloads
from tests.servers.discord.model import Intents, Json, Start
from tests.servers.discord.sessions import Event, Link, Session, plain
from tests.servers.discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 8, 9, 10, 11
_SILENT = frozenset({3, 4})  # presence and voice, which need no answer
_ALL_INTENTS = (1 << 26) - 1
_FORGETTING = frozenset({1000, 1001, 4004, 4007, 4009, 4014})  # close codes after which nothing can be resumed


class Gateway:
    """All links and sessions. `refusing`: the HTTP status of the handshake while the gateway is out, else 0."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.refusing = 0
        self.links: list[Link] = []
        self.sessions: dict[str, Session] = {}
        self._identified = float("-inf")
        self._serial = 0
        self._acts: dict[int, Callable[[Link, Json], None]] = {
            HEARTBEAT: self._heartbeat,
            IDENTIFY: self._identify,
            RESUME: self._resume,
            MEMBERS: self._members,
        }

    @property
    def connected(self) -> list[Session]:
        """The sessions that have a socket now."""
        return [each for each in self.sessions.values() if each.link is not None]

    def dispatch(self, event: Event, copies: int = 1) -> None:
        """Deliver an event to every session that wants it, including those that wait to be resumed."""
        self._forget_old()
        for session in self.sessions.values():
            if session.wants(event):
                for _ in range(copies):
                    session.push(event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket, from handshake to end."""
        if self.refusing:
            return web.Response(status=self.refusing, text="upstream connect error")
        socket = web.WebSocketResponse(timeout=1.0, compress=False, autoping=True)
        await socket.prepare(request)
        compressor = zlib.compressobj(1) if request.query.get("compress") == "zlib-stream" else None
        link = Link(socket, request, compressor)
        link.flowing.set()
        self.links.append(link)
        try:
            link.op(HELLO, {"heartbeat_interval": max(1, int(self._world.limits.heartbeat_seconds * 1000))})
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(link.write())
                await self._read(link)
                if not link.closing:
                    writer.cancel()
        finally:
            self._end(link)
        return socket

    async def _read(self, link: Link) -> None:
        async for message in link.socket:
            if not link.flowing.is_set():
                continue
            if message.type is not WSMsgType.TEXT:
                link.send(4002)
                continue
            try:
                packet = json.loads(message.data)
                number, data = packet["op"], packet.get("d")
            except (ValueError, TypeError, KeyError):
                link.send(4002)
                continue
            self._act(link, number, data)

    def _act(self, link: Link, number: int, data: Json) -> None:
        act = self._acts.get(number)
        if act is not None:
            act(link, data)
        elif number not in _SILENT:
            link.send(4001)

    def _heartbeat(self, link: Link, data: Json) -> None:
        link.heartbeats.append(time.monotonic())
        link.op(ACK)

    def _identify(self, link: Link, data: Json) -> None:
        shard, intents = tuple(data.get("shard", (0, 1))), Intents(int(data["intents"]))
        if self._world.identified >= self._world.limits.identifies:
            self._world.token = "reset, since it connected too often"
        code = self._fault_of(link, data["token"], shard, intents)
        now = time.monotonic()
        if code:
            self._record("identify", shard, intents, str(code))
            link.send(code)
            return
        if now - self._identified < self._world.limits.identify_seconds:
            self._record("identify", shard, intents, "invalid")
            link.op(INVALID, data=False)
            return
        self._identified = now
        self._serial += 1
        session = Session(f"session-{self._serial}", shard, intents, deque(maxlen=self._world.limits.replay), link=link)
        self.sessions[session.id] = link.session = session
        self._greet(session)
        self._record("identify", shard, intents, "ready")

    def _fault_of(self, link: Link, token: str, shard: tuple[int, ...], intents: Intents) -> int:
        if link.session is not None:
            return 4005
        if token != self._world.token:
            return 4004
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010
        if intents & ~_ALL_INTENTS:
            return 4013
        return 4014 if intents & Intents.privileged() & ~self._world.granted else 0

    def _greet(self, session: Session) -> None:
        world = self._world
        mine = [one for one in world.guilds.values() if (one.id >> 22) % session.shard[1] == session.shard[0]]
        ready = {
            "v": 10,
            "user": payloads.user(world.bot),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in mine],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": world.gateway_url,
            "shard": list(session.shard),
            "application": {"id": str(world.application_id), "flags": payloads.application(world)["flags"]},
        }
        session.push(plain("READY", ready))
        for one in mine if session.intents & Intents.GUILDS else ():
            session.push(plain("GUILD_CREATE", payloads.guild(world, one)))

    def _resume(self, link: Link, data: Json) -> None:
        self._forget_old()
        session, seen = self.sessions.get(data["session_id"]), data["seq"]
        kept = session is not None and (not session.log or session.log[0][0] <= seen + 1)
        if session is None or not kept or seen > session.sequence or data["token"] != self._world.token:
            self._record("resume", (0, 0), Intents(0), "invalid")
            link.op(INVALID, data=False)
            return
        if session.link is not None:
            session.link.session = None
            session.link.send(int(WSCloseCode.SERVICE_RESTART))
        session.link, link.session = link, session
        for number, frame in session.log:
            if number > seen:
                link.send(frame)
        session.push(plain("RESUMED", {}))
        self._record("resume", session.shard, session.intents, "resumed")

    def _members(self, link: Link, data: Json) -> None:
        wanted = data.get("user_ids")
        ids = {int(one) for one in ([wanted] if isinstance(wanted, str | int) else wanted or ())}
        known = [one for one in self._world.users.values() if not ids or one.id in ids]
        chunk = {
            "guild_id": str(data["guild_id"]),
            "members": [payloads.member(one) for one in known],
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": data.get("nonce"),
        }
        if link.session is not None:
            link.session.push(plain("GUILD_MEMBERS_CHUNK", chunk))

    def _record(self, what: str, shard: tuple[int, ...], intents: Intents, outcome: str) -> None:
        pair = (shard[0], shard[1]) if len(shard) == 2 else (0, 0)
        self._world.starts.append(Start(time.monotonic(), what, pair, intents, outcome))
        self._world.changed()

    def _end(self, link: Link) -> None:
        self.links.remove(link)
        session = link.session
        if session is not None:
            session.link, session.left = None, time.monotonic()
            if (link.closing or link.socket.close_code) in _FORGETTING:
                self.sessions.pop(session.id, None)
        self._world.changed()

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._world.limits.resume_seconds
        for session in [one for one in self.sessions.values() if one.link is None and one.left < oldest]:
            del self.sessions[session.id]
