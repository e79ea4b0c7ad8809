"""A worker: one of any number of processes that do what is asked for, on any machine that reaches the database.

    stop? ──> clock (asks for crawls)      jobs ──perform──> a request
                                                └─embed────> batches of anybody's crawl

`footnote worker` runs one, `footnote up` has one inside. A killed worker's jobs are taken over by another, which goes
on with a crawl where it was left.
"""

from __future__ import annotations

import asyncio

from core.wiring import Footnote
from core.work import EMBED, PERFORM
from ingest.assembly import crawl_source, user_agent
from ingest.perform import Performer
from ingest.schedule import Clock

__all__ = ["crawl_source", "run_worker", "user_agent"]


async def run_worker(footnote: Footnote, stop: asyncio.Event, *, clock: bool = True) -> None:
    """Work until `stop` is set; what is under way then is left to others. Raises `ConfigurationError`."""
    performer = Performer(footnote, stop)
    timer = Clock(footnote.catalog, footnote.requests, footnote.settings.recrawl_cron)
    if clock:
        timer.start()
    try:
        await footnote.jobs().run({PERFORM: performer.perform, EMBED: performer.embed}, stop)
    finally:
        if clock:
            timer.stop()
