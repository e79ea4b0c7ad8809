"""The words of the parts of a message, as Discord's JSON has them.

content, embeds (title, description, fields)     read, with mentions as names
components of the second version                 the texts in them, however deep; no buttons and menus, which ask
poll                                             its question, and its answers in a line each
stickers                                         their names, as those of emoji: ":wave:"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.discord.text import to_plain_text

Json = Mapping[str, Any]
_TEXT = 10
"""The type of a component that holds a text. Others hold components at `components`, `component` or `items`."""


def read_parts(message: Json, me: int, names: Mapping[int, str]) -> str:
    """Return the words of the parts of a message, a line each. `names` as in `to_plain_text`."""
    parts = [str(message.get("content") or "")]
    for embed in message.get("embeds") or ():
        parts += _read_embed(embed)
    parts += [text for each in message.get("components") or () for text in _texts_in(each)]
    poll = message.get("poll") or {}
    parts += [
        _text_of(poll.get("question")),
        *(f"• {_text_of(each.get('poll_media'))}" for each in poll.get("answers") or ()),
    ]
    words = [to_plain_text(each, me, names) for each in parts]
    words += [f":{'_'.join(str(each.get('name') or '').split())}:" for each in message.get("sticker_items") or ()]
    return "\n".join(filter(None, dict.fromkeys(words)))


def _read_embed(embed: Json) -> list[str]:
    fields = [
        ": ".join(filter(None, (str(one.get("name") or ""), str(one.get("value") or ""))))
        for one in embed.get("fields") or ()
    ]
    return [str(embed.get(key) or "") for key in ("title", "description")] + fields


def _texts_in(component: Json) -> Iterator[str]:
    if component.get("type") == _TEXT:
        yield str(component.get("content") or "")
    inner = [*(component.get("components") or ()), *(component.get("items") or ())]
    if isinstance(component.get("component"), Mapping):
        inner.append(component["component"])
    for each in inner:
        if isinstance(each, Mapping):
            yield str(each.get("description") or "")
            yield from _texts_in(each)


def _text_of(media: object) -> str:
    return str(media.get("text") or "") if isinstance(media, Mapping) else ""
