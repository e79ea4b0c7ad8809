"""What Slack shows below a question while it is looked up: "is searching ...", and the button that ends an answer.

    shown ──a message is posted──> Slack takes the status away by itself
      └──a message is rewritten, or a stream ends──> we do: Slack would show it for two minutes more

A courtesy: its faults are nobody's. Keeps in mind what it showed; what another process showed goes by itself.
"""

from __future__ import annotations

from contextlib import suppress

from slack_sdk.web.async_client import AsyncWebClient

from bot.pace import Budget
from bot.slack.api import called
from core.errors import FootnoteError
from core.inbox import Asked, Way

SEARCHING = "is searching the documentation ..."
A_MINUTE = 20


class Statuses:
    """Of one workspace; threads have one each. Raises nothing."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._budget = Budget(A_MINUTE)
        self._shown: set[tuple[str, str]] = set()

    async def show(self, asked: Asked) -> None:
        """Below the question, where there is a place for it and few ask."""
        if asked.way not in (Way.THREAD, Way.DIRECT) or not self._budget.take():
            return
        self._shown.add((asked.channel, asked.thread))
        if asked.way is Way.DIRECT:  # shows a button that ends the answer; channels have that of the stream alone
            await self._session(asked, "processing")
        await self._say(asked, SEARCHING)

    async def clear(self, asked: Asked, *, posted: bool = False) -> None:
        """There is an answer now. `posted`: as a new message."""
        place = (asked.channel, asked.thread)
        if place not in self._shown:
            return
        self._shown.discard(place)
        if asked.way is Way.DIRECT:
            await self._session(asked, "active")
        if not posted:
            await self._say(asked, "")

    async def _session(self, asked: Asked, status: str) -> None:
        with suppress(FootnoteError):
            await called(
                self._client.agents_sessions_setStatus,
                channel_id=asked.channel,
                thread_ts=asked.thread,
                status=status,
            )

    async def _say(self, asked: Asked, status: str) -> None:
        with suppress(FootnoteError):
            await called(
                self._client.assistant_threads_setStatus,
                channel_id=asked.channel,
                thread_ts=asked.thread,
                status=status,
            )
