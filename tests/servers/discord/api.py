"""The path of a REST request through the loopback Discord, the same for every route.

    request ─> read ─> [fault] ─> token ─> limits ─> act ─> [answer dropped] ─> answer
                          └──────────┴────────┴───────┴──────────┴──> one `Call` in the record

An act is a plain function of the world; it raises `Refused` for an answer that is no success. The acts are listed
in `routes`.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from tests.servers.discord.events import Events
from tests.servers.discord.faults import Fault, Faults
from tests.servers.discord.model import Attachment, Call, Json, Refused
from tests.servers.discord.rates import Rates, Window
from tests.servers.discord.world import World

_VIA = {"Via": "1.1 google"}  # discord.py takes a 429 without it for a ban and raises


@dataclass(frozen=True, slots=True)
class Incoming:
    """What an act needs of a request: the parts of its path, its query, JSON and files."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Back:
    """What acts work on."""

    world: World
    events: Events


Act: TypeAlias = Callable[[Back, Incoming], Json]


@dataclass(frozen=True, slots=True)
class Route:
    """`limit`: the field of `IntakeLimits` that counts it. `by`: the part of the path that it is counted for.

    `open`: it needs no token, and does not count for the application as a whole, as with interactions.
    """

    name: str
    method: str
    path: str
    act: Act
    limit: str = "others"
    by: str = ""
    open: bool = False


class Api:
    """Answers the routes."""

    def __init__(self, back: Back, faults: Faults) -> None:
        self._back = back
        self._world = back.world
        self._faults = faults
        self._rates = Rates(back.world.limits)

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler that the web server calls for a route."""

        async def handle(request: web.Request) -> web.StreamResponse:
            at = time.monotonic()
            incoming = await self._read(request)
            fault = self._faults.next(route.name)
            if fault is not None and fault.delay:
                await asyncio.sleep(fault.delay)
            answer, code = self._answer(route, request, incoming, fault)
            path = request.path_qs if request.query_string else request.path
            status = answer.status if answer is not None else 0
            self._world.calls.append(Call(at, route.name, route.method, path, incoming.body, status, code))
            self._world.changed()
            return answer if answer is not None else _cut(request)

        return handle

    def _answer(
        self, route: Route, request: web.Request, incoming: Incoming, fault: Fault | None
    ) -> tuple[web.Response | None, int]:
        """Return the answer and Discord's code of a refusal; the answer is None where the connection is cut."""
        if fault is not None and not fault.done:
            return _failed(fault), 0
        answer, code = self._performed(route, request, incoming)
        if fault is not None and fault.status != 200:
            return _failed(fault), code
        if answer.status < 300 and self._faults.drops(route.name):
            return None, code
        return answer, code

    def _performed(self, route: Route, request: web.Request, incoming: Incoming) -> tuple[web.Response, int]:
        if not route.open and request.headers.get("Authorization") != f"Bot {self._world.token}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401, {}), 0
        now = time.monotonic()
        wait = 0.0 if route.open else self._rates.whole(now)
        if wait:
            return _limited(wait, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, whole=True), 0
        bucket = route.name if route.limit == "others" else route.limit
        limited = incoming.path.get(route.by, "")
        window: Window = self._rates.window(bucket, limited, getattr(self._world.limits, route.limit))
        free = window.take(now)
        headers = window.headers(f"bucket-{bucket}", now)
        if not free:
            scope = "shared" if bucket == "threads" else "user"
            return _limited(window.ends - now, headers | {"X-RateLimit-Scope": scope}, whole=False), 0
        try:
            body = route.act(self._back, incoming)
        except Refused as refused:
            document = {"message": refused.message, "code": refused.code}
            more = {"errors": refused.errors} if refused.errors is not None else {}
            return _json(document | more, refused.status, headers), refused.code
        return _json(body, 200 if body is not None else 204, headers), 0

    async def _read(self, request: web.Request) -> Incoming:
        path, query = dict(request.match_info), dict(request.query)
        if request.content_type != "multipart/form-data":
            text = await request.text()
            return Incoming(path, query, json.loads(text) if text else None)
        body, files = None, []
        for name, value in (await request.post()).items():
            if name == "payload_json":
                body = json.loads(value.file.read() if isinstance(value, web.FileField) else value)
            elif isinstance(value, web.FileField):
                files.append(Attachment(self._world.new_id(), value.filename, value.file.read()))
        return Incoming(path, query, body, tuple(files))


def _json(body: Json, status: int, headers: Mapping[str, str]) -> web.Response:
    """Return JSON of exactly `application/json`: with a charset discord.py would take it for text."""
    if body is None:
        return web.Response(status=status, headers={**_VIA, **headers})
    data = json.dumps(body).encode()
    return web.Response(body=data, status=status, content_type="application/json", headers={**_VIA, **headers})


def _limited(wait: float, headers: Mapping[str, str], *, whole: bool) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": math.ceil(wait * 1000) / 1000, "global": whole}
    return _json(body, 429, {**headers, "Retry-After": str(math.ceil(wait))})


def _failed(fault: Fault) -> web.Response | None:
    """Return an error as Discord words it, or as a proxy in front of it does; None for a connection that is cut."""
    if fault.code:
        return _json({"message": "Not now", "code": fault.code}, fault.status, {})
    return web.Response(status=fault.status, text="upstream connect error") if fault.status else None


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
