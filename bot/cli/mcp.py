"""`footnote mcp`: the documentation for editors and agents, over the Model Context Protocol."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

from bot.cli.running import with_footnote
from bot.cli.serving import log_to_stderr, stop_on_signals
from core.errors import ConfigurationError
from core.tasks import run_in_background
from core.wiring import Footnote

NO_EXTRA = (
    "MCP needs an extra that is not installed: install footnote-bot[mcp], for example with "
    "`pipx install 'footnote-bot[mcp]'`."
)


@click.command("mcp")
def command() -> None:
    """Serve the documentation to an editor or agent that speaks MCP, over standard input and output.

    The host starts this command and ends it. It sees all sources, as the command line does. Logs go to standard error.
    See docs/mcp.md for how to set up a host.

    \b
    footnote mcp
    """
    if find_spec("mcp") is None:
        raise ConfigurationError(NO_EXTRA)
    log_to_stderr()
    with_footnote(_serve)


async def _serve(footnote: Footnote) -> None:
    # Loaded here: it imports the SDK of the extra, which takes a second and 70 MB.
    run = import_module("bot.mcp.run")
    with stop_on_signals() as stop:
        async with run_in_background(footnote.look_after_database()):
            await run.serve_stdio_of(footnote, stop)
