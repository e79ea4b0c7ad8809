"""Who may call over HTTP, before MCP reads anything: the name of the server, the origin, the token.

    GET /healthz                              answered without a token
    another name of the server                421: a page may have had its own name lead here (DNS rebinding)
    a web page that is not of this machine    403
    no token, or none that is good            401; without one, API_OPEN on loopback lets the machine's programs in
    all but POST /mcp                         404, 405: there is no stream to open and no session to end

What is let in carries its `Admission`; calls are counted by `bot.mcp.http`, when it is known what they cost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.mcp.arguments import quote_name
from bot.service.access import MISSING, Access
from core.errors import AccessTokenRefused, FootnoteError, OriginRefused
from core.tokens.port import AccessToken

PATH, HEALTH, ADMISSION = "/mcp", "/healthz", "footnote.admission"
LARGEST_BODY, BODY_SECONDS = 1024 * 1024, 30.0
TOO_LARGE = f"A request has {LARGEST_BODY:,} bytes at most."
_CLOSE = {"connection": "close"}  # the rest of its body is not read


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in; `token` None: a program of this machine, without one."""

    token: AccessToken | None


@dataclass(frozen=True, slots=True)
class GateRules:
    """`hosts`: names of the server besides those of loopback. `is_open`: loopback needs no token."""

    hosts: Collection[str] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class _Refusal(Exception):
    """A request is refused with a status and a sentence."""

    status: int
    sentence: str
    headers: Mapping[str, str] | None = None


class Gate:
    """An ASGI application around that of the SDK."""

    def __init__(self, app: ASGIApp, access: Access, rules: GateRules) -> None:
        self._app = app
        self._access = access
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if (scope["method"], scope["path"]) in (("GET", HEALTH), ("HEAD", HEALTH)):
                await _respond(send, 200, {"status": "ok"})
                return
            scope[ADMISSION] = await self._admit(Headers(scope=scope))
            _check_request(scope)
            body = await _read_body(receive)
        except _Refusal as refusal:
            await _respond(send, refusal.status, {"error": refusal.sentence}, refusal.headers)
            return
        except FootnoteError as error:  # who cannot be looked up is not let in
            await _respond(send, 503, {"error": str(error)}, {"retry-after": "5"})
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    async def _admit(self, headers: Headers) -> Admission:
        """Return who calls. Raises `_Refusal`, `StoreError`."""
        host, origins = headers.get("host", ""), headers.getlist("origin")
        if not self._is_our_name(host):
            name = quote_name(_name_of(host) or host)
            raise _Refusal(421, f"This server does not answer by the name {name}: start it with --allow-host NAME.")
        if any(not is_loopback(urlsplit(origin).netloc) for origin in origins if origin != "null") or "null" in origins:
            raise _Refusal(403, "Web pages of other machines are not answered.")
        try:
            return await self._identify(headers, host)
        except AccessTokenRefused as error:
            raise _Refusal(401, str(error), {"www-authenticate": 'Bearer realm="footnote"'}) from error
        except OriginRefused as error:
            raise _Refusal(403, str(error)) from error

    async def _identify(self, headers: Headers, host: str) -> Admission:
        """Return who calls, by the token. Raises `AccessRefused`, `StoreError`."""
        given = headers.getlist("authorization")
        if len(given) > 1:  # one of them may have been added on the way, and which is meant nobody knows
            raise AccessTokenRefused(MISSING)
        authorization = given[0] if given else ""
        if not authorization and self._rules.is_open:
            sites = headers.getlist("sec-fetch-site")
            if not is_loopback(host) or not {"same-origin", "none"}.issuperset(sites):
                raise OriginRefused("Without an access token, web pages are not answered.")
            return Admission(None)
        scheme, _, secret = authorization.partition(" ")
        if authorization and scheme.lower() != "bearer":
            raise AccessTokenRefused(MISSING)
        token = await self._access.authenticate(secret.strip(), headers.get("origin", ""))
        if token.origins:
            raise OriginRefused("This access token is for web pages: ask an operator for one without --origin.")
        return Admission(token)

    def _is_our_name(self, host: str) -> bool:
        return is_loopback(host) or _name_of(host) in self._rules.hosts


def is_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is a name of this machine for itself: `"localhost:8080"`."""
    name = _name_of(host)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """Return a host without its port, in lower case; "" where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or "" if "/" not in host and "@" not in host else ""
    except ValueError:
        return ""


def _check_request(scope: Scope) -> None:
    """Raise `_Refusal` unless a request is one that MCP answers."""
    if scope["path"] != PATH:
        raise _Refusal(404, f"MCP is served at {PATH}.")
    if scope["method"] != "POST":
        raise _Refusal(405, f"Send requests by POST to {PATH}.", {"allow": "POST"})
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers and "content-length" in headers:  # a proxy may have read the other one
        raise _Refusal(400, "A request has one length.", _CLOSE)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > LARGEST_BODY:
        raise _Refusal(413, TOO_LARGE, _CLOSE)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body of a request; None: its client has gone. Raises `_Refusal`: it is too long, or does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _collect(receive)
    except TimeoutError:
        raise _Refusal(408, f"The request did not come within {BODY_SECONDS:.0f} seconds.", _CLOSE) from None


async def _collect(receive: Receive) -> bytes | None:
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _Refusal(413, TOO_LARGE, _CLOSE)
        if not message.get("more_body", False):
            return bytes(body)
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields a body that was read, and then what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


async def _respond(
    send: Send, status: int, document: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> None:
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    sent = {"content-type": "application/json", "content-length": str(len(body)), "cache-control": "no-store"}
    pairs = [(name.encode(), value.encode()) for name, value in (sent | dict(headers or {})).items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
