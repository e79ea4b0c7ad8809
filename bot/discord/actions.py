"""What people press below an answer: good or bad, why, share, stop; and what they write about a bad one.

    good ──> kept          bad ──> kept, and a form asks why ──> kept with reasons
    why ──> told to who asks: passages, their places on each side, times, model
    share ──> a question whose answer is known, for everybody in the channel (`core.inbox.port.Visibility.SHARED`)
    stop ──> whoever asked ends the answer that is under way

Only answers of the channel where it is pressed are found, whatever number an id names; votes count in all of the guild.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import discord

from bot.discord.api import Rest
from bot.discord.controls import Press, Pressed, filled_in, pressed, reasons_form
from bot.discord.events import DiscordEvents
from bot.discord.reading import may_speak, spot_of
from bot.discord.responses import FORM, MESSAGE, NOTHING, respond, said, whisper
from bot.markup.discord import escape
from bot.phrases import may_share, shared
from bot.why import lines_of, may_see
from core.errors import StoreError
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb

THANKS, NOTED = "Thank you.", "Thank you, that helps to mend it."
GONE = "I do not know that answer any more."
NOT_YOURS = "Only who asked may do that."
AWAY = "My database does not answer just now. Please try again in a minute."
SHARED, SILENT = "It is shared.", "I may not write in this channel."
WHY_CHARACTERS = 1_900


class Actions:
    """What controls do, in all guilds."""

    def __init__(self, rest: Rest, doors: DiscordEvents) -> None:
        self._rest = rest
        self._doors = doors
        self._inbox = doors.intake.inbox

    async def press(self, interaction: discord.Interaction) -> None:
        """A button was pressed, or a form sent. One that is none of ours is left alone."""
        data: Mapping[str, Any] = interaction.data or {}
        what = pressed(str(data.get("custom_id", "")))
        if what is None:
            return
        try:
            await self._act(interaction, what, data)
        except StoreError:
            await whisper(self._rest, interaction, AWAY)

    async def _act(self, interaction: discord.Interaction, what: Pressed, data: Mapping[str, Any]) -> None:
        match what.press:
            case Press.GOOD:
                kept = await self._keep(interaction, what, Feedback(_user(interaction), Thumb.UP))
                await whisper(self._rest, interaction, THANKS if kept else GONE)
            case Press.BAD:
                await self._bad(interaction, what)
            case Press.REASONS:
                reasons, comment = filled_in(data.get("components") or ())
                feedback = Feedback(_user(interaction), Thumb.DOWN, reasons, comment)
                kept = await self._keep(interaction, what, feedback)
                await whisper(self._rest, interaction, NOTED if kept else GONE)
            case Press.WHY:
                asked = await self._asked(interaction, what)
                told = said(_why(asked) if asked and asked.reply else GONE)
                await respond(self._rest, interaction, MESSAGE, told)
            case Press.SHARE:
                await self._share(interaction, what)
            case Press.STOP:
                await self._stop(interaction, what)
            case _:
                assert_never(what.press)

    async def _bad(self, interaction: discord.Interaction, what: Pressed) -> None:
        """The form comes first: Discord gives it three seconds. What it is not filled in with, is kept already."""
        if await self._keep(interaction, what, Feedback(_user(interaction), Thumb.DOWN)):
            await respond(self._rest, interaction, FORM, reasons_form(what.question))
        else:
            await whisper(self._rest, interaction, GONE)

    async def _share(self, interaction: discord.Interaction, what: Pressed) -> None:
        asked = await self._asked(interaction, what)
        if asked is None or not may_share(asked, _user(interaction)):
            await whisper(self._rest, interaction, GONE)
            return
        if interaction.channel and not may_speak(
            interaction.app_permissions, spot_of(interaction.channel, interaction.guild_id)
        ):
            await whisper(self._rest, interaction, SILENT)
            return
        incoming = shared(asked)
        self._doors.intake.took(incoming, await self._doors.receive(incoming))
        await whisper(self._rest, interaction, SHARED)

    async def _stop(self, interaction: discord.Interaction, what: Pressed) -> None:
        asked = await self._asked(interaction, what)
        if asked is None or asked.asker != _user(interaction):
            await whisper(self._rest, interaction, NOT_YOURS if asked else GONE)
            return
        await self._doors.intake.stop(asked.tenant, asked.channel, asked.thread)
        await respond(self._rest, interaction, NOTHING)

    async def _keep(self, interaction: discord.Interaction, what: Pressed, feedback: Feedback) -> bool:
        return await self._inbox.give_feedback(Platform.DISCORD, _tenant(interaction), what.question, feedback)

    async def _asked(self, interaction: discord.Interaction, what: Pressed) -> StoredQuestion | None:
        """Return the question of the answer that is pressed, if that may be seen there by who presses."""
        asked = await self._inbox.get(Platform.DISCORD, _tenant(interaction), what.question)
        if asked is None or interaction.channel is None:
            return None
        spot = spot_of(interaction.channel, interaction.guild_id)
        return asked if may_see(asked, _user(interaction), spot.channel, spot.thread) else None


def _user(interaction: discord.Interaction) -> str:
    return str(interaction.user.id)


def _tenant(interaction: discord.Interaction) -> str:
    return str(interaction.guild_id) if interaction.guild_id is not None else ""


def _why(asked: StoredQuestion) -> str:
    """As many lines as fit."""
    assert asked.reply is not None, "looked at before"
    told, left = list[str](), WHY_CHARACTERS
    for line in lines_of(asked.reply):
        left -= len(line := escape(line, 400)) + 1
        if left < 0:
            break
        told.append(line)
    return "\n".join(told)
