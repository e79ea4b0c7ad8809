"""Signed HTTP, where there is no app token: Slack posts to us, and nothing is read that does not carry its signature.

    body ──too large──> 413
      └─signature──no──> 401
          └─UTF-8, JSON or a form──no──> 400
              └─a command or a press that was taken before──> 200, and nothing is done
                  └──> Bolt (`bot.slack.malformed`)

The signature covers the bytes as they came: nothing is unpacked, decoded or parsed before the check. Each refusal is
one line in the log, which repeats nothing of the post.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.connections import Connections
from bot.http_log import BROKEN, build_http_log, name_server
from bot.slack.malformed import dispatch_request
from core.errors import ConfigurationError, FootnoteError
from core.net.binding import explain_unbound

PATH = "/slack/events"
LARGEST = 1 << 20
SIGNATURE, AT = "X-Slack-Signature", "X-Slack-Request-Timestamp"
GOOD_SECONDS = 300
"""How far the time of a signature may be from ours, in seconds, as Slack asks for."""

_EVENTS = ("event_callback", "url_verification")
"""What Slack delivers again until it is taken: events have keys of their own, so a repetition does no harm."""

_NAMES = frozenset({"type", "command", "ssl_check"})
"""Every post of Slack has one of these, which says what it is."""

_TIME = re.compile(r"[0-9]{1,12}")

_NO_HTTP = "Slack: what is no HTTP came to HTTP_ADDRESS, and is refused (400)."

TakeOnce = Callable[[bytes], Awaitable[bool]]
_log = logging.getLogger(__name__)


class Receiver:
    """Takes what Slack posts, checks it and hands it to Bolt."""

    def __init__(self, app: AsyncApp, secret: str, take_once: TakeOnce) -> None:
        self._app = app
        self._secret = secret
        self._take_once = take_once

    async def receive(self, request: web.Request) -> web.StreamResponse:
        """Answer one post."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, "is too large")
        except BROKEN:
            return _refused(400, "ended early or is no HTTP")
        if not is_signed(self._secret, body, request.headers, time.time()):
            return _refused(401, "does not carry Slack's signature of the last five minutes")
        try:
            bolted = _to_bolt(body, request)
        except (ValueError, TypeError, AttributeError, RecursionError):  # the last: JSON a thousand levels deep
            return _refused(400, "cannot be read")
        return await self._carry_out(bolted, request.headers[SIGNATURE])

    async def _carry_out(self, bolted: AsyncBoltRequest, signature: str) -> web.StreamResponse:
        """Hand a request to Bolt; one that is no event, only once."""
        try:
            if bolted.body.get("type") not in _EVENTS and not await self._take_once(signature.encode()):
                _log.warning("Slack: a request that was carried out before came again, and is left alone.")
                return web.Response()
        except FootnoteError as error:
            _log.warning("Slack: a request is not carried out: %s", error)
            return web.Response(status=503)
        return await to_aiohttp_response(await dispatch_request(self._app, bolted))


def is_signed(secret: str, body: bytes, headers: Mapping[str, str], now: float) -> bool:
    """Return whether a body carries Slack's signature of the last five minutes; `now` in seconds since 1970.

    slack_sdk's verifier decodes the body first, and fails on one that is not UTF-8.
    """
    given, at = headers.get(SIGNATURE, ""), headers.get(AT, "")
    if not _TIME.fullmatch(at) or abs(now - int(at)) > GOOD_SECONDS:
        return False
    signed = hmac.new(secret.encode(), b":".join((b"v0", at.encode(), body)), hashlib.sha256)
    return hmac.compare_digest(f"v0={signed.hexdigest()}".encode(), given.encode("utf-8", "surrogateescape"))


def _to_bolt(body: bytes, request: web.Request) -> AsyncBoltRequest:
    """Return the parsed request; only the headers that mean something go along. Raises what Bolt fails with."""
    headers = {"content-type": request.content_type, SIGNATURE: request.headers[SIGNATURE], AT: request.headers[AT]}
    bolted = AsyncBoltRequest(body=body.decode(), headers=dict(headers))
    parsed: object = bolted.body  # any JSON value
    if not isinstance(parsed, dict) or _NAMES.isdisjoint(parsed):
        raise ValueError
    return bolted


def _refused(status: int, why: str) -> web.Response:
    _log.warning("Slack: a post to %s %s, and is refused (%d).", PATH, why, status)
    return web.Response(status=status)


@asynccontextmanager
async def listen_http(app: AsyncApp, address: str, secret: str, take_once: TakeOnce) -> AsyncIterator[None]:
    """Listen at HTTP_ADDRESS. Raises `ConfigurationError` where the address is taken or cannot be used."""
    server = web.Application(client_max_size=LARGEST)
    server.on_response_prepare.append(name_server)
    server.router.add_post(PATH, Receiver(app, secret, take_once).receive)
    runner = web.AppRunner(
        server, access_log=None, auto_decompress=False, logger=build_http_log(f"{__name__}.server", _NO_HTTP)
    )
    async with AsyncExitStack() as closing:
        try:
            await closing.enter_async_context(Connections().listen(runner, address))
        except OSError as error:
            raise ConfigurationError(
                f"HTTP_ADDRESS {address} cannot be listened at: {explain_unbound(error)}."
            ) from error
        _log.info("Slack: listening at http://%s%s", address, PATH)
        yield
