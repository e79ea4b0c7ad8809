"""Slash commands and the shortcut: what they answer at once, and `/docs` with its live progress.

    /ask           stored by `bot.slack.events`; the acknowledgement says that it is being looked up; empty: help
    /docs          ──bot.commands──> Report, Report, ...   the first at once, the last one, and few in between
    Answer this    stored by `bot.slack.events`

A response_url takes five messages within half an hour, and an answer to a command cannot be replaced: each report
stands below the one before. So progress is reported rarely; after half an hour the last report is an ephemeral message.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing, suppress
from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.perform import Actor, CommandContext, Report, perform
from bot.markup import slack as markup
from bot.markup.slack import SlackMessage
from bot.questions import build_help, find_place
from bot.slack.api import MISFORMED, SlackRefused, call_slack, send_response
from bot.slack.events import RECEIVED, SlackEvents
from bot.slack.payloads import Json, map_in, text_in
from bot.slack.reading import ANSWER_THIS
from bot.slack.renamed import is_question, name_as_typed
from core.errors import FootnoteError
from core.inbox.port import Platform
from core.sentences import Sentences, sentences_in

PROGRESS_SECONDS = (0.0, 15.0, 120.0)
"""The earliest time, in seconds, at which each report but the last may be sent."""


class SlackCommands:
    """The listeners for commands, for one workspace."""

    def __init__(
        self, events: SlackEvents, context: CommandContext, client: AsyncWebClient, language: str = ""
    ) -> None:
        self._language = language
        self._events = events
        self._command_context = context
        self._client = client

    def connect(self, app: AsyncApp) -> None:
        """Register the listeners with the app."""
        app.command(re.compile("/.+"))(self.command)
        app.shortcut(ANSWER_THIS)(self.answer_this)

    async def command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Do what a slash command asks for, whatever it is called (`bot.slack.renamed`)."""
        command, text = text_in(body, "command"), text_in(body, "text")
        if is_question(command, text):
            await self._ask(ack, body, context)
        else:
            await self._docs(ack, body, command)

    async def _ask(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Acknowledge a question; by now it is known whether it was stored. One without words gets help."""
        if context.get(RECEIVED) is not None:
            sentences = await self._sentences(text_in(body, "channel_id"))
            await ack(text=sentences.looking, response_type="ephemeral")
            return
        await ack()
        if not text_in(body, "text").strip():
            await self._respond(body, await self._help(text_in(body, "channel_id")))

    async def _help(self, channel: str) -> str:
        """Return what can be asked in a channel."""
        with suppress(FootnoteError):
            shared = self._events.shared.may_be_shared(channel)
            place = await find_place(
                self._command_context.channels, Platform.SLACK, self._events.me.team, channel, shared=shared
            )
            sentences = sentences_in(place.language or self._language)
            return await build_help(place, self._command_context.catalog, self._events.intake.sampler, sentences)
        return sentences_in(self._language).help

    async def _sentences(self, channel: str) -> Sentences:
        """Return the fixed sentences in a channel's language; in the install's while Postgres is away."""
        with suppress(FootnoteError):
            settings = await self._command_context.channels.get(Platform.SLACK, self._events.me.team, channel)
            return sentences_in(settings.language or self._language)
        return sentences_in(self._language)

    async def _respond(self, body: Json, sentence: str) -> None:
        message = markup.render_sentence(sentence)
        with suppress(FootnoteError):
            await send_response(text_in(body, "response_url"), markup.response_arguments(message), self._client)

    async def answer_this(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Acknowledge the shortcut, and say so if the message was answered before.

        The answer goes into the thread of the message, where everybody sees it.
        """
        await ack()
        if context.get(RECEIVED) is None:
            channel = text_in(map_in(body, "channel"), "id")
            await self._respond(body, (await self._sentences(channel)).already_answered)

    async def _docs(self, ack: AsyncAck, body: Json, command: str) -> None:
        """Carry out an administrator's command, and report its progress until it is over."""
        await ack()
        user, channel = text_in(body, "user_id"), text_in(body, "channel_id")
        who = Actor(Platform.SLACK, self._events.me.team, user, channel)
        reporting = _ProgressReporter(self._client, who, text_in(body, "response_url"))
        async with aclosing(perform(text_in(body, "text"), who, self._command_context)) as reports:
            async for report in reports:
                await reporting.report(replace(report, markdown=name_as_typed(report.markdown, command)))


class _ProgressReporter:
    """Reports to one person from time to time."""

    def __init__(self, client: AsyncWebClient, who: Actor, url: str) -> None:
        self._client = client
        self._who = who
        self._url = url
        self._reported = 0
        self._began = asyncio.get_running_loop().time()

    async def report(self, report: Report) -> None:
        """Send the last report always, and the others now and then."""
        seconds = asyncio.get_running_loop().time() - self._began
        late = self._reported >= len(PROGRESS_SECONDS) or seconds < PROGRESS_SECONDS[self._reported]
        if late and not report.final:
            return
        message = markup.render_table(report.markdown, report.rows, report.urls)
        message = markup.add_link(message, report.link) if report.link else message
        with suppress(FootnoteError):
            if not await self._respond(message):
                await self._whisper(message)
        self._reported += 1

    async def _respond(self, message: SlackMessage) -> bool:
        return bool(self._url) and await send_response(self._url, markup.response_arguments(message), self._client)

    async def _whisper(self, message: SlackMessage) -> None:
        shown = markup.ephemeral_arguments(message, self._who.channel, self._who.user)
        try:
            await call_slack(self._client.chat_postEphemeral, **shown)
        except SlackRefused as error:
            if error.error not in MISFORMED:
                raise
            await call_slack(self._client.chat_postEphemeral, **{**shown, "blocks": []})
