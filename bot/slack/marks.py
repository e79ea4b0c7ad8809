"""What a message of ours says of itself in its metadata, and how it is recognised when it is found again.

reply_mark ──chat.postMessage, chat.update, chat.stopStream──> sighting_of     which question, which piece of its reply
notice_mark ─────────────────────────────────────────────────> None            nobody's reply
no mark                                                        a stream that nobody ended
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.face import Sighting
from core.inbox.port import StoredQuestion

REPLY, NOTICE = "footnote_reply", "footnote_notice"
"""The event types of metadata."""


def reply_mark(asked: StoredQuestion, number: int) -> dict[str, Any]:
    """Return the metadata of piece `number` of a question's reply."""
    return {"event_type": REPLY, "event_payload": {"question": asked.id, "number": number}}


def notice_mark() -> dict[str, Any]:
    """Return the metadata of a message that answers nothing."""
    return {"event_type": NOTICE, "event_payload": {}}


def sighting_of(message: Mapping[str, Any]) -> Sighting | None:
    """Return what a message of ours says it is; None: a notice."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == NOTICE:
        return None
    if metadata.get("event_type") == REPLY and isinstance(payload.get("question"), int):
        return Sighting(str(message["ts"]), payload["question"], int(payload.get("number", 0)))
    return Sighting(str(message["ts"]))
