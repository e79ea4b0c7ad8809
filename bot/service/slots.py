"""How many answers and searches for callers run at a time, apart from the workers of chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import ServiceBusy

BUSY = "Too many questions wait for an answer just now: please try again in a few seconds."
RETRY_SECONDS = 5.0


class AnswerSlots:
    """Lets `most` run at a time, in the order in which they came; the others wait, `waiting` at most, for `seconds`."""

    def __init__(self, most: int, *, waiting: int = 256, seconds: float = 30.0) -> None:
        self._free = asyncio.Semaphore(most)
        self._most_waiting = waiting
        self._seconds = seconds
        self._waiting = 0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a slot while the block runs. Raises `ServiceBusy`."""
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise ServiceBusy(BUSY, RETRY_SECONDS)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise ServiceBusy(BUSY, RETRY_SECONDS) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
