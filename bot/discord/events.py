"""Events from Discord: a question is in the inbox before the answer to an interaction is deferred.

    message, edit, deletion ──> inbox      Postgres is down: tried again for as long as an answer makes sense
    interaction ──> inbox ──> deferred     Postgres is down: the response says so

The gateway has no acknowledgement: `bot.discord.catch_up` finds again what a dead process had not stored. `bot.intake`
decides whether a message is a question, and what is stored of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import discord

from bot.attention import Trigger
from bot.discord.reading import DiscordAsk, place_key, read_message, words_in
from bot.discord.tags import is_solved
from bot.intake import Intake
from bot.phrases import is_stop
from core.errors import StoreError, StoreUnavailable
from core.inbox.platforms import DiscordDetails
from core.inbox.port import NewQuestion, Received

AGAIN_SECONDS, LONG_SECONDS, MOST_WAITING = 2.0, 600.0, 500
"""Seconds between tries to store a message, seconds until we give up, and how many messages may wait like that."""

STORE_SECONDS = 2.0
"""Seconds that an interaction, which must be answered within three, gives Postgres."""

QUIET = frozenset({"🔇", "🔕"})
LATELY = timedelta(hours=1)
"""An older message is no longer asked when it is edited, or found after an outage."""

_log = logging.getLogger(__name__)


class DiscordEvents:
    """Takes in what Discord delivers, for all guilds; `me` is the bot's user."""

    def __init__(self, me: int, intake: Intake, solved: Collection[str] = ()) -> None:
        self._solved = solved
        self.me = me
        self.intake = intake
        self._waiting = 0
        self._order = _Order()

    async def message(self, message: discord.Message) -> None:
        """Ask what somebody wrote, if it may be a question."""
        ask = self._read(message)
        if ask is not None:
            async with self._order.turn(message.channel.id):
                await self._surely(ask)

    def _read(self, message: discord.Message) -> DiscordAsk | None:
        """Return what a message may ask; None: nothing, or it is not for us in a post that is solved."""
        ask = read_message(message, self.me)
        is_over = ask is not None and ask.why is not Trigger.ADDRESSED and is_solved(message.channel, self._solved)
        return None if is_over else ask

    async def missed(self, message: discord.Message) -> bool:
        """Ask what was found later; return whether it was unknown, or has another text now. Raises `StoreError`."""
        ask = self._read(message)
        if ask is None or is_stop(ask.incoming.text):
            return False  # a stop was for what was being written then
        async with self._order.turn(message.channel.id):
            if await self.ask(ask) is not None:
                return True
            return message.edited_at is not None and await self._revised(ask)

    async def edited(self, message: discord.Message) -> None:
        """Take in a message that has another text now, or just got a thread or an embed.

        Without its text nothing is known of it, and it is ignored.
        """
        ask = self._read(message)
        if ask is None or not words_in(message, self.me):
            return
        async with self._order.turn(message.channel.id):
            await self._edited(ask, message.created_at)

    async def _edited(self, ask: DiscordAsk, created_at: datetime) -> None:
        try:
            known = await self._revised(ask)
        except StoreError as error:
            _log.warning("An edit was not seen: %s", error)
            return
        if not known and ask.why is Trigger.ADDRESSED and is_lately(created_at):
            await self._surely(ask)

    async def _revised(self, ask: DiscordAsk) -> bool:
        incoming, addressed = ask.incoming, ask.why is Trigger.ADDRESSED
        return await self.intake.revise(incoming.tenant, incoming.place_key, incoming.text, addressed=addressed)

    async def deleted(self, guild_id: int | None, channel_id: int, message_ids: set[int]) -> None:
        """Withdraw what was asked by messages that are gone."""
        tenant = str(guild_id) if guild_id is not None else ""
        keys = [place_key(channel_id, message) for message in message_ids]
        async with self._order.turn(channel_id):
            try:
                await self.intake.withdraw(tenant, keys)
            except StoreError as error:
                _log.warning("A deletion was not seen: %s", error)

    async def reacted(self, guild_id: int | None, channel_id: int, message_id: int, user_id: int, emoji: str) -> None:
        """Be quiet in the thread of a message on which a person put a sign for quiet."""
        if emoji not in QUIET or user_id == self.me:
            return
        tenant = str(guild_id) if guild_id is not None else ""
        place, ref = place_key(channel_id, message_id), f"{channel_id}/{message_id}"
        where = DiscordDetails(place=str(channel_id), message=str(message_id))
        try:
            await self.intake.quieten(tenant, place, ref, str(user_id), time.time(), where)
        except StoreError as error:
            _log.warning("A wish for quiet was not seen: %s", error)

    async def _surely(self, ask: DiscordAsk) -> None:
        """Store a question, however long Postgres is down, but give up after `LONG_SECONDS`."""
        deadline = asyncio.get_running_loop().time() + LONG_SECONDS
        self._waiting += 1
        try:
            while not await self._stored(ask):
                if self._waiting > MOST_WAITING or asyncio.get_running_loop().time() > deadline:
                    _log.error("A question was lost: Postgres was away for too long.")
                    return
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            self._waiting -= 1

    async def _stored(self, ask: DiscordAsk) -> bool:
        try:
            await self.ask(ask)
        except StoreError as error:
            _log.warning("A question waits to be stored: %s", error)
            return False
        return True

    async def ask(self, ask: DiscordAsk) -> Received | None:
        """Store a question, if it is one; return None if it is none, or is known. Raises `StoreError`."""
        incoming = await self.intake.accept(ask.incoming, ask.why, to_people=ask.to_people)
        if incoming is None:
            return None
        return self.intake.hand_over(incoming, await self.receive(incoming))

    async def receive(self, incoming: NewQuestion, seconds: float = LONG_SECONDS) -> Received | None:
        """Store a question; it is on disk when this returns. Raises `StoreError`.

        The caller says when it may be answered (`Intake.took`).
        """
        try:
            async with asyncio.timeout(seconds):
                return await self.intake.receive(incoming)
        except TimeoutError as error:
            raise StoreUnavailable("Postgres does not answer.") from error


class _Order:
    """Keeps what happens in one channel in the order in which it happened: discord.py begins a task for each event."""

    def __init__(self) -> None:
        self._locks: dict[int, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, channel: int) -> AsyncIterator[None]:
        """Wait until all that came before in the channel has ended."""
        lock, count = self._locks.get(channel, (asyncio.Lock(), 0))
        self._locks[channel] = (lock, count + 1)
        try:
            async with lock:
                yield
        finally:
            _, left = self._locks.pop(channel)
            if left > 1:
                self._locks[channel] = (lock, left - 1)


def is_lately(at: datetime) -> bool:
    """Return whether a time is within the last hour."""
    return datetime.now(UTC) - at < LATELY
