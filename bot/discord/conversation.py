"""What people wrote around a question on Discord."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot.discord.api import Rest
from bot.discord.messages import asked_in, details_of
from bot.discord.reading import moment_of, read_words
from bot.face import Spoken
from bot.phrases import is_wordless
from core.errors import FootnoteError
from core.inbox.port import StoredQuestion

LOOKED_AT = 100
"""Messages of a thread that are read to learn what people wrote."""


async def read_context(rest: Rest, asked: StoredQuestion) -> Sequence[Spoken]:
    """Return the thread's title and what others wrote there before, or the message that the question answers."""
    spoken: list[Spoken] = []
    details, place = details_of(asked), asked_in(asked)
    messages: Sequence[Mapping[str, Any]] = ()
    with suppress(FootnoteError):
        if details.in_thread:
            spoken = [Spoken(0.0, await rest.title(place))]
            messages = await rest.history(place, before=details.message, limit=LOOKED_AT)
        elif details.answers:
            messages, place = [await rest.message(place, details.answers)], details.answers
    pointed_at = {place, *(str(each["id"]) for each in messages[:1] if is_wordless(asked.text))}
    others = [each for each in reversed(messages) if _counts(each, rest.me, pointed_at)]
    return spoken + [Spoken(moment_of(each["id"]), text) for each in others if (text := read_words(each, rest.me))]


def _counts(message: Mapping[str, Any], me: int, pointed_at: Collection[str]) -> bool:
    """Return whether a person wrote a message, or a program did and somebody points at it by asking below it."""
    author = message.get("author") or {}
    by_person = not author.get("bot")
    return str(author.get("id")) != str(me) and (by_person or str(message["id"]) in pointed_at)
