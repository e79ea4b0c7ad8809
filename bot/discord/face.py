"""Discord as a `bot.face.Face`: post, rewrite, remove and find the messages of a reply.

    THREAD       a thread made from the question, or in place where it was asked in a thread or cannot have one
    DIRECT       in place
    /ask         the response to the interaction, as long as its token is good; then a message in its channel
    PRIVATE      the same, for the asker alone; then a direct message
    SHARED       a message in the channel

A message is recognised by its nonce (sent twice within minutes, it is one message), by its controls, which carry the
question and the piece, by what it answers, and by what it says (`bot.discord.messages`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.discord.api import DiscordRefused, Rest
from bot.discord.codes import (
    CLOSED,
    MISSING_ACCESS,
    MISSING_PERMISSION,
    NO_HISTORY,
    OLD_TOKEN,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
)
from bot.discord.controls import build_controls, build_stop_control
from bot.discord.conversation import read_context
from bot.discord.live import DiscordLive, render_opening
from bot.discord.messages import (
    EPHEMERAL,
    age_of,
    asked_in,
    build_message,
    build_reference,
    details_of,
    head_of,
    lacks_embed,
    nonce,
    ref_of,
    render_reply,
    since,
    token_of,
    without_embed,
    without_token,
    words,
)
from bot.discord.reading import QUESTION_CHARACTERS
from bot.discord.rights import is_open_to_all
from bot.discord.sightings import places_of, recognise
from bot.discord.spelling import spell_commands
from bot.discord.tags import ForumTags
from bot.discord.threads import Threads
from bot.face import Announce, MessagePart, Sighting, Spoken, TryLater, Undeliverable
from bot.files import fetch_text, is_own_url
from bot.markup import discord as markup
from bot.markup.discord import DiscordMessage
from bot.pace import Budget
from bot.speech import sentences_around
from core.domain import Evidence
from core.errors import FootnoteError
from core.inbox.platforms import SharedFile
from core.inbox.port import NewQuestion, Platform, QuestionState, Reply, StoredQuestion, Visibility
from core.sentences import ENGLISH, Sentences, sentences_in

ACKNOWLEDGED_SECONDS = 5.0
"""By then Discord knows that an answer to an interaction comes, or never will: it waits for three seconds."""

STARTS, EDITS, TYPINGS, LOOKS = 60, 240, 60, 60
"""Per minute and process: answers that grow, edits of them, typing, and looks at what people wrote."""

LOOKED_AT = 100
FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps the files of messages."""
QUIET_SIGN = "🔇"
"""The reaction that confirms an order of quiet."""

_log = logging.getLogger(__name__)


class DiscordFace:
    """All guilds of one application."""

    platform = Platform.DISCORD
    tenants = None
    question_characters = QUESTION_CHARACTERS

    def __init__(
        self, rest: Rest, sentences: Sentences = ENGLISH, *, reads_all: bool = True, answered_tag: str = ""
    ) -> None:
        self._tags = ForumTags(rest, answered_tag)
        self._reads_all = reads_all
        self._rest = rest
        self._sentences = sentences
        self._threads = Threads(rest)
        self._starts, self._edits = Budget(STARTS), Budget(EDITS)
        self._typings, self._looks = Budget(TYPINGS), Budget(LOOKS)
        self.names = (rest.name,)

    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[MessagePart]:
        """Return the text, with the sources and the controls below the last piece.

        A sentence that is no answer has no controls.
        """
        shareable = asked.visibility is Visibility.PRIVATE and bool(asked.tenant) and reply.answer.abstention is None
        sentences = sentences_around(reply, self._sentences)
        if not (reply.answer.model or reply.found):  # a sentence of ours, which may name a command
            reply = replace(reply, answer=replace(reply.answer, text=spell_commands(reply.answer.text)))
        messages = render_reply(asked, reply, sentences, reads_all=self._reads_all) if reply.answer.text else []
        bodies = [each.payload() | {"components": []} for each in messages]
        if reply.answer.model or reply.found:
            bodies[-1]["components"] = build_controls(
                asked.id, len(bodies) - 1, shareable=shareable, sentences=sentences
            )
        if reply.whom:  # in a message of its own: one that is edited notifies nobody
            line = markup.render_whom(sentences.hand_over.format(who=reply.whom))
            bodies.append(line.payload() | {"components": []})
        return [MessagePart(number, body) for number, body in enumerate(bodies)]

    # Post

    async def turn(self, asked: StoredQuestion) -> None:
        """Do nothing: requests wait for their turns themselves (`bot.discord.api`)."""

    async def post(self, asked: StoredQuestion, piece: MessagePart) -> str:
        """Post one message and return its id. Raises `TryLater`, `Undeliverable`."""
        try:
            if token_of(asked):
                return await self._respond(asked, piece)
            if asked.visibility is Visibility.PRIVATE:
                return await self._say(await self._rest.direct(asked.asker), asked, piece)
            ref = await self._say_somehow(await self._threads.place_of(asked), asked, piece)
        except DiscordRefused as error:
            raise Undeliverable(str(error)) from error
        await self._note_answered(asked, piece)
        return ref

    async def _say_somehow(self, channel: str, asked: StoredQuestion, piece: MessagePart) -> str:
        """Post a message even if a permission is missing: sources as text, and in the channel instead of its thread."""
        place = asked_in(asked)
        tries = [(channel, piece), (channel, MessagePart(piece.number, without_embed(piece.content)))]
        tries += [(place, each) for _, each in tries] if place != channel and not asked.parts else []
        for where, each in tries[:-1]:
            try:
                return await self._say(where, asked, each)
            except DiscordRefused as error:
                if error.code not in CLOSED:
                    raise
        return await self._say(tries[-1][0], asked, tries[-1][1])

    async def _respond(self, asked: StoredQuestion, piece: MessagePart) -> str:
        """Answer an interaction: its first answer is edited, which may be done twice.

        More are messages, if they can be.
        """
        token, private = token_of(asked), asked.visibility is Visibility.PRIVATE
        try:
            if piece.number == 0:
                return ref_of(await self._rest.rewrite_response(token, piece.content), private=private)
            if private:
                body = piece.content | {"flags": piece.content["flags"] | EPHEMERAL}
                return ref_of(await self._rest.follow_up(token, body), private=True)
        except DiscordRefused as error:
            if error.code == UNKNOWN_WEBHOOK and age_of(asked) < ACKNOWLEDGED_SECONDS:
                raise TryLater("The interaction is not acknowledged yet.", 1.0, certain=True) from error
            if error.code not in (UNKNOWN_WEBHOOK, OLD_TOKEN, UNKNOWN_MESSAGE):
                raise
            return await self.post(without_token(asked), piece)
        try:
            return await self._say(asked_in(asked), asked, piece)
        except DiscordRefused as error:
            if error.code not in (MISSING_ACCESS, MISSING_PERMISSION):
                raise
            return ref_of(await self._rest.follow_up(token, piece.content), private=False)

    async def _say(self, channel: str, asked: StoredQuestion, piece: MessagePart) -> str:
        """Post a message with a nonce. Where Discord has a message with that nonce already, rewrite that message."""
        # With the same nonce, the new message would be taken for the one that is gone.
        gone = asked.parts[piece.number] if piece.number < len(asked.parts) else ""
        once = {"nonce": nonce(asked, piece.number, gone), "enforce_nonce": True}
        body = piece.content | build_reference(asked, channel) | once
        made = await self._post(channel, body)
        ref = ref_of(made, private=False)
        if words(str(made.get("content", ""))) == words(piece.content["content"]) and not lacks_embed(made, body):
            return ref
        if not await self.rewrite(asked, ref, piece):
            made = await self._post(channel, {**body, "nonce": nonce(asked, piece.number, "again")})
        return ref_of(made, private=False)

    async def _post(self, channel: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Post a message; where the bot may not read history, post it without a reference to what it answers."""
        try:
            return await self._rest.post(channel, body)
        except DiscordRefused as error:
            if error.code != NO_HISTORY:
                raise
        return await self._rest.post(
            channel, {name: each for name, each in body.items() if name != "message_reference"}
        )

    # Rewrite and remove

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: MessagePart) -> bool:
        """Rewrite a message; return False if it is gone. Raises `TryLater`, `Undeliverable`.

        A response is rewritten by its token as long as that is good: the bot may not see its channel.
        """
        channel, _, message = ref.rpartition("/")
        token = token_of(asked)
        try:
            if token:
                await self._rest.rewrite_response(token, piece.content, message.lstrip("@"))
            elif channel and lacks_embed(await self._rest.rewrite(channel, message, piece.content), piece.content):
                return await self.rewrite(asked, ref, MessagePart(piece.number, without_embed(piece.content)))
        except DiscordRefused as error:
            if error.code in (UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, OLD_TOKEN):
                # Further parts of the reply to a command are messages of their own, which its token does not know.
                return await self.rewrite(without_token(asked), ref, piece) if token and channel else not channel
            if error.code == MISSING_PERMISSION and piece.content["embeds"]:
                return await self.rewrite(asked, ref, MessagePart(piece.number, without_embed(piece.content)))
            raise Undeliverable(str(error)) from error
        await self._note_answered(asked, piece)
        return True

    async def _note_answered(self, asked: StoredQuestion, piece: MessagePart) -> None:
        """Tag a post in a forum as answered, once its answer with sources is there. Raises nothing."""
        embeds, sentences = piece.content.get("embeds") or (), sentences_around(asked.reply, self._sentences)
        if asked.visibility is Visibility.THREAD and any(each.get("title") == sentences.sources for each in embeds):
            await self._tags.note_answered(asked_in(asked))

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        """Remove a message; it may be gone already."""
        channel, _, message = ref.rpartition("/")
        with suppress(DiscordRefused):
            if channel:
                await self._rest.remove(channel, message)
                if asked.state is QuestionState.WITHDRAWING and ref == asked.parts[-1]:
                    await self._threads.close(asked, channel)
            elif token := token_of(asked):
                await self._rest.remove_response(token, message.lstrip("@"))

    # Find

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        """Return our messages, where the reply belongs, that are a piece of it; none where we may not look."""
        if asked.visibility is Visibility.PRIVATE:
            return []
        seen: list[Sighting] = []
        texts = [words(each.content["content"]) for each in self.pieces(asked, asked.reply)] if asked.reply else []
        for channel in places_of(asked):
            try:
                messages = await self._rest.history(channel, after=since(asked), limit=LOOKED_AT)
            except DiscordRefused as error:
                if error.code != UNKNOWN_CHANNEL:
                    _log.warning("Discord does not let us look for a reply, which may be sent twice: %s", error)
                continue
            ours = [each for each in messages if str((each.get("author") or {}).get("id")) == str(self._rest.me)]
            seen += filter(None, (recognise(asked, each, texts) for each in reversed(ours)))
        return seen

    # Show

    async def searching(self, asked: StoredQuestion) -> None:
        """Show that the bot is typing. An interaction shows by itself that the bot is at work."""
        if details_of(asked).secret or asked.visibility is Visibility.SHARED or not self._typings.take():
            return
        with suppress(FootnoteError):
            await self._rest.typing(asked_in(asked))

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> DiscordLive | None:
        """Post a message that grows. Raises `TryLater`.

        None: there is too much to do, or the answer is private or shared.
        """
        if asked.visibility not in (Visibility.THREAD, Visibility.DIRECT) or not self._starts.take():
            return None
        sentences = sentences_in(language) if language else self._sentences
        controls = build_stop_control(asked.id, sentences)
        head = head_of(asked)
        body = DiscordMessage(render_opening(evidence, head, sentences)).payload() | {"components": controls}
        await announce()
        try:
            ref = await self.post(asked, MessagePart(0, body))
        except Undeliverable as error:
            raise TryLater(str(error), 0.0, certain=True) from error

        async def edit(body: dict[str, Any]) -> object:
            return await self.rewrite(asked, ref, MessagePart(0, body))

        return DiscordLive(ref, edit, evidence, self._edits, controls, head)

    # Talk

    async def context(self, asked: StoredQuestion) -> Sequence[Spoken]:
        """Return the thread's title and what others wrote there before, or the message that the question answers."""
        is_looked_at = details_of(asked).message and self._looks.take()
        return await read_context(self._rest, asked) if is_looked_at else ()

    async def is_public(self, tenant: str, channel: str) -> bool:
        """Return whether all members of a guild may read a channel: the rules of its role for everybody say so."""
        with suppress(FootnoteError):
            return bool(tenant) and is_open_to_all(await self._rest.guild(tenant), await self._rest.channel(channel))
        return False

    async def read_file(self, file: SharedFile) -> str | None:
        """Return the text of a file that Discord holds; None: it cannot be read. Such urls need no token."""
        if not is_own_url(file.url, FILE_HOSTS, self._rest.api_url):
            return None
        return await fetch_text(file, self._rest.route)

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        """Send the refusal: to the asker alone after a command, else as an answer to the message.

        Raises `TryLater`, `Undeliverable`.
        """
        body = build_message(sentence)
        try:
            if token := token_of(asked):
                await self._rest.rewrite_response(token, body)
            else:
                place = asked_in(asked)
                once = {"nonce": nonce(asked, 0, "refused"), "enforce_nonce": True}
                await self._post(place, body | build_reference(asked, place) | once)
        except DiscordRefused as error:
            raise Undeliverable(str(error)) from error

    async def confirm(self, incoming: NewQuestion, sentence: str) -> None:
        """Mark a message with an emoji: Discord has no message for one person. Raises nothing."""
        with suppress(FootnoteError):
            await self._rest.react(asked_in(incoming), details_of(incoming).message, QUIET_SIGN)

    async def notice(self, channel: str, sentence: str) -> None:
        """Post a message in the channel that answers nothing. Raises nothing."""
        with suppress(FootnoteError):
            await self._rest.post(channel, build_message(sentence))
