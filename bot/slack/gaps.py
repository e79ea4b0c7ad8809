"""Gaps in which something may have been missed: any part of the process opens one, and `bot.slack.catch_up` takes it.

    the first connection of a process            the last hour
    a socket that was away                       since then
    a process that stood still for a while       since then
    a delivery that Postgres did not take        since then

A gap is taken to begin a little earlier than it was noticed, and an hour ago at most: people who asked before that
have asked again, or asked somebody else. Looking too far back does no harm.
"""

from __future__ import annotations

import asyncio
import time

from core.tasks import wait_for_event

LATELY_SECONDS = 3_600.0
MARGIN_SECONDS = 120.0
"""How much earlier a gap may begin than it was noticed.

A frozen socket is noticed after twenty seconds and replaced within twenty more; clocks differ.
"""


WATCH_SECONDS, FROZEN_SECONDS = 15.0, 60.0
"""Seconds between two looks at the clock, and how long nothing may have run: a suspended machine receives nothing."""


class Gaps:
    """The gaps of one process, as a single one. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._opened = asyncio.Event()

    def open(self, since: float | None = None) -> None:
        """Open a gap: what came since then may be missing (None: since just now)."""
        since = time.time() if since is None else since
        self._since = since if self._since is None else min(self._since, since)
        self._opened.set()

    async def wait(self) -> None:
        """Return when there is a gap; the clock that went on while this process stood still is one, too."""
        while not self._opened.is_set():
            before = time.time()
            await wait_for_event(self._opened, WATCH_SECONDS)
            if time.time() - before > FROZEN_SECONDS:
                self.open(before)

    def take(self) -> float:
        """Return where the gap begins, and close it: what is missed from now on opens another."""
        since, self._since = self._since or 0.0, None
        self._opened.clear()
        return max(since - MARGIN_SECONDS, time.time() - LATELY_SECONDS)
