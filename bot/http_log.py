"""What an HTTP server of ours logs of what is no HTTP: one line each, and no stack trace; and what it calls itself."""

from __future__ import annotations

import logging

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

BROKEN = (HttpProcessingError, aiohttp.ClientError, ConnectionError)
"""What aiohttp raises for what is no HTTP, or ends before it is whole."""


def build_http_log(name: str, sentence: str) -> logging.Logger:
    """Return a log for aiohttp under a name, with a warning of this sentence for each thing that is no HTTP."""

    def shorten(record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], BROKEN):
            record.exc_info = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = sentence, ()
        return True

    log = logging.getLogger(name)
    log.filters = [shorten]
    return log


async def name_server(_: web.Request, response: web.StreamResponse) -> None:
    """Name the server in a response, and not which Python and which library it runs on."""
    response.headers["Server"] = "footnote"
