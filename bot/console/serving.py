"""Listens at CONSOLE_ADDRESS, if somebody could sign in there. Nothing is read until somebody opens a page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.console.app import build_app
from bot.console.context import ConsoleContext
from core.config.settings import Settings
from core.errors import ConfigurationError
from core.net.addresses import is_loopback

OFF = "off"
_log = logging.getLogger(__name__)


def why_off(settings: Settings) -> str:
    """Return why the console must not be served, or "": it shows what people asked."""
    if settings.console_address == OFF or is_loopback(settings.console_address.rpartition(":")[0]):
        return ""
    by_link = settings.console_url and settings.admin_ids
    by_proxy = settings.console_trusted_header and settings.console_trusted_proxy and settings.admin_ids
    if by_link or by_proxy:
        return ""
    return (
        f"The console is off: at CONSOLE_ADDRESS {settings.console_address} other machines reach it, and nobody could "
        "sign in. Set ADMINS, and CONSOLE_URL or CONSOLE_TRUSTED_HEADER with CONSOLE_TRUSTED_PROXY."
    )


def to_base(settings: Settings) -> str:
    """Return the address that links begin with. Raises `ConfigurationError` where there is none."""
    if settings.console_url:
        return settings.console_url
    if settings.console_address == OFF:
        raise ConfigurationError("The console is off: set CONSOLE_ADDRESS to host:port, for example 127.0.0.1:8322.")
    if reason := why_off(settings):
        raise ConfigurationError(reason)
    return f"http://{settings.console_address}"


@asynccontextmanager
async def serve_console(console: ConsoleContext) -> AsyncIterator[str]:
    """Listen, and yield the address. Raises `ConfigurationError` if it cannot be listened at, or must not be."""
    settings = console.footnote.settings
    base = to_base(settings)
    if reason := why_off(settings):
        raise ConfigurationError(reason)
    runner = web.AppRunner(build_app(console), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    host, _, port = settings.console_address.rpartition(":")
    try:
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            raise ConfigurationError(
                f"CONSOLE_ADDRESS {settings.console_address} cannot be listened at: {error.strerror or error}."
            ) from error
        yield base
    finally:
        await runner.cleanup()


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
