"""The real discord.py, pointed at a loopback Discord: for tests of that server and of code on top of discord.py.

    async with connected(served) as bot:
        bot.heard          # every message that arrived
        bot.get_channel(served.channel)

discord.py keeps its server's address in a class, so only one loopback Discord at a time can be pointed at.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import yarl

from tests.servers.discord.model import Intents
from tests.servers.discord.server import Discord

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.player imports audioop, for voice
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

__all__ = ["PLAIN", "Bot", "app_commands", "connected", "discord", "pointed_at"]

PLAIN = Intents.GUILDS | Intents.GUILD_MESSAGES | Intents.DIRECT_MESSAGES


class Bot(discord.AutoShardedClient):
    """A client that keeps what it receives, as it was then, and the errors of its handlers."""

    def __init__(self, intents: Intents = PLAIN, **more: Any) -> None:
        wanted = discord.Intents._from_value(int(intents))
        super().__init__(intents=wanted, guild_ready_timeout=0.05, max_messages=None, **more)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.resumed = 0
        self.left = 0
        self._more = asyncio.Event()
        self.greeted = asyncio.Event()
        self.errors: list[BaseException] = []
        self.tree.on_error = self._failed  # type: ignore[method-assign]

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: discord.py would wait five seconds before all but the first."""

    async def setup_hook(self) -> None:
        if self.tree.get_commands() or self.tree.get_commands(type=discord.AppCommandType.message):
            await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)
        self._more.set()
        self._more = asyncio.Event()

    def text_channel(self, number: int) -> discord.TextChannel:
        """Return a text channel that it sees."""
        found = self.get_channel(number)
        assert isinstance(found, discord.TextChannel)
        return found

    async def texts(self, count: int, seconds: float = 60.0) -> list[str]:
        """Return the texts of the messages that arrived, once there are `count`. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while len(self.heard) < count:
                await self._more.wait()
        return [one.content for one in self.heard]

    async def on_ready(self) -> None:
        self.greeted.set()

    async def on_resumed(self) -> None:
        self.resumed += 1

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Count a lost socket: once when it is gone, and once more whenever it could not get another."""
        self.left += 1

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        raised = sys.exception() if sys.version_info >= (3, 12) else sys.exc_info()[1]
        assert raised is not None
        self.errors.append(raised)

    async def _failed(self, interaction: Any, error: app_commands.AppCommandError) -> None:
        self.errors.append(getattr(error, "original", error))


@contextmanager
def pointed_at(served: Discord) -> Iterator[None]:
    """Point discord.py at that server while the block runs."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = served.api_url, yarl.URL(served.world.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def connected(served: Discord, bot: Bot | None = None) -> AsyncIterator[Bot]:
    """Connect a bot, and yield it once it is ready; closed at the end."""
    running = bot or Bot()
    async with asyncio.TaskGroup() as tasks:
        with pointed_at(served):
            tasks.create_task(running.start(served.token))
            try:
                await asyncio.wait_for(running.greeted.wait(), 60)
                yield running
            finally:
                await running.close()
