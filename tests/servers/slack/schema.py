"""Block Kit as Slack's reference pages write it down: which keys each block, element and view may have, and how long.

    fault_of_block(block, "message")   ->  "invalid additional property: emoji [json-pointer:/text/emoji]" or None

Strict as Slack is: a key that it does not know fails the whole message. Blocks and elements that this project never
sends are left out, and so are refused. Pure; what all blocks of a message add up to is judged in `blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
Rule: TypeAlias = Callable[[Json, str], str | None]
Surface: TypeAlias = Literal["message", "modal", "home"]

IMPLICIT = {"type", "block_id"}


def fault_of_block(block: Json, surface: Surface, where: str = "") -> str | None:
    """Return why Slack refuses one block; None: it takes it."""
    kind = block.get("type")
    if kind not in BLOCKS or (surface != "message" and kind in MESSAGES_ALONE):
        return f"unsupported type: {kind} [json-pointer:{where}/type]"
    return BLOCKS[kind](block, where)


def fault_of_view(view: Json) -> str | None:
    """Return why Slack refuses a modal, its blocks left aside; None: it takes it."""
    return VIEW({key: value for key, value in view.items() if key != "blocks"}, "/view")


def fault_of_chunk(chunk: Json) -> str | None:
    """Return why Slack refuses a piece of a stream; None: it takes it."""
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    return CHUNKS[kind](chunk, "") if kind in CHUNKS else f"unsupported type: {kind} [json-pointer:/type]"


# --- rules


def string(most: int, least: int = 1) -> Rule:
    def rule(value: Json, where: str) -> str | None:
        if not isinstance(value, str):
            return f"must provide a string [json-pointer:{where}]"
        if len(value) < least:
            return f"must be more than {least - 1} characters [json-pointer:{where}]"
        return f"must be less than {most + 1} characters [json-pointer:{where}]" if len(value) > most else None

    return rule


def flag(value: Json, where: str) -> str | None:
    return None if isinstance(value, bool) else f"must provide a boolean [json-pointer:{where}]"


def number(least: int, most: int) -> Rule:
    def rule(value: Json, where: str) -> str | None:
        is_one = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if is_one else f"must be {least} to {most} [json-pointer:{where}]"

    return rule


def one_of(*values: str) -> Rule:
    return lambda value, where: None if value in values else f"must be a valid enum value [json-pointer:{where}]"


def many(rule: Rule, most: int, least: int = 1) -> Rule:
    def judge(values: Json, where: str) -> str | None:
        if not isinstance(values, list):
            return f"must provide an array [json-pointer:{where}]"
        if not least <= len(values) <= most:
            return f"no fewer than {least} and no more than {most} items allowed [json-pointer:{where}]"
        return next(filter(None, (rule(each, f"{where}/{place}") for place, each in enumerate(values))), None)

    return judge


def thing(needed: Mapping[str, Rule], more: Mapping[str, Rule] | None = None) -> Rule:
    """Return the rule of an object with these keys, and no others but its type and id."""
    known = {**needed, **(more or {})}

    def judge(value: Json, where: str) -> str | None:
        if not isinstance(value, dict):
            return f"must provide an object [json-pointer:{where}]"
        if missing := [key for key in needed if key not in value]:
            return f"missing required field: {missing[0]} [json-pointer:{where}]"
        if odd := [key for key in value if key not in known and key not in IMPLICIT]:
            return f"invalid additional property: {odd[0]} [json-pointer:{where}]"
        return next(filter(None, (known[key](value[key], f"{where}/{key}") for key in value if key in known)), None)

    return judge


def typed(kinds: Mapping[str, Rule]) -> Rule:
    """Return the rule of an object whose type names the rule for it."""

    def judge(value: Json, where: str) -> str | None:
        kind = value.get("type") if isinstance(value, dict) else None
        rule = kinds.get(str(kind))
        return rule(value, where) if rule is not None else f"unsupported type: {kind} [json-pointer:{where}/type]"

    return judge


def text(most: int, *kinds: str) -> Rule:
    """Return the rule of a text object of some of both kinds; only plain_text takes emoji, only mrkdwn verbatim."""
    forms = {
        "plain_text": thing({"text": string(most)}, {"emoji": flag}),
        "mrkdwn": thing({"text": string(most)}, {"verbatim": flag}),
    }
    return typed({kind: forms[kind] for kind in kinds})


# --- what there is

PLAIN, ANY = ("plain_text",), ("plain_text", "mrkdwn")
ACTION = string(255)
OPTION = thing({"text": text(75, *ANY), "value": string(150)}, {"description": text(75, *ANY)})
VOTE = thing({"text": text(75, *PLAIN), "value": string(2_000)}, {"accessibility_label": string(75)})
SOURCE = typed({"url": thing({"url": string(3_000), "text": string(3_000)})})
IMAGE = thing({"image_url": string(3_000), "alt_text": string(2_000)}, {"title": text(2_000, *PLAIN)})
TASK_STATE = one_of("pending", "in_progress", "complete", "error")

BUTTON = thing(
    {"text": text(75, *PLAIN)},
    {
        "action_id": ACTION,
        "url": string(3_000),
        "value": string(2_000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
FEEDBACK = thing({"positive_button": VOTE, "negative_button": VOTE}, {"action_id": ACTION})
CHECKBOXES = thing({"options": many(OPTION, 10)}, {"action_id": ACTION, "initial_options": many(OPTION, 10)})
TEXT_INPUT = thing(
    {},
    {
        "action_id": ACTION,
        "initial_value": string(3_000, 0),
        "multiline": flag,
        "min_length": number(0, 3_000),
        "max_length": number(1, 3_000),
        "focus_on_load": flag,
        "placeholder": text(150, *PLAIN),
    },
)
INPUTS = typed({"checkboxes": CHECKBOXES, "plain_text_input": TEXT_INPUT})

STYLE = thing({}, {"bold": flag, "italic": flag, "strike": flag, "code": flag})
INLINE = typed(
    {
        "text": thing({"text": string(40_000, 0)}, {"style": STYLE}),
        "link": thing({"url": string(3_000)}, {"text": string(3_000), "style": STYLE, "unsafe": flag}),
    }
)
LINES = many(INLINE, 1_000, 0)
SECTION = thing({"elements": LINES})
RICH = typed(
    {
        "rich_text_section": SECTION,
        "rich_text_preformatted": thing({"elements": LINES}, {"border": number(0, 1), "language": string(50)}),
        "rich_text_quote": thing({"elements": LINES}, {"border": number(0, 1)}),
        "rich_text_list": thing(
            {"elements": many(typed({"rich_text_section": SECTION}), 1_000), "style": one_of("bullet", "ordered")},
            {"indent": number(0, 8), "offset": number(0, 10_000), "border": number(0, 1)},
        ),
    }
)
CELL = typed({"raw_text": thing({"text": string(3_000)}), "rich_text": thing({"elements": many(RICH, 1_000)})})
TASK = {"title": string(256), "status": TASK_STATE}
TASK_MORE = {"sources": many(SOURCE, 50, 0)}


def _section(block: Json, where: str) -> str | None:
    if not {"text", "fields"} & block.keys():
        return f"missing required field: text or fields [json-pointer:{where}]"
    fields = many(text(2_000, *ANY), 10)
    return thing({}, {"text": text(3_000, *ANY), "fields": fields, "accessory": BUTTON, "expand": flag})(block, where)


BLOCKS: Mapping[str, Rule] = {
    "section": _section,
    "header": thing({"text": text(150, *PLAIN)}),
    "divider": thing({}),
    "image": IMAGE,
    "context": thing({"elements": many(typed({"image": IMAGE, **{kind: text(3_000, kind) for kind in ANY}}), 10)}),
    "actions": thing({"elements": many(typed({"button": BUTTON, "checkboxes": CHECKBOXES}), 25)}),
    "input": thing(
        {"label": text(2_000, *PLAIN), "element": INPUTS},
        {"hint": text(2_000, *PLAIN), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": thing({"elements": many(RICH, 1_000)}),
    # messages alone
    "markdown": thing({"text": string(10**6)}),  # its length is judged with the others', by another error
    "context_actions": thing({"elements": many(typed({"feedback_buttons": FEEDBACK}), 5)}),
    "table": thing({"rows": many(many(CELL, 20), 100)}, {"column_settings": many(thing({}), 20)}),
    "task_card": thing({"task_id": string(255), **TASK}, TASK_MORE),
    "plan": thing({"title": string(256)}, {"tasks": many(thing({"task_id": string(255), **TASK}, TASK_MORE), 50)}),
}
MESSAGES_ALONE = {"markdown", "context_actions", "table", "task_card", "plan"}

CHUNKS: Mapping[str | None, Rule] = {
    "markdown_text": thing({"text": string(10**6)}),  # the same
    "task_update": thing({"id": string(255), **TASK}, {"details": string(256), "output": string(256), **TASK_MORE}),
    "plan_update": thing({"title": string(256)}),
    "blocks": thing({"blocks": many(lambda block, where: fault_of_block(block, "message", where), 50)}),
}

VIEW = thing(
    {},
    {
        "title": text(24, *PLAIN),
        "submit": text(24, *PLAIN),
        "close": text(24, *PLAIN),
        "private_metadata": string(3_000, 0),
        "callback_id": string(255, 0),
        "external_id": string(255, 0),
        "clear_on_close": flag,
        "notify_on_close": flag,
    },
)
