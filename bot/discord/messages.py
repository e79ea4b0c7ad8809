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
from bot.files import describe_unread
from bot.markup import discord as markup
from bot.markup.blocks import to_one_line, width
from bot.markup.discord import SUPPRESS_EMBEDS, DiscordMessage
from bot.markup.sources import fit_lines
from bot.phrases import describe_sharing
from core.inbox.platforms import DiscordDetails
from core.inbox.port import NewQuestion, Reply, StoredQuestion, Visibility
from core.sentences import ENGLISH, Sentences

TOKEN_SECONDS = 840.0
"""How long we use the token of an interaction. Discord takes it for 900 seconds."""

EPOCH_MS = 1_420_070_400_000
EPHEMERAL, MOST_CHARACTERS, LONGEST_HEAD = 1 << 6, 2_000, 300


def render_reply(
    asked: StoredQuestion, reply: Reply, sentences: Sentences = ENGLISH, *, reads_all: bool = True
) -> list[DiscordMessage]:
    """Return the messages of a reply, below its question where people do not see that; with a hint where one helps.

    `reads_all`: whether Discord gives the bot the text of messages that do not mention it.
    """
    answer = replace(reply.answer, text=head_of(asked) + reply.answer.text)
    *before, last = markup.render(answer, known=reply.known, sentences=sentences)
    for note in (
        _describe_hint(asked, sentences),
        describe_sharing(asked, sentences, markup.escape),
        describe_unread(reply.unread, sentences, markup.escape),
    ):
        last = replace(last, content=f"{last.content}\n-# {note}") if note else last
    if not reads_all and _opens_thread(asked):
        last = markup.add_footer(last, sentences.ask_on)
    return [*before, last]


def _describe_hint(asked: StoredQuestion, sentences: Sentences) -> str:
    """Return why less was read than was written; mostly empty."""
    return {BY_TITLE: sentences.title_only, BY_ROLE: sentences.role_mentioned}.get(details_of(asked).hint, "")


def _opens_thread(asked: StoredQuestion) -> bool:
    """Return whether a thread begins with a question: one that is made of it, or a post in a forum."""
    details = details_of(asked)
    is_post = details.place == details.message
    return asked.visibility is Visibility.THREAD and (details.start or is_post) and not details.hint


def head_of(asked: StoredQuestion) -> str:
    """Return the question to put in front of its answer; empty where people see the question.

    Of a command Discord shows others the name alone.
    """
    by_command = asked.visibility in (Visibility.THREAD, Visibility.PRIVATE) and asked.place_key.startswith(COMMAND)
    is_quoted = asked.visibility is Visibility.SHARED or by_command
    return f"> {to_one_line(asked.text, LONGEST_HEAD)}\n\n" if is_quoted and asked.text.strip() else ""


def nonce(asked: StoredQuestion, number: int, more: str = "") -> str:
    """Return at most 25 characters that identify one piece of one reply.

    They are the same in whichever process sends it, and no other piece's in any database.
    """
    return blake2b(f"{asked.place_key} {number} {more}".encode(), digest_size=12).hexdigest()


def build_message(sentence: str) -> dict[str, Any]:
    """Return the body of a message in our own words."""
    return DiscordMessage(markup.render_contents(sentence)[0]).payload()


def lacks_embed(made: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return whether Discord left out what it was to embed; it does not mention a permission that is missing."""
    return bool(body.get("embeds")) and made.get("embeds") == []


def without_embed(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its sources as text, as far as they fit; our links in it are not unfurled."""
    below = "\n".join(str(embed.get("description", "")) for embed in body["embeds"])
    room = MOST_CHARACTERS - width(body["content"]) - 1
    lines = list(fit_lines([(line, line) for line in below.split("\n")], room)) if below else []
    return {**body, "content": "\n".join([body["content"], *lines]), "embeds": [], "flags": SUPPRESS_EMBEDS}


def build_reference(asked: StoredQuestion, channel: str) -> dict[str, Any]:
    """Return the reference to the question's message, if that is in the same channel; it pings nobody."""
    message = details_of(asked).message
    if not message or channel != asked_in(asked) or asked.visibility is Visibility.SHARED:
        return {}
    return {"message_reference": {"message_id": message, "fail_if_not_exists": False}}


def is_answer_to(asked: StoredQuestion, message: Mapping[str, Any]) -> bool:
    """Return whether a message of ours says that it answers the question, or its command."""
    answered = str((message.get("message_reference") or {}).get("message_id", ""))
    command = str((message.get("interaction_metadata") or {}).get("id", ""))
    asking = details_of(asked).message
    return (answered == asking != "") or f"{COMMAND}{command}" == asked.place_key


def belongs(asked: StoredQuestion, message: Mapping[str, Any]) -> bool:
    """Return whether a message of ours answers the question, or stands in the question's own thread."""
    return is_answer_to(asked, message) or str(message.get("channel_id")) == details_of(asked).message


def token_of(asked: StoredQuestion) -> str:
    """Return the token of the interaction while it is good; empty: there is none."""
    secret = details_of(asked).secret
    return secret.token if secret is not None and age_of(asked) < TOKEN_SECONDS else ""


def age_of(asked: StoredQuestion) -> float:
    """Return the seconds from the question to the last write of its row, by the clock of Postgres."""
    return asked.age_seconds


def without_token(asked: StoredQuestion) -> StoredQuestion:
    """Return the question as if it had been asked by a message."""
    return replace(asked, details=asked.details.without_secret())


def details_of(asked: StoredQuestion | NewQuestion) -> DiscordDetails:
    """Return what Discord keeps with a question."""
    return DiscordDetails.of(asked.details)


def ref_of(message: Mapping[str, Any], *, private: bool) -> str:
    """Return the id of a message in the form in which we keep it."""
    return f"@{message['id']}" if private else f"{message['channel_id']}/{message['id']}"


def asked_in(asked: StoredQuestion | NewQuestion) -> str:
    """Return where a question was asked: the channel, or the thread in it."""
    return details_of(asked).place or asked.channel


def since(asked: StoredQuestion) -> str:
    """Return the snowflake after which a reply may be: the question's, or one of five seconds before it came."""
    if message := details_of(asked).message:
        return message
    return str((int(asked.asked_at.timestamp() * 1000) - 5_000 - EPOCH_MS) << 22)


def words(text: str) -> str:
    """Return a text without white space, of which Discord drops some."""
    return "".join(text.split())
