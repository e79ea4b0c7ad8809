"""The first answer to an interaction, which Discord wants within three seconds, and gets once.

another process of ours was faster, the same interaction came twice     False: leave it to who answered
too late, unknown                                                       False
"""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from bot.discord.api import DiscordRefused, Rest
from bot.discord.codes import ANSWERED
from bot.discord.messages import EPHEMERAL
from bot.face import TryLater
from bot.markup import discord as markup
from bot.markup.discord import DiscordMessage

MESSAGE, LATER, NOTHING, CHOICES, FORM = 4, 5, 6, 8, 9
TRIES, AGAIN_SECONDS = 4, 0.4


async def respond(rest: Rest, to: discord.Interaction, kind: int, data: dict[str, Any] | None = None) -> bool:
    """Raises nothing: what is not answered in time Discord says itself."""
    unsure = False
    for _ in range(TRIES):
        try:
            await rest.respond(to.id, to.token, kind, data)
        except TryLater as error:
            unsure = unsure or not error.certain
            await asyncio.sleep(AGAIN_SECONDS)
        except DiscordRefused as error:
            return unsure and error.code == ANSWERED
        else:
            return True
    return False


async def later(rest: Rest, to: discord.Interaction, *, private: bool) -> bool:
    """An answer comes; the place shows that somebody is at it."""
    return await respond(rest, to, LATER, {"flags": EPHEMERAL} if private else {})


async def whisper(rest: Rest, to: discord.Interaction, markdown: str) -> bool:
    """Words of ours, for who pressed or typed alone."""
    return await respond(rest, to, MESSAGE, said(markup.contents(markdown)[0]))


def said(content: str) -> dict[str, Any]:
    """A message for one person, without any preview of a link."""
    body = DiscordMessage(content).payload()
    return body | {"flags": body["flags"] | EPHEMERAL}
