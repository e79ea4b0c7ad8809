"""The Discord side of a footnote: it checks the token, registers commands, and takes in and answers questions.

    run_discord ──> REST, logged in ──wrong token──> ConfigurationError
                ├─> commands, if they changed
                ├─> the gateway, again and again (`bot.discord.gateway`)
                └─> the dispatcher

If Discord is down at the start, it waits. A later outage of the gateway delays no answer that is on its way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import discord

from bot.commands.perform import build_command_context
from bot.discord.actions import DiscordActions
from bot.discord.api import A_SECOND, Rest, open_rest, use_api_url
from bot.discord.commands import DiscordCommands
from bot.discord.events import DiscordEvents
from bot.discord.face import DiscordFace
from bot.discord.gateway import NO_INTENT, REFUSED, Gateway, GatewayListener, stay_connected
from bot.discord.registration import are_registered, commands
from bot.dispatch import Dispatcher
from bot.intake import build_intake
from bot.pace import Spacing
from bot.status import PlatformContext, State, retry_until_reached
from core.errors import ConfigurationError, FootnoteError
from core.inbox.port import Inbox
from core.sentences import sentences_in
from core.tasks import Stopped, run_in_background, run_until

NOT_SO_OFTEN = "Discord lets an application connect a thousand times a day, and more than half are used up."
_log = logging.getLogger(__name__)


async def run_discord(host: PlatformContext) -> None:
    """Answer in Discord until `host.stop` is set. Raises `ConfigurationError` where a person must change something."""
    # discord.py logs requests with the tokens of interactions, and stack traces where we log a sentence.
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    settings, spacing = host.footnote.settings, Spacing(1 / A_SECOND)
    with use_api_url(settings.discord_api_url):
        async with _rest(host, spacing) as rest, host.footnote.open_inbox() as inbox:
            if rest is None:
                return
            if settings.discord_message_content and not rest.may_read_all:
                raise ConfigurationError(NO_INTENT)
            with suppress(Stopped):
                await run_until(host.stop, _register_commands(rest))
            dispatcher, gateway = _connected(host, rest, inbox)
            intents = intents_of(message_content=settings.discord_message_content)

            async def begin() -> Gateway:
                if seconds := await rest.find_gateway():
                    host.report(State.DOWN, NOT_SO_OFTEN)
                    _log.warning("%s The next try is in %.0f s.", NOT_SO_OFTEN, seconds)
                    await asyncio.sleep(seconds)
                return Gateway(intents, spacing, gateway, settings.route)

            token = settings.discord_bot_token.get_secret_value()
            await _both(host.stop, dispatcher, stay_connected(begin, token, gateway))


def intents_of(*, message_content: bool) -> discord.Intents:
    """Return as few intents as possible; texts that are not meant for the bot only where the operator allows that."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        guild_reactions=True,
        dm_reactions=True,
        message_content=message_content,
    )


def _connected(host: PlatformContext, rest: Rest, inbox: Inbox) -> tuple[Dispatcher, GatewayListener]:
    settings = host.footnote.settings
    sentences = sentences_in(settings.answer_language)
    face = DiscordFace(
        rest, sentences, reads_all=settings.discord_message_content, answered_tag=settings.discord_answered_tag
    )
    intake, dispatcher = build_intake(host, face, inbox, face.is_public)
    events = DiscordEvents(rest.me, intake, settings.solved_tags)
    administered = DiscordCommands(
        rest, events, build_command_context(host.footnote, inbox.open_count), settings.answer_language
    )
    return dispatcher, GatewayListener(events, administered, DiscordActions(rest, events, sentences), host.report)


async def _both(stop: asyncio.Event, dispatcher: Dispatcher, connection: Coroutine[Any, Any, None]) -> None:
    """Run the dispatcher and the connection until `stop` is set, or no connection is possible any more.

    What made the connection impossible is raised once the dispatcher has ended.
    """
    end, wrong = asyncio.Event(), list[ConfigurationError]()

    async def connected() -> None:
        try:
            await connection
        except ConfigurationError as error:
            wrong.append(error)
            end.set()

    async def wait_for_stop() -> None:
        await stop.wait()
        end.set()

    async with run_in_background(connected()), run_in_background(wait_for_stop()):
        await dispatcher.run(end)
    if wrong:
        raise wrong[0]


@asynccontextmanager
async def _rest(host: PlatformContext, spacing: Spacing) -> AsyncIterator[Rest | None]:
    """Open a client that is logged in, waiting for Discord as long as it takes; None: it was to stop meanwhile."""
    token, route = host.footnote.settings.discord_bot_token.get_secret_value(), host.footnote.settings.route
    async with AsyncExitStack() as closing:

        async def log_in() -> Rest:
            try:
                return await closing.enter_async_context(open_rest(token, spacing, route))
            except discord.LoginFailure as error:
                raise ConfigurationError(REFUSED) from error

        yield await retry_until_reached(host, "Discord", log_in)


async def _register_commands(rest: Rest) -> None:
    """Register our commands where Discord has others. Raises nothing: people who mention the bot need no command."""
    wanted = sorted(commands(), key=lambda each: (each["type"], each["name"]))
    try:
        there = sorted(await rest.commands(), key=lambda each: (each.get("type", 1), each["name"]))
        if not are_registered(wanted, there):
            await rest.register(wanted)
            _log.info("Discord: the commands were registered.")
    except FootnoteError as error:
        _log.warning("The commands could not be registered: %s", error)
