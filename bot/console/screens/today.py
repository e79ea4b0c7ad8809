"""Today: how much is asked, how it ends, and how long it takes."""

from __future__ import annotations

from aiohttp import web

from bot.console.charts import build_bars
from bot.console.context import DAYS
from bot.console.request import ConsoleRequest, Screen, get
from bot.console.spend import SPENDERS, build_spend
from core.inbox.outcome import QuestionOutcome


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the figures of the last days."""
    footnote = request.console.footnote
    report = await footnote.history.build_report(DAYS, 0)
    spend = await footnote.spend.build_report(DAYS, SPENDERS, request.viewer.audience)
    outcomes = {name: sum(counts.get(name, 0) for counts in report.outcomes.values()) for name in QuestionOutcome}
    return request.render(
        "today.html",
        report=report,
        **build_spend(spend),
        outcomes=build_bars((name.value, count) for name, count in outcomes.items() if count),
    )


SCREEN = Screen("Today", "/", [get("/", show)])
