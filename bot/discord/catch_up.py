"""What was said to the bot while no session could be resumed: found in the history of channels, and asked now.

    READY ──> channels with something newer than the last that was heard ──> mentions ──> doors

A session that is resumed brings what was missed by itself. What is known already is known by its place, so looking too
far back does no harm. An hour at most: who asked before that asked again, or somebody else. Conversations with one
person are not looked at: Discord lists none of them for a bot.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.discord.doors import LATELY, Doors
from core.errors import FootnoteError

MOST_MESSAGES = 100
"""Of one channel; the newest."""

TRIES, AGAIN_SECONDS = 3, 2.0
_log = logging.getLogger(__name__)


async def catch_up(client: discord.Client, doors: Doors, since: datetime | None) -> bool:
    """Ask what was missed since then (None: in the last hour). -> whether it got to the end: the client may die."""
    earliest = datetime.now(UTC) - LATELY
    after = max(since - timedelta(seconds=10), earliest) if since else earliest
    count = 0
    for channel in _changed(client, discord.utils.time_snowflake(after)):
        try:
            count += await _caught_up(channel, after, doors)
        except Exception:  # discord.py asserts where its session is closed meanwhile
            if not client.is_closed():
                raise
            return False
    if count:
        _log.info("Discord: %d questions were missed, and are answered now.", count)
    return not client.is_closed()


async def _caught_up(channel: Any, after: datetime, doors: Doors) -> int:
    """Read one channel. -> how many were missed there."""
    for _ in range(TRIES):
        try:
            messages = [each async for each in channel.history(limit=MOST_MESSAGES, after=after, oldest_first=False)]
            return sum([await _asked(each, doors) for each in reversed(messages)])
        except (discord.Forbidden, discord.NotFound):
            return 0
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, FootnoteError) as error:
            _log.info("A channel could not be read for what was missed: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
    return 0


def _changed(client: discord.Client, after: int) -> list[Any]:
    """Channels and threads that hold something newer, and that may be read; where somebody spoke last, first."""
    places: list[Any] = []
    for guild in client.guilds:
        there: list[Any] = [*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads]
        places += [each for each in there if (each.last_message_id or 0) > after and _is_read(each, guild)]
    return sorted(places, key=lambda place: int(place.last_message_id), reverse=True)


def _is_read(place: Any, guild: discord.Guild) -> bool:
    if isinstance(place, discord.Thread) and place.parent is None:
        return False  # whose permissions nobody knows
    seen = place.permissions_for(guild.me)
    return bool(seen.read_messages and seen.read_message_history)


async def _asked(message: discord.Message, doors: Doors) -> bool:
    """Only what mentions the bot, or begins a post: of the rest, nobody waits for an answer."""
    opens = message.id == message.channel.id
    if not opens and all(user.id != doors.me for user in message.mentions):
        return False
    return await doors.missed(message)
