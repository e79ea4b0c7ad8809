"""The controls below an answer: good or bad, why, share, stop; and the comment on a bad answer.

    good ──> stored        bad ──> stored, and a form asks for reasons ──> stored with reasons
    why ──> shown to the person who pressed: passages, their ranks on each side, times, model
    share ──> a question whose answer is known, for everybody in the channel (`core.inbox.port.Visibility.SHARED`)
    stop ──> the asker ends the answer that is being written

A press finds only answers of the channel that it comes from, whatever number an id names; votes count in the whole
guild.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import discord

from bot.discord.api import Rest
from bot.discord.controls import Press, Pressed, build_reasons_form, parse_control_id, parse_reasons_form
from bot.discord.events import DiscordEvents
from bot.discord.reading import may_speak, spot_of
from bot.discord.responses import FORM, MESSAGE, NOTHING, build_ephemeral, respond, whisper
from bot.markup.discord import escape
from bot.phrases import build_shared_question, may_share
from bot.why import lines_of, may_see
from core.errors import StoreError
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb
from core.sentences import ENGLISH

THANKS, NOTED = ENGLISH.thanks_good, ENGLISH.thanks_bad
GONE = "I do not know that answer any more."
NOT_YOURS = "Only who asked may do that."
AWAY = "My database does not answer just now. Please try again in a minute."
SHARED, SILENT = "It is shared.", "I may not write in this channel."
WHY_CHARACTERS = 1_900


class DiscordActions:
    """What controls do, in all guilds."""

    def __init__(self, rest: Rest, doors: DiscordEvents) -> None:
        self._rest = rest
        self._doors = doors
        self._inbox = doors.intake.inbox

    async def press(self, interaction: discord.Interaction) -> None:
        """Carry out a button that was pressed, or a form that was sent; ignore those that are not ours."""
        data: Mapping[str, Any] = interaction.data or {}
        what = parse_control_id(str(data.get("custom_id", "")))
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
                reasons, comment = parse_reasons_form(data.get("components") or ())
                feedback = Feedback(_user(interaction), Thumb.DOWN, reasons, comment)
                kept = await self._keep(interaction, what, feedback)
                await whisper(self._rest, interaction, NOTED if kept else GONE)
            case Press.WHY:
                asked = await self._asked(interaction, what)
                told = build_ephemeral(_why(asked) if asked and asked.reply else GONE)
                await respond(self._rest, interaction, MESSAGE, told)
            case Press.SHARE:
                await self._share(interaction, what)
            case Press.STOP:
                await self._stop(interaction, what)
            case _:
                assert_never(what.press)

    async def _bad(self, interaction: discord.Interaction, what: Pressed) -> None:
        """Store a bad vote, and show the form that asks for reasons.

        Discord gives three seconds for the form, so it is the first answer. The vote counts even if nobody fills it in.
        """
        if await self._keep(interaction, what, Feedback(_user(interaction), Thumb.DOWN)):
            await respond(self._rest, interaction, FORM, build_reasons_form(what.question))
            asked = await self._asked(interaction, what)
            if asked is not None:
                await self._doors.intake.name_whom_to_ask(asked, _user(interaction))
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
        incoming = build_shared_question(asked, interaction.user.display_name)
        self._doors.intake.hand_over(incoming, await self._doors.receive(incoming))
        await whisper(self._rest, interaction, SHARED)

    async def _stop(self, interaction: discord.Interaction, what: Pressed) -> None:
        asked = await self._asked(interaction, what)
        if asked is None or asked.asker != _user(interaction):
            await whisper(self._rest, interaction, NOT_YOURS if asked else GONE)
            return
        await self._doors.intake.stop(asked.tenant, asked.channel, asked.thread)
        await respond(self._rest, interaction, NOTHING)

    async def _keep(self, interaction: discord.Interaction, what: Pressed, feedback: Feedback) -> bool:
        return await self._doors.intake.give_feedback(_tenant(interaction), what.question, feedback)

    async def _asked(self, interaction: discord.Interaction, what: Pressed) -> StoredQuestion | None:
        """Return the question whose answer was pressed; None: this person may not see that answer there."""
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
    """Return as many lines about the evidence as fit."""
    assert asked.reply is not None, "looked at before"
    told, left = list[str](), WHY_CHARACTERS
    for line in lines_of(asked.reply):
        left -= len(line := escape(line, 400)) + 1
        if left < 0:
            break
        told.append(line)
    return "\n".join(told)
