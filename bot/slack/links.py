"""The address at which people read a question and its answer in Slack. Knows no SDK."""

from __future__ import annotations

import re

from core.inbox.port import StoredQuestion

_ID = re.compile(r"[A-Z0-9]{2,20}")
_TS = re.compile(r"\d{1,12}\.\d{1,8}")


def build_link(asked: StoredQuestion) -> str:
    """Return the address of the thread, or of the channel for a command; "" where there is none.

    `https://app.slack.com/client/T1/C1/thread/C1-1764490000.000100` is what Slack's own web client has.
    """
    if not (_ID.fullmatch(asked.tenant) and _ID.fullmatch(asked.channel)):
        return ""
    channel = f"https://app.slack.com/client/{asked.tenant}/{asked.channel}"
    return f"{channel}/thread/{asked.channel}-{asked.thread}" if _TS.fullmatch(asked.thread) else channel
