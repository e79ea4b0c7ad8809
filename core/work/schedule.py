"""When a source is crawled again: a few words of text, understood alike by every process that watches the clock.

    "0 3 * * *"   a cron line, in UTC          "every 6h"  "every 30m"  "every 2d"   counted from the epoch
    "hourly"  "daily"  "weekly"                "off"       never

A firing has a name, its slot: the moment that the text means. Processes agree on it, and so fire once. Each source is
late by a different delay, the same in every process, since all would start at the same minute. Keeps no clock.

Thousands of sources have few schedules between them, and APScheduler takes a tenth of a millisecond and more to read a
cron line or to find a slot: both results are cached (`read_schedule`, `_next_fire`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from core.domain import Source
from core.errors import UsageError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

SHORTEST = timedelta(minutes=15)
"""No source is crawled more often."""

LATEST = timedelta(minutes=10)
"""No source is later than this, nor than a quarter of the time to its next slot."""

_EVERY = re.compile(r"every\s{1,4}(\d{1,5})\s{0,4}(s|m|h|d)\Z", re.IGNORECASE)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WORDS = {"hourly": "0 * * * *", "daily": "0 3 * * *", "weekly": "0 3 * * sun"}
_OFF = frozenset({"off", "never", "none"})
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKED_AT = 200  # firings of a cron line whose distance is checked
_LINES_KEPT, _SLOTS_KEPT = 2_048, 8_192  # 2 kB a line, some 200 bytes a slot


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A source as the clock sees it. `schedule` is empty where RECRAWL_CRON decides; `fired` is its last slot."""

    id: int
    name: str
    schedule: str
    added_at: datetime | None
    fired: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of the forms above, parsed. Made by `parse_schedule`."""

    text: str
    interval: timedelta | None = None
    cron: CronTrigger | None = None

    def find_next_slot(self, moment: datetime) -> datetime | None:
        """Return the first slot later than `moment`, which has a time zone; None where there is none."""
        if self.interval is not None:
            return _EPOCH + ((moment - _EPOCH) // self.interval + 1) * self.interval
        if self.cron is not None:
            return _next_fire(self.cron, moment)
        return None

    def delay(self, slot: datetime, source: Source | Scheduled) -> timedelta:
        """Return how much later than `slot` this source starts; two installs differ for the same source."""
        following = self.find_next_slot(slot)
        most = min(LATEST, (following - slot) / 4) if following else LATEST
        return most * _fraction(f"{source.name} {source.added_at}")


@lru_cache(maxsize=_SLOTS_KEPT)
def _next_fire(cron: CronTrigger, moment: datetime) -> datetime | None:
    slot: datetime | None = cron.get_next_fire_time(None, moment + timedelta(microseconds=1))
    return slot


def _fraction(text: str) -> float:
    """Return a number from 0 to below 1 that looks random and is always the same for the same text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) / 2**32


def next_run(source: Source, default: str, now: datetime) -> datetime | None:
    """Return when `source` is crawled next, its delay included; None: never. Raises `UsageError`.

    `default` is RECRAWL_CRON, for sources without a schedule. Give all sources of a list the same `now`.
    """
    schedule = read_schedule("off" if source.paused else source.schedule or default)
    slot = schedule.find_next_slot(now - LATEST)
    while slot is not None:
        run = slot + schedule.delay(slot, source)
        if run > now:
            return run
        slot = schedule.find_next_slot(slot)
    return None


def parse_schedule(text: str, *, shortest: timedelta = SHORTEST) -> Schedule:
    """Return the schedule that a person wrote. Raises `UsageError` with what would be right, also if too often."""
    schedule = read_schedule(text)
    if schedule.interval is not None and schedule.interval < shortest:
        raise UsageError(f"A source may be crawled every {_minutes(shortest)} at most: {schedule.text} is too often.")
    if schedule.cron is not None:
        _check_distance(schedule, shortest)
    return schedule


@lru_cache(maxsize=_LINES_KEPT)
def read_schedule(text: str) -> Schedule:
    """Return one of the forms above, however often it fires: what is stored was checked. Raises `UsageError`."""
    text = " ".join(text[:200].split()).lower()
    if not text or text in _OFF:
        return Schedule("off")
    if (every := _EVERY.match(text)) and int(every[1]):
        return Schedule(text, interval=timedelta(**{_UNITS[every[2]]: int(every[1])}))
    try:
        return Schedule(text, cron=_cron(_WORDS.get(text, text)))
    except (ValueError, KeyError, OverflowError):
        raise UsageError(
            f'"{text[:40]}" is no schedule: write a cron line in UTC ("0 3 * * *": each day at 3), "every 6h", '
            '"daily", "weekly" or "off".'
        ) from None


def _cron(text: str) -> CronTrigger:
    from apscheduler.triggers.cron import CronTrigger  # most commands read no schedule, and all read the settings

    minute, hour, day, month, weekday = text.split()
    return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=UTC)


def _weekdays(field: str) -> str:
    """Return days by name: `"1-5"` -> `"mon,tue,wed,thu,fri"`. APScheduler counts from Monday, cron from Sunday."""
    if field == "*":
        return field
    days: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        start, end = _weekday(first), _weekday(last if dash else first)
        end = end if end >= start else end + 7
        days |= {day % 7 for day in range(start, end + 1, int(step or 1))}
    return ",".join(_DAYS[day] for day in sorted(days))


def _weekday(text: str) -> int:
    number = int(text) if text.isdecimal() else _DAYS.index(text)
    if number > 7:
        raise ValueError(text)
    return number


def _check_distance(schedule: Schedule, shortest: timedelta) -> None:
    slot = schedule.find_next_slot(_EPOCH + timedelta(days=365 * 60))
    for _ in range(_LOOKED_AT):
        following = schedule.find_next_slot(slot) if slot else None
        if slot is None or following is None:
            break
        if following - slot < shortest:
            raise UsageError(
                f'A source may be crawled every {_minutes(shortest)} at most: "{schedule.text}" is too often.'
            )
        slot = following
    else:
        return
    if slot is None:
        raise UsageError(f'"{schedule.text}" never comes.')


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} minutes"
