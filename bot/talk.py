"""What both platforms take for a question, and the words that both say: thanks, feedback, sharing.

Judges texts and nothing else; who may ask where is decided at the doors of each platform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.inbox import Asked, Incoming, Way

CHOICES: Mapping[str, str] = {
    "wrong": "It is wrong",
    "sources": "The sources do not say it",
    "incomplete": "Something is missing",
    "outdated": "It is out of date",
    "unasked": "It answers something else",
}
"""Why an answer was bad: what is kept, and how it is said."""

LONGEST_COMMENT = 1_000
WHY = "Why this answer?"
SHARE = "Share in channel"
WHAT_WAS_BAD, WHAT_IS_IT, ANYTHING_ELSE = "What was bad?", "What is the matter?", "Anything else?"
KNOWN = "That message has its answer already, or it is none that I can answer."

_THANKS = re.compile(
    r"(?:ok(?:ay)?|thanks?|thank you|thx|ty|cheers|great|nice|cool|perfect|got it|danke|merci|gracias|will do|done|lol)"
    r"(?:\b.{0,30})?",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = re.compile(
    r"(?:how|what|why|where|when|who|which|whose|can|could|do|does|did|is|are|was|were|should|would|will|has|have)\b",
    re.IGNORECASE,
)
_PARTS = ("?", "？", "؟", "¿")


def is_thanks(text: str) -> bool:
    """Whether a follow-up says thanks and asks for nothing."""
    return not any(part in text for part in _PARTS) and _THANKS.fullmatch(text.strip()) is not None


def asks(text: str) -> bool:
    """Whether a message that nobody addressed to the bot looks like a question."""
    return any(part in text for part in _PARTS) or _ASKS.match(text.lstrip(" >*_-")) is not None


def is_stop(text: str) -> bool:
    """Whether somebody wants the answer that is under way to end."""
    return text.strip().lower().rstrip(".!") == "stop"


def may_share(asked: Asked, user: str) -> bool:
    """Whether an answer that was private may be shown to its channel by somebody: by its asker, once it is there."""
    return asked.asker == user and asked.way is Way.PRIVATE and asked.reply is not None


def shared(asked: Asked) -> Incoming:
    """An answer as a question whose answer is known, for everybody; one however often it is shared."""
    key = f"share:{asked.id}"
    return Incoming(
        platform=asked.platform,
        tenant=asked.tenant,
        event_key=key,
        place_key=key,
        channel=asked.channel,
        thread=key,
        asker=asked.asker,
        way=Way.SHARED,
        text=asked.text,
        details={name: value for name, value in asked.details.items() if name != "secret"},
        reply=asked.reply,
    )
