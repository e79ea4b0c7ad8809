"""`footnote console`: the web console without anything else, or a link that signs in the user of this machine."""

from __future__ import annotations

from functools import partial

import click

from bot.cli.running import with_footnote
from bot.cli.serving import log_started, log_to_stderr, stop_on_signals
from bot.cli.source_rules import check_change
from bot.commands.perform import build_command_context
from bot.console.address import is_taken, to_base
from bot.console.context import ConsoleContext
from bot.console.serving import serve_console
from bot.status import StatusBoard
from core.console.port import to_link
from core.inbox.viewer import MACHINE
from core.tasks import run_in_background
from core.wiring import Footnote


@click.command("console")
@click.option("--link", is_flag=True, help="Print a link that signs you in, alone on standard output.")
def command(*, link: bool) -> None:
    """Serve the web console until stopped; `footnote up` does so, too.

    The link of --link works once, within five minutes, and shows all: also what people asked in private. With
    `/docs console` in chat, administrators get a link for themselves. The console is at CONSOLE_ADDRESS, and people
    reach it at CONSOLE_URL.

    \b
    footnote console
    footnote console --link
    """
    if link:
        link_to_open, remark = with_footnote(_make_link)
        click.echo(link_to_open)
        if remark:
            click.echo(remark, err=True)
    else:
        log_to_stderr()
        with_footnote(_serve)


async def _make_link(footnote: Footnote) -> tuple[str, str]:
    """Return a link, and what must be done before it can be opened; "" where it can."""
    settings = footnote.settings
    link_to_open = to_link(to_base(settings), await footnote.access.make_link(MACHINE))
    if settings.console_url or is_taken(settings.console_address):
        return link_to_open, ""
    return (
        link_to_open,
        f"Nothing listens at {settings.console_address} yet: start `footnote up` or `footnote console`.",
    )


async def _serve(footnote: Footnote) -> None:
    with stop_on_signals() as stop:
        context = build_command_context(footnote, check=partial(check_change, footnote.settings))
        async with (
            run_in_background(footnote.look_after_database()),
            footnote.open_inbox() as inbox,
            serve_console(ConsoleContext(footnote, inbox, context, StatusBoard())) as base,
        ):
            log_started(f"The console is at {base}: `footnote console --link` signs you in. Ctrl-C stops it.")
            await stop.wait()
