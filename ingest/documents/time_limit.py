"""A limit of time for code of others that may run for ever: it is interrupted where it stands.

    with time_limit(Budget(processor=60, clock=80)):     raises `OutOfTime` in the body once either is over
        ...

It holds in the main thread alone, as Python's signals do: elsewhere, and while the process is not run at all, only the
parent of `ingest.parsing.child` ends it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_TICK = 0.25  # seconds of the processor between two looks


class OutOfTime(BaseException):
    """No `Exception`: libraries catch those. One that is swallowed all the same is raised again at the next look."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds of the processor and on the clock; the parser's own limits for a PDF are a little above these."""

    processor: float = 60.0
    clock: float = 80.0


USUAL = Budget()


@contextmanager
def time_limit(budget: Budget) -> Iterator[None]:
    """Raise `OutOfTime` in the body once it has used up its budget."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watching = True
    last_processor, last_clock = time.process_time() + budget.processor, time.monotonic() + budget.clock

    def look(_number: int, _frame: FrameType | None) -> None:
        if watching and (time.process_time() >= last_processor or time.monotonic() >= last_clock):
            raise OutOfTime

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, _TICK, _TICK)
    try:
        yield
    finally:
        watching = False  # first of all: no look may raise from here on
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
