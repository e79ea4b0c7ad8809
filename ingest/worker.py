"""A worker: one of any number of processes that perform requests, on any machine that reaches the database.

    stop? ──> clock (requests crawls)      jobs ──perform──> a request
                                                └─embed────> batches of any crawl

`footnote worker` runs one, `footnote up` has one inside. Another worker takes over the jobs of a killed one, and goes
on with its crawl where it was left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from core.wiring import Footnote
from core.work.port import EMBED, PERFORM
from ingest.perform import Performer
from ingest.schedule import Clock


async def run_worker(footnote: Footnote, stop: asyncio.Event) -> None:
    """Work until `stop` is set; jobs that are running then are left to other workers."""
    performer = Performer(footnote, stop)
    with clock(footnote):
        await footnote.jobs().run({PERFORM: performer.perform, EMBED: performer.embed}, stop)


@contextmanager
def clock(footnote: Footnote) -> Iterator[None]:
    """Run the clock, which requests crawls when the schedules say so, while the block runs."""
    timer = Clock(footnote.requests, footnote.settings.recrawl_cron)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
