"""Schedules: what a line of text means, the same in every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.settings import headers_by_source, load
from core.domain import Source
from core.errors import ConfigurationError, UsageError
from core.work.schedule import LATEST, next_run, parse_schedule

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
SOURCE = Source(1, "docs", "https://docs.example/")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("0 3 * * *", "2026-11-26 03:00"),
        ("daily", "2026-11-26 03:00"),
        ("weekly", "2026-11-29 03:00"),
        ("0 0 * * 0", "2026-11-29 00:00"),
        ("0 0 * * 7", "2026-11-29 00:00"),
        ("0 0 * * 1-5", "2026-11-26 00:00"),
        ("0 0 * * sat,sun", "2026-11-28 00:00"),
        ("0 0 * * fri-mon/2", "2026-11-27 00:00"),
        ("*/15 * * * *", "2026-11-25 12:15"),
        ("every 6h", "2026-11-25 18:00"),
        ("Every 90m", "2026-11-25 13:30"),
        ("every 2d", "2026-11-27 00:00"),
    ],
)
def test_the_first_slot_is_the_one_that_the_text_means(text: str, first: str) -> None:
    slot = parse_schedule(text).find_next_slot(NOON)
    assert slot is not None
    assert f"{slot:%Y-%m-%d %H:%M}" == first


@pytest.mark.parametrize("text", ["", "off", "never", " OFF "])
def test_off_never_comes(text: str) -> None:
    assert parse_schedule(text).find_next_slot(NOON) is None


@pytest.mark.parametrize("text", ["* * * * *", "*/5 * * * *", "0,10 * * * *", "every 5m", "every 1s"])
def test_what_is_too_often_or_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_schedule(text)


@pytest.mark.parametrize("text", ["0 0 31 2 *", "60 * * * *", "0 3 * * 9", "bla", "0 3 * *", "every h", "9" * 5000])
def test_a_wrong_schedule_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no schedule|never comes"):
        parse_schedule(text)


@given(st.integers(min_value=0, max_value=2**40), st.sampled_from(["every 7h", "17 */5 * * *", "daily"]))
def test_slots_do_not_hang_on_when_one_looks(seconds: int, text: str) -> None:
    """Two processes that look at different times between two slots see the same next one."""
    schedule = parse_schedule(text)
    moment = NOON + timedelta(seconds=seconds % 10_000_000)
    slot = schedule.find_next_slot(moment)
    assert slot is not None
    assert slot > moment
    assert schedule.find_next_slot(slot - timedelta(microseconds=1)) == slot


def test_a_day_in_autumn_has_one_firing() -> None:
    """In local time 02:30 comes twice on the last Sunday of October; in UTC it does not."""
    schedule = parse_schedule("30 2 * * *")
    slot = datetime(2026, 10, 23, tzinfo=UTC)
    slots = []
    for _ in range(5):
        following = schedule.find_next_slot(slot)
        assert following is not None
        slots.append(following)
        slot = following
    assert {after - before for before, after in pairwise(slots)} == {timedelta(days=1)}


def test_sources_start_at_times_of_their_own() -> None:
    schedule = parse_schedule("daily")
    slot = schedule.find_next_slot(NOON)
    assert slot is not None
    delays = {schedule.delay(slot, Source(1, f"docs-{number}", "https://docs.example/")) for number in range(20)}
    assert len(delays) == 20
    assert all(timedelta(0) <= delay <= LATEST for delay in delays)
    assert schedule.delay(slot, SOURCE) == schedule.delay(slot, SOURCE)


def test_a_wrong_setting_is_a_sentence_without_its_value() -> None:
    with pytest.raises(ConfigurationError, match="RECRAWL_CRON is wrong: A source may be crawled every 15 minutes"):
        load(RECRAWL_CRON="* * * * *")
    with pytest.raises(ConfigurationError, match="CRAWL_HEADERS must be JSON") as error:
        load(CRAWL_HEADERS='{"docs": {"Cookie": "canary\\nX: y"}}')
    assert "canary" not in str(error.value)


def test_headers_are_kept_by_source() -> None:
    settings = load(CRAWL_HEADERS='{"handbook": {"Cookie": "session=1"}}')
    assert headers_by_source(settings.crawl_headers) == {"handbook": {"Cookie": "session=1"}}
    assert "session" not in repr(settings)


def test_the_next_run_is_the_next_slot_with_the_delay_of_the_source() -> None:
    slot = datetime(2026, 11, 26, 3, tzinfo=UTC)
    delay = parse_schedule("daily").delay(slot, SOURCE)
    assert next_run(SOURCE, "daily", NOON) == slot + delay
    assert next_run(replace(SOURCE, schedule="off"), "daily", NOON) is None
    assert next_run(SOURCE, "off", NOON) is None


def test_between_a_slot_and_its_delay_the_run_of_that_slot_is_the_next() -> None:
    slot = datetime(2026, 11, 26, 3, tzinfo=UTC)
    run = slot + parse_schedule("daily").delay(slot, SOURCE)
    assert next_run(SOURCE, "daily", run - timedelta(microseconds=1)) == run
    after = next_run(SOURCE, "daily", run)
    assert after is not None
    assert after.date() == datetime(2026, 11, 27, tzinfo=UTC).date()
