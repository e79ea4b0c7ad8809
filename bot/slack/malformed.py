"""What nobody listens to, and what cannot be read: acknowledged, so that Slack does not deliver it again.

payload ──Bolt──> a listener's answer
              ├─ 404, nobody listens     acknowledged: what it means, the doors have done
              ├─ Bolt trips over it      acknowledged, with a line in the log that repeats nothing of it
              └─ we trip over it         not acknowledged, with a stack trace: a bug of ours

Knows no payload: what one means is decided in `bot.slack.reading`.
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


async def dispatched(app: AsyncApp, request: AsyncBoltRequest) -> BoltResponse:
    """What the app says to a payload."""
    answer = await app.async_dispatch(request)
    return BoltResponse(status=200, body="") if answer.status == _UNHEARD else answer


def acknowledge_what_cannot_be_read(app: AsyncApp) -> None:
    """`app.error` cannot: for its arguments Bolt reads the payload once more, and trips once more."""
    app._async_middleware_error_handler = _Unreadable()  # noqa: SLF001 - see above; tests/bad/test_slack.py holds it


class _Unreadable(AsyncMiddlewareErrorHandler):
    async def handle(self, error: Exception, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        if response is None or _is_ours(error):
            _log.error("What Slack delivered was not taken in.", exc_info=error)
            return
        _log.warning("Slack delivered what cannot be read (%s): it is left alone.", type(error).__name__)
        response.status = 200


def _is_ours(error: Exception) -> bool:
    """Whether our own code was at it."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(name.partition(".")[0] in ("bot", "core") for name in modules)
