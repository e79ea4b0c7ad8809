"""A worker: one of any number of processes that do what is asked for, on any machine that reaches the database.

    stop? ──> clock (asks for crawls)      jobs ──perform──> a request
                                                └─embed────> batches of anybody's crawl

`footnote worker` runs one, `footnote up` has one inside. A killed worker's jobs are taken over by another, which goes
on with a crawl where it was left.
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
    """Work until `stop` is set; what is under way then is left to others."""
    performer = Performer(footnote, stop)
    with clock(footnote):
        await footnote.jobs().run({PERFORM: performer.perform, EMBED: performer.embed}, stop)


@contextmanager
def clock(footnote: Footnote) -> Iterator[None]:
    """Ask for crawls when the schedules say so, as long as the block runs."""
    timer = Clock(footnote.requests, footnote.settings.recrawl_cron)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
