"""Today: how much is asked, how it ends, how long it takes, and what is running now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.console.charts import LineChart, build_bars, build_lines
from bot.console.context import DAYS
from bot.console.request import ConsoleRequest, Screen, get
from bot.console.spend import SPENDERS, build_spend
from bot.console.words import OUTCOMES
from core.history.port import ActivityFigures
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Thumb

CHANNELS = 10
"""Channels that are shown."""

LINES: Mapping[str, frozenset[QuestionOutcome]] = {
    "answered": frozenset({QuestionOutcome.ANSWERED}),
    "answered in part": frozenset({QuestionOutcome.PARTLY}),
    "not answered": frozenset({QuestionOutcome.ABSTAINED}),
    "apology or refused": frozenset({QuestionOutcome.APOLOGY, QuestionOutcome.BUSY, QuestionOutcome.LIMIT}),
}
"""The lines of the chart over days, and which outcomes each counts."""


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the figures of the last days."""
    figures = await request.console.figures.get(DAYS, request.viewer)
    spend = await request.console.footnote.spend.build_report(DAYS, SPENDERS, request.viewer.audience)
    outcomes = figures.by_outcome
    return request.render(
        "today.html",
        figures=figures,
        thumbs={thumb.value: figures.thumbs[thumb] for thumb in Thumb},
        links={"all": link(), **{thumb.value: link(thumb=thumb.value) for thumb in Thumb}},
        by_day=lines_of(figures, datetime.now(UTC).date()),
        outcomes=build_bars((OUTCOMES[name], n, link(outcome=name.value)) for name, n in outcomes.items()),
        platforms=build_bars(
            (platform, sum(counts.values()), link(platform=platform))
            for platform, counts in sorted(figures.outcomes.items())
        ),
        channels=build_bars(
            (f"{each.platform} {each.channel}", each.questions, link(platform=each.platform, channel=each.channel))
            for each in figures.channels[:CHANNELS]
        ),
        sources=build_bars((name, n, link(cites=name)) for name, n in figures.sources.items()),
        **build_spend(spend),
        **await read_now(request),
    )


async def show_now(request: ConsoleRequest) -> web.StreamResponse:
    """Show what is running at this moment alone: the part of *Today* that is refreshed."""
    return request.render("now.html", title="Now", **await read_now(request))


async def read_now(request: ConsoleRequest) -> dict[str, Any]:
    """Return what is running, and what waits."""
    console = request.console
    return {
        "board": sorted(console.board.platforms.items()),
        "workers": await console.command_context.workers(),
        "waiting": await console.footnote.history.open_count(),
    }


def lines_of(figures: ActivityFigures, today: date) -> LineChart:
    """Return the lines of each day up to today; days without questions are 0."""
    days = [today - timedelta(days=back) for back in reversed(range(figures.days))]
    counts = [figures.by_day.get(day, {}) for day in days]
    series = {name: [_count(each, wanted) for each in counts] for name, wanted in LINES.items()}
    return build_lines([f"{day:%d %b}" for day in days], series)


def _count(counts: Mapping[QuestionOutcome, int], wanted: Iterable[QuestionOutcome]) -> int:
    return sum(counts.get(name, 0) for name in wanted)


def link(**fields: str) -> str:
    """Return the address of the list of questions with a filter, over the same days."""
    return f"/questions?{urlencode(fields | {'days': DAYS})}"


SCREEN = Screen("Today", "/", [get("/", show), get("/now", show_now)])
