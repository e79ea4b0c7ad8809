"""A look at Discord for `footnote doctor`: does the token work, and are the intents there that the settings ask for."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import discord

from bot.discord.api import A_SECOND, logged_in, pointed_at
from bot.discord.gateway import NO_INTENT, REFUSED
from bot.pace import Turns
from core.errors import FootnoteError
from core.health import Check, Health
from core.settings import Settings


async def check_discord(settings: Settings) -> AsyncIterator[Check]:
    """Asks Discord who we are; opens no gateway."""
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    token = settings.discord_bot_token.get_secret_value()
    try:
        with pointed_at(settings.discord_api_url):
            async with logged_in(token, Turns(1 / A_SECOND)) as rest:
                yield Check("discord", Health.OK, f"as {rest.name}, application {rest.application}")
                lacks = settings.discord_message_content and not rest.may_read_all
    except discord.LoginFailure:
        yield Check("discord", Health.FAIL, REFUSED, configuration=True)
    except FootnoteError as error:
        yield Check("discord", Health.FAIL, str(error))
    else:
        if lacks:
            yield Check("discord", Health.FAIL, NO_INTENT, configuration=True)
