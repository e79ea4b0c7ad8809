"""A real slack-bolt app on the loopback Slack, for the tests of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack.record import Json
from tests.servers.slack.server import Slack


def client_of(slack: Slack, token: str | None = None) -> AsyncWebClient:
    """Return the real client, without its retries."""
    return AsyncWebClient(token=token or slack.bot_token, base_url=slack.api_url, timeout=60, retry_handlers=[])


def app_of(slack: Slack) -> AsyncApp:
    return AsyncApp(signing_secret=slack.signing_secret, client=client_of(slack))


class Heard:
    """An app that keeps the bodies of its events, with the number of the retry."""

    def __init__(self, slack: Slack) -> None:
        self.app = app_of(slack)
        self.bodies: list[Json] = []
        self.retries: list[str | None] = []
        self.app.middleware(self._keep)
        for kind in ("message", "app_mention", "app_home_opened", "agent_session_stopped"):
            self.app.event(kind)(self._nothing)

    async def _keep(self, body: Json, req: Json, next: Json) -> None:  # noqa: A002 - bolt gives arguments by name
        self.bodies.append(body)
        self.retries.append(req.headers.get("x-slack-retry-num", [None])[0])
        await next()

    async def _nothing(self) -> None:
        """Do nothing: with this listener the event is acked."""

    @property
    def events(self) -> list[Json]:
        return [body["event"] for body in self.bodies if "event" in body]

    def of_type(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]


@asynccontextmanager
async def connected(slack: Slack, app: AsyncApp, ping_interval: float = 10) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect the app with a websocket, until the block ends."""
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=client_of(slack), ping_interval=ping_interval)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK's
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK's
