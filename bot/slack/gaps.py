"""Since when something may have been missed: whoever notices a gap opens it, and `bot.slack.catch_up` takes it.

    the first connection of a process            the last hour
    a socket that was away                       since then
    a process that stood still for a while       since then
    a delivery that Postgres did not take        since then

A gap is taken to begin a little earlier than it was noticed, and an hour ago at most: who asked before that asked
again, or somebody else. Looking too far back does no harm.
"""

from __future__ import annotations

import asyncio
import time

from core.tasks import wait_for_event

LATELY_SECONDS = 3_600.0
MARGIN_SECONDS = 120.0
"""A socket that froze is noticed after twenty seconds and replaced in as many; clocks differ."""


WATCH_SECONDS, FROZEN_SECONDS = 15.0, 60.0
"""How often the clock is looked at, and how long nothing may have run: a machine that was suspended heard nothing."""


class Gaps:
    """Those of one process, as one. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._opened = asyncio.Event()

    def open(self, since: float | None = None) -> None:
        """What came since then may be missing (None: since just now)."""
        since = time.time() if since is None else since
        self._since = since if self._since is None else min(self._since, since)
        self._opened.set()

    async def wait(self) -> None:
        """Return when there is a gap. One is that the clock went on without us."""
        while not self._opened.is_set():
            before = time.time()
            await wait_for_event(self._opened, WATCH_SECONDS)
            if time.time() - before > FROZEN_SECONDS:
                self.open(before)

    def take(self) -> float:
        """Return where the gap begins. It is closed by this: what is missed from now on opens another."""
        since, self._since = self._since or 0.0, None
        self._opened.clear()
        return max(since - MARGIN_SECONDS, time.time() - LATELY_SECONDS)
