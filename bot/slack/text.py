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


def to_plain_text(text: str, user: str) -> str:
    """Return the plain words of a text; `user` is the bot."""

    def replace_token(match: re.Match[str]) -> str:
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
                target = target.removeprefix("mailto:").removeprefix("tel:")
                return target if label in target else f"{label} ({target})"

    return html.unescape(_TOKEN.sub(replace_token, text)).strip()
