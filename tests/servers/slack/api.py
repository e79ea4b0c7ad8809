"""The entry of the Web API: read the arguments, check token, limits and faults, carry out, record, answer.

    outage? -> lost? -> method known? -> token -> tiers -> scripted refusal -> scope -> arguments -> method -> record
    -> cut?

What the methods do is in `chat`, `streams`, `reading`, `agents` and `modals`: functions of the workspace and the
arguments, which give the answer without "ok", or raise `Refused`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from tests.servers.scripted import drop
from tests.servers.slack import agents, arguments, chat, interactions, modals, reading, streams
from tests.servers.slack.faults import Faults
from tests.servers.slack.record import Call, Json, Refused
from tests.servers.slack.sockets import Sockets
from tests.servers.slack.tiers import Tiers
from tests.servers.slack.workspace import Workspace

Method: TypeAlias = Callable[[Workspace, Json], Json]

METHODS: Mapping[str, Method] = {
    **chat.METHODS,
    **streams.METHODS,
    **reading.METHODS,
    **agents.METHODS,
    **modals.METHODS,
}
_JSON_FIELDS = {"blocks", "attachments", "metadata", "chunks", "view", "prompts", "loading_messages"}


class Api:
    """Serves /api/{method} and /respond/{number}/{secret}."""

    def __init__(self, space: Workspace, faults: Faults, tiers: Tiers, sockets: Sockets) -> None:
        self._space, self._faults, self._tiers, self._sockets = space, faults, tiers, sockets

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of a method."""
        method = request.match_info["method"]
        token, args = await _read(request)
        return await self._serve(request, method, args, lambda: self._carry_out(method, token, args))

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer one use of a response_url, recorded as a call of "response_url"."""
        answer = await request.json()
        return await self._serve(request, "response_url", answer, lambda: self._use(str(request.url), answer))

    async def _serve(
        self, request: web.Request, method: str, args: Json, carry_out: Callable[[], Json]
    ) -> web.StreamResponse:
        if (outage := await self._outage(request, method)) is not None:
            return outage
        call, headers = Call(method, args, time.monotonic()), {"X-OAuth-Scopes": ",".join(sorted(self._space.scopes))}
        try:
            call.answer = {"ok": True, **carry_out()}
        except Refused as refused:
            call.answer, call.status = refused.answer, refused.status
            headers |= refused.headers
        self._space.calls.append(call)
        self._space.touch()
        await asyncio.sleep(self._faults.wait(method))
        if call.answer["ok"] and self._faults.drops(method):
            call.cut = True
            drop(request)
        if method == "response_url" and call.answer["ok"]:
            return web.Response(text="ok")
        return web.json_response(call.answer, status=call.status, headers=headers)

    async def _outage(self, request: web.Request, method: str) -> web.StreamResponse | None:
        match self._faults.api:
            case "up" if not self._faults.loses(method):
                return None
            case "unavailable":
                return web.Response(status=503, text="upstream connect error", content_type="text/html")
            case "hang":
                await self._faults.hung()
                if request.transport is not None and not request.transport.is_closing():
                    return None
            case _:
                drop(request)
        return web.Response()

    def _carry_out(self, method: str, token: str | None, args: Json) -> Json:
        if method not in METHODS and method != "apps.connections.open":
            raise Refused("unknown_method", req_method=method)
        self._authorise(token, for_app=method == "apps.connections.open")
        self._check(method, args)
        self._check_form(method, args)
        if method == "apps.connections.open":
            return {"url": self._sockets.ticket()}
        return METHODS[method](self._space, args)

    def _authorise(self, token: str | None, *, for_app: bool) -> None:
        if not token:
            raise Refused("not_authed")
        right, other = self._space.bot_token, self._space.app_token
        if for_app:
            right, other = other, right
        if token != right:
            raise Refused("not_allowed_token_type" if token == other else "invalid_auth")

    def _check(self, method: str, args: Json) -> None:
        wait = self._tiers.take(method, str(args.get("channel", "")))
        if wait:
            raise Refused("ratelimited", 429, {"Retry-After": str(wait)})
        self._faults.check(method)

    def _check_form(self, method: str, args: Json) -> None:
        """Check the scope, then the arguments."""
        channel = self._space.channels.get(str(args.get("channel", "")))
        needed = arguments.scope_of(method, channel.kind if channel is not None else "channel")
        if needed and needed not in self._space.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(self._space.scopes)))
        if sentence := arguments.fault_of(method, args):
            raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {sentence}"]})

    def _use(self, url: str, answer: Json) -> Json:
        done = next((each for each in self._space.interactions if each.response_url == url), None)
        if done is None:
            raise Refused("invalid_url", 404)
        self._faults.check("response_url")
        if answer.keys() - arguments.RESPONSE:
            raise Refused("invalid_payload", 400)
        interactions.use(self._space, done, answer)
        return {}


async def _read(request: web.Request) -> tuple[str | None, Json]:
    """Return the token and the arguments, from the query, a form or JSON."""
    args: Json = dict(request.query)
    if request.can_read_body:
        if request.content_type == "application/json":
            args |= await request.json()
        else:
            args |= dict(await request.post())
    for name in _JSON_FIELDS & args.keys():
        if isinstance(args[name], str):
            args[name] = _parsed(args[name])
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return args.pop("token", None) or bearer or None, args


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text  # the method refuses it
