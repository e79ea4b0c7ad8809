"""Recognises the messages of a reply on Discord: by controls, by what they answer, and by what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.discord.controls import mark_of
from bot.discord.messages import asked_in, belongs, details_of, is_answer_to, ref_of, words
from bot.face import Sighting
from core.inbox.port import StoredQuestion, Visibility


def places_of(asked: StoredQuestion) -> list[str]:
    """Return where a reply may be: its thread, which has the id of the question's message, or where that is."""
    details = details_of(asked)
    started = [details.message] if details.start and asked.visibility is not Visibility.SHARED else []
    return [*started, asked_in(asked)]


def recognise(asked: StoredQuestion, message: Mapping[str, Any], texts: Sequence[str]) -> Sighting | None:
    """Return which piece of a reply a message of ours is; `texts`: the words of its pieces. None: it is of another."""
    ref, mark = ref_of(message, private=False), mark_of(message)
    if mark is not None:
        return Sighting(ref, asked.id, mark.number) if mark.question == asked.id else None
    text = words(str(message.get("content", "")))
    if text in texts and belongs(asked, message):
        return Sighting(ref, asked.id, texts.index(text))
    return Sighting(ref, asked.id) if not texts and is_answer_to(asked, message) else None
