"""`footnote up`: runs everything that is configured, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from functools import partial

import click

from bot.cli.running import explain_empty_index, with_footnote
from bot.cli.serving import log_started, log_to_stderr, stop_on_signals
from bot.cli.source_rules import check_change
from bot.commands.perform import build_command_context
from bot.console.context import ConsoleContext
from bot.console.serving import serve_console_if_possible
from bot.platforms import load_platforms, run_platforms
from bot.status import StatusBoard
from bot.web import serve_health
from core.errors import FootnoteError
from core.plural import format_count
from core.tasks import run_in_background
from core.wiring import Footnote
from ingest.worker import clock, run_worker


@click.command("up")
@click.option("--no-worker", is_flag=True, help="Crawl nothing here: `footnote worker` does, on another machine.")
def command(*, no_worker: bool) -> None:
    """Run what is configured until stopped: Slack, Discord, the clock, and one worker.

    Slack is on if SLACK_BOT_TOKEN and SLACK_APP_TOKEN are set (docs/slack.md), Discord if DISCORD_BOT_TOKEN is
    (docs/discord.md). Sources are crawled again on their schedules (RECRAWL_CRON). The web console is served at
    CONSOLE_ADDRESS: `footnote console --link` prints a link to it.

    \b
    footnote up
    footnote up --no-worker
    """
    log_to_stderr()
    with_footnote(lambda footnote: _up(footnote, worker=not no_worker))


async def _up(footnote: Footnote, *, worker: bool) -> None:
    with stop_on_signals() as stop:
        platforms = load_platforms(footnote.settings)
        sources = await footnote.catalog.list()
        named = " and ".join(platforms) or "no chat platform (docs/slack.md, docs/discord.md)"
        log_started(f"footnote is up, with {format_count(len(sources), 'source')} and {named}. Ctrl-C stops it.")
        if not sources and (why := explain_empty_index(footnote.settings)):
            log_started(why)
        parts = [run_worker(footnote, stop) if worker else _keep_clock(footnote, stop)]
        watched = StatusBoard()
        if platforms:
            parts.append(run_platforms(footnote, platforms, stop, watched))
        context = build_command_context(footnote, check=partial(check_change, footnote.settings))
        async with (
            run_in_background(footnote.look_after_database()),
            run_in_background(footnote.history.keep_gathered()),
            footnote.open_inbox() as inbox,
            serve_health(footnote.settings.health_address, inbox, footnote.catalog, watched, footnote.spend),
            serve_console_if_possible(ConsoleContext(footnote, inbox, context, watched)),
        ):
            await _together(parts, stop)


async def _together(parts: Sequence[Awaitable[None]], stop: asyncio.Event) -> None:
    """Run all parts until `stop` is set. The first that cannot go on stops the others; its error is raised as it is."""
    errors: list[FootnoteError] = []

    async def part(work: Awaitable[None]) -> None:
        try:
            await work
        except FootnoteError as error:
            errors.append(error)
            stop.set()

    async with asyncio.TaskGroup() as group:
        for each in parts:
            group.create_task(part(each))
    if errors:
        raise errors[0]


async def _keep_clock(footnote: Footnote, stop: asyncio.Event) -> None:
    with clock(footnote):
        await stop.wait()
