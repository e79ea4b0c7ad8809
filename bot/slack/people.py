"""Who is a person: an app may do what a person does, for example react, and Slack's event does not say which it was."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api import call_slack
from core.errors import FootnoteError

MOST = 1_000
SECONDS = 1.5
"""Slack waits three for an acknowledgement."""


class People:
    """Asks Slack once about each user."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, bool] = {}

    async def is_person(self, user: str) -> bool:
        """Return whether a user is no app; also True where Slack does not say so: without users:read, or in time."""
        if user not in self._known:
            if len(self._known) >= MOST:
                self._known.clear()
            with suppress(FootnoteError, TimeoutError):
                async with asyncio.timeout(SECONDS):
                    found = (await call_slack(self._client.users_info, user=user)).get("user")
                self._known[user] = not (isinstance(found, Mapping) and found.get("is_bot") is True)
        return self._known.get(user, True)
