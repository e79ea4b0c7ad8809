"""Slack's histories of conversations, read a page at a time and no faster than Slack allows.

    conversations   those that the bot is in         needs channels:read, groups:read, im:read, mpim:read
    messages        of a conversation, newest first  needs channels:history, groups:history, im:history, mpim:history
    replies         of a thread, oldest first        the same

It knows nothing of questions. Raises `SlackRefused`, `Undeliverable`, and `TryLater` after `TRIES` tries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.face import TryLater
from bot.pace import Budget
from bot.slack.api import TokenRefused, call_slack
from bot.slack.payloads import Json, map_in, maps_in, text_in

HISTORIES, REPLIES = 40, 20
"""Calls per minute of one process. Slack takes 50 of each; replies are also read to find answers (`bot.slack.face`)."""

PAGE, PAGES, LISTED = 100, 5, 200
"""Messages of a page; pages of one conversation, thread or list; conversations on a page of the list."""

TRIES = 4
"""Tries of one call. An app that may read one page a minute is asked to wait for that minute."""


class History:
    """The histories of the workspace that the client's token belongs to."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._histories, self._replies = Budget(HISTORIES), Budget(REPLIES)

    async def conversations(self, types: Iterable[str]) -> list[Json]:
        """Return the conversations of these types that the bot is in."""
        arguments = {"types": ",".join(types), "exclude_archived": True, "limit": LISTED}
        found: list[Json] = []
        for _ in range(PAGES):
            answer = await _called(self._client.users_conversations, self._histories, **arguments)
            found += maps_in(answer, "channels")
            arguments["cursor"] = text_in(map_in(answer, "response_metadata"), "next_cursor")
            if not arguments["cursor"]:
                break
        return found

    async def messages(self, channel: str, since: float) -> tuple[list[Json], bool]:
        """Return messages, a page and more until one is older than `since`; and whether it got that far.

        Older messages are among them, since replies to those may be new: `latest_reply` says so.
        """
        arguments = {"channel": channel, "limit": PAGE}
        found: list[Json] = []
        for _ in range(PAGES):
            try:
                answer = await _called(self._client.conversations_history, self._histories, **arguments)
            except TryLater:
                if found:
                    return found, False
                raise
            page = maps_in(answer, "messages")
            found += page
            arguments["cursor"] = text_in(map_in(answer, "response_metadata"), "next_cursor")
            if not page or not arguments["cursor"] or at_of(page[-1]) <= since:
                return found, True
        return found, False

    async def replies(self, channel: str, thread: str, since: float) -> list[Json]:
        """Return the first message of a thread and those after `since`."""
        arguments = {"channel": channel, "ts": thread, "oldest": f"{since:.6f}", "limit": PAGE}
        found: list[Json] = []
        for _ in range(PAGES):
            answer = await _called(self._client.conversations_replies, self._replies, **arguments)
            found += maps_in(answer, "messages")
            arguments["cursor"] = text_in(map_in(answer, "response_metadata"), "next_cursor")
            if not arguments["cursor"]:
                break
        return found


def at_of(message: Json, key: str = "ts") -> float:
    """Return when a message was written, in seconds of Slack's clock; 0: it does not say."""
    try:
        return float(text_in(message, key))
    except ValueError:
        return 0.0


async def _called(method: Callable[..., Awaitable[Any]], budget: Budget, **arguments: Any) -> Json:
    """Call a method in its turn, and again after the pause that Slack asks for."""
    tries = 0
    while True:
        while not budget.take():  # noqa: ASYNC110 - it is time that frees one
            await asyncio.sleep(1)
        try:
            return await call_slack(method, **{key: value for key, value in arguments.items() if value != ""})
        except TryLater as later:
            tries += 1
            if tries == TRIES or isinstance(later, TokenRefused):
                raise
            await asyncio.sleep(later.seconds)
