"""Commands: `/ask`, "Answer this", and `/docs` with its live progress; and what completes their options.

    /ask           stored, then deferred; the face edits the response
    Answer this    stored, then confirmed to the person who chose it; the answer goes below the message, for everybody
    /docs          deferred, for the person who gave it alone ──bot.commands──> Report, Report, ...
                   each edits the response

Options become the text that `bot.commands` takes. Two processes may get the same interaction, and Discord takes one
answer: the process that answers first carries the command out.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

import discord

from bot.commands.parse import quote_value
from bot.commands.perform import Actor, CommandContext, Report, perform
from bot.commands.verbs import FORMS
from bot.discord.api import Rest
from bot.discord.events import STORE_SECONDS, DiscordEvents
from bot.discord.reading import DiscordAsk, Spot, may_speak, read_command, read_target, spot_of
from bot.discord.registration import ANSWER_THIS, ASK, DOCS
from bot.discord.responses import CHOICES, build_ephemeral, defer_response, respond, whisper
from bot.discord.spelling import spell_commands
from bot.markup.discord import render_contents
from bot.questions import build_help, find_place
from core.errors import FootnoteError, StoreError
from core.inbox.port import Platform, Refusal
from core.sentences import sentences_in

APART_SECONDS = 2.0
"""Seconds between two reports."""

MOST_CHOICES = 25

Json = Mapping[str, Any]


class DiscordCommands:
    """What commands do, in all guilds."""

    def __init__(self, rest: Rest, events: DiscordEvents, context: CommandContext, language: str = "") -> None:
        self._language = language
        self._sentences = sentences_in(language)
        self._rest = rest
        self._events = events
        self._command_context = context

    async def command(self, interaction: discord.Interaction) -> None:
        """Carry out a command that somebody used."""
        data: Json = interaction.data or {}
        spot = spot_of(interaction.channel, interaction.guild_id) if interaction.channel else None
        if spot is None:
            return
        name = data.get("name")
        if name == ASK:
            await self._ask(interaction, spot, _values(data))
        elif name == DOCS:
            await self._docs(interaction, spot, data)
        elif name == ANSWER_THIS:
            await self._answer_this(interaction, spot, data)

    async def complete(self, interaction: discord.Interaction) -> None:
        """Suggest the names of sources that may be seen there."""
        typed = str(_focused(interaction.data or {})).strip().lower()
        names: list[str] = []
        if interaction.channel is not None:
            who = _actor(interaction, spot_of(interaction.channel, interaction.guild_id))
            try:
                names = [
                    source.name for source in await self._command_context.sources(who) if typed in source.name.lower()
                ]
            except StoreError:
                names = []
        choices = [{"name": name[:100], "value": name[:100]} for name in names[:MOST_CHOICES]]
        await respond(self._rest, interaction, CHOICES, {"choices": choices})

    async def _ask(self, interaction: discord.Interaction, spot: Spot, options: Json) -> None:
        ask = read_command(interaction, spot, options, self._events.me)
        try:
            if refused := await self._refused(interaction, ask, spot):
                await whisper(self._rest, interaction, refused)
                return
            received = await self._events.receive(ask.incoming, STORE_SECONDS)
        except (StoreError, TimeoutError):
            await whisper(self._rest, interaction, self._sentences.away)
            return
        if received is not None and received.refusal is Refusal.LIMIT:
            await whisper(self._rest, interaction, self._sentences.fast)
        else:
            await defer_response(self._rest, interaction, private=bool(options.get("private")))
        self._events.intake.hand_over(ask.incoming, received)

    async def _refused(self, interaction: discord.Interaction, ask: DiscordAsk, spot: Spot) -> str:
        """Return why the command cannot be asked as a question; empty: it can. Raises `StoreError`, `TimeoutError`."""
        if not ask.incoming.text:
            async with asyncio.timeout(STORE_SECONDS):
                return await self._help(spot)
        wanted = ask.incoming.details.sources
        if wanted:
            async with asyncio.timeout(STORE_SECONDS):
                there = {source.name for source in await self._command_context.sources(_actor(interaction, spot))}
            return "" if there.issuperset(wanted) else self._sentences.no_such_source
        return ""

    async def _help(self, spot: Spot) -> str:
        """Return what can be asked there. Raises `StoreError`."""
        around = spot.channel if spot.place != spot.channel else ""
        place = await find_place(self._command_context.channels, Platform.DISCORD, spot.tenant, spot.place, around)
        sentences = sentences_in(place.language or self._language)
        return await build_help(place, self._command_context.catalog, self._events.intake.sampler, sentences)

    async def _answer_this(self, interaction: discord.Interaction, spot: Spot, data: Json) -> None:
        messages = (data.get("resolved") or {}).get("messages") or {}
        target = messages.get(str(data.get("target_id")))
        if target and not may_speak(interaction.app_permissions, spot):
            await whisper(self._rest, interaction, self._sentences.only_by_ask)
            return
        who, rights = str(interaction.user.id), interaction.app_permissions
        ask = read_target(target, spot, self._events.me, who, rights) if target else None
        try:
            received = await self._events.receive(ask.incoming, STORE_SECONDS) if ask else None
        except StoreError:
            await whisper(self._rest, interaction, self._sentences.away)
            return
        await whisper(
            self._rest,
            interaction,
            self._sentences.already_answered if received is None else self._sentences.answered_below,
        )
        if ask is not None:
            self._events.intake.hand_over(ask.incoming, received)

    async def _docs(self, interaction: discord.Interaction, spot: Spot, data: Json) -> None:
        """Carry out an administrator's command, and report its progress until it is over."""
        if spot.direct:
            await whisper(self._rest, interaction, self._sentences.not_in_direct)
            return
        if not await defer_response(self._rest, interaction, private=True):
            return  # another process of ours is at it
        reporting = _ProgressReporter(self._rest, interaction.token)
        async with aclosing(
            perform(to_command_text(data), _actor(interaction, spot), self._command_context)
        ) as reports:
            async for report in reports:
                await reporting.report(report)


class _ProgressReporter:
    """One message to one person, rewritten from time to time. Watching ends before the interaction's token does."""

    def __init__(self, rest: Rest, token: str) -> None:
        self._rest = rest
        self._token = token
        self._next = -math.inf

    async def report(self, report: Report) -> None:
        """Send the last report always, and the others now and then."""
        now = asyncio.get_running_loop().time()
        if now < self._next and not report.final:
            return
        self._next = now + APART_SECONDS
        content = render_contents(spell_commands(report.markdown), report.urls)[0]
        content = f"{content}\n<{report.link}>" if report.link else content
        for _ in range(3 if report.final else 1):
            with suppress(FootnoteError):
                await self._rest.rewrite_response(self._token, build_ephemeral(content))
                return
            await asyncio.sleep(APART_SECONDS)


def _actor(interaction: discord.Interaction, spot: Spot) -> Actor:
    around = spot.channel if spot.place != spot.channel else ""
    return Actor(Platform.DISCORD, spot.tenant, str(interaction.user.id), spot.place, around)


def _values(data: Json) -> dict[str, Any]:
    """Return options by name: `{"options": [{"name": "question", "value": "How?"}]}` -> `{"question": "How?"}`."""
    return {str(each.get("name")): each.get("value") for each in data.get("options") or () if "value" in each}


def _focused(data: Json) -> Any:
    """Return what is typed into the option that is to be completed, at any depth."""
    for each in data.get("options") or ():
        if each.get("focused"):
            return each.get("value") or ""
        if "options" in each:
            return _focused(each)
    return ""


def to_command_text(data: Json) -> str:
    """Return a subcommand as it would be typed: `add "https://docs.example/" "guide" licence="MIT"`.

    An option is one word, whatever it holds, and has its place, in whichever order somebody filled the options in.
    """
    subcommand: Json = next(iter(data.get("options") or ()), {})
    verb, values = str(subcommand.get("name", "")), _values(subcommand)
    form = next((each for each in FORMS if each.verb == verb), None)
    if form is None:
        return verb
    words = [quote_value(str(values[each.name])) for each in form.words if each.name in values]
    keys = [f"{each.name}={_to_value(values[each.name])}" for each in form.keys if each.name in values]
    flags = ["--force"] if form.force and values.get(form.force.name) else []
    return " ".join([verb, *words, *keys, *flags])


def _to_value(value: Any) -> str:
    return quote_value(("on" if value else "off") if isinstance(value, bool) else str(value))
