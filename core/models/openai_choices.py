"""What is read of a completion or a chunk. The SDK builds both unchecked: nothing is taken for granted. Pure.

{"choices": [{"delta": {"content": [{"type": "text", "text": "Call"}]}, "finish_reason": "STOP"}], "usage": {...}}
    ──read_choice──> Choice("Call", finish="stop")      ──read_usage──> Usage(prompt=812, written=3)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import ModelMisbehaved, ModelRefused
from core.models.openai_errors import Role, build_blocked_error, build_unreadable_error

_BROKEN_OFF = frozenset({"error", "abort", "aborted", "cancelled", "canceled"})
_CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
_BLOCKED = frozenset({"content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii", "language"})
_DECLINED = frozenset({"refusal"})
_TEXT_PARTS = frozenset({"text", "output_text", None})


@dataclass(frozen=True, slots=True)
class StreamChoice:
    """The text of one answer, or of a part of it; why it ended, in lower case; how the model declined."""

    text: str = ""
    finish: str | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a server counted: those of the prompt, and those that the model wrote, thoughts included."""

    prompt: int
    written: int


def read_choice(answer: object, part: str) -> StreamChoice:
    """Return the first choice of a completion (`part` "message") or of a chunk ("delta").

    A chunk without choices is no fault: Azure opens with one, and figures of usage come in one. Where a server sends
    several answers at once, unasked, the first counts.
    """
    choices = _get(answer, "choices")
    several = choices if isinstance(choices, list) else []
    choice = next((each for each in several if _get(each, "index") in (0, None)), None)
    message = _get(choice, part)
    refusal = _get(message, "refusal")
    finish = _get(choice, "finish_reason")
    return StreamChoice(
        _text_of(_get(message, "content")),
        finish.lower() if isinstance(finish, str) and finish else None,
        refusal if isinstance(refusal, str) else "",
    )


def read_usage(answer: object) -> Usage | None:
    """Return the tokens that a server counted; None where it reports none, or nonsense."""
    usage = _get(answer, "usage")
    prompt, written = _get(usage, "prompt_tokens"), _get(usage, "completion_tokens")
    if not isinstance(prompt, int) or not isinstance(written, int) or prompt <= 0 or written < 0:
        return None
    return Usage(prompt, written)


def check_end(choice: StreamChoice, role: Role, *, written: bool) -> None:
    """Raise `ModelRefused` or `ModelMisbehaved` where an answer did not end as it should. `choice`: its end."""
    finish = choice.finish
    if finish in _BLOCKED:
        raise build_blocked_error()
    if choice.refusal or finish in _DECLINED:
        refused = ModelRefused(f"The {role.name} declined to answer this question.")
        refused.details = choice.refusal
        raise refused
    if finish in _CUT:
        raise ModelMisbehaved(f"The {role.name} stopped at its length limit: set a {role.setting} that may write more.")
    if finish in _BROKEN_OFF or (finish is None and written):
        raise ModelMisbehaved(f"The {role.name} broke off in the middle of its answer: please ask again.")
    if finish is None:
        raise build_unreadable_error(role)
    if not written:
        raise ModelMisbehaved(
            f"The {role.name} answered with nothing: please ask again, or set another {role.setting}."
        )


def _text_of(content: object) -> str:
    """Return the text of content: a text, or a list of parts of which thoughts and pictures are left out."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(part if isinstance(part, str) else _text_of_part(part) for part in content)


def _text_of_part(part: object) -> str:
    text = _get(part, "text")
    return text if isinstance(text, str) and _get(part, "type") in _TEXT_PARTS else ""


def _get(thing: object, name: str) -> object:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
