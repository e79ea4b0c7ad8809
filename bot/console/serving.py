"""Listens at CONSOLE_ADDRESS, if somebody could sign in there. Nothing is read until somebody opens a page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.connections import Connections
from bot.console.address import OFF, to_base, why_off
from bot.console.app import build_app
from bot.console.context import ConsoleContext
from bot.http_log import build_http_log
from core.errors import ConfigurationError
from core.net.binding import explain_unbound

_log = logging.getLogger(__name__)
_NO_HTTP = "What is no HTTP came to CONSOLE_ADDRESS, and is refused."


@asynccontextmanager
async def serve_console(console: ConsoleContext) -> AsyncIterator[str]:
    """Listen, and yield the address. Raises `ConfigurationError` if it cannot be listened at, or must not be."""
    settings = console.footnote.settings
    base = to_base(settings)
    if reason := why_off(settings):
        raise ConfigurationError(reason)
    runner = web.AppRunner(
        build_app(console),
        access_log=None,
        auto_decompress=False,
        shutdown_timeout=1.0,
        logger=build_http_log(f"{__name__}.http", _NO_HTTP),
    )
    async with AsyncExitStack() as closing:
        try:
            await closing.enter_async_context(Connections().listen(runner, settings.console_address))
        except OSError as error:
            raise ConfigurationError(
                f"CONSOLE_ADDRESS {settings.console_address} cannot be listened at: {explain_unbound(error)}."
            ) from error
        yield base


@asynccontextmanager
async def serve_console_if_possible(console: ConsoleContext) -> AsyncIterator[str]:
    """Listen, and yield the address, or "" if it is off or cannot be listened at: that stops nothing else."""
    async with AsyncExitStack() as closing:
        address = ""
        if console.footnote.settings.console_address != OFF:
            try:
                address = await closing.enter_async_context(serve_console(console))
            except ConfigurationError as error:
                _log.warning("%s All else works.", error)
        yield address
