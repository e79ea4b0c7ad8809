"""The clock: asks for crawls when the schedules say so. Any number of processes watch it, one of them asks.

    every 30 s: sources, their schedules, their last slots ──> one timer a source
    timer ──> slot and request in one transaction ──> the next timer

Does no crawl: a request wakes a worker up. In UTC; a slot that was missed while nothing ran is made up for within an
hour, once, however many were missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from core.domain import Source
from core.errors import FootnoteError, UsageError
from core.ports import Catalog
from core.schedule import Schedule, parse_schedule
from core.work import Requests

LOOK_SECONDS = 30.0
"""Between two looks at the sources: so late a changed schedule is known."""

GRACE = timedelta(hours=1)
"""A slot that is older is not made up for."""

_log = logging.getLogger(__name__)


class Clock:
    """Plans and fires. `default`: the schedule of sources that have none of their own, as text."""

    def __init__(self, catalog: Catalog, requests: Requests, default: str) -> None:
        self._catalog = catalog
        self._requests = requests
        self._default = default
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE.total_seconds()},
        )
        self._planned: set[str] = set()

    def start(self) -> None:
        """Begin to watch, on the running event loop."""
        every = IntervalTrigger(seconds=LOOK_SECONDS, timezone=UTC)
        self._scheduler.add_job(self._look, every, id="look", next_run_time=datetime.now(UTC))
        self._scheduler.start()

    def stop(self) -> None:
        """Nothing new is started, and what is under way is dropped: a slot is asked for whole, or by another clock."""
        self._scheduler.pause()  # at once, while the shutdown comes with the loop's next turn
        self._scheduler.shutdown(wait=False)

    async def _look(self) -> None:
        with suppress(asyncio.CancelledError):  # the shutdown cancels, and logs a traceback of what lets it through
            await self._plan_all()

    async def _plan_all(self) -> None:
        try:
            sources, fired = await self._catalog.list(), await self._requests.last_slots()
        except FootnoteError as error:
            _log.warning("The schedules could not be read: %s", error)
            return
        planned = {timer for source in sources if (timer := self._plan(source, fired))}
        for timer in self._planned - planned:
            self._forget(timer)
        self._planned = planned

    def _plan(self, source: Source, fired: Mapping[int, datetime]) -> str:
        """Set the source's timer. -> its name, "" where it has none."""
        now = datetime.now(UTC)
        schedule = self._schedule(source)
        slot = due(schedule, fired.get(source.id) or source.added_at or now, now)
        if slot is None:
            return ""
        timer = f"source {source.id}"
        at = DateTrigger(slot + schedule.delay(slot, source))
        self._scheduler.add_job(self._fire, at, args=[source, slot], id=timer, replace_existing=True)
        return timer

    def _schedule(self, source: Source) -> Schedule:
        try:
            return parse_schedule(source.schedule or self._default, shortest=timedelta(0))
        except UsageError as error:
            _log.warning("%s: %s", source.name, error)
            return Schedule("off")

    async def _fire(self, source: Source, slot: datetime) -> None:
        with suppress(asyncio.CancelledError):  # as above
            await self._ask(source, slot)

    async def _ask(self, source: Source, slot: datetime) -> None:
        try:
            request = await self._requests.put_once(source, slot)
        except FootnoteError as error:
            # The slot is still there at the next look: it is made up for then.
            _log.warning("%s could not be asked for: %s", source.name, error)
            return
        if request is not None:
            _log.info("%s: its schedule asks for a crawl", source.name)
        self._plan(source, {source.id: slot})

    def _forget(self, timer: str) -> None:
        try:
            self._scheduler.remove_job(timer)
        except JobLookupError:
            _log.debug("%s has fired meanwhile", timer)


def due(schedule: Schedule, after: datetime, now: datetime) -> datetime | None:
    """The slot to fire next: the latest of those missed within the hour, else the next one.

    `after`: the last slot that was fired, or when the source was added.
    """
    slot = schedule.after(max(after, now - GRACE))
    while slot is not None and (following := schedule.after(slot)) is not None and following <= now:
        slot = following
    return slot
