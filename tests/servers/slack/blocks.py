"""The blocks of a message or a view as the loopback Slack judges them: all together, what a person reads, its buttons.

Knows lists of dictionaries; it knows no message and no server. What each block may hold is in `schema`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any, TypeAlias

from tests.servers.slack.schema import Surface, fault_of_block

Json: TypeAlias = Any

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_CHARACTERS = 12_000
ALL_CHARACTERS = 13_200  # of all blocks of a message, about
_SILENT = {"actions", "context_actions", "divider", "image", "input"}


def fault_of(blocks: Json, surface: Surface = "message", *, unknown: Container[str] = ()) -> tuple[str, str] | None:
    """Return why Slack refuses these blocks, as the error and a sentence; None: it takes them.

    `unknown`: kinds of blocks that it does not know.
    """
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "invalid_blocks_format", "blocks is not a list of objects"
    if len(blocks) > MOST_BLOCKS[surface]:
        return "invalid_blocks", f"no more than {MOST_BLOCKS[surface]} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        return "invalid_blocks", "block_id is used twice"
    for number, block in enumerate(blocks):
        if block.get("type") in unknown:
            return "invalid_blocks", f"unsupported type: {block['type']} [json-pointer:/blocks/{number}/type]"
        if sentence := fault_of_block(block, surface, f"/blocks/{number}") or _twice(block):
            return "invalid_blocks", sentence
    return _too_long(blocks) if surface == "message" else None  # a view may have 250 kB


def with_ids(blocks: list[Json], number: int) -> list[Json]:
    """Return the blocks with the block_id that Slack gives to those without one; `number` makes them unique."""
    return [{"block_id": f"b{number}x{place}", **block} for place, block in enumerate(blocks)]


def text_of(blocks: Iterable[Json]) -> str:
    """Return what a person reads in the blocks, one line each, without the labels of buttons."""
    return "\n".join(filter(None, (_read(block) for block in blocks if block.get("type") not in _SILENT)))


def rich_text(text: str) -> Json:
    """Return the block that Slack makes of a plain text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def elements_of(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each thing that can be pressed or filled in, with its block."""
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def _twice(block: Json) -> str | None:
    ids = [each.get("action_id") for each in block.get("elements", ()) if each.get("action_id")]
    return "action_id is used twice in a block" if len(ids) != len(set(ids)) else None


def _too_long(blocks: list[Json]) -> tuple[str, str] | None:
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        return "msg_blocks_too_long", "the markdown blocks of a payload have at most 12,000 characters together"
    if len(text_of(blocks)) > ALL_CHARACTERS:
        return "msg_blocks_too_long", "the blocks of a message are too long together"
    return None


def _read(part: Json) -> str:
    """Return the text within any part of a block, in order."""
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
    texts = [_read(part.get(key)) for key in ("title", "text", "details", "output")]
    many = [_read(each) for key in ("elements", "fields", "tasks", "sources") for each in part.get(key) or ()]
    return glue.join(filter(None, texts + many))
