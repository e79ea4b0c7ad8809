"""Counts the figures of the console once more, in SQL of its own, and compares: `python -m bench.console --recount`.

bench/recount.sql reads the rows of the inbox; the product counts rows that triggers write next to them. What differs is
a fault of one of both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.history.paging import stream_questions
from core.history.port import ActivityFigures, GapList, QuestionFilter
from core.history.postgres import PostgresHistory
from core.inbox.port import Thumb
from core.inbox.viewer import Viewer
from core.postgres.database import Connection, Database
from core.spend.port import SpendCaps
from core.spend.postgres import PostgresSpend

DAYS = 30
MOST = 10**6
FILTERS: Mapping[str, QuestionFilter] = {
    "listed": QuestionFilter(days=DAYS),
    "listed_down": QuestionFilter(days=DAYS, thumb=Thumb.DOWN),
    "listed_dropped": QuestionFilter(days=DAYS, dropped=True),
    "listed_text": QuestionFilter(days=DAYS, text="proxy"),
    "listed_source": QuestionFilter(days=DAYS, source="guide"),
}
_STATEMENT = re.compile(r"^-- name: (\w+)\n((?:--.*\n)*)", re.MULTILINE)
_NAME = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Recount:
    """One figure, by the console and by the recount."""

    name: str
    console: object
    recount: object

    @property
    def is_same(self) -> bool:
        """Whether both agree; seconds to a hundred thousandth, because the recount subtracts large numbers."""
        if self.name.endswith(" times"):
            return self.console == pytest.approx(self.recount, abs=1e-5)
        return self.console == self.recount

    def __str__(self) -> str:
        if not self.is_same:
            return f"DIFFER {self.name:30} {self.console} and {self.recount}"
        if isinstance(self.recount, Mapping):
            return f"same   {self.name:30} {len(self.recount)} figures"
        return f"same   {self.name:30} {self.recount}"


async def recount(database: Database, viewer: Viewer, keep: int) -> AsyncIterator[Recount]:
    """Yield each figure that somebody sees, counted twice."""
    history = PostgresHistory(database, keep)
    figures, gaps = await history.build_figures(DAYS, viewer), await history.list_gaps(DAYS, MOST, viewer)
    counted = {**_to_counts(figures), "gaps": _to_gap_counts(gaps)}
    for name, wanted in FILTERS.items():
        counted[name] = sum([1 async for _ in stream_questions(history, wanted, viewer)])
    report = await PostgresSpend(database, SpendCaps(), {}).build_report(DAYS, 10)
    counted["spend"] = (report.total.calls, report.total.sent, report.total.received)
    async with database.writers.acquire() as connection:
        again = await _count_again(connection, viewer, keep)
    for name, figure in counted.items():
        yield Recount(f"{viewer.name} {name}", figure, _trim(name, figure, again[name]))


def _to_counts(figures: ActivityFigures) -> dict[str, object]:
    """Return the figures in the form in which they are counted again."""
    tokens, first, last = figures.tokens, figures.first_seconds, figures.last_seconds
    return {
        "outcomes": {(p, name.value): n for p, counts in figures.outcomes.items() for name, n in counts.items()},
        "days": {(f"{day}", name.value): n for day, counts in figures.by_day.items() for name, n in counts.items()},
        "channels": {(each.platform, each.channel): each.questions for each in figures.channels},
        "private": figures.private,
        "thumbs": tuple(figures.thumbs[each] for each in (Thumb.UP, Thumb.DOWN)),
        "times": tuple(figure.get(part) for figure in (first, last) for part in ("p50", "p95")),
        "tokens": (tokens.answers, tokens.sent, tokens.received, tokens.estimated),
        "sources": dict(figures.sources),
    }


def _to_gap_counts(found: GapList) -> tuple[int, ...]:
    """Return questions of gaps, those withheld, and the sums over all gaps."""
    totals = Counter[str]()
    for gap in found.gaps:
        totals.update(questions=gap.questions, abstained=gap.abstained, partly=gap.partly, down=gap.down)
    assert totals["questions"] == found.questions - found.withheld, "each question is in one gap"
    return found.questions, found.withheld, totals["abstained"], totals["partly"], totals["down"]


async def _count_again(connection: Connection, viewer: Viewer, keep: int) -> dict[str, Any]:
    """Return each figure by its name, in one snapshot, from the rows of the inbox."""
    text = Path(__file__).with_suffix(".sql").read_text("utf-8")
    parts = _STATEMENT.split(text)[1:]
    values = _to_values(viewer, keep)
    again: dict[str, Any] = {}
    for name, sql in zip(parts[::3], parts[2::3], strict=True):
        rows = await connection.fetch(_NAME.sub(lambda found: values[found[1]], sql))
        again[name] = _to_figure(rows) if name != "seen" else None
    await connection.execute("drop view seen")
    return again


def _to_values(viewer: Viewer, keep: int) -> dict[str, str]:
    """Return what stands in the statements; a view takes no arguments."""
    place = f"{viewer.platform}:{viewer.tenant}"
    texts = {
        "platform": str(viewer.platform),
        "tenant": viewer.tenant,
        "person": viewer.user,
        "tenant_place": place,
        "channel_place": f"{place}/{viewer.channel}",
    }
    quoted = {name: "'" + text.replace("'", "''") + "'::text" for name, text in texts.items()}
    flags = {"all": str(viewer.is_machine).lower(), "private": str(viewer.shows_private).lower()}
    return quoted | flags | {"days": str(DAYS), "keep": str(keep)}


def _to_figure(rows: list[asyncpg.Record]) -> object:
    """Return one number, a row of them, or counts by what stands before them."""
    if rows and all(isinstance(value, str) for value in list(rows[0])[:-1]) and len(rows[0]) > 1:
        return {tuple(list(row)[:-1]) if len(row) > 2 else row[0]: row[-1] for row in rows}
    if not rows:
        return {}
    figures = tuple(int(each) if isinstance(each, Decimal) else each for each in rows[0])
    return figures if len(figures) > 1 else figures[0]


def _trim(name: str, figure: object, again: object) -> object:
    """Return of many channels as many as the console lists: those with the most questions."""
    if name != "channels" or not isinstance(again, dict) or not isinstance(figure, dict):
        return again
    assert sorted(again.values(), reverse=True)[: len(figure)] == sorted(figure.values(), reverse=True)
    return {key: count for key, count in again.items() if key in figure}
