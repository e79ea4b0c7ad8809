"""Builds the server of an opened footnote and runs it over a transport. All that the command line needs to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from mcp.server.context import ServerRequestContext

from bot.mcp.asking import ToolAnswers
from bot.mcp.gate import GateRules, is_loopback
from bot.mcp.http import find_caller, open_socket, serve_http
from bot.mcp.library import Library
from bot.mcp.middleware import FindCaller
from bot.mcp.resources import Resources
from bot.mcp.server import FootnoteServer
from bot.mcp.stdio import serve_stdio
from bot.mcp.tools import Tools
from bot.service.answers import AnswerService, open_service
from bot.service.caller import Caller
from core.errors import ConfigurationError
from core.wiring import Footnote


def build_server(footnote: Footnote, answers: AnswerService, find_caller: FindCaller) -> FootnoteServer:
    """Return the server; `find_caller` says for whom a request is handled."""
    library = Library(answers, footnote.pages)
    tools = Tools(library, ToolAnswers(library, footnote.gap_reports))
    return FootnoteServer(tools, Resources(library, footnote.settings.recrawl_cron), find_caller)


async def serve_stdio_of(footnote: Footnote, stop: asyncio.Event) -> None:
    """Serve the operator over standard input and output, until the input ends or `stop` is set."""
    async with open_service(footnote) as service:
        await serve_stdio(build_server(footnote, service.answers, find_operator), stop)


async def find_operator(_: ServerRequestContext[Any, Any]) -> Caller:
    """Return who starts the process, whatever is asked."""
    return Caller.operator()


async def serve_http_of(
    footnote: Footnote, address: str, hosts: Collection[str], stop: asyncio.Event, ready: Callable[[str], None]
) -> None:
    """Serve callers with tokens at host:port until `stop` is set. Raises `ConfigurationError`.

    `hosts`: names of the server besides those of loopback. `ready` is called with the url.
    """
    host = address.rpartition(":")[0]
    rules = GateRules(
        frozenset({host.strip("[]").lower(), *(name.lower() for name in hosts)}), footnote.settings.api_open
    )
    if rules.is_open and not is_loopback(host):
        raise ConfigurationError("API_OPEN answers without a token, so --http must be on loopback: 127.0.0.1:PORT.")
    async with open_service(footnote) as service:
        server = build_server(footnote, service.answers, partial(find_caller, access=service.access))
        with open_socket(address) as listening:
            await serve_http(server, service.access, rules, listening, stop, ready)
