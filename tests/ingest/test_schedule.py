"""The clock: which slot is due, and that all who watch it ask once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.adapters.catalog import PostgresCatalog
from core.adapters.postgres import Database
from core.adapters.requests import PostgresRequests
from core.domain import Source
from core.schedule import parse_schedule
from ingest.schedule import GRACE, Clock, due
from tests.core.store.helpers import add, fetch

NOON = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
HOURLY = parse_schedule("hourly")


@pytest.mark.parametrize(
    ("after", "hour"),
    [
        (timedelta(minutes=5), 13),  # fired at 12:25, say: the next hour
        (timedelta(minutes=40), 12),  # nothing ran at 12:00: made up for
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
    clocks = [Clock(PostgresCatalog(database), PostgresRequests(database), "off") for _ in range(4)]
    for clock in clocks:
        clock.start()
    slots = "select count(*) from schedule_slot"
    async with asyncio.timeout(60):
        while await fetch(database, slots) < [(2,)]:
            pass
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
    clock = Clock(PostgresCatalog(database), PostgresRequests(database), "off")
    clock.start()
    await clock._look()
    assert clock._planned == set()
    clock.stop()


class Stuck(PostgresCatalog):
    """A database that does not answer."""

    async def list(self) -> list[Source]:
        """Never."""
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("steps", range(5))  # of the loop: not yet planned, planned, begun, in the middle
async def test_an_end_in_the_middle_of_a_look_is_no_error(
    database: Database, caplog: pytest.LogCaptureFixture, steps: int
) -> None:
    clock = Clock(Stuck(database), PostgresRequests(database), "off")
    clock.start()
    for _ in range(steps):
        await asyncio.sleep(0)
    clock.stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert [record for record in caplog.records if record.levelname != "INFO"] == []
