"""Discord as a `bot.face.Face`: messages of a reply posted, rewritten, removed and found again.

    THREAD       a thread made from the question, or in place where it was asked in a thread or cannot have one
    DIRECT       in place
    /ask         the response to the interaction, as long as its token is good; then a message in its channel
    PRIVATE      the same, for the asker alone; then a direct message
    SHARED       a message in the channel

A message is known again by its nonce (sent twice within minutes, it is one message), by its controls, which carry the
question and the piece, by what it answers, and by what it says. Where it is, is part of its id: "CHANNEL/MESSAGE", or
"@MESSAGE" for a response that its asker alone sees.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from bot.discord.api import DiscordRefused, Rest
from bot.discord.controls import below, mark_of, while_growing
from bot.discord.live import DiscordLive, opened
from bot.discord.reading import QUESTION_CHARACTERS
from bot.discord.text import plain
from bot.face import Announce, Piece, Sighting, TryLater, Undeliverable
from bot.markup import discord as markup
from bot.markup.discord import SUPPRESS_EMBEDS, DiscordMessage
from bot.markup.sources import fitting
from bot.pace import Budget
from core.domain import Evidence
from core.errors import FootnoteError
from core.inbox import Asked, Platform, Reply, Way

TOKEN_SECONDS, ACKNOWLEDGED_SECONDS = 840.0, 15.0
"""A token is good for 900 s; by when the doors have surely told Discord that an answer comes."""

STARTS, EDITS, TYPINGS, LOOKS = 60, 240, 60, 60
"""A minute, of one process: answers that grow, edits of them, typing, and looks at what people said."""

LOOKED_AT = 100
HINT = "-# I read only the title. Mention me or use /ask to ask more."
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
MISSING_ACCESS, MISSING_PERMISSION, OLD_TOKEN, THREAD_EXISTS = 50001, 50013, 50027, 160004
EPHEMERAL, MOST_CHARACTERS = 1 << 6, 2_000
_log = logging.getLogger(__name__)


class DiscordFace:
    """All guilds of one application."""

    platform = Platform.DISCORD
    tenants = None
    question_characters = QUESTION_CHARACTERS

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._threads: dict[int, str] = {}
        self._starts, self._edits = Budget(STARTS), Budget(EDITS)
        self._typings, self._looks = Budget(TYPINGS), Budget(LOOKS)

    def pieces(self, asked: Asked, reply: Reply) -> Sequence[Piece]:
        """Text, with the sources and the controls below the last one; what is shared shows its question, too."""
        answer = reply.answer
        if asked.way is Way.SHARED:
            answer = replace(answer, text=f"> {asked.text}\n\n{answer.text}")
        *before, last = markup.render(answer, known=reply.known)
        if asked.details.get("hint"):
            last = replace(last, content=f"{last.content}\n{HINT}")
        shareable = asked.way is Way.PRIVATE and bool(asked.tenant) and answer.abstention is None
        bodies = [each.payload() | {"components": []} for each in (*before, last)]
        bodies[-1]["components"] = below(asked.id, len(before), shareable=shareable)
        return [Piece(number, body) for number, body in enumerate(bodies)]

    # Post

    async def post(self, asked: Asked, piece: Piece) -> str:
        """One message."""
        try:
            if _token(asked):
                return await self._respond(asked, piece)
            if asked.way is Way.PRIVATE:
                return await self._say(await self._rest.direct(asked.asker), asked, piece)
            return await self._say_somehow(await self._place(asked), asked, piece)
        except DiscordRefused as error:
            raise Undeliverable(str(error)) from error

    async def _say_somehow(self, channel: str, asked: Asked, piece: Piece) -> str:
        """Where a permission is missing: the sources as text, and in the channel instead of in its thread."""
        place = str(asked.details.get("place") or channel)
        tries = [(channel, piece), (channel, Piece(piece.number, _without_embed(piece.content)))]
        tries += [(place, each) for _, each in tries] if place != channel and not asked.parts else []
        for where, each in tries[:-1]:
            try:
                return await self._say(where, asked, each)
            except DiscordRefused as error:
                if error.code != MISSING_PERMISSION:
                    raise
        return await self._say(tries[-1][0], asked, tries[-1][1])

    async def _respond(self, asked: Asked, piece: Piece) -> str:
        """To an interaction. Its first answer is edited, which may be done twice; more are messages, if they can be."""
        token, private = _token(asked), asked.way is Way.PRIVATE
        try:
            if piece.number == 0:
                return _ref(await self._rest.rewrite_response(token, piece.content), private=private)
            if private:
                body = piece.content | {"flags": piece.content["flags"] | EPHEMERAL}
                return _ref(await self._rest.follow_up(token, body), private=True)
        except DiscordRefused as error:
            if error.code == UNKNOWN_WEBHOOK and _age(asked) < ACKNOWLEDGED_SECONDS:
                raise TryLater("The interaction is not acknowledged yet.", 1.0, certain=True) from error
            if error.code not in (UNKNOWN_WEBHOOK, OLD_TOKEN, UNKNOWN_MESSAGE):
                raise
            return await self.post(_without_token(asked), piece)
        try:
            return await self._say(str(asked.details["place"]), asked, piece)
        except DiscordRefused as error:
            if error.code not in (MISSING_ACCESS, MISSING_PERMISSION):
                raise
            return _ref(await self._rest.follow_up(token, piece.content), private=False)

    async def _say(self, channel: str, asked: Asked, piece: Piece) -> str:
        """A message with a nonce. Where Discord has one with that nonce already, that one is made to say it."""
        body = piece.content | _addressed(asked, channel) | {"nonce": nonce(asked, piece.number), "enforce_nonce": True}
        made = await self._rest.post(channel, body)
        ref = _ref(made, private=False)
        if _words(str(made.get("content", ""))) == _words(piece.content["content"]):
            return ref
        if not await self.rewrite(asked, ref, piece):
            made = await self._rest.post(channel, {**body, "nonce": nonce(asked, piece.number, "again")})
        return _ref(made, private=False)

    async def _place(self, asked: Asked) -> str:
        """The channel of its reply: where that began, the thread of the question, or where it was asked."""
        if asked.parts and "/" in asked.parts[0]:
            return asked.parts[0].partition("/")[0]
        place = str(asked.details.get("place") or asked.channel)
        if not asked.details.get("start") or asked.way is Way.SHARED:
            return place
        if asked.id not in self._threads:
            if len(self._threads) > 1_000:
                self._threads.clear()
            self._threads[asked.id] = await self._thread(asked, place)
        return self._threads[asked.id]

    async def _thread(self, asked: Asked, place: str) -> str:
        """Made from the question, once; the channel itself where there can be none."""
        message = str(asked.details["message"])
        try:
            return await self._rest.thread(place, message, markup.thread_title(asked.text))
        except DiscordRefused as error:
            if error.code == THREAD_EXISTS:
                return message
            if error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                raise
            return place

    # Rewrite and remove

    async def rewrite(self, asked: Asked, ref: str, piece: Piece) -> bool:
        """A response by its token as long as that is good: the bot may not see its channel."""
        channel, _, message = ref.rpartition("/")
        try:
            if token := _token(asked):
                await self._rest.rewrite_response(token, piece.content, message.lstrip("@"))
            elif channel:
                await self._rest.rewrite(channel, message, piece.content)
        except DiscordRefused as error:
            if error.code in (UNKNOWN_WEBHOOK, OLD_TOKEN) and channel:
                return await self.rewrite(_without_token(asked), ref, piece)
            if error.code in (UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, OLD_TOKEN):
                return not channel
            raise Undeliverable(str(error)) from error
        return True

    async def remove(self, asked: Asked, ref: str) -> None:
        """A message that is gone already is as good."""
        channel, _, message = ref.rpartition("/")
        with suppress(DiscordRefused):
            if channel:
                await self._rest.remove(channel, message)
            elif token := _token(asked):
                await self._rest.remove_response(token, message.lstrip("@"))

    # Find

    async def find(self, asked: Asked) -> list[Sighting]:
        """Our messages where the reply belongs that are a piece of it; none where we may not look."""
        if asked.way is Way.PRIVATE:
            return []
        seen: list[Sighting] = []
        for channel in self._places(asked):
            try:
                messages = await self._rest.history(channel, after=_since(asked), limit=LOOKED_AT)
            except DiscordRefused as error:
                if error.code != UNKNOWN_CHANNEL:
                    _log.warning("Discord does not let us look for a reply, which may be sent twice: %s", error)
                continue
            ours = [each for each in messages if str((each.get("author") or {}).get("id")) == str(self._rest.me)]
            seen += filter(None, (self._sighting(asked, each) for each in reversed(ours)))
        return seen

    def _places(self, asked: Asked) -> list[str]:
        """Where a reply may be: its thread has the id of its message."""
        place = str(asked.details.get("place") or asked.channel)
        started = [str(asked.details["message"])] if asked.details.get("start") and asked.way is not Way.SHARED else []
        return [*started, place]

    def _sighting(self, asked: Asked, message: Mapping[str, Any]) -> Sighting | None:
        ref, mark = _ref(message, private=False), mark_of(message)
        if mark is not None:
            return Sighting(ref, asked.id, mark.number) if mark.question == asked.id else None
        said = _words(str(message.get("content", "")))
        texts = [_words(each.content["content"]) for each in self.pieces(asked, asked.reply)] if asked.reply else []
        in_thread = str(message.get("channel_id")) == str(asked.details.get("message"))
        answered = str((message.get("message_reference") or {}).get("message_id", ""))
        if said in texts and (
            in_thread or answered == str(asked.details.get("message", "-")) or "secret" in asked.details
        ):
            return Sighting(ref, asked.id, texts.index(said))
        return None

    # Show

    async def searching(self, asked: Asked) -> None:
        """Typing. An interaction shows by itself that the bot is at it."""
        if asked.details.get("secret") or asked.way is Way.SHARED or not self._typings.take():
            return
        with suppress(FootnoteError):
            await self._rest.typing(str(asked.details.get("place") or asked.channel))

    async def begin(self, asked: Asked, evidence: Evidence, announce: Announce) -> DiscordLive | None:
        """A message that grows, while there is little to do; not for one person alone."""
        if asked.way not in (Way.THREAD, Way.DIRECT) or not self._starts.take():
            return None
        controls = while_growing(asked.id)
        body = DiscordMessage(opened(evidence)).payload() | {"components": controls}
        await announce()
        try:
            ref = await self.post(asked, Piece(0, body))
        except Undeliverable as error:
            raise TryLater(str(error), 0.0, certain=True) from error

        async def edit(body: dict[str, Any]) -> object:
            return await self.rewrite(asked, ref, Piece(0, body))

        return DiscordLive(ref, edit, evidence, self._edits, controls)

    # Talk

    async def context(self, asked: Asked) -> Sequence[str]:
        """What the thread is called and what people wrote there before, or the message that is answered."""
        said = [str(asked.details["title"])] if asked.details.get("title") and asked.details.get("in_thread") else []
        place, message = str(asked.details.get("place", "")), str(asked.details.get("message", ""))
        if not message or not self._looks.take():
            return said
        messages: Sequence[Mapping[str, Any]] = ()
        with suppress(FootnoteError):
            if asked.details.get("in_thread"):
                messages = await self._rest.history(place, before=message, limit=LOOKED_AT)
            elif answered := asked.details.get("answers"):
                messages = [await self._rest.message(place, str(answered))]
        by_people = [each for each in reversed(messages) if not (each.get("author") or {}).get("bot")]
        return said + [text for each in by_people if (text := plain(str(each.get("content") or ""), self._rest.me, {}))]

    async def refuse(self, asked: Asked, sentence: str) -> None:
        """To the asker alone where it was a command; else as an answer to the message."""
        body = _said(sentence)
        try:
            if token := _token(asked):
                await self._rest.rewrite_response(token, body)
            else:
                place = str(asked.details.get("place") or asked.channel)
                await self._rest.post(place, body | _addressed(asked, place))
        except DiscordRefused as error:
            raise Undeliverable(str(error)) from error

    async def notice(self, channel: str, sentence: str) -> None:
        """A message of the channel that answers nothing."""
        with suppress(FootnoteError):
            await self._rest.post(channel, _said(sentence))


def nonce(asked: Asked, number: int, more: str = "") -> str:
    """At most 25 characters, the same for one piece of one reply whoever sends it, and another's in no database."""
    return blake2b(f"{asked.place_key} {number} {more}".encode(), digest_size=12).hexdigest()


def _said(sentence: str) -> dict[str, Any]:
    """A message of our own words."""
    return DiscordMessage(markup.contents(sentence)[0]).payload()


def _without_embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its sources as text, as far as they fit; links of ours in it are not unfurled."""
    below = "\n".join(str(embed.get("description", "")) for embed in body["embeds"])
    room = MOST_CHARACTERS - len(body["content"]) - 1
    lines = list(fitting([(line, line) for line in below.split("\n")], room)) if below else []
    return {**body, "content": "\n".join([body["content"], *lines]), "embeds": [], "flags": SUPPRESS_EMBEDS}


def _addressed(asked: Asked, channel: str) -> dict[str, Any]:
    """Where the question is in the same channel, a message answers it; that pings nobody."""
    message = asked.details.get("message")
    if not message or channel != str(asked.details.get("place")) or asked.way is Way.SHARED:
        return {}
    return {"message_reference": {"message_id": str(message), "fail_if_not_exists": False}}


def _belongs(asked: Asked, message: Mapping[str, Any]) -> bool:
    """Whether a message of ours is in the question's thread, or answers it."""
    question = str(asked.details.get("message", "-"))
    answered = str((message.get("message_reference") or {}).get("message_id", ""))
    return question in (answered, str(message.get("channel_id"))) or "secret" in asked.details


def _token(asked: Asked) -> str:
    """Of the interaction, as long as it is good; empty: there is none."""
    token = str((asked.details.get("secret") or {}).get("token", ""))
    return token if _age(asked) < TOKEN_SECONDS else ""


def _age(asked: Asked) -> float:
    return time.time() - asked.asked_at.timestamp()


def _without_token(asked: Asked) -> Asked:
    return replace(asked, details={name: value for name, value in asked.details.items() if name != "secret"})


def _ref(message: Mapping[str, Any], *, private: bool) -> str:
    return f"@{message['id']}" if private else f"{message['channel_id']}/{message['id']}"


def _since(asked: Asked) -> str:
    """What Discord counts from: the question, or a snowflake of a moment before it came."""
    if message := asked.details.get("message"):
        return str(message)
    return str((int(asked.asked_at.timestamp() * 1000) - 5_000 - 1_420_070_400_000) << 22)


def _words(text: str) -> str:
    return "".join(text.split())
