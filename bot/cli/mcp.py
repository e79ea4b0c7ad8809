"""`footnote mcp`: the documentation for editors and agents, over the Model Context Protocol."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

from bot.cli.running import with_footnote
from bot.cli.serving import log_started, log_to_stderr, stop_on_signals
from core.config.values import host_and_port
from core.errors import ConfigurationError, UsageError
from core.tasks import run_in_background
from core.wiring import Footnote

NO_EXTRA = (
    "MCP needs an extra that is not installed: install footnote-bot[mcp], for example with "
    "`pipx install 'footnote-bot[mcp]'`."
)


@click.command("mcp")
@click.option("--http", "address", metavar="HOST:PORT", help="Serve callers with tokens over HTTP.")
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help="Answer by this name, too; repeatable.")
def command(address: str | None, hosts: tuple[str, ...]) -> None:
    """Serve the documentation to an editor or agent that speaks MCP, over standard input and output or over HTTP.

    Over standard input and output the host starts this command and ends it; it sees all sources, as the command line
    does. Over HTTP callers have tokens (`footnote token add`), and see what is visible to those; the server answers by
    names of loopback, and by those that you allow. Logs go to standard error. See docs/mcp.md for how to set up a host.

    \b
    footnote mcp
    footnote mcp --http 127.0.0.1:8323
    footnote mcp --http 127.0.0.1:8323 --allow-host docs.example.org
    """
    if find_spec("mcp") is None:
        raise ConfigurationError(NO_EXTRA)
    if hosts and address is None:
        raise UsageError("--allow-host goes with --http.")
    checked = _check_address(address) if address is not None else None
    log_to_stderr()
    with_footnote(lambda footnote: _serve(footnote, checked, hosts))


def _check_address(text: str) -> str:
    try:
        return text if text.endswith(":0") else host_and_port(text)  # 0: any free port
    except ValueError as error:
        raise UsageError(f"The address for --http {error}.") from error


async def _serve(footnote: Footnote, address: str | None, hosts: tuple[str, ...]) -> None:
    # Loaded here: it imports the SDK of the extra, which takes a second and 70 MB.
    run = import_module("bot.mcp.run")
    with stop_on_signals() as stop:
        async with run_in_background(footnote.look_after_database()):
            if address is None:
                await run.serve_stdio_of(footnote, stop)
            else:
                await run.serve_http_of(footnote, address, hosts, stop, _print_url)


def _print_url(url: str) -> None:
    log_started(f"MCP is served at {url}. Ctrl-C stops it.")
