"""A gateway of Discord that reconnects: a client that hands on what arrives, and a loop that replaces it when it ends.

    client ──cut, asked to reconnect──> resumes by itself, and loses nothing
       └─ends: outage, an event that discord.py cannot read──> a new one, after a pause ──READY──> `catch_up`

After a failed resume discord.py goes on with pauses of up to minutes, and a server error at the start makes it give up
for good. So a client is left to end, and the next one begins after a pause of a tenth of the time that Discord was
away, a minute at most. What only a person can fix (the token, an intent) ends in a sentence.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import discord

from bot.discord.actions import DiscordActions
from bot.discord.api import build_client_options
from bot.discord.catch_up import catch_up, catch_up_guild
from bot.discord.commands import DiscordCommands
from bot.discord.events import DiscordEvents
from bot.discord.rights import invitation
from bot.pace import Spacing
from bot.status import ReportStatus, State
from core.errors import ConfigurationError, FootnoteError
from core.net.route import DIRECT, Route
from core.plural import format_count
from core.tasks import run_in_background

SHORTEST, LONGEST, SHARE = 1.0, 60.0, 0.1
"""Seconds between two starts, at least and at most, and as a share of the time since Discord was last there a while."""

STEADY_SECONDS = 60.0
"""A connection that lasted this long is begun again at once."""

LATE_SECONDS = 15.0
NOT_YET = "The gateway of Discord cannot be reached yet."
REFUSED = (
    "Discord refused DISCORD_BOT_TOKEN: reset the token on the page Bot of the developer portal, and copy the new one."
)
NO_INTENT = (
    "Discord does not grant the intent for message content: enable Message Content Intent on the page Bot of the "
    "developer portal, or unset DISCORD_MESSAGE_CONTENT."
)
_CODES = {4004: REFUSED, 4013: NO_INTENT, 4014: NO_INTENT}
_log = logging.getLogger(__name__)


class Gateway(discord.AutoShardedClient):
    """One connection, until it ends. It keeps nothing, and knows nothing of questions."""

    def __init__(
        self, intents: discord.Intents, spacing: Spacing, host: GatewayListener, route: Route = DIRECT
    ) -> None:
        super().__init__(intents=intents, **build_client_options(spacing, route))
        self._host = host

    async def on_ready(self) -> None:
        """Begin a session: all guilds are known; earlier events are lost."""
        await self._host.ready(self)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Catch up in a guild that Discord reaches again.

        Guilds of the start come before `on_ready`, which looks at all of them.
        """
        if self.is_ready():
            await catch_up_guild(self, self._host.events, guild)

    async def on_resumed(self) -> None:
        """Note that the session goes on; nothing was lost."""
        self._host.alive()

    async def on_disconnect(self) -> None:
        """Note that the connection is lost; discord.py tries to resume it."""
        self._host.lost()

    async def on_message(self, message: discord.Message) -> None:
        """Hand on a message, also one of our own."""
        self._host.alive()
        await self._host.events.message(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Hand on a change of any message, whatever of it changed."""
        await self._host.events.edited(payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Hand on the deletion of one message."""
        await self._host.events.deleted(payload.guild_id, payload.channel_id, {payload.message_id})

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Hand on the deletion of many messages."""
        await self._host.events.deleted(payload.guild_id, payload.channel_id, payload.message_ids)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Hand on a reaction of a person; most mean nothing to us."""
        if payload.member is None or not payload.member.bot:
            await self._host.events.reacted(
                payload.guild_id, payload.channel_id, payload.message_id, payload.user_id, str(payload.emoji)
            )

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hand on a command, a control, a form, or what somebody types into an option."""
        self._host.alive()
        match interaction.type:
            case discord.InteractionType.application_command:
                await self._host.commands.command(interaction)
            case discord.InteractionType.autocomplete:
                await self._host.commands.complete(interaction)
            case discord.InteractionType.component | discord.InteractionType.modal_submit:
                await self._host.actions.press(interaction)
            case _:
                pass

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a bug of ours. The exception may hold somebody's words, so only its type and place are logged."""
        error = sys.exc_info()[1]
        lines = "".join(traceback.format_tb(error.__traceback__)) if error else ""
        _log.error("%s failed: %s\n%s", event_method, type(error).__name__, lines)


class GatewayListener:
    """What the gateways of a process hand on to, one after the other; and up to when everything was received."""

    def __init__(
        self, events: DiscordEvents, commands: DiscordCommands, actions: DiscordActions, report: ReportStatus
    ) -> None:
        self.events = events
        self.commands = commands
        self.actions = actions
        self._report = report
        self._heard: datetime | None = None
        self._is_whole = False
        self._up: float | None = None
        self.away = time.monotonic()
        """Since when Discord has not been there for a while, by the monotonic clock."""

    @property
    def is_up(self) -> bool:
        """Whether there is a session."""
        return self._up is not None

    def alive(self) -> None:
        """Note that something arrived. In a new session that does not show that nothing was missed before it."""
        if self._is_whole:
            self._heard = datetime.now(UTC)
        if self._up is None:
            self._up = time.monotonic()
            self._report(State.UP, "")

    def lost(self, why: str = "The connection to Discord was lost, and is being resumed.") -> None:
        """Note that nothing arrives, and report why."""
        now = time.monotonic()
        if self._up is not None and now - self._up > STEADY_SECONDS:
            self.away = now
        self._up = None
        self._report(State.DOWN, why)

    async def ready(self, client: discord.Client) -> None:
        """Begin a new session, and look for what was written since the last one."""
        self._is_whole = False
        self.alive()
        name = client.user.name if client.user else "?"
        _log.info("Discord: answering as %s in %s.", name, format_count(len(client.guilds), "guild"))
        if not client.guilds and client.application_id:
            _log.warning("It is in no server yet. To add it, open %s", invitation(client.application_id))
        self._is_whole = await catch_up(client, self.events, self._heard)


async def stay_connected(begin: Callable[[], Awaitable[Gateway]], token: str, host: GatewayListener) -> None:
    """Stay connected until cancelled. Raises `ConfigurationError` where a person must change something."""
    while True:
        async with run_in_background(_impatient(host)):
            why = await _one_life(begin, token)
        host.lost(why)
        pause = min(max((time.monotonic() - host.away) * SHARE, SHORTEST), LONGEST)
        _log.warning("%s The next try is in %.0f s.", why, pause)
        await asyncio.sleep(pause)


async def _impatient(host: GatewayListener) -> None:
    """Report a first handshake that fails: discord.py tries one every five seconds, and says nothing."""
    await asyncio.sleep(LATE_SECONDS)
    if not host.is_up:
        host.lost(NOT_YET)
        _log.warning(NOT_YET)


async def _one_life(begin: Callable[[], Awaitable[Gateway]], token: str) -> str:
    """Run one client from login to its end; return why it ended. Raises `ConfigurationError`."""
    try:
        client = await begin()
        async with client:
            await client.start(token, reconnect=False)
    except discord.LoginFailure as error:
        raise ConfigurationError(REFUSED) from error
    except discord.PrivilegedIntentsRequired as error:
        raise ConfigurationError(NO_INTENT) from error
    except discord.ConnectionClosed as error:
        if error.code in _CODES:
            raise ConfigurationError(_CODES[error.code]) from error
        return f"Discord closed the connection ({error.code})."
    except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, FootnoteError) as error:
        return f"Discord cannot be reached ({type(error).__name__})."
    except Exception as error:  # noqa: BLE001 - discord.py ends at any event that it cannot read
        return f"discord.py ended ({type(error).__name__})."
    return "Discord ended the connection."
