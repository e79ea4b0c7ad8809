"""The controls below an answer: good or bad, why, share, stop; and the comment on a bad answer.

    good ──> stored, thanked, with a way to say more
    bad ──> stored, and a form asks for reasons ──> stored with reasons, and thanked
    why ──> for the person who pressed: what was read and used, with links ──details──> ranks, times, model
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
from bot.discord.controls import (
    Press,
    Pressed,
    build_comment_form,
    build_control,
    build_reasons_form,
    parse_control_id,
    parse_reasons_form,
)
from bot.discord.events import DiscordEvents
from bot.discord.messages import EPHEMERAL
from bot.discord.reading import may_speak, spot_of
from bot.discord.responses import FORM, MESSAGE, NOTHING, build_ephemeral, respond, whisper
from bot.markup import discord as markup
from bot.markup.discord import escape
from bot.phrases import build_shared_question, may_share
from bot.speech import sentences_around
from bot.why import explain, figures_of, may_see
from core.errors import StoreError
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb
from core.sentences import ENGLISH, Sentences

THANKS, NOTED = ENGLISH.thanks_good, ENGLISH.thanks_bad
GONE, SHARED, SILENT = ENGLISH.gone, ENGLISH.shared, ENGLISH.may_not_write
WHY_CHARACTERS = 1_900


class DiscordActions:
    """What controls do, in all guilds."""

    def __init__(self, rest: Rest, events: DiscordEvents, sentences: Sentences = ENGLISH) -> None:
        self._sentences = sentences
        self._rest = rest
        self._events = events
        self._inbox = events.intake.inbox

    async def press(self, interaction: discord.Interaction) -> None:
        """Carry out a button that was pressed, or a form that was sent; ignore those that are not ours."""
        data: Mapping[str, Any] = interaction.data or {}
        what = parse_control_id(str(data.get("custom_id", "")))
        if what is None:
            return
        try:
            asked = await self._inbox.get(Platform.DISCORD, _tenant(interaction), what.question)
            sentences = sentences_around(asked.reply if asked else None, self._sentences)
            await DiscordActions(self._rest, self._events, sentences).carry_out(interaction, what, data)
        except StoreError:
            await whisper(self._rest, interaction, self._sentences.away)

    async def carry_out(self, interaction: discord.Interaction, what: Pressed, data: Mapping[str, Any]) -> None:
        """Carry out what was pressed, in the language of its answer. Raises `StoreError`."""
        match what.press:
            case Press.GOOD | Press.COMMENT:
                await self._good(interaction, what, data)
            case Press.BAD:
                await self._bad(interaction, what)
            case Press.REASONS:
                reasons, comment = parse_reasons_form(data.get("components") or ())
                feedback = Feedback(_user(interaction), Thumb.DOWN, reasons, comment)
                kept = await self._keep(interaction, what, feedback)
                await whisper(self._rest, interaction, self._sentences.thanks_bad if kept else self._sentences.gone)
            case Press.MORE:
                await respond(self._rest, interaction, FORM, build_comment_form(what.question, self._sentences))
            case Press.WHY | Press.DETAILS:
                await self._explain(interaction, what)
            case Press.SHARE:
                await self._share(interaction, what)
            case Press.STOP:
                await self._stop(interaction, what)
            case _:
                assert_never(what.press)

    async def _good(self, interaction: discord.Interaction, what: Pressed, data: Mapping[str, Any]) -> None:
        """Store a good vote or what somebody says of it, and thank, with a way to say more."""
        is_more = what.press is Press.COMMENT
        _, comment = parse_reasons_form(data.get("components") or ()) if is_more else ((), "")
        feedback = Feedback(_user(interaction), Thumb.UP, comment=comment)
        if not await self._keep(interaction, what, feedback):
            await whisper(self._rest, interaction, self._sentences.gone)
            return
        more = [] if is_more else build_control(Press.MORE, what.question, self._sentences.say_more)
        message = build_ephemeral(self._sentences.thanks_good) | {"components": more}
        await respond(self._rest, interaction, MESSAGE, message)

    async def _explain(self, interaction: discord.Interaction, what: Pressed) -> None:
        """Show what an answer rests on, with a button that leads to its figures."""
        asked = await self._asked(interaction, what)
        if asked is None or asked.reply is None:
            await whisper(self._rest, interaction, self._sentences.gone)
        elif what.press is Press.DETAILS:
            await respond(self._rest, interaction, MESSAGE, build_ephemeral(_figures(asked)))
        else:
            why = explain(asked.reply, self._sentences)
            body = markup.render_why(why.summary, why.links).payload()
            details = build_control(Press.DETAILS, what.question, self._sentences.details)
            message = body | {"flags": body["flags"] | EPHEMERAL, "components": details}
            await respond(self._rest, interaction, MESSAGE, message)

    async def _bad(self, interaction: discord.Interaction, what: Pressed) -> None:
        """Store a bad vote, and show the form that asks for reasons.

        Discord gives three seconds for the form, so it is the first answer. The vote counts even if nobody fills it in.
        """
        if not await self._keep(interaction, what, Feedback(_user(interaction), Thumb.DOWN)):
            await whisper(self._rest, interaction, self._sentences.gone)
            return
        if not await respond(self._rest, interaction, FORM, build_reasons_form(what.question, self._sentences)):
            await respond(
                self._rest, interaction, FORM, build_reasons_form(what.question, self._sentences, as_list=True)
            )
        asked = await self._asked(interaction, what)
        if asked is not None:
            await self._events.intake.name_whom_to_ask(asked, _user(interaction))

    async def _share(self, interaction: discord.Interaction, what: Pressed) -> None:
        asked = await self._asked(interaction, what)
        if asked is None or not may_share(asked, _user(interaction)):
            await whisper(self._rest, interaction, self._sentences.gone)
            return
        if interaction.channel and not may_speak(
            interaction.app_permissions, spot_of(interaction.channel, interaction.guild_id)
        ):
            await whisper(self._rest, interaction, self._sentences.may_not_write)
            return
        incoming = build_shared_question(asked, interaction.user.display_name)
        self._events.intake.hand_over(incoming, await self._events.receive(incoming))
        await whisper(self._rest, interaction, self._sentences.shared)

    async def _stop(self, interaction: discord.Interaction, what: Pressed) -> None:
        asked = await self._asked(interaction, what)
        if asked is None or asked.asker != _user(interaction):
            await whisper(self._rest, interaction, self._sentences.not_yours if asked else self._sentences.gone)
            return
        await self._events.intake.stop(asked.tenant, asked.channel, asked.thread)
        await respond(self._rest, interaction, NOTHING)

    async def _keep(self, interaction: discord.Interaction, what: Pressed, feedback: Feedback) -> bool:
        return await self._events.intake.give_feedback(_tenant(interaction), what.question, feedback)

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


def _figures(asked: StoredQuestion) -> str:
    """Return as many lines of figures about the evidence as fit."""
    assert asked.reply is not None, "looked at before"
    lines, left = list[str](), WHY_CHARACTERS
    for line in figures_of(asked.reply):
        left -= len(line := escape(line, 400)) + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(lines)
