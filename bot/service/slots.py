"""How many answers and searches for callers run at a time, apart from the workers of chat, and who has to wait.

    chat is quiet                          `most` run
    it is not, and the event loop is late  fewer and fewer, at last one with pauses three times as long
    ... and the loop is in time            one more, up to all

Answers without a model are work of the processor, and as many as there are take it from each other. Those that wait for
a model cost it little. How late the event loop wakes up tells both apart, and it is what people in chat would feel.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.precedence import ChatFirst
from core.errors import ServiceBusy

BUSY = "Too many questions wait for an answer just now: please try again in a few seconds."
RETRY_SECONDS = 5.0
LOOK_SECONDS, LATE_SECONDS = 0.05, 0.02
"""Between two looks at the event loop, and from when on it is late (measured: docs/decisions/0041-doors.md)."""

QUIET_SECONDS = 3.0
LEAST, LONGEST_PAUSE = 0.25, 2.0
"""The part of the time in which one runs where the loop stays late, and the longest pause in seconds."""


class AnswerSlots:
    """Lets `most` run at a time, in the order in which they came; the others wait, `waiting` at most, for `seconds`.

    `order`: of this process. Chat is quiet after `quiet_seconds` without a step of its work.
    """

    def __init__(
        self,
        most: int,
        order: ChatFirst | None = None,
        *,
        waiting: int = 256,
        seconds: float = 30.0,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._most = max(1, most)
        self._allowed = float(most)
        self._order = order or ChatFirst()
        self._most_waiting = waiting
        self._seconds = seconds
        self._running = 0
        self._waiting = deque[asyncio.Future[None]]()
        self._paused_until = -math.inf
        self._quiet_seconds = quiet_seconds

    @property
    def allowed(self) -> float:
        """How many may run now; below 1: one, for this part of the time."""
        return self._allowed

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a slot while the block runs. Raises `ServiceBusy`."""
        await self._wait()
        began = time.monotonic()
        try:
            yield
        finally:
            self._running -= 1
            self._pause(time.monotonic() - began)
            self._wake()

    def _pause(self, seconds: float) -> None:
        """Let nobody begin for a while where only part of the time is allowed, after one that took so many seconds."""
        if self._allowed < 1:
            self._paused_until = time.monotonic() + min(LONGEST_PAUSE, seconds * (1 / self._allowed - 1))

    def _is_free(self) -> bool:
        return self._running < max(1.0, self._allowed) and time.monotonic() >= self._paused_until

    async def _wait(self) -> None:
        """Wait for a slot, and hold it on return."""
        if not self._waiting and self._is_free():
            self._running += 1
            return
        if len(self._waiting) >= self._most_waiting:
            raise ServiceBusy(BUSY, RETRY_SECONDS)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it was given the slot while it gave up
                self._running -= 1
            elif turn in self._waiting:
                self._waiting.remove(turn)
            self._wake()
            if isinstance(error, TimeoutError):
                raise ServiceBusy(BUSY, RETRY_SECONDS) from None
            raise

    def _wake(self) -> None:
        while self._waiting and self._is_free():
            turn = self._waiting.popleft()
            if not turn.done():
                self._running += 1
                turn.set_result(None)

    def adjust(self, late: float) -> None:
        """Allow more or fewer, after the event loop woke up so many seconds late."""
        if self._order.rested > self._quiet_seconds:
            self._allowed, self._paused_until = float(self._most), -math.inf
        elif late > LATE_SECONDS:
            self._allowed = max(LEAST, self._allowed * 0.7)
        else:
            self._allowed = min(float(self._most), self._allowed + 0.1)
        self._wake()

    async def watch(self) -> None:
        """Adjust to the event loop until cancelled. A pause ends with a look as well."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
            self.adjust(time.monotonic() - before - LOOK_SECONDS)
