"""What the loopback servers of models share: a script of behaviours, one a request, and a record of the requests.

    async with serve_openai() as server:
        server.script(status(503), text("Hello"))     # the first request fails, the second is answered
        ... use server.base_url ...
        server.requests[0].body["model"]

A request beyond the script gets `server.otherwise`, a good answer. Speaks HTTP for real; knows no test framework.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from tests.servers.ports import HOST, held_port

Json: TypeAlias = Any


@dataclass(slots=True)
class Asked:
    """One request. `aborted`: the client hung up before it had the whole answer."""

    path: str
    headers: Mapping[str, str]
    body: Json
    aborted: bool = False
    query: Mapping[str, str] = field(default_factory=dict)


Behaviour: TypeAlias = Callable[[web.Request, Json], Awaitable[web.StreamResponse]]


class ScriptedServer:
    """A server on loopback that plays its script."""

    def __init__(self, otherwise: Behaviour) -> None:
        self.otherwise = otherwise
        self.requests: list[Asked] = []
        self.base_url = ""
        self.models: Json = {"object": "list", "data": [{"id": "served-model", "object": "model"}]}
        self._script: deque[Behaviour] = deque()

    def script(self, *behaviours: Behaviour) -> None:
        """Set the behaviour of the next requests, in order."""
        self._script.extend(behaviours)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/models"):  # asked for in passing, and no part of a script
            return web.json_response(self.models)
        asked = Asked(request.path, request.headers.copy(), await request.json() if request.can_read_body else None)
        asked.query = dict(request.query)
        self.requests.append(asked)
        behaviour = self._script.popleft() if self._script else self.otherwise
        try:
            return await behaviour(request, asked.body)
        except (asyncio.CancelledError, ConnectionError):
            asked.aborted = True
            raise


@contextmanager
def nobody() -> Iterator[ScriptedServer]:
    """Yield a server that is not there: connections to its address are refused."""
    server = ScriptedServer(hang())
    with held_port() as port:
        server.base_url = f"http://{HOST}:{port}/v1"
        yield server


@asynccontextmanager
async def serving(server: ScriptedServer, *paths: str) -> AsyncIterator[str]:
    """Serve `paths` from a free port of loopback. -> its address, such as `"http://127.0.0.1:1234"`."""
    app = web.Application(client_max_size=64 * 2**20)
    for path in paths:
        app.router.add_route("*", path, server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def status(code: int, body: Json = None, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer with a status, and JSON."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        return web.json_response(body or {}, status=code, headers=headers)

    return behave


def raw(
    content: bytes, *, content_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Behaviour:
    """Answer 200 with these bytes."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        return web.Response(body=content, content_type=content_type, headers=headers)

    return behave


def json_answer(body: Json) -> Behaviour:
    """Answer 200 with JSON; NaN is written as Python does, which is what broken servers do."""
    return raw(json.dumps(body).encode())


def hang() -> Behaviour:
    """Never answer."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    return behave


def slow(seconds: float, then: Behaviour) -> Behaviour:
    """Wait before the first byte."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await then(request, asked)

    return behave


def reset() -> Behaviour:
    """Drop the connection without an answer."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        drop(request)
        return web.Response()

    return behave


def drop(request: web.Request) -> None:
    """Cut the connection at once, with what is in flight."""
    if request.transport is not None:
        request.transport.abort()
