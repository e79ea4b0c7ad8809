"""Catch up on what was missed while no session could be resumed: find it in channels' histories, and ask it now.

    READY ──> channels with something newer than the last that was received ──> mentions ──> DiscordEvents

A session that is resumed delivers what was missed by itself. The place key of a message identifies what is known, so
looking too far back does no harm. A look goes an hour back at most: people who asked before that have asked again, or
asked somebody else. Discord lists no conversations with one person for a bot: those are read in which somebody asked
before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.discord.events import LATELY, DiscordEvents
from bot.discord.reading import is_addressed
from core.errors import FootnoteError, StoreError
from core.inbox.port import Platform

MOST_MESSAGES = 100
"""The most messages that are read of one channel: the newest."""

MOST_CONVERSATIONS = 50

TRIES, AGAIN_SECONDS = 3, 2.0
_log = logging.getLogger(__name__)


async def catch_up(client: discord.Client, events: DiscordEvents, since: datetime | None) -> bool:
    """Ask what was missed since then (None: in the last hour); return False if the client died before the end."""
    after = _after(since)
    places = _changed(client.guilds, discord.utils.time_snowflake(after))
    return await _looked_at(client, events, [*places, *await _conversations(client, events)], after)


async def catch_up_guild(client: discord.Client, events: DiscordEvents, guild: discord.Guild) -> None:
    """Ask what was missed in a guild that Discord itself could not reach for a while."""
    after = _after(None)
    await _looked_at(client, events, _changed([guild], discord.utils.time_snowflake(after)), after)


def _after(since: datetime | None) -> datetime:
    earliest = datetime.now(UTC) - LATELY
    return max(since - timedelta(seconds=10), earliest) if since else earliest


async def _looked_at(client: discord.Client, events: DiscordEvents, places: Iterable[Any], after: datetime) -> bool:
    count = 0
    for channel in places:
        try:
            count += await _caught_up(channel, after, events)
        except Exception:  # an assertion of discord.py, where its session is closed meanwhile
            if not client.is_closed():
                raise
            return False
    if count:
        _log.info("Discord: %d questions were missed, and are answered now.", count)
    return not client.is_closed()


async def _caught_up(channel: Any, after: datetime, events: DiscordEvents) -> int:
    """Read one channel; return how many questions were missed there."""
    for _ in range(TRIES):
        try:
            messages = [each async for each in channel.history(limit=MOST_MESSAGES, after=after, oldest_first=False)]
            return sum([await _asked(each, events) for each in reversed(messages)])
        except (discord.Forbidden, discord.NotFound):
            return 0
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, FootnoteError) as error:
            _log.info("A channel could not be read for what was missed: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
    return 0


async def _conversations(client: discord.Client, events: DiscordEvents) -> list[Any]:
    """Return the conversations with one person each in which somebody asked before."""
    try:
        numbers = await events.intake.inbox.conversations(Platform.DISCORD, MOST_CONVERSATIONS)
    except StoreError as error:
        _log.warning("Direct messages were not looked through: %s", error)
        return []
    return [client.get_partial_messageable(int(number), type=discord.ChannelType.private) for number in numbers]


def _changed(guilds: Iterable[discord.Guild], after: int) -> list[Any]:
    """Return the channels and threads that may be read and hold something newer, the latest message first."""
    places: list[Any] = []
    for guild in guilds:
        there: list[Any] = [*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads]
        places += [each for each in there if (each.last_message_id or 0) > after and _is_read(each, guild)]
    return sorted(places, key=lambda place: int(place.last_message_id), reverse=True)


def _is_read(place: Any, guild: discord.Guild) -> bool:
    if isinstance(place, discord.Thread) and place.parent is None:
        return False  # nobody knows its permissions
    seen = place.permissions_for(guild.me)
    return bool(seen.read_messages and seen.read_message_history)


async def _asked(message: discord.Message, events: DiscordEvents) -> bool:
    """Ask a message that is for the bot, or that begins a post; return whether it was missed.

    Nobody waits for an answer to the rest.
    """
    if message.id != message.channel.id and not is_addressed(message, events.me):
        return False
    return await events.missed(message)
