"""What a person wrote on Slack, as plain text: escapes undone, mentions of the bot gone, links and names as words.

    "<@UBOT> how do I &lt;install&gt; <https://a.example|it>?"   ->  "how do I <install> it (https://a.example)?"

Judges nothing: what is a question is decided in `bot.slack.reading`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]{1,3000})>")


def mentions(text: str, user: str) -> bool:
    """Whether a text mentions a user, whichever way: `<@U1>`, `<@U1|name>`."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def mentions_others(text: str, user: str) -> bool:
    """Whether it mentions somebody else."""
    return any(body.startswith("@") and body[1:].split("|")[0] != user for body in _TOKEN.findall(text))


AUTHOR = "author_id"
"""Where Slack names who wrote what is forwarded; also of a message that is not asked by who wrote it."""


def authors_of(message: Mapping[str, Any]) -> set[str]:
    """Return the ids of people other than its sender whose words a message holds, as far as it names them."""
    attached = message.get("attachments")
    parts = [message, *(attached if isinstance(attached, list) else [])]
    named = [each.get(AUTHOR) for each in parts if isinstance(each, Mapping)]
    return {each for each in named if isinstance(each, str) and each}


def words_of(message: Mapping[str, Any], user: str) -> str:
    """What a message says, and what it forwards; where it says nothing itself, also what a program attached to it.

    `{"text": "<@UBOT> do you know?", "attachments": [{"is_share": true, "text": "How do I install it?"}]}`
        ->  "do you know?\n\nHow do I install it?"
    """
    text, attached = message.get("text"), message.get("attachments")
    own = plain(text, user) if isinstance(text, str) else ""
    maps = [each for each in attached if isinstance(each, Mapping)] if isinstance(attached, list) else []
    texts = [each.get("text") or each.get("fallback") for each in maps if not own or each.get("is_share") is True]
    return "\n\n".join(filter(None, [own, *(plain(each, user) for each in texts if isinstance(each, str))]))


def plain(text: str, user: str) -> str:
    """The words of a text in which `user` is the bot."""

    def said(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        match target[:1]:
            case "@":
                return "" if target[1:] == user else f"@{label or 'somebody'}"
            case "#":
                return f"#{label}" if label else "that channel"
            case "!":
                return label or f"@{target[1:].split('^')[0]}"
            case _:
                return target if label in ("", target) else f"{label} ({target})"

    return html.unescape(_TOKEN.sub(said, text)).strip()
