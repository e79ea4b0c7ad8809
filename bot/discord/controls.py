"""The buttons and the form below an answer, as JSON. Their ids carry the question and the piece.

    footnote:good:42:0        the first piece of question 42 was good        -> ("good", 42, 0)

State is in the ids alone: a button works after any number of restarts, and says which message of which reply it stands
below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from bot.phrases import CHOICES, LONGEST_COMMENT, describe_choices
from core.sentences import ENGLISH, Sentences

Json = dict[str, Any]
_ID = re.compile(r"footnote:([a-z]{2,10}):(\d{1,18}):(\d{1,2})")
_ROW, _BUTTON, _SELECT, _TEXT, _LABEL, _BOXES = 1, 2, 3, 4, 18, 22
_GREY = 2
REASONS, COMMENT = "reasons", "comment"


class Press(StrEnum):
    """What a control does."""

    GOOD = "good"
    BAD = "bad"
    WHY = "why"
    SHARE = "share"
    STOP = "stop"
    DETAILS = "details"
    MORE = "more"
    REASONS = "reasons"
    """The form that opens after a bad vote."""
    COMMENT = "comment"
    """The form that asks for more about a good answer."""


class Pressed(NamedTuple):
    """A control, the question and the piece of its reply that it stands below."""

    press: Press
    question: int
    number: int


def parse_control_id(custom_id: str) -> Pressed | None:
    """Return the control that an id names; None: it is none of ours."""
    match = _ID.fullmatch(custom_id)
    if match is None or match[1] not in Press.__members__.values():
        return None
    return Pressed(Press(match[1]), int(match[2]), int(match[3]))


def mark_of(message: Mapping[str, Any]) -> Pressed | None:
    """Return which piece of which reply a message of ours is, by its controls; None: it has none."""
    ids = (str(each.get("custom_id", "")) for row in message.get("components") or () for each in _inside(row))
    return next(filter(None, map(parse_control_id, ids)), None)


def _inside(component: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield component
    for each in component.get("components") or ():
        yield from _inside(each)


def build_controls(question: int, number: int, *, shareable: bool, sentences: Sentences = ENGLISH) -> list[Json]:
    """Return the controls of a finished answer."""
    buttons = [
        _button(Press.GOOD, question, number, emoji="👍"),
        _button(Press.BAD, question, number, emoji="👎"),
        _button(Press.WHY, question, number, sentences.why),
    ]
    return [
        {"type": _ROW, "components": buttons + [_button(Press.SHARE, question, number, sentences.share)] * shareable}
    ]


def build_stop_control(question: int, sentences: Sentences = ENGLISH) -> list[Json]:
    """Return the one control of an answer that is still being written."""
    return build_control(Press.STOP, question, sentences.stop)


def build_control(press: Press, question: int, words: str) -> list[Json]:
    """Return one button alone."""
    return [{"type": _ROW, "components": [_button(press, question, 0, words)]}]


def _button(press: Press, question: int, number: int, words: str = "", emoji: str = "") -> Json:
    face: Json = {"label": words} if words else {"emoji": {"name": emoji}}
    return {"type": _BUTTON, "style": _GREY, "custom_id": f"footnote:{press}:{question}:{number}"} | face


def build_reasons_form(question: int, sentences: Sentences = ENGLISH, *, as_list: bool = False) -> Json:
    """Return the form that asks what was bad about an answer. `as_list`: for a Discord that knows no group of boxes."""
    options = [{"label": words, "value": value} for value, words in describe_choices(sentences).items()]
    boxes = {
        "type": _SELECT if as_list else _BOXES,
        "custom_id": REASONS,
        "options": options,
        "min_values": 0,
        "max_values": len(options),
        "required": False,
    }
    labelled = ((sentences.what_is_it, boxes), (sentences.anything_else, _text(is_required=False)))
    return _form(Press.REASONS, question, sentences.what_was_bad, labelled)


def build_comment_form(question: int, sentences: Sentences = ENGLISH) -> Json:
    """Return the form that asks for a comment on a good answer."""
    return _form(Press.COMMENT, question, sentences.say_more, ((sentences.anything_else, _text(is_required=True)),))


def _text(*, is_required: bool) -> Json:
    return {
        "type": _TEXT,
        "custom_id": COMMENT,
        "style": 2,
        "required": is_required,
        "max_length": LONGEST_COMMENT,
    }


def _form(press: Press, question: int, title: str, labelled: Sequence[tuple[str, Json]]) -> Json:
    return {
        "custom_id": f"footnote:{press}:{question}:0",
        "title": title,
        "components": [{"type": _LABEL, "label": words, "component": each} for words, each in labelled],
    }


def parse_reasons_form(components: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], str]:
    """Return the reasons and the comment of a form that came back; what is not ours is left out."""
    fields = [each.get("component") or {} for each in components] + [
        inner for each in components for inner in each.get("components") or ()
    ]
    by_id = {str(each.get("custom_id")): each for each in fields}
    chosen = by_id.get(REASONS, {}).get("values") or ()
    comment = str(by_id.get(COMMENT, {}).get("value") or "")
    return tuple(each for each in chosen if each in CHOICES), comment[:LONGEST_COMMENT]
