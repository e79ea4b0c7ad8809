"""The buttons below an answer on Slack, and what a press on them says. Their state is in their values alone."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from core.sentences import Sentences

Block: TypeAlias = dict[str, Any]

FEEDBACK, WHY, SHARE, DETAILS, MORE = "feedback", "why", "share", "details", "more"
"""The action ids of the controls."""

_VOTE = re.compile(r"(good|bad):(\d{1,19})")


def build_controls(question: int | None, sentences: Sentences, *, shareable: bool) -> list[Block]:
    """Return feedback buttons, whose values also say the vote (`vote_of`), and buttons that carry the question's id."""
    if question is None:
        return []
    buttons = [build_button(WHY, sentences.why, question)]
    buttons += [build_button(SHARE, sentences.share, question)] if shareable else []
    feedback = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": _vote(sentences.good, f"good:{question}"),
        "negative_button": _vote(sentences.bad, f"bad:{question}"),
    }
    return [{"type": "context_actions", "elements": [feedback]}, {"type": "actions", "elements": buttons}]


def _vote(words: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": words}, "accessibility_label": words, "value": value}


def build_button(action: str, words: str, question: int) -> Block:
    """Return a button that carries the question's id."""
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": words},
        "value": str(question),
    }


def vote_of(value: str) -> tuple[int, bool] | None:
    """Return the question, and whether the vote is good, of a feedback button's value: `"good:42"` -> (42, True).

    None: it is none of ours.
    """
    match = _VOTE.fullmatch(value)
    return (int(match[2]), match[1] == "good") if match else None
