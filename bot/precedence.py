"""Lets chat go first in the event loop that answers both: work for callers takes no step while chat takes its own.

    chat      step, step, (waits for a model ...)          step, step
    callers                  step, step, step, step, step              step, ...

A step is what a task does between two waits: a millisecond, ten at most. Chat that waits longer than `LEAD_SECONDS`,
for a model or a platform, leaves the loop to callers. Chat that never rests does not shut them out: each of their steps
comes after `LONGEST_SECONDS` at the latest.
"""

from __future__ import annotations

import asyncio
import math
import time
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

LEAD_SECONDS = 0.05
"""How long after a step of chat its next one is expected: about what Postgres takes on a busy machine."""

LONGEST_SECONDS = 0.05
"""The longest wait of one step of a caller's. An answer has about a hundred, and deadlines of seconds for some."""

T = TypeVar("T")


class ChatFirst:
    """Knows when chat last took a step. One for each process."""

    def __init__(self) -> None:
        self._last = -math.inf

    def note_step(self) -> None:
        """Note that chat takes a step now."""
        self._last = time.monotonic()

    @property
    def rested(self) -> float:
        """Seconds since chat last took a step; endless where it never did."""
        return time.monotonic() - self._last

    async def lead(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work of chat: each of its steps is noted."""
        self.note_step()
        return await _take_steps(work, self._note)

    async def follow(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work for a caller: each of its steps waits until chat rests."""
        return await _take_steps(work, self._wait)

    def _note(self) -> None:
        self.note_step()

    def _wait(self) -> Coroutine[Any, Any, None] | None:
        left = LEAD_SECONDS - self.rested
        return asyncio.sleep(min(left, LONGEST_SECONDS)) if left > 0 else None


@types.coroutine
def _take_steps(
    work: Coroutine[Any, Any, T], prepare: Callable[[], Coroutine[Any, Any, None] | None]
) -> Generator[Any, Any, T]:
    """Run a coroutine in the task that awaits this, and call `prepare` before each of its steps but the first.

    What `prepare` returns is awaited before the step. A cancellation meanwhile reaches the work as its own would.
    """
    error: BaseException | None = None
    while True:
        try:
            thrown, error = error, None
            awaited = work.send(None) if thrown is None else work.throw(thrown)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            thrown = None  # its traceback holds this frame
        try:
            yield awaited
            pause = prepare()
            if pause is not None:
                yield from pause.__await__()
        except BaseException as raised:  # noqa: BLE001 - all of it belongs to the work, a cancellation as well
            error = raised
