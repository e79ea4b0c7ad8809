"""Slack as a `bot.face.Face`: post, rewrite, remove and find the messages of a reply.

    THREAD, DIRECT   chat.postMessage in the thread, or a stream while Slack is calm (`bot.slack.stream`)
    PRIVATE          the response_url of the command, else an ephemeral message
    SHARED           chat.postMessage in the channel

Commands and shortcuts also work where the bot is no member and may not write: there the person who used them gets a
private answer.

Each message says in its metadata which question it answers and which piece it is, so that a message whose id was never
stored is recognised. Only a stream cannot say so before it ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.face import Announce, MessagePart, Sighting, Spoken, TryLater, Undeliverable
from bot.files import describe_unread, fetch_text, is_own_url
from bot.markup import slack as markup
from bot.markup.slack import SlackMessage
from bot.pace import Budget, Spacing
from bot.phrases import describe_sharing
from bot.shortening import shorten_middle
from bot.slack.api import (
    AGAIN_SECONDS,
    LONG_SECONDS,
    MISFORMED,
    NotInChannel,
    RoutedClient,
    SlackRefused,
    call_slack,
    send_response,
)
from bot.slack.conversation import details_of, is_open_to_all, read_context, seconds_of, ts_of
from bot.slack.marks import notice_mark, reply_mark, sighting_of
from bot.slack.reading import Me
from bot.slack.statuses import Statuses
from bot.slack.stream import SlackLive, build_task_card
from bot.speech import sentences_around
from core.domain import Evidence
from core.errors import FootnoteError
from core.inbox.platforms import SharedFile
from core.inbox.port import NewQuestion, Platform, Reply, StoredQuestion, Visibility
from core.sentences import ENGLISH, Sentences, sentences_in

LONGEST_HEAD = 300
"""Characters of a question above its private answer."""

STREAMING = "streaming_state_conflict"
RESPONSE = "response"
"""The id of an ephemeral message, for which Slack gives none."""

STARTS, UPDATES, LOOKS = 15, 40, 30
"""Calls per minute of one process, below Slack's tiers: 20 starts, 50 updates, 50 reads of a thread."""

FILE_HOSTS = frozenset({"files.slack.com"})
"""Where Slack keeps files: the token goes to no other host."""

LOOKED_AT = 200
"""Messages of a thread that are read to find a reply."""

NOT_HERE, SILENT = ENGLISH.not_a_member, ENGLISH.may_not_write_here
_log = logging.getLogger(__name__)


class SlackFace:
    """One workspace, in which the bot is `me`."""

    platform = Platform.SLACK
    question_characters = 4_000

    def __init__(
        self, client: AsyncWebClient, me: Me, *, post_seconds: float = 1.0, sentences: Sentences = ENGLISH
    ) -> None:
        self._client = client
        self._sentences = sentences
        self._me = me
        self._posts = Spacing(post_seconds)
        self._starts, self._updates = Budget(STARTS), Budget(UPDATES)
        self._looks = Budget(LOOKS)
        self._statuses = Statuses(client, sentences.searching)
        self.names = tuple(filter(None, (me.name,)))

    @property
    def tenants(self) -> Sequence[str]:
        """The one workspace of an install."""
        return (self._me.team,)

    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[MessagePart]:
        """Return text, sources and controls of a reply.

        A sentence that is no answer has no controls; an answer that is shared shows its question.
        """
        answer = reply.answer
        number = asked.id if answer.model or reply.found else None
        if asked.visibility is Visibility.SHARED or (asked.visibility is Visibility.PRIVATE and number is not None):
            shown = asked.text if asked.visibility is Visibility.SHARED else shorten_middle(asked.text, LONGEST_HEAD)
            quoted = "\n".join(f"> {line}" for line in shown.splitlines())
            answer = replace(answer, text=f"{quoted}\n\n{answer.text}")
        shareable = (
            asked.visibility is Visibility.PRIVATE and not asked.channel.startswith("D") and answer.abstention is None
        )
        sentences = sentences_around(reply, self._sentences)
        unread = describe_unread(reply.unread, sentences, markup.escape)
        note = " ".join(filter(None, [describe_sharing(asked, sentences, markup.escape), unread]))
        messages = markup.render(
            answer, question=number, known=reply.known, shareable=shareable, note=note, sentences=sentences
        )
        if reply.whom:  # in a message of its own: one that is edited notifies nobody
            line = markup.render_whom(sentences.hand_over.format(who=reply.whom))
            messages = [*messages, line] if answer.text else [line]
        return [MessagePart(number, message) for number, message in enumerate(messages)]

    async def turn(self, asked: StoredQuestion) -> None:
        """Wait until the answer may be posted.

        Channels take about a post a second, and people with few open questions go before people with many.
        """
        if asked.visibility is not Visibility.PRIVATE:
            await self._posts.wait(asked.channel, asked.rank)
        else:  # so that it stands below the acknowledgement, which Slack may show later
            await asyncio.sleep(max(0.0, 1.0 - asked.age_seconds))

    async def post(self, asked: StoredQuestion, piece: MessagePart) -> str:
        """Post one message and return its id. Raises `TryLater`, `Undeliverable`."""
        if asked.visibility is Visibility.PRIVATE:
            await self._respond(asked, piece.content)
            return RESPONSE
        try:
            return await self._posted(asked, piece)
        except Undeliverable as error:
            if not await self._is_reported_in_private(asked, piece, error):
                raise
            return RESPONSE

    async def _posted(self, asked: StoredQuestion, piece: MessagePart) -> str:
        thread = None if asked.visibility is Visibility.SHARED else asked.thread
        arguments = markup.post_arguments(
            piece.content, asked.channel, thread, metadata=reply_mark(asked, piece.number)
        )
        try:
            answer = await _formed(self._client.chat_postMessage, **arguments)
        except TryLater as later:
            if later.certain:
                self._posts.pause(asked.channel, later.seconds)
            raise
        except SlackRefused as error:
            if error.error == "missing_scope":  # until an operator installs the app again
                raise TryLater(str(error), LONG_SECONDS, certain=True) from error
            raise Undeliverable(str(error)) from error
        await self._statuses.clear(asked, posted=True)
        return str(answer.get("ts", ""))

    async def _is_reported_in_private(self, asked: StoredQuestion, piece: MessagePart, error: Undeliverable) -> bool:
        """Return whether the asker was answered in private, because we may not write in the channel.

        A person who asked by a shortcut gets the reason and the answer; a person who shares one gets the reason alone.
        """
        url = _response_url(asked)
        if not url:
            return False
        sentences = sentences_around(asked.reply, self._sentences)
        note = markup.render_sentence(
            sentences.not_a_member.format(name=self._me.name or "me")
            if isinstance(error, NotInChannel)
            else sentences.may_not_write_here
        )
        messages = [note] if asked.visibility is Visibility.SHARED else [note, piece.content]
        sent = [
            await send_response(url, markup.response_arguments(each), self._client)
            for each in messages[min(piece.number, 1) :]
        ]
        return all(sent)

    async def _respond(self, asked: StoredQuestion, message: SlackMessage) -> None:
        """Send a message to the asker alone: at least once, as ephemeral messages are."""
        url = _response_url(asked)
        if url and await send_response(url, markup.response_arguments(message), self._client):
            return
        await self._whisper(asked, message)

    async def _whisper(self, asked: StoredQuestion, message: SlackMessage) -> None:
        thread = asked.thread if asked.details.in_thread else None  # a thread without replies shows none
        try:
            await _formed(
                self._client.chat_postEphemeral,
                **markup.ephemeral_arguments(message, asked.channel, asked.asker, thread),
            )
        except SlackRefused as error:
            raise Undeliverable(str(error)) from error

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: MessagePart) -> bool:
        """Rewrite a message, even a stream that nobody ended. False: that cannot be done. Raises `TryLater`."""
        if ref == RESPONSE:
            return True
        arguments = markup.update_arguments(piece.content, asked.channel, ref, metadata=reply_mark(asked, piece.number))
        refused = await _refusal(self._client.chat_update, **arguments)
        if refused == STREAMING:
            await self._end_stream(asked.channel, ref)
            refused = await _refusal(self._client.chat_update, **arguments)
        match refused:
            case "":
                await self._statuses.clear(asked)
                return True
            case "message_not_found" | "cant_update_message" | "edit_window_closed":
                return False
            case "missing_scope" | "streaming_state_conflict":
                raise TryLater(f"Slack refused chat_update: {refused}.", AGAIN_SECONDS, certain=True)
            case _:
                _log.error("Slack does not let us rewrite a message (%s): it is posted again.", refused)
                return False

    async def _end_stream(self, channel: str, ts: str) -> None:
        await _refusal(self._client.chat_stopStream, channel=channel, ts=ts)  # refused: it ended by itself meanwhile

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        """Remove a message; it may be gone already."""
        if ref == RESPONSE:
            return
        message = {"channel": asked.channel, "ts": ref}
        if await _refusal(self._client.chat_delete, **message) in (STREAMING, "cant_delete_message"):
            await self._end_stream(asked.channel, ref)
            await _refusal(self._client.chat_delete, **message)

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        """Return our messages in the thread or channel; none where we may not look, and then one may be sent twice."""
        try:
            messages = await self._messages(asked)
        except (SlackRefused, Undeliverable) as error:
            _log.warning("Slack does not let us look for a reply, which may be sent twice: %s", error)
            return []
        ours = [each for each in messages if each.get("user") == self._me.user or each.get("bot_id") == self._me.bot]
        seen = [sighting_of(each) for each in ours if seconds_of(each.get("ts")) > seconds_of(ts_of(asked))]
        return [each for each in seen if each is not None]

    async def _messages(self, asked: StoredQuestion) -> list[Mapping[str, Any]]:
        if asked.visibility is Visibility.PRIVATE:
            return []
        since = ts_of(asked) or str(asked.asked_at.timestamp() - 5)
        arguments = {"channel": asked.channel, "oldest": since, "limit": LOOKED_AT, "include_all_metadata": True}
        if asked.visibility is Visibility.SHARED:
            answer = await call_slack(self._client.conversations_history, **arguments)
        else:
            answer = await call_slack(self._client.conversations_replies, ts=asked.thread, **arguments)
        messages = [each for each in answer.get("messages") or () if isinstance(each, Mapping)]
        return sorted(messages, key=lambda each: seconds_of(each.get("ts")))

    async def searching(self, asked: StoredQuestion) -> None:
        """Show a status below the question, which goes away when the answer comes."""
        await self._statuses.show(asked)

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> SlackLive | None:
        """Start a stream; None: Slack is busy, or there are no streams in that place. Raises `TryLater`."""
        if asked.visibility not in (Visibility.THREAD, Visibility.DIRECT) or not self._starts.take():
            return None
        sentences = sentences_in(language) if language else self._sentences
        await announce()
        try:
            answer = await call_slack(
                self._client.chat_startStream,
                channel=asked.channel,
                thread_ts=asked.thread,
                recipient_user_id=asked.asker,
                recipient_team_id=details_of(asked).team or self._me.team,
                task_display_mode="timeline",
                chunks=[build_task_card(evidence, sentences)],
            )
        except (SlackRefused, Undeliverable) as error:
            raise TryLater(str(error), 0.0, certain=True) from error
        ts = str(answer.get("ts", ""))
        self._statuses.mark_streaming(asked)
        return SlackLive(self._client, asked, ts, evidence, self._updates, self._statuses, sentences)

    async def context(self, asked: StoredQuestion) -> Sequence[Spoken]:
        """Return what others wrote in the thread before the question: its first message, and its end."""
        is_looked_at = asked.details.in_thread and self._looks.take()
        return await read_context(self._client, self._me, asked) if is_looked_at else ()

    async def is_public(self, _tenant: str, channel: str) -> bool:
        """Return whether all members of the workspace, and nobody else, may read a channel."""
        return await is_open_to_all(self._client, channel)

    async def read_file(self, file: SharedFile) -> str | None:
        """Return the text of a file that Slack holds; None: it cannot be read. It needs the scope files:read."""
        if not isinstance(self._client, RoutedClient) or not is_own_url(file.url, FILE_HOSTS, self._client.base_url):
            return None
        return await fetch_text(file, self._client.route, {"Authorization": f"Bearer {self._client.token}"})

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        """Send the refusal: ephemeral in a channel; a direct message is seen by the asker alone anyway."""
        message = markup.render_sentence(sentence)
        if asked.visibility is Visibility.PRIVATE or _response_url(asked):
            await self._respond(asked, message)
        elif asked.visibility is Visibility.DIRECT:
            await self._posted(asked, MessagePart(0, message))
        else:
            await self._whisper(asked, message)

    async def confirm(self, incoming: NewQuestion, sentence: str) -> None:
        """Whisper a sentence to the author of a message, where they wrote it. Raises nothing."""
        thread = incoming.thread if incoming.details.in_thread else None
        message = markup.render_sentence(sentence)
        with suppress(FootnoteError):
            await call_slack(
                self._client.chat_postEphemeral,
                **markup.ephemeral_arguments(message, incoming.channel, incoming.asker, thread),
            )

    async def notice(self, channel: str, sentence: str) -> None:
        """Post a message in the channel that answers nothing. Raises nothing."""
        arguments = markup.post_arguments(markup.render_sentence(sentence), channel, metadata=notice_mark())
        with suppress(FootnoteError):
            await self._posts.wait(channel)
            await call_slack(self._client.chat_postMessage, **arguments)


def _response_url(asked: StoredQuestion) -> str:
    secret = details_of(asked).secret
    return secret.response_url if secret is not None else ""


async def _formed(method: Callable[..., Awaitable[Any]], **arguments: Any) -> Mapping[str, Any]:
    """Call a method, and once more without blocks where Slack finds fault with them: the text says the same."""
    try:
        return await call_slack(method, **arguments)
    except SlackRefused as error:
        if error.error not in MISFORMED:
            raise
        _log.error("Slack found fault with the form of a message (%s): it goes as plain text.", error.error)
        return await call_slack(method, **{**arguments, "blocks": []})


async def _refusal(method: Callable[..., Awaitable[Any]], **arguments: Any) -> str:
    """Call a method, and return Slack's word for why it refused; empty: it did not."""
    try:
        await _formed(method, **arguments)
    except SlackRefused as error:
        return error.error
    return ""
