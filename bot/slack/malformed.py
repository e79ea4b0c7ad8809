"""Payloads that nobody listens to, or that cannot be read: acknowledged, so that Slack does not deliver them again.

payload ──Bolt──> a listener's answer
              ├─ 404, nobody listens     acknowledged: `bot.slack.events` has dealt with it
              ├─ Bolt fails on it        acknowledged, with a line in the log that repeats nothing of it
              └─ we fail on it           not acknowledged, with a stack trace: a bug of ours

This module knows no payload: `bot.slack.reading` decides what one means.
"""

from __future__ import annotations

import logging
import traceback

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware_error_handler import AsyncMiddlewareErrorHandler
from slack_bolt.request.async_request import AsyncBoltRequest

_UNHEARD = 404
_log = logging.getLogger(__name__)


async def dispatch_request(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """Hand a request to the app and return its answer: 200 where nobody listens."""
    answer = await app.async_dispatch(request)
    return BoltResponse(status=200, body="") if answer.status == _UNHEARD else answer


def acknowledge_unreadable(app: AsyncApp) -> None:
    """Make the app acknowledge what Bolt cannot read.

    `app.error` cannot do that: for its arguments Bolt reads the payload once more, and fails once more.
    """
    app._async_middleware_error_handler = _Unreadable()  # noqa: SLF001 - see above; tests/bad/test_slack.py holds it


class _Unreadable(AsyncMiddlewareErrorHandler):
    async def handle(self, error: Exception, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        if response is None or _is_ours(error):
            _log.error("What Slack delivered was not taken in.", exc_info=error)
            return
        _log.warning("Slack delivered what cannot be read (%s): it is left alone.", type(error).__name__)
        response.status = 200


def _is_ours(error: Exception) -> bool:
    """Return whether our own code ran when the error was raised."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.partition(".")[0] in ("bot", "core") for name in modules)
