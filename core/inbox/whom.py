"""Whom to ask instead: text of an administrator with one mention, which is the only one that ever notifies anybody.

ask <!subteam^S1>, or write to help@example.org        what is allowed
<!channel> ... everyone ... two mentions               what is not
"""

from __future__ import annotations

import re
from collections.abc import Callable

from core.errors import UsageError

MENTION = re.compile(r"<(?:@[!&]?[A-Z0-9]{2,40}|!subteam\^[A-Z0-9]{2,40}|#[A-Z0-9]{2,40})(?:\|[^<>\n]{0,80})?>")
"""A person, a role or group, or a channel, as Slack and Discord write them."""

_ALL = re.compile(r"<!(?:channel|here|everyone)|@(?:everyone|here|channel)\b", re.IGNORECASE)
LONGEST = 200


def check_whom(text: str) -> str:
    """Return whom to ask, on one line. Raises `UsageError` for more than one mention, or one of all."""
    line = " ".join(text.split())
    if len(line) > LONGEST:
        raise UsageError(f"Whom to ask has {len(line)} characters: please shorten to {LONGEST}.")
    if _ALL.search(line):
        raise UsageError("Name one person, group, role or channel to ask, not all who are there.")
    if len(MENTION.findall(line)) > 1:
        raise UsageError("Name one person, group, role or channel to ask: there is one mention at most.")
    return line


def escape_around_mention(text: str, escape: Callable[[str], str]) -> str:
    """Return text with its first mention as it is; all else goes through `escape`."""
    found = MENTION.search(text)
    if found is None:
        return escape(text)
    return f"{escape(text[: found.start()])}{found.group()}{escape(text[found.end() :])}"
