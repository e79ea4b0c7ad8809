"""A Discord on loopback without limits, a bot in it by the real discord.py, and the channel that it sees."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.sdk import Bot, connected, discord
from tests.servers.discord.server import Discord, serve_discord


@pytest.fixture
async def served() -> AsyncIterator[Discord]:
    async with serve_discord(limits=UNLIMITED) as server:
        yield server


@pytest.fixture
async def bot(served: Discord) -> AsyncIterator[Bot]:
    async with connected(served) as client:
        yield client


@pytest.fixture
def channel(served: Discord, bot: Bot) -> discord.TextChannel:
    return bot.text_channel(served.channel)
