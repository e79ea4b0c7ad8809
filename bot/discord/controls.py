"""What can be pressed and filled in below an answer, as JSON. Ids carry the question and the piece.

    footnote:good:42:0        the first piece of question 42 was good        -> ("good", 42, 0)

State in ids alone: a button works after any number of restarts, and says which message of which reply it stands at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from bot.phrases import ANYTHING_ELSE, CHOICES, LONGEST_COMMENT, SHARE, WHAT_IS_IT, WHAT_WAS_BAD, WHY

Json = dict[str, Any]
_ID = re.compile(r"footnote:([a-z]{2,10}):(\d{1,18}):(\d{1,2})")
_ROW, _BUTTON, _SELECT, _TEXT, _LABEL = 1, 2, 3, 4, 18
_GREY = 2
REASONS, COMMENT = "reasons", "comment"


class Press(StrEnum):
    """What a control does."""

    GOOD = "good"
    BAD = "bad"
    WHY = "why"
    SHARE = "share"
    STOP = "stop"
    REASONS = "reasons"
    """The form that a bad answer brings."""


class Pressed(NamedTuple):
    """A control, of which question, at which piece of its reply."""

    press: Press
    question: int
    number: int


def pressed(custom_id: str) -> Pressed | None:
    """None: it is none of ours."""
    match = _ID.fullmatch(custom_id)
    if match is None or match[1] not in Press.__members__.values():
        return None
    return Pressed(Press(match[1]), int(match[2]), int(match[3]))


def mark_of(message: Mapping[str, Any]) -> Pressed | None:
    """Which piece of which reply a message of ours says it is, by its controls."""
    ids = (str(each.get("custom_id", "")) for row in message.get("components") or () for each in _inside(row))
    return next(filter(None, map(pressed, ids)), None)


def _inside(component: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield component
    for each in component.get("components") or ():
        yield from _inside(each)


def below(question: int, number: int, *, shareable: bool) -> list[Json]:
    """The controls of a finished answer."""
    buttons = [
        _button(Press.GOOD, question, number, emoji="👍"),
        _button(Press.BAD, question, number, emoji="👎"),
        _button(Press.WHY, question, number, WHY),
    ]
    return [{"type": _ROW, "components": buttons + [_button(Press.SHARE, question, number, SHARE)] * shareable}]


def while_growing(question: int) -> list[Json]:
    """The one control of an answer that is still written."""
    return [{"type": _ROW, "components": [_button(Press.STOP, question, 0, "Stop")]}]


def _button(press: Press, question: int, number: int, words: str = "", emoji: str = "") -> Json:
    face: Json = {"label": words} if words else {"emoji": {"name": emoji}}
    return {"type": _BUTTON, "style": _GREY, "custom_id": f"footnote:{press}:{question}:{number}"} | face


def reasons_form(question: int) -> Json:
    """What was bad about an answer."""
    options = [{"label": words, "value": value} for value, words in CHOICES.items()]
    select = {
        "type": _SELECT,
        "custom_id": REASONS,
        "options": options,
        "min_values": 0,
        "max_values": len(options),
        "required": False,
    }
    text = {
        "type": _TEXT,
        "custom_id": COMMENT,
        "style": 2,
        "required": False,
        "max_length": LONGEST_COMMENT,
    }
    labelled = ((WHAT_IS_IT, select), (ANYTHING_ELSE, text))
    return {
        "custom_id": f"footnote:{Press.REASONS}:{question}:0",
        "title": WHAT_WAS_BAD,
        "components": [{"type": _LABEL, "label": words, "component": each} for words, each in labelled],
    }


def filled_in(components: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], str]:
    """The reasons and the comment of a form that came back; whatever is not ours is left out."""
    fields = [each.get("component") or {} for each in components] + [
        inner for each in components for inner in each.get("components") or ()
    ]
    by_id = {str(each.get("custom_id")): each for each in fields}
    chosen = by_id.get(REASONS, {}).get("values") or ()
    comment = str(by_id.get(COMMENT, {}).get("value") or "")
    return tuple(each for each in chosen if each in CHOICES), comment[:LONGEST_COMMENT]
