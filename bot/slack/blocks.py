"""What the blocks of a message say: each block as plain text, lists and quotations in lines, tables by rows.

    rich_text   sections, lists ("• a"), quotations ("> a"), code in a fence
    section     its text and fields, a line each        header, markdown, context, image   their texts
    table       a line for each row, "a | b"            actions, input, divider            nothing: they ask, or adorn

A block of a kind that is not known is read as deep as Slack nests. It asks nobody: people, channels and groups without
a name in the payload are "somebody" and the like, as in `bot.slack.text`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from bot.slack.payloads import Json, map_in, maps_in, text_in
from bot.slack.text import to_plain_text

_SILENT = frozenset({"actions", "context_actions", "divider", "file", "input"})
_LATEST = 253_402_300_799
"""The last second that a date can name."""


def read_blocks(holder: Json, user: str, *, rich: bool = True) -> list[str]:
    """Return the words of the blocks of a message or attachment, one text for each; `user` is the bot.

    `rich`: also of its rich text, which a person's own text repeats.
    """
    blocks = [each for each in maps_in(holder, "blocks") if rich or each.get("type") != "rich_text"]
    return [text for each in blocks if (text := _read_block(each, user).strip())]


def _read_block(block: Json, user: str) -> str:
    kind = text_in(block, "type")
    if kind in _SILENT:
        return ""
    read = _KINDS.get(kind)
    return read(block, user) if read else " ".join(filter(None, _texts_in(block, user)))


def _read_rich_text(block: Json, user: str) -> str:
    return "\n".join(filter(None, (_read_rich(each, user) for each in maps_in(block, "elements"))))


def _read_section(block: Json, user: str) -> str:
    texts = (map_in(block, "text"), *maps_in(block, "fields"))
    return "\n".join(filter(None, (_read_text(each, user) for each in texts)))


def _read_image(block: Json, user: str) -> str:
    return _read_text(map_in(block, "title"), user) or text_in(block, "alt_text")


def _read_table(block: Json, user: str) -> str:
    rows = block.get("rows")
    return "\n".join(_read_row(each, user) for each in rows) if isinstance(rows, list) else ""


_KINDS: Mapping[str, Callable[[Json, str], str]] = {
    "rich_text": _read_rich_text,
    "section": _read_section,
    "image": _read_image,
    "table": _read_table,
    "markdown": lambda block, _: text_in(block, "text"),
}


def _read_text(text: Json, user: str) -> str:
    """Return the words of a text object: only in mrkdwn are there tokens."""
    shown = text_in(text, "text")
    return html.unescape(shown).strip() if text.get("type") == "plain_text" else to_plain_text(shown, user)


def _texts_in(block: Json, user: str) -> Iterator[str]:
    """Yield the texts of a block and of what is in it, as deep as Slack nests."""
    text = block.get("text")
    if isinstance(text, str):
        yield _read_text(block, user)
    elif isinstance(text, dict):
        yield _read_text(text, user)
    elif block.get("type") == "image":
        yield text_in(block, "alt_text")
    for key in ("title", "description", "fields", "elements"):
        value = block.get(key)
        for each in [value] if isinstance(value, dict) else maps_in(block, key):
            if each.get("type") != "button":
                yield from _texts_in(each, user)


def _read_row(row: object, user: str) -> str:
    cells = [each for each in row if isinstance(each, dict)] if isinstance(row, list) else []
    return " | ".join(" ".join((_read_rich_text(each, user) or text_in(each, "text")).split()) for each in cells)


def _read_rich(part: Json, user: str) -> str:
    match part.get("type"):
        case "rich_text_list":
            return "\n".join(_read_items(part, user))
        case "rich_text_quote":
            return "\n".join(f"> {line}" for line in _read_inline(part, user).strip().split("\n"))
        case "rich_text_preformatted":
            return f"```\n{_read_inline(part, user).strip()}\n```"
        case _:
            return _read_inline(part, user).strip()


def _read_items(part: Json, user: str) -> Iterator[str]:
    indent, first = part.get("indent"), part.get("offset")
    before = "  " * min(indent, 8) if isinstance(indent, int) else ""
    number = first if isinstance(first, int) else 0
    for each in maps_in(part, "elements"):
        number += 1
        mark = f"{number}." if part.get("style") == "ordered" else "•"
        yield f"{before}{mark} {_read_rich(each, user)}"


def _read_inline(part: Json, user: str) -> str:
    return "".join(_read_element(each, user) for each in maps_in(part, "elements"))


def _read_element(element: Json, user: str) -> str:
    kind, text = text_in(element, "type"), text_in(element, "text").replace(f"<@{user}>", "")
    if kind == "user" and element.get("user_id") == user:
        return ""
    read = _ELEMENTS.get(kind)
    if read is not None:
        return read(element)
    is_code = map_in(element, "style").get("code") is True and text.strip()
    return f"`{text}`" if is_code else text


def _read_link(element: Json) -> str:
    text, url = text_in(element, "text"), text_in(element, "url")
    return url if text in url else f"{text} ({url})"


def _date_of(seconds: object) -> str:
    if not isinstance(seconds, int) or not 0 <= seconds <= _LATEST:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


_ELEMENTS: Mapping[str, Callable[[Json], str]] = {
    "link": _read_link,
    "emoji": lambda element: f":{text_in(element, 'name')}:",
    "user": lambda _: "@somebody",
    "usergroup": lambda _: "@a group",
    "channel": lambda _: "that channel",
    "broadcast": lambda element: f"@{text_in(element, 'range')}",
    "date": lambda element: text_in(element, "fallback") or _date_of(element.get("timestamp")),
    "color": lambda element: text_in(element, "value"),
}
