"""How far a crawl is: a live bar for people, a line now and then for a log file, both on standard error.

It shows `412 pages, 38 skipped, 21.4 pages/s` while pages are read, then
`2,304 of 9,120 embedded, 180/s, 38 s left`, and for a large index at the end
`412,000 of 1,000,000 in the graph, 2,700/s, 4 min left`; rates are those of the last seconds.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from core.plural import format_count
from core.work.port import Phase
from ingest.sync import Progress as CrawlProgress
from ingest.sync import Watch

WINDOW, LINE_EVERY = 10.0, 10.0
"""Seconds that a rate is measured over, and between two lines where there is no terminal."""

_MINUTE, _HOUR = 60, 3600


class Rate:
    """How fast a count grows at the moment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def take(self, count: int) -> float:
        """Note what the count is now, and return its growth per second over the last `WINDOW` seconds."""
        now = self._clock()
        if not self._seen or count != self._seen[-1][1]:
            self._seen.append((now, count))
        # One older entry stays, as the start of the window.
        while len(self._seen) > 2 and now - self._seen[1][0] > WINDOW:
            self._seen.popleft()
        first, before = self._seen[0]
        return (count - before) / (now - first) if now > first else 0.0


class ProgressDescriber:
    """Describes in words how far one crawl is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pages, self._passages, self._rows = Rate(clock), Rate(clock), Rate(clock)

    def describe(self, progress: CrawlProgress) -> str:
        """Return how far the crawl is, in one line without the name of the source."""
        match progress.stage:
            case Phase.CRAWL:
                rate = self._pages.take(progress.pages)
                return f"{format_count(progress.pages, 'page')}, {progress.skipped:,} skipped, {rate:.1f} pages/s"
            case Phase.EMBED:
                return _counted(self._passages, progress.embedded, progress.to_embed, "embedded")
            case Phase.SWITCH:
                return "letting readers see it"
            case Phase.GRAPH if 0 < progress.indexed < progress.to_index:
                return _counted(self._rows, progress.indexed, progress.to_index, "in the graph")
            case Phase.GRAPH:
                return f"building the graph: {progress.step}"
            case _:
                assert_never(progress.stage)


def _counted(rate: Rate, done: int, total: int, what: str) -> str:
    """Return a count, its rate and the time left: `"2,304 of 9,120 embedded, 180/s, 38 s left"`."""
    speed = rate.take(done)
    state = f"{done:,} of {total:,} {what}"
    if not speed or done >= total:
        return state
    return f"{state}, {speed:.0f}/s, {format_duration((total - done) / speed)} left"


def format_duration(seconds: float) -> str:
    """Return seconds in words: `38.2` -> `"38 s"`, `150` -> `"2 min"`, `9000` -> `"2 h 30 min"`."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR / _MINUTE:.0f} min"


@contextmanager
def crawl_bar(screen: Console, name: str) -> Iterator[Watch]:
    """Show a live bar or, without a terminal, a line every `LINE_EVERY` seconds; yield what takes the progress."""
    if not screen.is_terminal:
        yield build_log_watch(screen, name)
        return
    named = TextColumn("{task.description}", table_column=Column(no_wrap=True, max_width=16))
    state = TextColumn("{task.fields[state]}", table_column=Column(no_wrap=True))
    columns = (SpinnerColumn(), named, BarColumn(8), state, TimeElapsedColumn())  # eighty columns hold them
    with Progress(*columns, console=screen, transient=True) as bar:
        yield _drawn(bar, bar.add_task(name, total=None, state="starting"))


def _drawn(bar: Progress, task: TaskID) -> Watch:
    describer = ProgressDescriber()

    def watch(progress: CrawlProgress) -> None:
        state = describer.describe(progress)
        if progress.stage is Phase.EMBED:
            bar.update(task, total=max(1, progress.to_embed), completed=progress.embedded, state=state)
        elif progress.stage is Phase.GRAPH:
            bar.update(task, total=max(1, progress.to_index), completed=progress.indexed, state=state)
        else:
            bar.update(task, state=state)

    return watch


def build_log_watch(screen: Console, name: str, clock: Callable[[], float] = time.monotonic) -> Watch:
    """Return a watch that prints a plain line every `LINE_EVERY` seconds, for a log file."""
    describer, reported_at = ProgressDescriber(clock), clock()

    def watch(progress: CrawlProgress) -> None:
        nonlocal reported_at
        sentence = describer.describe(progress)
        if clock() - reported_at >= LINE_EVERY:
            reported_at = clock()
            screen.print(f"{name}: {sentence}", markup=False, soft_wrap=True)

    return watch
