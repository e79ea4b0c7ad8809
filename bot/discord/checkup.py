"""A look at Discord for `footnote doctor`: does the token work, and does it have the intents that the settings need?"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import discord

from bot.discord.api import A_SECOND, Rest, open_rest, use_api_url
from bot.discord.gateway import NO_INTENT, REFUSED
from bot.discord.rights import invitation
from bot.pace import Spacing
from core.config.settings import Settings
from core.errors import FootnoteError
from core.health import Check, Health

PUBLIC = (
    "anybody may add it to a server of theirs, and ask there: switch Public Bot off on the page Bot of the developer "
    "portal, or say who may see a source (--visible-to)"
)
NOWHERE = "it is in no server yet. To add it, open"


async def check_discord(settings: Settings) -> AsyncIterator[Check]:
    """Yield the checks of Discord: ask it who we are, but open no gateway."""
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    token = settings.discord_bot_token.get_secret_value()
    try:
        with use_api_url(settings.discord_api_url):
            async with open_rest(token, Spacing(1 / A_SECOND), settings.route) as rest:
                seen = [each async for each in _seen(settings, rest)]
    except discord.LoginFailure:
        yield Check("discord", Health.FAIL, REFUSED, configuration=True)
    except FootnoteError as error:
        yield Check("discord", Health.FAIL, str(error))
    else:
        for check in seen:
            yield check


async def _seen(settings: Settings, rest: Rest) -> AsyncIterator[Check]:
    yield Check("discord", Health.OK, f"as {rest.name}, application {rest.application}")
    if rest.is_public:
        yield Check("discord", Health.NOTE, PUBLIC)
    if not await rest.is_anywhere():
        yield Check("discord", Health.NOTE, f"{NOWHERE} {invitation(rest.application)}")
    if settings.discord_message_content and not rest.may_read_all:
        yield Check("discord", Health.FAIL, NO_INTENT, configuration=True)
