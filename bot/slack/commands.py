"""Slash commands and the shortcut: what they answer at once, and `/docs` with its live progress.

    /ask           stored by `bot.slack.events`; the acknowledgement says that it is being looked up
    /docs          ──bot.commands──> Report, Report, ...   the first at once, the last one, and few in between
    Answer this    stored by `bot.slack.events`

A response_url takes five messages within half an hour, and an answer to a command cannot be replaced: each report
stands below the one before. So progress is reported rarely; after half an hour the last report is an ephemeral message.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands.perform import Actor, CommandContext, Report, perform
from bot.markup import slack as markup
from bot.markup.slack import SlackMessage
from bot.phrases import ALREADY_ANSWERED
from bot.slack.api import call_slack, send_response
from bot.slack.events import ASK, RECEIVED, SlackEvents
from bot.slack.payloads import Json, text_in
from bot.slack.reading import ANSWER_THIS
from core.answer.prompt import HELP
from core.errors import FootnoteError
from core.inbox.port import Platform
from core.sentences import ENGLISH

DOCS = "/docs"
LOOKING = ENGLISH.looking
PROGRESS_SECONDS = (0.0, 15.0, 120.0)
"""The earliest time, in seconds, at which each report but the last may be sent."""


class SlackCommands:
    """The listeners for commands, for one workspace."""

    def __init__(self, doors: SlackEvents, desk: CommandContext, client: AsyncWebClient) -> None:
        self._doors = doors
        self._desk = desk
        self._client = client

    def connect(self, app: AsyncApp) -> None:
        """Register the listeners with the app."""
        app.command(ASK)(self.ask)
        app.command(DOCS)(self.docs)
        app.shortcut(ANSWER_THIS)(self.answer_this)

    async def ask(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Acknowledge `/ask`; by now it is known whether the question was stored."""
        if context.get(RECEIVED) is not None:
            await ack(text=LOOKING, response_type="ephemeral")
        elif not text_in(body, "text").strip():
            await ack(text=HELP, response_type="ephemeral")
        else:
            await ack()

    async def answer_this(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Acknowledge the shortcut, and say so if the message was answered before.

        The answer goes into the thread of the message, where everybody sees it.
        """
        await ack()
        if context.get(RECEIVED) is None:
            with suppress(FootnoteError):
                message = markup.render_sentence(ALREADY_ANSWERED)
                await send_response(text_in(body, "response_url"), markup.response_arguments(message), self._client)

    async def docs(self, ack: AsyncAck, body: Json) -> None:
        """Carry out an administrator's command, and report its progress until it is over."""
        await ack()
        user, channel = text_in(body, "user_id"), text_in(body, "channel_id")
        who = Actor(Platform.SLACK, self._doors.me.team, user, channel)
        telling = _ProgressReporter(self._client, who, text_in(body, "response_url"))
        async with aclosing(perform(text_in(body, "text"), who, self._desk)) as reports:
            async for report in reports:
                await telling.tell(report)


class _ProgressReporter:
    """Reports to one person from time to time."""

    def __init__(self, client: AsyncWebClient, who: Actor, url: str) -> None:
        self._client = client
        self._who = who
        self._url = url
        self._told = 0
        self._began = asyncio.get_running_loop().time()

    async def tell(self, report: Report) -> None:
        """Send the last report always, and the others now and then."""
        seconds = asyncio.get_running_loop().time() - self._began
        late = self._told >= len(PROGRESS_SECONDS) or seconds < PROGRESS_SECONDS[self._told]
        if late and not report.final:
            return
        message = markup.render_sentence(report.markdown, report.urls)
        message = markup.add_link(message, report.link) if report.link else message
        with suppress(FootnoteError):
            if not await self._respond(message):
                await self._whisper(message)
        self._told += 1

    async def _respond(self, message: SlackMessage) -> bool:
        return bool(self._url) and await send_response(self._url, markup.response_arguments(message), self._client)

    async def _whisper(self, message: SlackMessage) -> None:
        await call_slack(
            self._client.chat_postEphemeral,
            **markup.ephemeral_arguments(message, self._who.channel, self._who.user),
        )
