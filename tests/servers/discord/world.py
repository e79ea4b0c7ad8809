"""All that the loopback Discord knows: people, guilds, places, messages, interactions, commands, and its record.

It only keeps and finds; `events` has the effect of an act on others, the routes what may be done.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from contextlib import suppress

from tests.servers.discord.model import Asked, Call, Guild, Intents, Json, Kind, Place, Posted, Refused, Start, User
from tests.servers.discord.permissions import Permission, of_bot
from tests.servers.discord.rates import Limits

EPOCH_MS = 1_420_070_400_000
_GUILD_MS = 25_200_000_000  # divisible by every sensible number of shards, so that guild n belongs to shard n


class World:
    """The state of one loopback Discord. Finders raise `Refused` as a route would answer.

    `unknown_components`: types of components that this Discord does not know in forms.
    """

    unknown_components: frozenset[int] = frozenset()

    def __init__(self, limits: Limits, shards: int) -> None:
        self.limits = limits
        self.shards = shards
        self._last_id = 0
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._direct: dict[int, Place] = {}
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.places: dict[int, Place] = {}
        self.messages: dict[int, Posted] = {}
        self.asked: dict[int, Asked] = {}
        self.tokens: dict[str, Asked] = {}
        self.commands: dict[int | None, list[Json]] = {}
        self.nonces: dict[tuple[int, str], Posted] = {}
        self.closed_dms: set[int] = set()
        self.calls: list[Call] = []
        self.starts: list[Start] = []
        self.granted = Intents(0)
        self.is_public = False
        self.gateway_url = ""
        self.token = "loopback.discord.token"
        self.bot = User(self.new_id(), "footnote", bot=True)
        self.application_id = self.bot.id
        self.users[self.bot.id] = self.bot
        self.owner_id = self.new_id()

    def new_id(self) -> int:
        """Return a snowflake of this moment; every one is greater than the one before."""
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last_id = max(self._last_id + 1, now)
        return self._last_id

    def changed(self) -> None:
        """Wake those who wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until the condition holds.

        It is checked when something changed here, and ten times a second. Raises `TimeoutError`.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError
            with suppress(TimeoutError):  # of 3.11 `wait_for` can lose the one cancellation of a timeout around it
                async with asyncio.timeout(0.1):
                    await self._changed.wait()

    @property
    def identified(self) -> int:
        """How often a client asked for a session."""
        return sum(each.what == "identify" for each in self.starts)

    def user(self, number: int) -> User:
        """Return the user with that id; people are made up as they are named."""
        return self.users.setdefault(number, User(number, f"user{number}"))

    def add_guild(self, name: str) -> Guild:
        """Add a guild; the n-th belongs to the n-th shard."""
        place_in_line = len(self.guilds)
        guild = Guild((_GUILD_MS + place_in_line) << 22, name, self.new_id(), self.new_id())
        self.guilds[guild.id] = guild
        self.user(guild.owner_id)
        return guild

    def add_place(self, kind: Kind, name: str, guild_id: int | None, **more: Json) -> Place:
        """Add a channel, thread or direct-message channel. `id` may be given."""
        place = Place(more.pop("id", None) or self.new_id(), kind, name, guild_id, **more)
        self.places[place.id] = place
        if guild_id is not None:
            self.guilds[guild_id].places.append(place)
        return place

    def direct(self, user_id: int) -> Place:
        """Return the direct-message channel of somebody and the bot."""
        self.user(user_id)
        if user_id not in self._direct:
            self._direct[user_id] = self.add_place(Kind.DM, "", None, recipient_id=user_id)
        return self._direct[user_id]

    def place(self, number: int | str) -> Place:
        """Return a place. Raises `Refused` 10003 where there is none."""
        found = self.places.get(_number(number))
        if found is None:
            raise Refused(404, 10003, "Unknown Channel")
        return found

    def message(self, place: Place, number: int | str) -> Posted:
        """Return a message that others can see too. Raises `Refused` 10008 where there is none, or no longer."""
        found = place.messages.get(_number(number))
        if found is None or found.deleted is not None or found.ephemeral:
            raise Refused(404, 10008, "Unknown Message")
        return found

    def store(self, posted: Posted) -> Posted:
        """Keep a message in its place."""
        self.places[posted.channel_id].messages[posted.id] = self.messages[posted.id] = posted
        return posted

    def permissions(self, place: Place) -> Permission:
        """Return the bot's permissions there."""
        return of_bot(place, self.places.get(place.parent_id) if place.parent_id else None)

    def open_question(self, asked: Asked) -> None:
        """Keep an interaction, under its id and its token."""
        self.asked[asked.id] = self.tokens[asked.token] = asked

    def new_token(self) -> str:
        """Return a token for an interaction, which no log should hold."""
        return f"interaction-token-{next(self._numbers)}"


def _number(value: int | str) -> int:
    return int(value) if str(value).isdecimal() else 0
