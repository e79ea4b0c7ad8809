"""What a person wrote on Slack, as plain text: escapes undone, mentions of the bot gone, links and names as words.

    "<@UBOT> how do I &lt;install&gt; <https://a.example|it>?"   ->  "how do I <install> it (https://a.example)?"

It judges nothing: `bot.slack.reading` decides what is a question.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"<([^<>\n]{1,3000})>")


def mentions(text: str, user: str) -> bool:
    """Return whether a text mentions a user, in either form: `<@U1>`, `<@U1|name>`."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def mentions_others(text: str, user: str) -> bool:
    """Return whether a text mentions somebody other than this user."""
    return any(body.startswith("@") and body[1:].split("|")[0] != user for body in _TOKEN.findall(text))


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
    """Return the words of a message and of what it forwards; if it has none itself, also those that a program attached.

    `{"text": "<@UBOT> do you know?", "attachments": [{"is_share": true, "text": "How do I install it?"}]}`
        ->  "do you know?\n\nHow do I install it?"
    """
    text, attached = message.get("text"), message.get("attachments")
    own = to_plain_text(text, user) if isinstance(text, str) else ""
    maps = [each for each in attached if isinstance(each, Mapping)] if isinstance(attached, list) else []
    texts = [each.get("text") or each.get("fallback") for each in maps if not own or each.get("is_share") is True]
    return "\n\n".join(filter(None, [own, *(to_plain_text(each, user) for each in texts if isinstance(each, str))]))


def to_plain_text(text: str, user: str) -> str:
    """Return the plain words of a text; `user` is the bot."""

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
