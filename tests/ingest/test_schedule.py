"""The clock: which slot is due, and that all processes that watch it ask for a crawl once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger

from core.errors import StoreUnavailable
from core.postgres.database import Database
from core.work.requests import PostgresRequests
from core.work.schedule import Scheduled, parse_schedule, read_schedule
from ingest.schedule import AT_ONCE, GRACE, Clock, due
from tests.core.index.helpers import add, fetch
from tests.waiting import pause

NOON = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
HOURLY = parse_schedule("hourly")


@pytest.mark.parametrize(
    ("after", "hour"),
    [
        (timedelta(minutes=5), 13),  # fired at 12:25, say: the next hour
        (timedelta(minutes=40), 12),  # nothing ran at 12:00: this makes up for it
        (timedelta(days=3), 12),  # many were missed: the last one alone
        (timedelta(minutes=-40), 14),  # fired ahead of a clock that goes wrong
    ],
)
def test_the_slot_that_is_due(after: timedelta, hour: int) -> None:
    slot = due(HOURLY, NOON - after, NOON)
    assert slot is not None
    assert (slot.hour, slot.minute) == (hour, 0)


def test_a_slot_that_was_missed_long_ago_is_not_made_up_for() -> None:
    slot = due(parse_schedule("0 3 * * *"), NOON - timedelta(days=9), NOON)
    assert slot == datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert due(parse_schedule("off"), NOON, NOON) is None
    assert due(parse_schedule("every 15m"), NOON - GRACE * 2, NOON) == NOON


async def test_several_clocks_ask_once_a_slot(database: Database) -> None:
    source = await add(database)
    await database.writers.execute("update source set schedule = 'every 1s' where id = $1", source.id)
    clocks = [Clock(PostgresRequests(database), "off") for _ in range(4)]
    for clock in clocks:
        clock.start()
    slots = "select count(*) from schedule_slot"
    async with asyncio.timeout(60):
        while await fetch(database, slots) < [(2,)]:
            await pause()
        clocks.pop().stop()  # one of them is gone
        while await fetch(database, slots) < [(4,)]:
            await database.writers.execute("update request set state = 'done'")  # so that none coalesce
    for clock in clocks:
        clock.stop()
    asked = "select (select count(*) from footnote_queue.pgqueuer) - (select count(*) from schedule_slot)"
    assert await fetch(database, asked) == [(0,)]


async def test_a_source_without_a_schedule_or_with_a_wrong_one_is_left_alone(database: Database) -> None:
    for name, schedule in (("a", "off"), ("b", "nonsense"), ("c", "")):
        source = await add(database, name)
        await database.writers.execute("update source set schedule = $2 where id = $1", source.id, schedule)
    clock = Clock(PostgresRequests(database), "off")
    clock.start()
    await clock._look(datetime.now(UTC))
    assert [plan.due for plan in clock._plans.values()] == [None] * 3
    clock.stop()


async def sources_with(database: Database, *schedules: str) -> None:
    """Add a source for each schedule, as if long ago."""
    await database.writers.execute(
        "insert into source (name, root_url, schedule, added_at)"
        " select 'docs-' || number, 'https://docs.example/', schedule, '2020-01-01'"
        " from unnest($1::text[]) with ordinality asked (schedule, number)",
        list(schedules),
    )


@dataclass
class Parsed:
    """The work of APScheduler: cron lines that it read, slots that it looked for."""

    lines: int = 0
    slots: int = 0


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Parsed:
    counts, init, following = Parsed(), CronTrigger.__init__, CronTrigger.get_next_fire_time

    def count_line(self: CronTrigger, *arguments: Any, **fields: Any) -> None:
        counts.lines += 1
        init(self, *arguments, **fields)

    def count_slot(self: CronTrigger, *arguments: Any) -> datetime | None:
        counts.slots += 1
        return following(self, *arguments)

    monkeypatch.setattr(CronTrigger, "__init__", count_line)
    monkeypatch.setattr(CronTrigger, "get_next_fire_time", count_slot)
    read_schedule.cache_clear()
    return counts


async def test_each_distinct_line_is_parsed_once_and_none_of_a_source_that_did_not_change(
    database: Database, parsed: Parsed
) -> None:
    await sources_with(database, *["0 0 1 1 *", "0 0 2 1 *", ""] * 20)
    clock, now = Clock(PostgresRequests(database), "0 0 3 1 *"), NOON
    await clock._look(now)
    assert parsed.lines == 3
    assert parsed.slots <= 3 * 3  # the next, the one after it, and the distance to that
    before = replace(parsed)
    for minute in range(3):
        await clock._look(now + timedelta(minutes=minute))
    assert parsed == before
    await database.writers.execute("update source set schedule = '0 0 4 1 *' where name = 'docs-1'")
    await clock._look(now)
    assert parsed.lines == before.lines + 1


async def test_one_timer_serves_all_sources(database: Database) -> None:
    await sources_with(database, *["every 15m", "daily", "off"] * 10)
    clock = Clock(PostgresRequests(database), "off")
    clock.start()
    await clock._tick()
    assert len(clock._scheduler.get_jobs()) == 1
    clock.stop()


async def test_many_that_are_due_at_once_are_asked_for_some_at_a_time_the_earliest_first(database: Database) -> None:
    await sources_with(database, *["every 1s"] * (AT_ONCE + 20))
    clock, asked = Clock(PostgresRequests(database), "off"), "select count(*), count(distinct source) from request"
    now = NOON + timedelta(seconds=0.9)
    await clock._look(NOON - timedelta(minutes=1))
    first = sorted(plan.due for plan in clock._plans.values() if plan.due)
    await clock._fire(now)
    assert await fetch(database, asked) == [(AT_ONCE, AT_ONCE)]
    assert sorted(plan.due for plan in clock._plans.values() if plan.due)[:20] == first[AT_ONCE:]
    await clock._fire(now)
    assert await fetch(database, asked) == [(AT_ONCE + 20, AT_ONCE + 20)]


async def test_a_process_that_stood_still_over_many_slots_asks_once(database: Database) -> None:
    await sources_with(database, "every 15m")
    clock = Clock(PostgresRequests(database), "off")
    await clock._look(NOON - timedelta(minutes=50))
    for _ in range(2):
        await clock._fire(NOON + timedelta(minutes=10))
    assert await fetch(database, "select slot from schedule_slot") == [(NOON,)]


async def test_a_schedule_that_changes_is_followed_from_the_next_look_on(database: Database) -> None:
    await sources_with(database, "0 0 1 1 *")
    clock, now = Clock(PostgresRequests(database), "off"), NOON
    await clock._look(now)
    await database.writers.execute("update source set schedule = 'every 1s'")
    await clock._look(now)
    await clock._fire(now + timedelta(minutes=1))
    assert len(await fetch(database, "select 1 from request")) == 1
    await database.writers.execute("delete from source")
    await clock._look(now)
    assert clock._plans == {}


class Away(PostgresRequests):
    """A database that is away when it is used for the first time."""

    times = 0

    async def put_slots(self, slots: Mapping[int, datetime]) -> set[int]:
        """Raise `StoreUnavailable` once."""
        self.times += 1
        if self.times == 1:
            raise StoreUnavailable("Postgres is away.")
        return await super().put_slots(slots)


async def test_what_could_not_be_asked_for_is_asked_for_at_the_next_look(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await sources_with(database, "every 1s")
    requests = Away(database)
    clock = Clock(requests, "off")
    clock.start()
    async with asyncio.timeout(60):
        while not requests.times:
            await clock._tick()
        assert "The schedules could not be followed: Postgres is away." in caplog.text
        while requests.times < 2:
            clock._next_look = datetime.now(UTC)
            await clock._tick()
    clock.stop()
    assert len(await fetch(database, "select 1 from request")) == 1


class Stuck(PostgresRequests):
    """A database that does not answer."""

    async def schedules(self) -> list[Scheduled]:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("steps", range(5))  # of the loop: not yet planned, planned, begun, in the middle
async def test_an_end_in_the_middle_of_a_look_is_no_error(
    database: Database, caplog: pytest.LogCaptureFixture, steps: int
) -> None:
    clock = Clock(Stuck(database), "off")
    clock.start()
    for _ in range(steps):
        await asyncio.sleep(0)
    clock.stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
