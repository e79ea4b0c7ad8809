"""Where a reply stands: the thread that is made from its question, once; and its end, when the question is deleted.

asked in a channel ──> a thread from the message ──cannot be made, or not for minutes──> the channel itself
asked in a thread, a post, a conversation ──> there
deleted ──> nobody else wrote in its thread ──> archived: to delete it the bot would need the right to manage threads
"""

from __future__ import annotations

from contextlib import suppress

from bot.discord.api import DiscordRefused, Rest
from bot.discord.codes import THREAD_EXISTS, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.discord.messages import asked_in, details_of
from bot.face import TryLater
from bot.markup.discord import thread_title
from core.errors import FootnoteError
from core.inbox.port import StoredQuestion, Visibility

PATIENCE_SECONDS = 10.0
"""How long an answer waits for its thread: Discord limits for minutes how many threads a channel gets."""

MOST_KEPT = 1_000
_STARTER = 21


class Threads:
    """The threads that one process made. Raises `TryLater` and `DiscordRefused`."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._made: dict[int, str] = {}

    async def place_of(self, asked: StoredQuestion) -> str:
        """Return the channel of a reply: where the reply began, the thread of its question, or where that was asked."""
        if asked.parts and "/" in asked.parts[0]:
            return asked.parts[0].partition("/")[0]
        place = asked_in(asked)
        if not details_of(asked).start or asked.visibility is Visibility.SHARED:
            return place
        if asked.id not in self._made:
            if len(self._made) > MOST_KEPT:
                self._made.clear()
            self._made[asked.id] = await self._make(asked, place)
        return self._made[asked.id]

    async def _make(self, asked: StoredQuestion, place: str) -> str:
        message = details_of(asked).message
        try:
            return await self._rest.thread(place, message, thread_title(asked.text))
        except TryLater as later:
            if not later.certain or later.seconds < PATIENCE_SECONDS:
                raise
            return place
        except DiscordRefused as error:
            if error.code == THREAD_EXISTS:
                return message
            if error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                raise
            return place

    async def close(self, asked: StoredQuestion, channel: str) -> None:
        """Archive `channel` if it is the thread of a deleted question and nobody else wrote in it. Raises nothing."""
        details = details_of(asked)
        if not details.start or channel != details.message:
            return
        with suppress(FootnoteError):
            left = await self._rest.history(channel, limit=10)
            ours = [
                each.get("type") == _STARTER or str((each.get("author") or {}).get("id")) == str(self._rest.me)
                for each in left
            ]
            if ours and all(ours):  # empty: the bot may not read what people wrote
                await self._rest.archive(channel, archived=True)
