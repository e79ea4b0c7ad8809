"""The doors of Discord: what is asked is in the inbox before an interaction is told that an answer comes.

    message, edit, deletion ──> inbox      Postgres is away: tried again for as long as an answer makes sense
    interaction ──> inbox ──> deferred     Postgres is away: it is told so

The gateway has no acknowledgement: what a dead process had not stored is found again by `bot.discord.catch_up`. Whether
a follow-up or an overheard message is a question is decided here, from what the inbox and the channel's settings say.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import discord

from bot.discord.reading import Ask, place_key, read_message, said_in
from bot.dispatch import Dispatcher
from bot.judging import Judge, Why
from bot.talk import is_stop
from core.chat import Channels
from core.errors import StoreError, StoreUnavailable
from core.inbox import Inbox, Incoming, Limits, Platform, Received, Way

AGAIN_SECONDS, LONG_SECONDS, MOST_WAITING = 2.0, 600.0, 500
"""Between tries to store a message, for how long, and how many may wait so."""

STORE_SECONDS = 2.0
"""What an interaction, which must be answered within three, gives Postgres."""

LATELY = timedelta(hours=1)
"""A message that is older is not asked any more when it is edited, or found after an outage."""

_log = logging.getLogger(__name__)


class Doors:
    """Takes in what Discord delivers, for all guilds; `me` is the bot's user."""

    def __init__(self, me: int, inbox: Inbox, channels: Channels, dispatcher: Dispatcher, limits: Limits) -> None:
        self.me = me
        self.inbox = inbox
        self._judge = Judge(inbox, channels)
        self._dispatcher = dispatcher
        self._limits = limits
        self._waiting = 0
        self._order = _Order()

    async def message(self, message: discord.Message) -> None:
        """Somebody said something."""
        ask = read_message(message, self.me)
        if ask is not None:
            async with self._order.turn(message.channel.id):
                await self._surely(ask)

    async def missed(self, message: discord.Message) -> bool:
        """The same, found later. -> whether it was not known, or says something else now. Raises `StoreError`."""
        ask = read_message(message, self.me)
        if ask is None:
            return False
        async with self._order.turn(message.channel.id):
            if await self.ask(ask) is not None:
                return True
            return message.edited_at is not None and await self._revised(ask.incoming)

    async def edited(self, message: discord.Message) -> None:
        """A message is another now, or just got a thread or an embed. Without its text nothing is known of it."""
        ask = read_message(message, self.me)
        if ask is None or not said_in(message, self.me):
            return
        async with self._order.turn(message.channel.id):
            await self._edited(ask, message.created_at)

    async def _edited(self, ask: Ask, created_at: datetime) -> None:
        try:
            known = await self._revised(ask.incoming)
        except StoreError as error:
            _log.warning("An edit was not seen: %s", error)
            return
        if not known and ask.why is Why.ADDRESSED and is_lately(created_at):
            await self._surely(ask)

    async def _revised(self, incoming: Incoming) -> bool:
        """Whether it is known and says something else now: then it is answered anew."""
        revised = await self.inbox.revise(Platform.DISCORD, incoming.tenant, incoming.place_key, incoming.text)
        if revised:
            self._dispatcher.nudge()
        return revised

    async def deleted(self, guild_id: int | None, channel_id: int, message_ids: set[int]) -> None:
        """Messages are gone; what they asked goes, too."""
        tenant = str(guild_id) if guild_id is not None else ""
        keys = [place_key(channel_id, message) for message in message_ids]
        async with self._order.turn(channel_id):
            try:
                known = [await self.inbox.withdraw(Platform.DISCORD, tenant, key) for key in keys]
            except StoreError as error:
                _log.warning("A deletion was not seen: %s", error)
                return
        if any(known):
            self._dispatcher.nudge()

    async def _surely(self, ask: Ask) -> None:
        """Store it, however long Postgres is away, within reason."""
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

    async def _stored(self, ask: Ask) -> bool:
        try:
            await self.ask(ask)
        except StoreError as error:
            _log.warning("A question waits to be stored: %s", error)
            return False
        return True

    async def ask(self, ask: Ask) -> Received | None:
        """Store a question, if it is one. -> None: it is not, or it is known. Raises `StoreError`."""
        if not await self._is_asked(ask):
            return None
        return self.took(ask.incoming, await self.receive(ask.incoming))

    async def receive(self, incoming: Incoming, seconds: float = LONG_SECONDS) -> Received | None:
        """On disk when it returns; whoever calls tells the dispatcher (`took`). Raises `StoreError`."""
        try:
            async with asyncio.timeout(seconds):
                return await self.inbox.receive(incoming, self._limits, self._dispatcher.seconds_each)
        except TimeoutError as error:
            raise StoreUnavailable("Postgres does not answer.") from error

    def took(self, incoming: Incoming, received: Received | None) -> Received | None:
        """It is answered soon."""
        if received is not None:
            self._dispatcher.received(received, incoming.tenant, incoming.channel)
            _log.info("Question %d came (%d letters, %d ahead)", received.id, len(incoming.text), received.ahead)
        return received

    async def stop(self, tenant: str, channel: str, thread: str) -> None:
        """End the answer that is under way in a thread."""
        if await self.inbox.stop(Platform.DISCORD, tenant, channel, thread):
            self._dispatcher.nudge()

    async def _is_asked(self, ask: Ask) -> bool:
        """Whether anybody expects an answer. What is addressed to the bot is a question, but for the word "stop"."""
        incoming = ask.incoming
        if is_stop(incoming.text) and incoming.way is not Way.PRIVATE:
            await self.stop(incoming.tenant, incoming.channel, incoming.thread)
            return False
        return await self._judge.expects_an_answer(incoming, ask.why)


class _Order:
    """What happens in one channel, in the order in which it happened: discord.py begins a task for each event."""

    def __init__(self) -> None:
        self._locks: dict[int, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, channel: int) -> AsyncIterator[None]:
        """Whoever came before has ended."""
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
    """Within the last hour."""
    return datetime.now(UTC) - at < LATELY
