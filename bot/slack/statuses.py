"""What Slack shows below a question while it is looked up: "is searching ...", and the button that ends an answer.

    shown ──a message is posted──> Slack clears the words by itself
      └──a message is rewritten, or a stream ends──> we clear them: Slack would show them for two minutes more

    processing, which has the button ──chat.stopStream──> active by itself
      └──anything else──> we set it: even after a press of the button, Slack shows it for up to an hour more

This is a courtesy: its faults are ignored. It remembers what it showed; what a killed process left is cleared by the
process that goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.pace import Budget
from bot.slack.api import call_slack
from core.errors import FootnoteError
from core.inbox.port import StoredQuestion, Visibility
from core.sentences import ENGLISH

A_MINUTE = 20


class Statuses:
    """The statuses of one workspace; each thread has one. Raises nothing."""

    def __init__(self, client: AsyncWebClient, searching: str = ENGLISH.searching) -> None:
        self._searching = searching
        self._client = client
        self._budget, self._left_over = Budget(A_MINUTE), Budget(A_MINUTE)
        self._shown: set[tuple[str, str]] = set()
        self._busy: set[tuple[str, str]] = set()

    async def show(self, asked: StoredQuestion) -> None:
        """Show a status below the question, where Slack has room for one and few people ask."""
        if asked.visibility not in (Visibility.THREAD, Visibility.DIRECT) or not self._budget.take():
            return
        self._shown.add((asked.channel, asked.thread))
        if asked.visibility is Visibility.DIRECT:  # with a button that ends the answer; in channels streams have it
            self.mark_streaming(asked)
            await self._set(self._client.agents_sessions_setStatus, asked, "processing")
        await self._set(self._client.assistant_threads_setStatus, asked, self._searching)

    def mark_streaming(self, asked: StoredQuestion) -> None:
        """Note that a stream has begun, which has the button, too."""
        self._busy.add((asked.channel, asked.thread))

    async def clear(self, asked: StoredQuestion, *, posted: bool = False, ended: bool = False) -> None:
        """Clear the status, since there is an answer now. `posted`: as a new message; `ended`: as a stream, by us."""
        if asked.visibility not in (Visibility.THREAD, Visibility.DIRECT):
            return
        place = (asked.channel, asked.thread)
        is_left_over = asked.tries > 1 and place not in self._busy and self._left_over.take()
        if not ended and (place in self._busy or is_left_over):
            await self._set(self._client.agents_sessions_setStatus, asked, "active")
        self._busy.discard(place)
        if place in self._shown and not posted:
            await self._set(self._client.assistant_threads_setStatus, asked, "")
        self._shown.discard(place)

    async def _set(self, method: Callable[..., Awaitable[Any]], asked: StoredQuestion, status: str) -> None:
        with suppress(FootnoteError):
            await call_slack(method, channel_id=asked.channel, thread_ts=asked.thread, status=status)
