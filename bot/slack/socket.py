"""Socket Mode that comes back: the SDK's client with two cures.

    a ticket is good for one handshake     when that fails the SDK tries the same one for ever: we ask for a new one
    "too_many_websockets", outages         the SDK opens sockets as fast as it can: we open six a minute at most,
                                           and wait for ten seconds where Slack has too many

What arrives is handed to Bolt, which acknowledges what the doors have stored (`bot.slack.doors`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.pace import Spacing
from bot.slack.unheard import dispatched
from bot.watched import State, Tell

TICKET_SECONDS = 10.0
"""Between two tickets: six a minute at most."""

HANDSHAKE_SECONDS = 12.0
PING_SECONDS = 5.0
"""A frozen socket is noticed after four of these."""

_CROWDED = ("too_many_websockets", "link_disabled")
_log = logging.getLogger(__name__)


class Client(SocketModeClient):
    """As the SDK's, but it uses a ticket once, and asks for tickets slowly. `ticket`: one to begin with."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, ticket: str | None, tell: Tell) -> None:
        logger = logging.getLogger("slack_sdk.socket_mode")
        logger.setLevel(logging.CRITICAL)  # it would log a stack trace for each try; `connect` says it in a sentence
        super().__init__(app_token=app_token, logger=logger, web_client=web_client, ping_interval=PING_SECONDS)
        self.proxy = None
        self.wss_uri = ticket
        self._tickets = Spacing(TICKET_SECONDS)
        self._connecting = asyncio.Lock()
        self._generation = 0
        self._tell = tell
        if ticket is not None:
            self._tickets.pause("", TICKET_SECONDS)

    async def issue_new_wss_url(self) -> str:
        """A new ticket, in its turn."""
        await self._tickets.wait("")
        return await super().issue_new_wss_url()

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """The SDK reconnects at once when it is told to; not where that is what Slack has too much of."""
        if message.get("type") == "disconnect" and message.get("reason") in _CROWDED:
            _log.warning("Slack ends a socket (%s): do other processes use this app token?", message["reason"])
            self._tickets.pause("", TICKET_SECONDS)
        await super().run_message_listeners(message, raw_message)

    async def connect(self) -> None:
        """Until there is a socket. Whoever comes while another connects has what that one made."""
        generation, told = self._generation, False
        async with self._connecting:
            if self._generation != generation:
                return
            while not self.closed and not await self._connected():
                if not told:
                    self._tell(State.DOWN, "Slack cannot be reached by Socket Mode.")
                    _log.warning("Slack cannot be reached by Socket Mode; trying until it can.")
                told = True
            self._generation += 1
            self._tell(State.UP, "")
        if told:
            _log.warning("Slack is connected again.")

    async def _connected(self) -> bool:
        """One ticket, one handshake. The SDK's own loop goes on with a used ticket, so it gets little time."""
        try:
            self.wss_uri = self.wss_uri or await self.issue_new_wss_url()
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await super().connect()  # type: ignore[no-untyped-call]  # the SDK's
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError):
            return False
        finally:
            self.wss_uri = None
        return True


async def stay_connected(app: AsyncApp, app_token: str, ticket: str | None, tell: Tell) -> None:
    """Until it is cancelled; then what it opened is closed."""
    client = Client(app_token, app.client, ticket, tell)

    async def handle(_: object, request: SocketModeRequest) -> None:
        answer = await dispatched(app, AsyncBoltRequest(mode="socket_mode", body=request.payload))
        await send_async_response(client, request, answer, 0.0)

    client.socket_mode_request_listeners.append(handle)
    try:
        await client.connect()
        await asyncio.Event().wait()
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # the SDK's
        await asyncio.sleep(0)  # what it cancelled ends
