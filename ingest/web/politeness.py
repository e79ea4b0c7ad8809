"""How hard one host is asked: so many requests at once, spaced, paused when it says so, left alone when it is down.

    turn ──> closed? ──> a free place ──> paused? ──> Crawl-delay ──> the request

One `Host` a host and crawl. Sleeps, but sends nothing; what an answer means is decided in `ingest.web.fetch`.
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
"""Seconds of all pauses of one crawl: a page and a pause in turn would never end."""

MAX_FAILURES = 20
"""Failed requests in a row after which a host counts as down."""


LEFT_ALONE = "the site asks to be left alone for longer"


class HostClosed(Exception):
    """No more requests to this host in this crawl; `str(error)` is the reason."""


class Host:
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
        """Wait for a place. Raises `HostClosed`."""
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
            # Looked at again afterwards: the pause may have grown while this one slept.
            await asyncio.sleep(wait)
        if self.delay:
            self._next_at = now + self.delay

    def pause(self, seconds: float) -> None:
        """Nobody asks this host before `seconds` have passed; above `MAX_PAUSE`, or all `MAX_PAUSES`, nobody again."""
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
        """The host gave an answer that is one."""
        self._failures = 0

    def failed(self) -> None:
        """The host gave none, or a server error."""
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._closed = "the site is down"
