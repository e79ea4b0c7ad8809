"""Limits requests to one host: so many at once, spaced, paused when it says so, none when it is down.

    turn ──> a free connection ──> closed? ──> paused? ──> Crawl-delay ──> the request

One `Host` per host and crawl. Sleeps, but sends nothing; `ingest.web.fetch` decides what a response means.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MAX_PAUSE, MAX_CRAWL_DELAY = 120.0, 30.0
"""Seconds. A host that asks for a longer pause is left alone for the rest of the crawl."""

MAX_PAUSES = 1_800.0
"""Seconds of all pauses of one crawl: a host that asks for a pause after each page would never be done."""

MAX_FAILURES = 20
"""Failed requests in a row after which a host counts as down."""


LEFT_ALONE = "the site asks to be left alone for longer"


class HostClosed(Exception):
    """No more requests to this host in this crawl; `str(error)` is the reason."""


class PoliteHost:
    """The turns at one host. `delay` is its Crawl-delay in seconds."""

    def __init__(self, connections: int) -> None:
        self.delay = 0.0
        self._places = asyncio.Semaphore(connections)
        self._resume_at = -math.inf
        self._next_at = -math.inf
        self._paused = 0.0
        self._failures = 0
        self._closed = ""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a request may be sent, and hold the turn for the body. Raises `HostClosed`."""
        async with self._places:
            await self._wait()
            yield

    async def _wait(self) -> None:
        while True:
            if self._closed:
                raise HostClosed(self._closed)
            now = time.monotonic()
            wait = max(self._resume_at, self._next_at) - now
            if wait <= 0:
                break
            # The loop checks again: the pause may have grown during the sleep.
            await asyncio.sleep(wait)
        if self.delay:
            self._next_at = now + self.delay

    def pause(self, seconds: float) -> None:
        """Send this host no requests for `seconds`; none at all above `MAX_PAUSE`, or `MAX_PAUSES` for all pauses."""
        if seconds > MAX_PAUSE:
            self._closed = LEFT_ALONE
        else:
            now = time.monotonic()
            begun = max(self._resume_at, now)
            self._resume_at = max(self._resume_at, now + seconds)
            self._paused += self._resume_at - begun
            if self._paused > MAX_PAUSES:
                self._closed = LEFT_ALONE

    def answered(self) -> None:
        """Note that the host gave a proper response."""
        self._failures = 0

    def failed(self) -> None:
        """Note that the host gave no response, or a server error. Close it after `MAX_FAILURES` in a row."""
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._closed = "the site is down"
