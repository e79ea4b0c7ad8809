"""What arrives from Discord, as what the inbox keeps: a question, where it was asked, and where its answer goes.

    message in a channel          a thread is made from it for the answer
            in a thread, a post   answered in place; settings and sources are those of the channel that has the thread
            to the bot alone      answered in place, one after the other
    /ask, "Answer this"           the response to the interaction; the thread of the message

Only messages that people wrote count (plain ones and replies). Their text is there where the bot is mentioned, in
direct messages, and everywhere with the intent for it. Pure: it asks nobody and stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.attention import Trigger
from bot.discord.parts import read_parts
from bot.discord.text import BY_ROLE, BY_TITLE, COMMAND, to_plain_text
from bot.phrases import is_greeting, is_wordless
from core.inbox.platforms import DiscordDetails, DiscordSecret, SharedFile
from core.inbox.port import NewQuestion, Platform, Visibility

QUESTION_CHARACTERS = 1_500
"""The most characters of a question; a whole message may have 2,000."""

_SPOKEN = (discord.MessageType.default, discord.MessageType.reply)
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DiscordAsk:
    """A question, or what may be one. `to_people`: it mentions others or replies to one, and not the bot."""

    incoming: NewQuestion
    why: Trigger = Trigger.ADDRESSED
    to_people: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something happened: `place` holds the messages, `channel` is the same or has the thread.

    The settings of `channel` hold. `thread`: its id where it is a thread or a conversation with one person, else empty.
    `tenant` empty: no guild.
    """

    tenant: str
    channel: str
    place: str
    thread: str = ""
    title: str = ""

    @property
    def direct(self) -> bool:
        """Whether it is a conversation with the bot alone."""
        return not self.tenant


def spot_of(channel: Any, guild_id: int | None) -> Spot:
    """Return where something happened. A channel that discord.py does not know counts as a plain one."""
    place = str(channel.id)
    if guild_id is None:
        return Spot("", place, place, place)
    if isinstance(channel, discord.Thread):
        return Spot(str(guild_id), str(channel.parent_id), place, place, channel.name)
    return Spot(str(guild_id), place, place)


def may_speak(permissions: discord.Permissions, spot: Spot) -> bool:
    """Return whether the bot may post there, or in a thread that it makes there."""
    if spot.direct:
        return True
    if spot.thread:
        return permissions.send_messages_in_threads
    return permissions.send_messages or _makes_threads(permissions)


def place_key(channel: int | str, message: int | str) -> str:
    """Return the place key of a message: one message is one question."""
    return f"{channel}:{message}"


def read_message(message: discord.Message, me: int) -> DiscordAsk | None:
    """Return what a message may ask; None: nothing."""
    if message.type not in _SPOKEN or message.author.bot or message.webhook_id is not None:
        return None
    spot = spot_of(message.channel, message.guild.id if message.guild else None)
    opens = spot.thread == str(message.id)  # a post and its first message have one id
    addressed = is_addressed(message, me)
    if not (addressed or opens) and not message.content.strip():
        return None
    text = words_in(message, me)
    is_small_talk = is_wordless(text) or is_greeting(text)  # what only helps needs no thread
    threaded = not is_small_talk and _may_thread(message, me)
    details = _details(spot, str(message.id), threaded=threaded)
    hint = BY_ROLE if not text and any(map(_is_ours, message.role_mentions)) else ""
    details = replace(details, files=tuple(files_of(message)), hint=hint)
    if opens:
        details = replace(details, in_thread=False, hint="" if addressed or text else BY_TITLE)
        text = "\n\n".join(filter(None, (spot.title, text)))
    elif message.reference is not None and message.reference.channel_id == message.channel.id:
        details = replace(details, answers=str(message.reference.message_id))
    incoming = _incoming(spot, str(message.id), str(message.author.id), text, details)
    if addressed:
        return DiscordAsk(incoming)
    why = Trigger.POST if opens else Trigger.FOLLOW_UP if spot.thread else Trigger.OVERHEARD
    return DiscordAsk(incoming, why, _is_to_people(message, me))


def files_of(message: discord.Message) -> list[SharedFile]:
    """Return the files of a message and of what it forwards."""
    forwarded = [each for one in message.message_snapshots for each in one.attachments]
    held = [*message.attachments, *forwarded]
    return [SharedFile(each.filename, each.content_type or "", each.url, each.size) for each in held]


def _is_to_people(message: discord.Message, me: int) -> bool:
    """Return whether a message mentions people or a role of theirs, or replies to a person."""
    named = bool(message.mentions) or any(not _is_ours(role) for role in message.role_mentions)
    return named or _replied_to(message) not in (None, me, message.author.id)


def is_addressed(message: discord.Message, me: int) -> bool:
    """Return whether a message is for the bot: to it alone, to its message, with its name or the role made for it."""
    if message.guild is None or any(user.id == me for user in message.mentions) or _replied_to(message) == me:
        return True
    return any(map(_is_ours, message.role_mentions))


def _replied_to(message: discord.Message) -> int | None:
    """Return who wrote the message that this one replies to; None: it replies to none, or Discord does not say."""
    found = message.reference.resolved if message.reference is not None else None
    return found.author.id if isinstance(found, discord.Message) else None


def _is_ours(role: discord.Role) -> bool:
    return role == role.guild.self_role


def words_in(message: discord.Message, me: int) -> str:
    """Return the plain words of a message, or of the message that it forwards; a sticker is its name."""
    names: dict[int, str] = {user.id: f"@{user.display_name}" for user in message.mentions}
    names |= {role.id: "" if _is_ours(role) else f"@{role.name}" for role in message.role_mentions}
    names |= {channel.id: f"#{channel.name}" for channel in message.channel_mentions}
    if message.content:
        return to_plain_text(message.content, me, names)
    parts: list[Json] = [
        {
            "content": each.content,
            "embeds": [one.to_dict() for one in each.embeds],
            "components": [one.to_dict() for one in each.components],
            "sticker_items": [{"name": one.name} for one in each.stickers],
        }
        for each in message.message_snapshots
    ]
    parts.append({"sticker_items": [{"name": each.name} for each in message.stickers], "poll": _poll_of(message)})
    return "\n".join(filter(None, (read_parts(each, me, names) for each in parts)))


def _poll_of(message: discord.Message) -> Json:
    poll = message.poll
    if poll is None:
        return {}
    answers = [{"poll_media": {"text": each.text}} for each in poll.answers]
    return {"question": {"text": poll.question}, "answers": answers}


def moment_of(snowflake: str | int) -> float:
    """Return when something with this id was made, in seconds of Discord's clock."""
    return discord.utils.snowflake_time(int(snowflake)).timestamp()


def read_words(message: Json, me: int) -> str:
    """Return the words of a message as REST gives it: all that it shows, and all that it forwards."""
    names = {int(user["id"]): f"@{user.get('global_name') or user['username']}" for user in message.get("mentions", ())}
    snapshots = [each.get("message") or {} for each in message.get("message_snapshots") or ()]
    return "\n".join(filter(None, (read_parts(each, me, names) for each in (message, *snapshots))))


def read_target(message: Json, spot: Spot, me: int, asker: str, permissions: discord.Permissions) -> DiscordAsk | None:
    """Return the question that `asker` asks by choosing a message; None: the message cannot be answered."""
    author = message.get("author") or {}
    text = read_words(message, me)
    files = _files_in(message)
    if message.get("type") not in (0, 19) or str(author.get("id")) == str(me) or not (text or files):
        return None
    number, writer = str(message["id"]), str(author.get("id") or "")
    details = _details(spot, number, threaded=_makes_threads(permissions))
    authors = () if writer in ("", asker) else (writer,)
    details = replace(details, files=tuple(files), authors=authors)
    return DiscordAsk(_incoming(spot, number, asker, text, details))


def _files_in(message: Json) -> list[SharedFile]:
    """Return the files of a message as REST gives it, and of what it forwards."""
    snapshots = [each.get("message") or {} for each in message.get("message_snapshots") or ()]
    held = [each for one in (message, *snapshots) for each in one.get("attachments") or ()]
    return [
        SharedFile(
            str(each.get("filename") or ""),
            str(each.get("content_type") or ""),
            str(each.get("url") or ""),
            int(each.get("size") or 0),
        )
        for each in held
    ]


def _may_thread(message: discord.Message, me: int) -> bool:
    """Return whether, as far as is known, a thread can be made from a message and answered in.

    A thread that could not be answered in would stay behind empty.
    """
    channel, member = message.channel, message.guild.get_member(me) if message.guild is not None else None
    if member is None or not isinstance(channel, discord.abc.GuildChannel):
        return True
    return isinstance(channel, discord.TextChannel) and _makes_threads(channel.permissions_for(member))


def _makes_threads(permissions: discord.Permissions) -> bool:
    return permissions.create_public_threads and permissions.send_messages_in_threads


def _details(spot: Spot, message: str, *, threaded: bool) -> DiscordDetails:
    details = DiscordDetails(place=spot.place, message=message, at=moment_of(message))
    if spot.thread and not spot.direct:
        return replace(details, around=spot.place, in_thread=True)
    return replace(details, start=threaded and not spot.direct)


def _incoming(spot: Spot, message: str, asker: str, text: str, details: DiscordDetails) -> NewQuestion:
    key = place_key(spot.place, message)
    return NewQuestion(
        platform=Platform.DISCORD,
        tenant=spot.tenant,
        event_key=key,
        place_key=key,
        channel=spot.channel,
        thread=spot.thread or message,
        asker=asker,
        visibility=Visibility.DIRECT if spot.direct else Visibility.THREAD,
        text=text,
        details=details,
    )


def read_command(interaction: discord.Interaction, spot: Spot, options: Json, me: int) -> DiscordAsk:
    """Return what `/ask` means. In a thread it goes on with what was asked there; in private it stands alone."""
    key, private = f"{COMMAND}{interaction.id}", bool(options.get("private"))
    site = str(options.get("site") or "").strip()
    details = DiscordDetails(
        place=spot.place,
        around=spot.place if spot.thread and not spot.direct else "",
        sources=(site,) if site else (),
        secret=DiscordSecret(interaction.token, str(interaction.application_id)),
    )
    incoming = NewQuestion(
        platform=Platform.DISCORD,
        tenant=spot.tenant,
        event_key=key,
        place_key=key,
        channel=spot.channel,
        thread=key if private or not spot.thread else spot.thread,
        asker=str(interaction.user.id),
        visibility=Visibility.PRIVATE if private else Visibility.DIRECT if spot.direct else Visibility.THREAD,
        text=to_plain_text(str(options.get("question") or ""), me, {}),
        details=details,
    )
    return DiscordAsk(incoming)
