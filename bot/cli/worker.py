"""`footnote worker`: crawl and embed for everybody, on this machine."""

from __future__ import annotations

import click

from bot.cli.running import with_footnote
from bot.cli.serving import log_started, log_to_stderr, lower_priority, stop_on_signals
from bot.status import StatusBoard
from bot.web import serve_health
from core.tasks import run_in_background
from core.wiring import Footnote
from ingest.perform import worker_name
from ingest.worker import run_worker


@click.command("worker")
def command() -> None:
    """Crawl what is asked for, and help other workers with their crawls, until stopped.

    Start as many as you like, on any machine that reaches DATABASE_URL: they share one queue, the embedding of large
    crawls, and the clock. `footnote up` already runs one worker. Its health and metrics are at HEALTH_ADDRESS.

    \b
    footnote worker
    """
    log_to_stderr()
    lower_priority()
    with_footnote(_work)


async def _work(footnote: Footnote) -> None:
    with stop_on_signals() as stop:
        log_started(f"Worker {worker_name()} is ready. Ctrl-C stops it; another goes on with its crawls.")
        address = footnote.settings.health_address
        async with (
            run_in_background(footnote.look_after_database()),
            serve_health(address, footnote.history, footnote.catalog, StatusBoard(), footnote.spend),
        ):
            await run_worker(footnote, stop)
