"""`footnote up`: everything that is configured, in one process."""

from __future__ import annotations

import click

from bot.cli.running import notices, with_footnote
from bot.cli.serving import log_to_stderr, stop_on_signals
from core.wiring import Footnote
from ingest.worker import clock, run_worker


@click.command("up")
@click.option("--no-worker", is_flag=True, help="Crawl nothing here: `footnote worker` does, on another machine.")
def command(*, no_worker: bool) -> None:
    """Run what is configured until stopped: the clock, and one worker.

    Sources are crawled anew as their schedules say (RECRAWL_CRON). The chat platforms come with a later version.
    """
    log_to_stderr()
    with_footnote(lambda footnote: _up(footnote, worker=not no_worker))


async def _up(footnote: Footnote, *, worker: bool) -> None:
    with stop_on_signals() as stop:
        sources = await footnote.catalog.list()
        notices().print(f"footnote is up, with {len(sources)} sources. Ctrl-C stops it.")
        if worker:
            await run_worker(footnote, stop)
        else:
            with clock(footnote):
                await stop.wait()
