"""Thousands of sources: how many statements a list and a scrape need, and what a list costs to write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import aiohttp
import pytest
from apscheduler.triggers.cron import CronTrigger
from rich.console import Console

from bot.cli.source_list import draw
from bot.commands.messages import MOST_LINES, sources_text
from bot.status import StatusBoard
from bot.web import serve_health
from core.domain import Source
from core.inbox.postgres import open_inbox
from core.index.catalog import PostgresCatalog
from core.index.crawling import READING
from core.postgres.database import Database
from core.postgres.statements import statements
from core.work.schedule import read_schedule
from tests.core.index.helpers import add, crawl, fetch
from tests.servers.ports import own_port

SOURCES = 600
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


@dataclass
class CountingPool:
    """A pool that counts the statements that it gets."""

    pool: Any
    queries: int = 0

    async def fetch(self, *arguments: Any) -> Any:
        self.queries += 1
        return await self.pool.fetch(*arguments)


@asynccontextmanager
async def counting(database: Database) -> AsyncIterator[CountingPool]:
    """Count the statements of readers as long as the block runs."""
    counted = CountingPool(database.readers)
    database.readers = counted  # type: ignore[assignment]  # as much of one as is used
    try:
        yield counted
    finally:
        database.readers = counted.pool


async def fill(database: Database) -> None:
    """Add many sources, of which one has been crawled."""
    source = await add(database)
    await crawl(database, source, {"p": ["one", "two"], "q": ["three"]})
    await database.writers.execute(
        "insert into source (name, root_url) select 'docs-' || number, 'https://docs.example/'"
        " from generate_series(2, $1) number",
        SOURCES,
    )


async def test_a_list_of_all_sources_is_one_query(database: Database) -> None:
    await fill(database)
    async with counting(database) as counted:
        sources = await PostgresCatalog(database).list()
    assert (len(sources), counted.queries) == (SOURCES, 1)
    assert (sources[0].pages, sources[0].passages, sources[0].verdict) == (2, 3, "ok")


async def test_a_scrape_reads_what_all_sources_hold_in_one_query(database: Database) -> None:
    await fill(database)
    with own_port() as port:
        address = f"127.0.0.1:{port}"
        catalog = PostgresCatalog(database)
        async with (
            counting(database) as counted,
            open_inbox(database.dsn) as inbox,
            serve_health(address, inbox, catalog, StatusBoard()),
            aiohttp.ClientSession() as session,
            session.get(f"http://{address}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
            assert counted.queries == 1
    assert sum(line.startswith("footnote_source_pages{") for line in lines) == SOURCES
    assert 'footnote_source_pages{source="docs"} 2.0' in lines
    assert 'footnote_source_passages{source="docs"} 3.0' in lines
    assert 'footnote_source_verdict{source="docs",verdict="ok"} 1.0' in lines
    assert 'footnote_source_verdict{source="docs",verdict="aborted"} 0.0' in lines
    assert sum(line.startswith("footnote_source_crawled_timestamp_seconds{") for line in lines) == 1


@pytest.mark.parametrize("name", ["list_sources", "figures", "schedules"])
async def test_no_page_is_read_to_say_how_many_there_are(database: Database, name: str) -> None:
    arguments = [None, READING] if name == "list_sources" else []
    plan = await database.readers.fetchval(f"explain (format json) {statements()[name]}", *arguments)
    assert '"Relation Name": "source"' in plan
    assert '"Relation Name": "page"' not in plan
    assert json.loads(plan)


@pytest.mark.parametrize("left", [["q"], []])
async def test_pages_are_counted_when_a_switch_changes_them(database: Database, left: list[str]) -> None:
    source = await add(database)
    await crawl(database, source, {"p": ["one"], "q": ["two"]})
    assert (await PostgresCatalog(database).get("docs")).pages == 2
    await crawl(database, source, {name: ["three"] for name in left} | {"r": ["four"], "s": ["five"]})
    counted = await fetch(database, "select count(*) from page where misses = 0")
    assert [((await PostgresCatalog(database).get("docs")).pages,)] == counted


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Collect the moments after which APScheduler looked for a slot."""
    asked, following = list[datetime](), CronTrigger.get_next_fire_time

    def count(self: CronTrigger, before: datetime | None, now: datetime) -> datetime | None:
        asked.append(now)
        return following(self, before, now)

    monkeypatch.setattr(CronTrigger, "get_next_fire_time", count)
    read_schedule.cache_clear()
    return asked


def many(*schedules: str) -> list[Source]:
    """Return a source for each schedule."""
    return [
        Source(number, f"docs-{number}", "https://docs.example/", schedule=each, added_at=NOW)
        for number, each in enumerate(schedules)
    ]


def test_the_next_runs_of_a_list_cost_as_much_as_it_has_schedules(slots: list[datetime]) -> None:
    screen = StringIO()
    draw(Console(file=screen, width=80, soft_wrap=True), many(*["0 3 * * *", "0 4 * * *"] * 500), "off", NOW)
    assert screen.getvalue().count("next 2026-11-26 03:0") + screen.getvalue().count("next 2026-11-26 04:0") == 1_000
    assert len(slots) <= 2 * 3


def test_a_list_in_chat_counts_what_does_not_fit_and_does_not_write_it_first(slots: list[datetime]) -> None:
    text = sources_text(many(*(f"{minute} {hour} * * *" for minute in range(60) for hour in range(24))), "off")
    shown = text.count("**docs-")
    assert f"and {60 * 24 - shown:,} more" in text
    assert "1,440 sources" in text
    assert 0 < shown < MOST_LINES
    assert len(slots) <= MOST_LINES * 4


def test_a_list_on_a_terminal_folds_what_is_long_but_no_url() -> None:
    url, screen = f"https://docs.example/{'long/' * 20}", StringIO()
    source = Source(1, "docs", url, licence="CC BY [red]4.0[/] " * 9, include=("/a/**",) * 30, added_at=NOW)
    draw(Console(file=screen, width=60, force_terminal=True, no_color=True), [source], "0 3 * * *", NOW)
    lines = screen.getvalue().splitlines()
    assert f"  {url}" in lines
    assert max(len(line) for line in lines if url not in line) <= 60
    assert "[red]" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()
