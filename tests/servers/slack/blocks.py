"""Block Kit as far as the loopback Slack judges it: limits, missing ids, what a person reads, where a button is.

Knows lists of dictionaries; it knows no message and no server. The limits are those of Slack's reference pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = Any

MOST_BLOCKS = 50
MARKDOWN_CHARACTERS = 12_000
ALL_CHARACTERS = 13_200  # of all blocks of a message, about
_TEXTS = {"section": 3_000, "header": 150, "markdown": MARKDOWN_CHARACTERS}
_ELEMENTS = {"actions": 25, "context": 10, "context_actions": 5}
_SILENT = {"actions", "context_actions", "divider", "image", "input"}
_TYPES = {
    *{"section", "header", "markdown", "divider", "image", "actions", "context", "context_actions", "input", "file"},
    *{"rich_text", "video", "table", "task_card", "plan", "card", "carousel", "alert", "call"},
}
_SELECTS = {"button": "text", "workflow_button": "text"}


def fault_of(blocks: Json) -> tuple[str, str] | None:
    """Why Slack refuses these blocks, as the error and a sentence; None: it takes them."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "invalid_blocks_format", "blocks is not a list of objects"
    if len(blocks) > MOST_BLOCKS:
        return "invalid_blocks", f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        return "invalid_blocks", "block_id is used twice"
    for number, block in enumerate(blocks):
        if sentence := _fault(block):
            return "invalid_blocks", f"{sentence} [json-pointer:/blocks/{number}]"
    return _too_long(blocks)


def with_ids(blocks: list[Json], number: int) -> list[Json]:
    """The blocks with the block_id that Slack gives to those without one; `number` makes them unique."""
    return [{"block_id": f"b{number}x{place}", **block} for place, block in enumerate(blocks)]


def text_of(blocks: Iterable[Json]) -> str:
    """What a person reads in the blocks, one line each, without the labels of buttons."""
    return "\n".join(filter(None, (_read(block) for block in blocks if block.get("type") not in _SILENT)))


def rich_text(text: str) -> Json:
    """The block that Slack makes of a plain text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def elements_of(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Each thing that can be pressed or filled in, with its block."""
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def _fault(block: Json) -> str | None:
    kind = block.get("type")
    if kind not in _TYPES:
        return f"unsupported type: {kind}"
    if kind in _TEXTS:
        return _fault_of_text(block, _TEXTS[kind])
    if kind in _ELEMENTS:
        return _fault_of_elements(block, _ELEMENTS[kind])
    if kind == "table":
        rows = block.get("rows") or []
        return "a table has 1 to 100 rows of 1 to 20 cells" if _odd_table(rows) else None
    return None


def _fault_of_text(block: Json, most: int) -> str | None:
    text = block.get("text")
    said = text.get("text") if isinstance(text, dict) else text
    if block["type"] == "section" and text is None:
        fields = block.get("fields") or []
        wrong = not 1 <= len(fields) <= 10 or any(len(each["text"]) > 2_000 for each in fields)
        return "a section needs a text, or 1 to 10 fields of 2,000 characters" if wrong else None
    if not isinstance(said, str) or not said:
        return "must have a text"
    if len(said) > most and block["type"] != "markdown":  # judged with the others, by another error
        return f"must be less than {most + 1} characters"
    return None


def _fault_of_elements(block: Json, most: int) -> str | None:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= most:
        return f"must have 1 to {most} elements"
    for element in elements:
        if len(str(element.get("value") or "")) > 2_000 or len(str(element.get("action_id") or "")) > 255:
            return "a value has at most 2,000 characters, an action_id 255"
        if element.get("type") in _SELECTS and len(element["text"]["text"]) > 75:
            return "the text of a button has at most 75 characters"
        if element.get("type") == "feedback_buttons" and not _both_buttons(element):
            return "feedback_buttons need two buttons, each with a text and a value"
    return None


def _both_buttons(element: Json) -> bool:
    buttons = [element.get("positive_button"), element.get("negative_button")]
    return all(isinstance(each, dict) and each.get("value") and each.get("text") for each in buttons)


def _odd_table(rows: list[Json]) -> bool:
    return not 1 <= len(rows) <= 100 or any(not 1 <= len(row) <= 20 for row in rows)


def _too_long(blocks: list[Json]) -> tuple[str, str] | None:
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        return "msg_blocks_too_long", "the markdown blocks of a payload have at most 12,000 characters together"
    if len(text_of(blocks)) > ALL_CHARACTERS:
        return "msg_blocks_too_long", "the blocks of a message are too long together"
    return None


def _read(part: Json) -> str:
    """The text within any part of a block, in order."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    kind = part.get("type", "")
    if kind == "user":
        return f"<@{part.get('user_id')}>"
    if kind == "table":
        return "\n".join(" | ".join(map(_read, row)) for row in part["rows"])
    if kind == "link" and not part.get("text"):
        return str(part.get("url", ""))
    glue = "" if kind.startswith("rich_text_") and kind != "rich_text_list" else "\n"
    said = [_read(part.get(key)) for key in ("title", "text", "details", "output")]
    many = [_read(each) for key in ("elements", "fields", "tasks", "sources") for each in part.get(key) or ()]
    return glue.join(filter(None, said + many))
