"""What an HTTP server of ours logs of what is no HTTP: one line each, and no stack trace; and what it calls itself."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

BROKEN = (HttpProcessingError, aiohttp.ClientError, ConnectionError)
"""What aiohttp raises for what is no HTTP, or ends before it is whole."""


class _HttpLog(logging.Logger):
    """Decides before a record is made: `bot.cli.redaction` makes finished text of its exception at once."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(name)
        self.parent = logging.getLogger(name.rpartition(".")[0])
        self._sentence = sentence

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        """Log a warning instead, without the trace and what was sent, where `exc_info` is of what is no HTTP."""
        if isinstance(exc_info, BROKEN):
            self.warning(self._sentence)
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)


def build_http_log(name: str, sentence: str) -> logging.Logger:
    """Return a log for aiohttp under a name, with a warning of this sentence for each thing that is no HTTP."""
    return _HttpLog(name, sentence)


async def name_server(_: web.Request, response: web.StreamResponse) -> None:
    """Name the server in a response, and not which Python and which library it runs on."""
    response.headers["Server"] = "footnote"
