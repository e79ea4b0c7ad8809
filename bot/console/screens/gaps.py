"""Gaps: what the documentation does not answer, gathered by what people ask about; the same as a page for a writer."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from bot.console.context import DAYS
from bot.console.request import ConsoleRequest, Screen, get
from bot.console.screens.questions import to_days
from bot.exports import to_markdown

MOST = 100


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the gaps with the most questions."""
    days = to_days(request.query("days")) or DAYS
    found = await request.console.footnote.history.list_gaps(days, MOST, request.viewer)
    return request.render("gaps.html", found=found, days=days, most=MOST)


async def export_markdown(request: ConsoleRequest) -> web.StreamResponse:
    """Send the gaps as a Markdown page."""
    days = to_days(request.query("days")) or DAYS
    found = await request.console.footnote.history.list_gaps(days, MOST, request.viewer)
    return web.Response(
        text=to_markdown(found, days, datetime.now(UTC)),
        content_type="text/markdown",
        headers={"Content-Disposition": 'attachment; filename="gaps.md"'},
    )


SCREEN = Screen("Gaps", "/gaps", [get("/gaps", show), get("/gaps.md", export_markdown)])
