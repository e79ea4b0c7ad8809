"""Health: what `footnote doctor` says, at this moment."""

from __future__ import annotations

from aiohttp import web

from bot.console.request import ConsoleRequest, Screen, get
from core.health import check_settings, check_store, check_workers


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the checks that cost nothing."""
    footnote = request.console.footnote
    checks = list(check_settings(footnote.settings))
    checks += [check async for check in check_store(footnote, request.viewer.audience)]
    checks += [check async for check in check_workers(footnote)]
    return request.render("health.html", checks=checks)


SCREEN = Screen("Health", "/health", [get("/health", show)])
