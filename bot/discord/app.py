"""The Discord face of a footnote: the token checked, commands registered, questions taken in and answered.

    run_discord ──> REST, logged in ──wrong token──> ConfigurationError
                ├─> commands, if they changed
                ├─> the gateway, again and again (`bot.discord.gateway`)
                └─> the dispatcher

An outage when it starts is waited for, and one of the gateway later on holds up no answer that is on its way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import discord

from bot.commands.perform import desk_of
from bot.discord.actions import Actions
from bot.discord.api import A_SECOND, Rest, logged_in, use_api_url
from bot.discord.commands import Commands
from bot.discord.events import DiscordEvents
from bot.discord.face import DiscordFace
from bot.discord.gateway import NO_INTENT, REFUSED, Gateway, Host, stay_connected
from bot.discord.registration import are_registered, commands
from bot.dispatch import Dispatcher
from bot.intake import build_intake
from bot.pace import Spacing
from bot.status import PlatformContext, State, reached
from core.errors import ConfigurationError, FootnoteError
from core.inbox.port import Inbox
from core.tasks import Stopped, run_in_background, run_until

NOT_SO_OFTEN = "Discord lets an application connect a thousand times a day, and more than half are used up."
_log = logging.getLogger(__name__)


async def run_discord(host: PlatformContext) -> None:
    """Answer in Discord until it is told to stop. Raises `ConfigurationError` where a person must change something."""
    # It logs requests with the tokens of interactions, and stack traces of what we say in a sentence.
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    settings, spacing = host.footnote.settings, Spacing(1 / A_SECOND)
    with use_api_url(settings.discord_api_url):
        async with _rest(host, spacing) as rest, host.footnote.open_inbox() as inbox:
            if rest is None:
                return
            if settings.discord_message_content and not rest.may_read_all:
                raise ConfigurationError(NO_INTENT)
            with suppress(Stopped):
                await run_until(host.stop, _registered(rest))
            dispatcher, gateway = _connected(host, rest, inbox)
            intents = intents_of(message_content=settings.discord_message_content)

            async def begin() -> Gateway:
                if seconds := await rest.find_gateway():
                    host.tell(State.DOWN, NOT_SO_OFTEN)
                    _log.warning("%s The next try is in %.0f s.", NOT_SO_OFTEN, seconds)
                    await asyncio.sleep(seconds)
                return Gateway(intents, spacing, gateway)

            token = settings.discord_bot_token.get_secret_value()
            await _both(host.stop, dispatcher, stay_connected(begin, token, gateway))


def intents_of(*, message_content: bool) -> discord.Intents:
    """As few as possible; texts that are not meant for the bot only where the operator says so."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=message_content)


def _connected(host: PlatformContext, rest: Rest, inbox: Inbox) -> tuple[Dispatcher, Host]:
    intake, dispatcher = build_intake(host, DiscordFace(rest), inbox)
    doors = DiscordEvents(rest.me, intake)
    administered = Commands(rest, doors, desk_of(host.footnote, inbox.open_count))
    return dispatcher, Host(doors, administered, Actions(rest, doors), host.tell)


async def _both(stop: asyncio.Event, dispatcher: Dispatcher, connection: Coroutine[Any, Any, None]) -> None:
    """Until `stop` is set, or there can be no connection any more, which is raised once the dispatcher has ended."""
    end, wrong = asyncio.Event(), list[ConfigurationError]()

    async def connected() -> None:
        try:
            await connection
        except ConfigurationError as error:
            wrong.append(error)
            end.set()

    async def told() -> None:
        await stop.wait()
        end.set()

    async with run_in_background(connected()), run_in_background(told()):
        await dispatcher.run(end)
    if wrong:
        raise wrong[0]


@asynccontextmanager
async def _rest(host: PlatformContext, spacing: Spacing) -> AsyncIterator[Rest | None]:
    """A client that is logged in, waiting for Discord as long as it takes. None: told to stop meanwhile."""
    token = host.footnote.settings.discord_bot_token.get_secret_value()
    async with AsyncExitStack() as closing:

        async def log_in() -> Rest:
            try:
                return await closing.enter_async_context(logged_in(token, spacing))
            except discord.LoginFailure as error:
                raise ConfigurationError(REFUSED) from error

        yield await reached(host, "Discord", log_in)


async def _registered(rest: Rest) -> None:
    """Tell Discord our commands, where it knows others. Raises nothing: who mentions the bot needs none."""
    wanted = sorted(commands(), key=lambda each: (each["type"], each["name"]))
    try:
        there = sorted(await rest.commands(), key=lambda each: (each.get("type", 1), each["name"]))
        if not are_registered(wanted, there):
            await rest.register(wanted)
            _log.info("Discord: the commands were registered.")
    except FootnoteError as error:
        _log.warning("The commands could not be registered: %s", error)
