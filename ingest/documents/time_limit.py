"""A time limit for other people's code that may run for ever: it is interrupted wherever it is.

    with time_limit(TimeBudget(processor=60, clock=80)):     raises `OutOfTime` in the body once either is over
        ...

It works in the main thread only, as Python's signals do. In other threads, and while the process gets no processor
time, only the parent of `ingest.parsing.child` can end it. Meanwhile it borrows the timer that ends that child for too
much processor time, and sets what is left of it when it gives it back.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_TICK = 0.25  # seconds of processor time between two looks
_AT_ONCE = 0.001  # seconds: zero would switch the timer off


class OutOfTime(BaseException):
    """The budget is used up. Not an `Exception`, as libraries catch those; if swallowed, it is raised again."""


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """Seconds of processor time and on the clock; the parser's limits for a PDF are a little above these."""

    processor: float = 60.0
    clock: float = 80.0


USUAL = TimeBudget()


@contextmanager
def time_limit(budget: TimeBudget) -> Iterator[None]:
    """Raise `OutOfTime` in the body once it has used up its budget."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watching = True
    last_processor, last_clock = time.process_time() + budget.processor, time.monotonic() + budget.clock

    def look(_number: int, _frame: FrameType | None) -> None:
        if watching and (time.process_time() >= last_processor or time.monotonic() >= last_clock):
            raise OutOfTime

    before, begun = signal.signal(signal.SIGPROF, look), time.process_time()
    left, _ = signal.setitimer(signal.ITIMER_PROF, _TICK, _TICK)
    try:
        yield
    finally:
        watching = False  # first: no look may raise from here on
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if left:
            signal.setitimer(signal.ITIMER_PROF, max(left - (time.process_time() - begun), _AT_ONCE))
