"""What is sent of a reply and known of it: bodies, ids of messages, nonces, and how long a token is good. Pure.

"CHANNEL/MESSAGE"   a message, wherever the reply began
"@MESSAGE"          a response that its asker alone sees
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from bot.discord.text import BY_ROLE, BY_TITLE, COMMAND
from bot.markup import discord as markup
from bot.markup.blocks import one_line, width
from bot.markup.discord import SUPPRESS_EMBEDS, DiscordMessage
from bot.markup.sources import fitting
from core.inbox.port import Reply, StoredQuestion, Visibility

TOKEN_SECONDS = 840.0
"""An interaction's token is good for 900."""

EPOCH_MS = 1_420_070_400_000
EPHEMERAL, MOST_CHARACTERS, LONGEST_HEAD = 1 << 6, 2_000, 300


HINTS = {
    BY_TITLE: "-# I read only the title. Mention me or use /ask to ask more.",
    BY_ROLE: "-# You mentioned my role: Discord shows me no text then. Mention me by name, or use /ask.",
}


def written(asked: StoredQuestion, reply: Reply) -> list[DiscordMessage]:
    """The messages of a reply, below its question where people do not see that; with a hint if less was read."""
    answer = replace(reply.answer, text=head_of(asked) + reply.answer.text)
    *before, last = markup.render(answer, known=reply.known)
    if hint := HINTS.get(str(asked.details.get("hint"))):
        last = replace(last, content=f"{last.content}\n{hint}")
    return [*before, last]


def head_of(asked: StoredQuestion) -> str:
    """The question in front of its answer. Of a command Discord tells others its name alone."""
    is_told = asked.way is Visibility.SHARED or (asked.way is Visibility.THREAD and asked.place_key.startswith(COMMAND))
    return f"> {one_line(asked.text, LONGEST_HEAD)}\n\n" if is_told and asked.text.strip() else ""


def nonce(asked: StoredQuestion, number: int, more: str = "") -> str:
    """At most 25 characters, the same for one piece of one reply whoever sends it, and another's in no database."""
    return blake2b(f"{asked.place_key} {number} {more}".encode(), digest_size=12).hexdigest()


def said(sentence: str) -> dict[str, Any]:
    """A message of our own words."""
    return DiscordMessage(markup.contents(sentence)[0]).payload()


def lacks_embed(made: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether Discord left out what it was to embed: it says nothing of a permission that is missing."""
    return bool(body.get("embeds")) and made.get("embeds") == []


def without_embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its sources as text, as far as they fit; links of ours in it are not unfurled."""
    below = "\n".join(str(embed.get("description", "")) for embed in body["embeds"])
    room = MOST_CHARACTERS - width(body["content"]) - 1
    lines = list(fitting([(line, line) for line in below.split("\n")], room)) if below else []
    return {**body, "content": "\n".join([body["content"], *lines]), "embeds": [], "flags": SUPPRESS_EMBEDS}


def addressed(asked: StoredQuestion, channel: str) -> dict[str, Any]:
    """Where the question is in the same channel, a message answers it; that pings nobody."""
    message = asked.details.get("message")
    if not message or channel != asked_in(asked) or asked.way is Visibility.SHARED:
        return {}
    return {"message_reference": {"message_id": str(message), "fail_if_not_exists": False}}


def answers(asked: StoredQuestion, message: Mapping[str, Any]) -> bool:
    """Whether a message of ours says that it answers the question, or its command."""
    answered = str((message.get("message_reference") or {}).get("message_id", ""))
    command = str((message.get("interaction_metadata") or {}).get("id", ""))
    return answered == str(asked.details.get("message", "-")) or f"{COMMAND}{command}" == asked.place_key


def belongs(asked: StoredQuestion, message: Mapping[str, Any]) -> bool:
    """Whether it does, or stands in the question's own thread."""
    return answers(asked, message) or str(message.get("channel_id")) == str(asked.details.get("message"))


def token_of(asked: StoredQuestion) -> str:
    """Of the interaction, as long as it is good; empty: there is none."""
    token = str((asked.details.get("secret") or {}).get("token", ""))
    return token if age_of(asked) < TOKEN_SECONDS else ""


def age_of(asked: StoredQuestion) -> float:
    """Seconds since it was asked, by the clock of Postgres, when its row was last written."""
    return asked.age_seconds


def without_token(asked: StoredQuestion) -> StoredQuestion:
    """The same as if it had been asked by a message."""
    return replace(asked, details={name: value for name, value in asked.details.items() if name != "secret"})


def ref_of(message: Mapping[str, Any], *, private: bool) -> str:
    """How we keep its id."""
    return f"@{message['id']}" if private else f"{message['channel_id']}/{message['id']}"


def asked_in(asked: StoredQuestion) -> str:
    """Where it was asked: the channel, or the thread that hangs on it."""
    return str(asked.details.get("place") or asked.channel)


def since(asked: StoredQuestion) -> str:
    """What Discord counts from: the question, or a snowflake of a moment before it came."""
    if message := asked.details.get("message"):
        return str(message)
    return str((int(asked.asked_at.timestamp() * 1000) - 5_000 - EPOCH_MS) << 22)


def words(text: str) -> str:
    """Without white space, of which Discord drops some."""
    return "".join(text.split())
