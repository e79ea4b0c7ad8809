"""What a person wrote on Slack, as plain text: escapes undone, mentions of the bot gone, links and names as words.

    "<@UBOT> how do I &lt;install&gt; <https://a.example|it>?"   ->  "how do I <install> it (https://a.example)?"

It judges nothing: `bot.slack.reading` decides what is a question.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]{1,3000})>")
GROUP = "!subteam^"
"""How the mention of a user group begins. Of its name Slack often leaves out the label."""


def mentions(text: str, user: str) -> bool:
    """Return whether a text mentions a user, in either form: `<@U1>`, `<@U1|name>`."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def mentions_others(text: str, user: str) -> bool:
    """Return whether a text mentions somebody other than this user: a person, or a group of them."""
    named = [body.split("|")[0] for body in _TOKEN.findall(text)]
    return any(body.startswith(("@", GROUP)) and body != f"@{user}" for body in named)


AUTHOR = "author_id"
"""The key at which Slack names the author of a forwarded message.

We use it also for a message that is asked by somebody other than its author.
"""


def authors_of(message: Mapping[str, Any]) -> set[str]:
    """Return the ids of people other than its sender whose words a message holds, as far as it names them."""
    attached = message.get("attachments")
    parts = [message, *(attached if isinstance(attached, list) else [])]
    named = [each.get(AUTHOR) for each in parts if isinstance(each, Mapping)]
    return {each for each in named if isinstance(each, str) and each}


def words_of(message: Mapping[str, Any], user: str) -> str:
    """Return the words of a message and of what it forwards; of a program's also its blocks and attachments.

    `{"text": "<@UBOT> do you know?", "attachments": [{"is_share": true, "text": "How do I install it?"}]}`
        ->  "do you know?\n\nHow do I install it?"
    """
    text = message.get("text")
    own = to_plain_text(text, user) if isinstance(text, str) else ""
    is_program = bool(message.get("bot_id")) or not own
    told = [own, *(_blocks_of(message, user) if is_program else [])]
    for each in _maps(message.get("attachments")):
        if is_program or each.get("is_share") is True:
            told += _attachment_of(each, user)
    return "\n\n".join(dict.fromkeys(filter(None, told)))


def _attachment_of(attachment: Mapping[str, Any], user: str) -> list[str]:
    """Return the words of an attachment: its parts, its fields and blocks; what stands for it where it has none."""
    parts = [attachment.get(key) for key in ("pretext", "title", "text")]
    parts += [f"{each.get('title', '')}: {each.get('value', '')}" for each in _maps(attachment.get("fields"))]
    told = [to_plain_text(each, user) for each in parts if isinstance(each, str)] + _blocks_of(attachment, user)
    fallback = attachment.get("fallback")
    return told if any(told) else [to_plain_text(fallback, user)] if isinstance(fallback, str) else []


def _blocks_of(holder: Mapping[str, Any], user: str) -> list[str]:
    """Return the words of blocks, one text for each."""
    return [" ".join(_texts_in(each, user)).strip() for each in _maps(holder.get("blocks"))]


def _texts_in(block: Mapping[str, Any], user: str) -> Iterator[str]:
    """Yield the texts of a block and of what is in it, as deep as Slack nests."""
    text = block.get("text")
    if isinstance(text, str):
        yield to_plain_text(text, user)
    elif isinstance(text, Mapping):
        yield from _texts_in(text, user)
    for key in ("fields", "elements"):
        for each in _maps(block.get(key)):
            yield from _texts_in(each, user)


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def to_plain_text(text: str, user: str) -> str:
    """Return the plain words of a text; `user` is the bot."""

    def said(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        match target[:1]:
            case "@":
                return "" if target[1:] == user else f"@{label or 'somebody'}"
            case "#":
                return f"#{label}" if label else "that channel"
            case "!" if target.startswith(GROUP):
                return f"@{label.lstrip('@') or 'a group'}"
            case "!":
                return label or f"@{target[1:].split('^')[0]}"
            case _:
                return target if label in ("", target) else f"{label} ({target})"

    return html.unescape(_TOKEN.sub(said, text)).strip()
