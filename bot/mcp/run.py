"""Builds the server of an opened footnote and runs it over a transport. All that the command line needs to know."""

from __future__ import annotations

import asyncio

from bot.mcp.asking import ToolAnswers
from bot.mcp.library import Library
from bot.mcp.middleware import FindCaller
from bot.mcp.resources import Resources
from bot.mcp.server import FootnoteServer
from bot.mcp.stdio import serve_stdio
from bot.mcp.tools import Tools
from bot.service.answers import AnswerService, open_service
from bot.service.caller import Caller
from core.wiring import Footnote


def build_server(footnote: Footnote, answers: AnswerService, find_caller: FindCaller) -> FootnoteServer:
    """Return the server; `find_caller` says for whom a request is handled."""
    library = Library(answers, footnote.pages)
    tools = Tools(library, ToolAnswers(library, footnote.gap_reports))
    return FootnoteServer(tools, Resources(library, footnote.settings.recrawl_cron), find_caller)


async def serve_stdio_of(footnote: Footnote, stop: asyncio.Event) -> None:
    """Serve the operator over standard input and output, until the input ends or `stop` is set."""
    operator = Caller.operator()
    async with open_service(footnote) as service:
        await serve_stdio(build_server(footnote, service.answers, lambda _: operator), stop)
