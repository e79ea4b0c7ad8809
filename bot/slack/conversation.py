"""What people wrote around a question on Slack, and who may read it there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.face import Spoken
from bot.phrases import is_wordless
from bot.slack.api import call_slack
from bot.slack.reading import Me, is_ours
from bot.slack.words import words_of
from core.errors import FootnoteError
from core.inbox.platforms import SlackDetails
from core.inbox.port import StoredQuestion

READ, PAGES, DAY_SECONDS = 1_000, 3, 86_400.0
"""Messages of the last day of a thread that are read, page by page, to learn what people wrote."""


async def read_context(client: AsyncWebClient, me: Me, asked: StoredQuestion) -> Sequence[Spoken]:
    """Return what others wrote in the thread before the question: its first message, and its end."""
    before = seconds_of(ts_of(asked))
    with suppress(FootnoteError):
        messages = await _read_end_of_thread(client, asked, before)
        pointed_at = {asked.thread, *(str(each.get("ts")) for each in messages[-1:] if is_wordless(asked.text))}
        return [
            Spoken(seconds_of(each.get("ts")), text)
            for each in messages
            if _counts(each, me, pointed_at) and (text := words_of(each, me.user))
        ]
    return ()


async def is_open_to_all(client: AsyncWebClient, channel: str) -> bool:
    """Return whether all members of the workspace, and nobody else, may read a channel. It needs channels:read."""
    with suppress(FootnoteError):
        answer = await call_slack(client.conversations_info, channel=channel)
        found = answer.get("channel")
        closed = ("is_private", "is_im", "is_mpim", "is_group", "is_ext_shared")
        return isinstance(found, Mapping) and found.get("is_channel") is True and not any(map(found.get, closed))
    return False


def _counts(message: Mapping[str, Any], me: Me, pointed_at: Collection[str]) -> bool:
    """Return whether a person wrote a message, or a program did and somebody points at it by asking below it."""
    by_person = not message.get("bot_id")
    return not is_ours(message, me) and (by_person or str(message.get("ts")) in pointed_at)


async def _read_end_of_thread(client: AsyncWebClient, asked: StoredQuestion, before: float) -> list[Mapping[str, Any]]:
    """Return the first message of a thread and those of the day before the question; Slack gives the oldest first.

    Raises `TryLater`, `SlackRefused`, `Undeliverable`.
    """
    arguments = {"channel": asked.channel, "ts": asked.thread, "latest": ts_of(asked), "limit": READ}
    found: dict[str, Mapping[str, Any]] = {}
    for oldest in (f"{before - DAY_SECONDS:.6f}", "0"):
        cursor = ""
        for _ in range(PAGES):
            page = {"oldest": oldest} | ({"cursor": cursor} if cursor else {})
            answer = await call_slack(client.conversations_replies, **arguments, **page)
            found |= {str(each.get("ts")): each for each in answer.get("messages") or ()}
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        if len(found) > 1:
            break
    return [found[ts] for ts in sorted(found, key=seconds_of) if 0 < seconds_of(ts) < before]


def ts_of(asked: StoredQuestion) -> str:
    """Return the ts of the question's message; empty: it was asked by a command."""
    return details_of(asked).ts


def details_of(asked: StoredQuestion) -> SlackDetails:
    """Return what only Slack keeps of a question."""
    return SlackDetails.of(asked.details)


def seconds_of(ts: object) -> float:
    """Return the number of seconds in a timestamp like `"1700000000.000100"`; 0 for what is no timestamp."""
    try:
        return float(str(ts))
    except ValueError:
        return 0.0
