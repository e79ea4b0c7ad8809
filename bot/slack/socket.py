"""Socket Mode that reconnects: the SDK's client, corrected.

    a ticket is good for one handshake     when that fails the SDK tries the same one for ever: we ask for a new one
    "too_many_websockets", outages         the SDK opens sockets as fast as it can: we open six a minute at most,
                                           and wait for ten seconds where Slack has too many
    a token that was revoked               we keep trying, since it may be given back, and report what is to be done

What arrives is handed to Bolt, which acknowledges what `bot.slack.events` has stored.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.pace import Spacing
from bot.slack.api import OPEN, RoutedClient, explain_refusal, is_lasting, word_of
from bot.slack.malformed import dispatch_request
from bot.status import ReportStatus, State
from core.net.route import DIRECT

TICKET_SECONDS = 10.0
"""Seconds between two tickets: six a minute at most."""

HANDSHAKE_SECONDS = 12.0
PING_SECONDS = 5.0
"""Seconds between two pings: a frozen socket is noticed after four of them."""

_CROWDED = {
    "too_many_websockets": "do other processes use this app token?",
    "link_disabled": "was Socket Mode switched off, on the app's page of that name?",
}
UNREACHABLE = "Slack cannot be reached by Socket Mode."
_log = logging.getLogger(__name__)


class Client(SocketModeClient):
    """The SDK's client, but it uses a ticket once, and asks for tickets slowly. `ticket`: one to begin with."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, ticket: str | None, report: ReportStatus) -> None:
        logger = logging.getLogger("slack_sdk.socket_mode")
        logger.setLevel(logging.CRITICAL)  # it would log a stack trace for each try; `connect` logs a sentence
        super().__init__(app_token=app_token, logger=logger, web_client=web_client, ping_interval=PING_SECONDS)
        self.proxy = None  # until it is known where a ticket leads
        self._route = web_client.route if isinstance(web_client, RoutedClient) else DIRECT
        self.wss_uri = ticket
        self._tickets = Spacing(TICKET_SECONDS)
        self._connecting = asyncio.Lock()
        self._generation = 0
        self._report = report
        if ticket is not None:
            self._tickets.pause("", TICKET_SECONDS)

    async def issue_new_wss_url(self) -> str:
        """Return a new ticket, once its turn has come."""
        await self._tickets.wait("")
        return await super().issue_new_wss_url()

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """Run the listeners, with a pause before them if Slack ends the socket because it has too many.

        By itself the SDK reconnects at once whenever Slack asks it to.
        """
        if message.get("type") == "disconnect" and message.get("reason") in _CROWDED:
            _log.warning("Slack ends a socket (%s): %s", message["reason"], _CROWDED[message["reason"]])
            self._tickets.pause("", TICKET_SECONDS)
        await super().run_message_listeners(message, raw_message)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the SDK's
        """Connect, unless there is a connection.

        By itself the SDK asks for a ticket here, and where that is refused its error is lost and nobody learns of it.
        """
        if force or not await self.is_connected():
            await self.connect()

    async def connect(self) -> None:
        """Connect until there is a socket; a caller that comes while another connects gets the other's socket."""
        generation, reported = self._generation, ""
        async with self._connecting:
            if self._generation != generation:
                return
            while not self.closed and (wrong := await self._connected()):
                if reported != wrong:
                    self._report(State.DOWN, wrong)
                    _log.warning("%s It is tried again until it works.", wrong)
                reported = wrong
            self._generation += 1
            self._report(State.UP, "")
        if reported:
            _log.warning("Slack is connected again.")

    async def _connected(self) -> str:
        """Try one ticket and one handshake, in little time; return why there is no socket, empty: there is one.

        By itself the SDK goes on with a used ticket.
        """
        try:
            self.wss_uri = self.wss_uri or await self.issue_new_wss_url()
            self.proxy = self._route.proxy_for(self.wss_uri) or None
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await super().connect()  # type: ignore[no-untyped-call]  # the SDK's
        except SlackApiError as error:
            word = word_of(error)
            return explain_refusal(OPEN, word) if is_lasting(word) else UNREACHABLE
        except (TimeoutError, SlackClientError, aiohttp.ClientError, OSError):
            return UNREACHABLE
        finally:
            self.wss_uri = None
        return ""


async def stay_connected(app: AsyncApp, app_token: str, ticket: str | None, report: ReportStatus) -> None:
    """Stay connected until cancelled, then close what was opened."""
    client = Client(app_token, app.client, ticket, report)

    async def handle(_: object, request: SocketModeRequest) -> None:
        answer = await dispatch_request(app, AsyncBoltRequest(mode="socket_mode", body=request.payload))
        await send_async_response(client, request, answer, 0.0)

    client.socket_mode_request_listeners.append(handle)
    try:
        await client.connect()
        await asyncio.Event().wait()
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # the SDK's
        await asyncio.sleep(0)  # lets what it cancelled end
