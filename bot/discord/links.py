"""The address at which people read a question and its answer on Discord. Knows no SDK."""

from __future__ import annotations

import re

from core.inbox.platforms import DiscordDetails
from core.inbox.port import StoredQuestion

_ID = re.compile(r"\d{1,20}")
_MESSAGE = re.compile(r"(\d{1,20})/(\d{1,20})")


def build_link(asked: StoredQuestion) -> str:
    """Return the address of the question's message, of the answer to a command, or of the channel; "" without any."""
    details = DiscordDetails.of(asked.details)
    place = details.place or asked.channel
    if not _ID.fullmatch(place) or not _ID.fullmatch(asked.tenant or "0"):
        return ""
    server = f"https://discord.com/channels/{asked.tenant or '@me'}"
    if _ID.fullmatch(details.message):
        return f"{server}/{place}/{details.message}"
    answer = _MESSAGE.fullmatch(asked.parts[0]) if asked.parts else None
    return f"{server}/{answer[1]}/{answer[2]}" if answer else f"{server}/{place}"
