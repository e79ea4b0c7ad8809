"""The clock: requests crawls when the schedules say so. Any number of processes run it; one requests each crawl.

    every 30 s: sources and their last slots ──> plans: the next slot of each source, and when that is due
    at the first that is due, at most once a second ──> slots and requests in one transaction ──> the next plans

Does not crawl: a request wakes a worker. Times are UTC. A slot that was missed while no process ran is made up for
within an hour, once, however many were missed.

A process that answers questions has one event loop for everything. So a plan is kept until its source changes or is
due, plans are made in a thread, some at a time, and one timer serves all sources.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from operator import attrgetter
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.errors import FootnoteError, UsageError
from core.work.port import Requests
from core.work.schedule import Schedule, Scheduled, read_schedule

LOOK = timedelta(seconds=30)
"""Between two looks at the sources: a changed schedule takes effect within this time."""

GRACE = timedelta(hours=1)
"""A slot that was missed longer ago than this is not made up for."""

AT_ONCE, PAUSE = 100, timedelta(seconds=1)
"""Crawls requested in one transaction, and the pause between two: ten thousand that are due take a hundred seconds."""

PLANNED_AT_ONCE = 500
"""Sources. Shutdown waits for the planning thread: a third of a second where each of them has a cron line."""

_TICK = "tick"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """The next slot of a source, and when to request its crawl; `due` is None where there is no next slot."""

    source: Scheduled
    slot: datetime | None = None
    due: datetime | None = None


class Clock:
    """Plans and fires slots. `default`: the schedule, as text, of sources that have none."""

    def __init__(self, requests: Requests, default: str) -> None:
        self._requests = requests
        self._default = default
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._plans: dict[int, Plan] = {}
        self._next_look = datetime.now(UTC)

    def start(self) -> None:
        """Start the clock on the running event loop."""
        every = IntervalTrigger(seconds=int(LOOK.total_seconds()), timezone=UTC)
        self._scheduler.add_job(self._tick, every, id=_TICK, next_run_time=datetime.now(UTC))
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and drop what is running: a slot is fired whole, or by another clock."""
        self._scheduler.pause()  # takes effect at once; the shutdown comes with the loop's next turn
        self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        with suppress(asyncio.CancelledError):  # the shutdown cancels this, and logs a traceback if it gets through
            now = datetime.now(UTC)
            try:
                if self._next_look <= now:
                    self._next_look = now + LOOK
                    await self._look(now)
                await self._fire(now)
            except FootnoteError as error:
                # What is due now is still due at the next look, and made up for then.
                _log.warning("The schedules could not be followed: %s", error)
                return
            self._set_timer()

    def _set_timer(self) -> None:
        """Tick at the next look, or before it where something is due."""
        first = min((plan.due for plan in self._plans.values() if plan.due), default=self._next_look)
        at = min(self._next_look, max(first, datetime.now(UTC) + PAUSE))
        self._scheduler.modify_job(_TICK, next_run_time=at)

    async def _look(self, now: datetime) -> None:
        """Plan sources that are new, changed, or were fired by another process. Raises `StoreError`."""
        sources = await self._requests.schedules()
        plans: dict[int, Plan] = {}
        for first in range(0, len(sources), PLANNED_AT_ONCE):
            some = sources[first : first + PLANNED_AT_ONCE]
            plans |= await asyncio.to_thread(self._plan_all, some, now)
        self._plans = plans

    async def _fire(self, now: datetime) -> None:
        """Request the crawls that are due, the earliest first. Raises `StoreError`."""
        late = [plan for plan in self._plans.values() if plan.due and plan.due <= now]
        if not late:
            return
        first = [plan.source for plan in nsmallest(AT_ONCE, late, key=attrgetter("due"))]
        # Planned again: a process that stood still makes up for the latest slot that it missed, and for no other.
        plans = await asyncio.to_thread(self._plan_all, first, now)
        slots = {number: plan.slot for number, plan in plans.items() if plan.slot and plan.slot <= now}
        asked = await self._requests.put_slots(slots)
        for number in sorted(asked):
            _log.info("%s: its schedule asks for a crawl", plans[number].source.name)
        fired = [replace(plans[number].source, fired=slot) for number, slot in slots.items()]
        self._plans |= plans | await asyncio.to_thread(self._plan_all, fired, now)

    def _plan_all(self, sources: Iterable[Scheduled], now: datetime) -> dict[int, Plan]:
        """Return the plans of these sources, by their ids; runs in a thread."""
        return {source.id: self._plan(source, now) for source in sources}

    def _plan(self, source: Scheduled, now: datetime) -> Plan:
        known = self._plans.get(source.id)
        if known and known.source == source and (known.due is None or known.due > now):
            return known
        try:
            schedule = read_schedule(source.schedule or self._default)
        except UsageError as error:
            _log.warning("%s: %s", source.name, error)
            schedule = Schedule("off")
        slot = due(schedule, source.fired or source.added_at or now, now)
        return Plan(source, slot, slot + schedule.delay(slot, source)) if slot else Plan(source)


def due(schedule: Schedule, after: datetime, now: datetime) -> datetime | None:
    """Return the slot to fire next: the latest that was missed within the hour, else the next one, None without one.

    `after`: the last slot that was fired, or when the source was added.
    """
    slot = schedule.find_next_slot(max(after, now - GRACE))
    while slot is not None and (following := schedule.find_next_slot(slot)) is not None and following <= now:
        slot = following
    return slot
