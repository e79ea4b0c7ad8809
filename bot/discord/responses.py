"""The first answer to an interaction, which Discord wants within three seconds, and takes once.

another process of ours was faster, the same interaction came twice     False: leave it to the process that answered
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
    """Send the first answer to an interaction; return whether this process answered it.

    Raises nothing: Discord itself reports what is not answered in time.
    """
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


async def defer_response(rest: Rest, to: discord.Interaction, *, private: bool) -> bool:
    """Announce that an answer comes, as `respond` does; the channel shows that the bot is at work."""
    return await respond(rest, to, LATER, {"flags": EPHEMERAL} if private else {})


async def whisper(rest: Rest, to: discord.Interaction, markdown: str) -> bool:
    """Answer, as `respond` does, in words of ours that only the person who pressed or typed sees."""
    return await respond(rest, to, MESSAGE, build_ephemeral(markup.render_contents(markdown)[0]))


def build_ephemeral(content: str) -> dict[str, Any]:
    """Return the body of a message for one person, without any preview of a link."""
    body = DiscordMessage(content).payload()
    return body | {"flags": body["flags"] | EPHEMERAL}
