"""Socket Mode: one-time tickets, any number of websockets, envelopes with acks, and sending again.

    apps.connections.open -> ticket -> websocket -> hello -> envelopes, in turn over the sockets -> acks

    not acked in `patience` seconds    sent again after each of `delays`, as a retry, then given up; commands and
                                       presses are never sent again: the person reads `operation_timeout`
    its socket dies before the ack     sent again at once over another socket, or over the next that comes
    no socket                          an event waits for one; a command or a press fails: `dispatch_failed`
    `keeps` is False                   an event that was not acked at once is lost: nothing is sent again, or waits

Every socket is served by a separate handler of the web server: nothing here starts a task that nobody owns.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias

from aiohttp import WSMessage, WSMsgType, web

from tests.servers.slack.faults import Faults
from tests.servers.slack.record import Envelope, Json, Refused, Sent
from tests.servers.slack.workspace import Workspace

Reason: TypeAlias = Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"]

TICKET_SECONDS = 30.0


class Socket:
    """One websocket of the app. `deaf`: frozen for ever; `draining`: it gets no further envelopes."""

    def __init__(self, number: int, request: web.Request, ws: web.WebSocketResponse) -> None:
        self.number, self.deaf, self.draining = number, False, False
        self.pending: dict[str, tuple[Envelope, Sent]] = {}
        self._request, self._ws = request, ws
        self._outbox: asyncio.Queue[tuple[str, Sent | None]] = asyncio.Queue()

    def put(self, frame: str, sent: Sent | None = None) -> None:
        self._outbox.put_nowait((frame, sent))

    def cut(self) -> None:
        """Break the connection off, with what is in flight."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        while True:
            frame, sent = await self._outbox.get()
            if sent is not None:
                sent.sent_at = time.monotonic()
            if self.deaf:
                continue
            try:
                await self._ws.send_str(frame)
            except ConnectionError:
                return  # the reader of this socket learns of its end as well

    async def pong(self, data: bytes) -> None:
        if not self.deaf:
            with suppress(ConnectionError):  # the reader learns of the end by itself
                await self._ws.pong(data)


class Sockets:
    """The sockets of one app, and the envelopes under way on them.

    `live`: those that are open; `refused`: how many handshakes failed; `noise`: frames of the app that ack nothing.
    """

    def __init__(self, space: Workspace, faults: Faults) -> None:
        self.patience = 3.0
        self.delays: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.most = 10
        self.keeps = True
        self.live: list[Socket] = []
        self.noise: list[str] = []
        self.refused = 0
        self._space, self._faults = space, faults
        self._tickets: dict[str, float] = {}
        self._waiting: deque[Envelope] = deque()
        self._turn = 0
        self._opened = 0
        self._closed = False

    # --- tickets and handshakes

    def ticket(self) -> str:
        """Return a url for one handshake, within 30 s."""
        name = f"{self._space.random.getrandbits(128):032x}"
        self._tickets[name] = time.monotonic() + TICKET_SECONDS
        base = self._space.base_url.replace("http", "ws", 1)
        return f"{base}/link/?ticket={name}&app_id={self._space.app_id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket to its end. The ticket is used up even where the handshake fails."""
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if time.monotonic() > until:
            return self._refuse(408)
        if self._faults.sockets == "refuse" or self._faults.fails_handshake():
            return self._refuse(503)
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self._opened += 1
        socket = Socket(self._opened, request, ws)
        self._join(socket)
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(socket.write())
                async for message in ws:
                    await self._hear(socket, message)
                writer.cancel()
        finally:
            self._leave(socket)
        return ws

    def _refuse(self, status: int) -> web.Response:
        self.refused += 1
        self._space.touch()
        return web.Response(status=status)

    def _join(self, socket: Socket) -> None:
        self.live.append(socket)
        info = {"host": "applink-loopback", "build_number": 1, "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self.live), "debug_info": info}
        socket.put(json.dumps(hello | {"connection_info": {"app_id": self._space.app_id}}))
        if len(self.live) > self.most:
            self._disconnect(socket, "too_many_websockets")
        waiting, self._waiting = self._waiting, deque()
        for envelope in waiting:
            if envelope.sends:
                self._send(envelope, "connection_failed")
            else:
                self.post(envelope)
        self._space.touch()

    def _leave(self, socket: Socket) -> None:
        """Send again the envelopes that died with a socket, and were not sent over another since."""
        self.live.remove(socket)
        lost = [envelope for envelope, sent in socket.pending.values() if envelope.sends[-1] is sent]
        for envelope in lost if not self._closed else ():
            if envelope.kind == "events_api" and envelope.acked_at is None and not envelope.given_up:
                self._stop_timer(envelope)
                self._send(envelope, "connection_failed")
        self._space.touch()

    # --- envelopes

    def post(self, envelope: Envelope) -> None:
        """Send an envelope; an event as often as `faults.copies` says."""
        for copy in range(self._faults.copies if envelope.kind == "events_api" else 1):
            self._send(envelope, "timeout" if copy else "")

    def _send(self, envelope: Envelope, reason: str = "") -> None:
        socket = self._pick()
        if envelope.kind == "events_api" and not self.keeps and (socket is None or envelope.sends):
            envelope.given_up = True
            return
        if socket is None:
            self._without_socket(envelope)
            return
        number = f"{next(self._space.numbers):08d}-{self._space.random.getrandbits(32):08x}"
        sent = Sent(number, len(envelope.sends), reason, socket.number, time.monotonic())
        envelope.sends.append(sent)
        socket.pending[number] = (envelope, sent)
        frame: Json = {"envelope_id": number, "payload": envelope.body, "type": envelope.kind}
        frame["accepts_response_payload"] = envelope.kind != "events_api"
        if envelope.kind == "events_api":
            frame |= {"retry_attempt": sent.attempt, "retry_reason": reason}
        socket.put(json.dumps(frame), sent)
        self._start_timer(envelope, self.patience, self._overdue)
        self._space.touch()

    def _pick(self) -> Socket | None:
        """Return the next socket, in turn; None where there is none."""
        ready = [socket for socket in self.live if not socket.draining]
        self._turn += 1
        return ready[self._turn % len(ready)] if ready else None

    def _without_socket(self, envelope: Envelope) -> None:
        if envelope.kind != "events_api":
            envelope.error = "dispatch_failed"
        elif envelope not in self._waiting:
            self._waiting.append(envelope)

    def _overdue(self, envelope: Envelope) -> None:
        if envelope.kind != "events_api":
            envelope.error = "operation_timeout"
            self._space.touch()
            return
        if envelope.retries >= len(self.delays) or not self.keeps:
            envelope.given_up = True
            self._space.touch()
            return
        envelope.retries += 1
        self._start_timer(envelope, self.delays[envelope.retries - 1], lambda late: self._send(late, "timeout"))

    async def _hear(self, socket: Socket, message: WSMessage) -> None:
        if socket.deaf:
            return
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            self._ack(socket, message.data)

    def _ack(self, socket: Socket, frame: str) -> None:
        try:
            ack = json.loads(frame)
            envelope, sent = socket.pending.pop(ack["envelope_id"])
        except (ValueError, KeyError, TypeError):
            self.noise.append(frame)
            return
        self._stop_timer(envelope)
        acked(self._space, envelope, sent, ack.get("payload"))

    # --- what may go wrong

    def disconnect(self, reason: Reason) -> None:
        """Announce to every socket that it will be closed; all but "warning" get no further envelopes."""
        for socket in self.live:
            self._disconnect(socket, reason)

    def _disconnect(self, socket: Socket, reason: Reason) -> None:
        socket.put(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-loopback"}}))
        socket.draining = reason != "warning"

    def cut(self) -> None:
        """Break all sockets off."""
        for socket in self.live:
            socket.cut()

    def freeze(self) -> None:
        """Freeze the sockets of this moment: from now on they receive and send nothing, and stay open."""
        for socket in self.live:
            socket.deaf = True

    def send_frame(self, frame: str) -> None:
        """Send any text as it is, over the next socket. Raises ConnectionError where there is none."""
        socket = self._pick()
        if socket is None:
            raise ConnectionError("no socket is connected")
        socket.put(frame)

    def close(self) -> None:
        """Break all off and send nothing again."""
        self._closed = True
        for envelope in self._space.envelopes:
            self._stop_timer(envelope)
        self.cut()

    def _start_timer(self, envelope: Envelope, seconds: float, then: Callable[[Envelope], None]) -> None:
        self._stop_timer(envelope)
        envelope.timer = asyncio.get_running_loop().call_later(seconds, then, envelope)

    def _stop_timer(self, envelope: Envelope) -> None:
        if envelope.timer is not None:
            envelope.timer.cancel()
            envelope.timer = None


def acked(space: Workspace, envelope: Envelope, sent: Sent, answer: Json) -> None:
    """Record an ack, and do what the payload of the first one asks for."""
    first = envelope.acked_at is None
    sent.acked_at = time.monotonic()
    if first:
        envelope.answer = answer
        try:
            if envelope.answered is not None:
                envelope.answered(answer)
        except Refused as refused:
            envelope.error = str(refused)
    space.touch()
