"""Signed HTTP, where there is no app token: Slack posts to us, and Bolt refuses what does not carry its signature."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.slack.unheard import dispatched
from core.errors import ConfigurationError

PATH = "/slack/events"
LARGEST = 1 << 20
_log = logging.getLogger(__name__)


@asynccontextmanager
async def listening(app: AsyncApp, address: str) -> AsyncIterator[None]:
    """At HTTP_ADDRESS. Raises `ConfigurationError` where it is taken or cannot be had."""

    async def receive(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await dispatched(app, await to_bolt_request(request)))

    host, _, port = address.rpartition(":")
    server = web.Application(client_max_size=LARGEST)
    server.router.add_post(PATH, receive)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, host.strip("[]"), int(port)), address)
        yield
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, address: str) -> None:
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError(f"HTTP_ADDRESS {address} cannot be listened at: {error.strerror}.") from error
    _log.info("Slack: listening at http://%s%s", address, PATH)
