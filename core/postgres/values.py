"""Values on their way into Postgres: texts and JSON that it can hold.

Postgres holds no NUL and no half of a surrogate pair; whatever a page says, its row can be stored. Asks no database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from core.domain import Passage

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def text_of(text: str) -> str:
    """Return the text without NUL, and with a replacement character for each half of a surrogate pair."""
    return _UNSTORABLE.sub(lambda found: "" if found.group() == "\0" else "\ufffd", text)


def to_storable(passage: Passage) -> Passage:
    """Return the passage with texts that can be stored, so that its identity is that of what is stored."""
    written = (passage.url, passage.anchor, *passage.path, passage.text, passage.title, passage.language)
    if not _UNSTORABLE.search("".join(written)):
        return passage  # nearly all of them: one search, not one per text
    return replace(
        passage,
        url=text_of(passage.url),
        anchor=text_of(passage.anchor),
        path=tuple(text_of(part) for part in passage.path),
        text=text_of(passage.text),
        title=text_of(passage.title),
        language=text_of(passage.language),
    )


def json_of(state: Mapping[str, object]) -> str:
    """Return JSON for jsonb, which holds no NUL and no half of a surrogate pair either, nor their escapes."""
    return json.dumps(_storable_json(state), default=str)


def _storable_json(value: object) -> object:
    match value:
        case str():
            return text_of(value)
        case Mapping():
            return {text_of(str(key)): _storable_json(each) for key, each in value.items()}
        case list() | tuple():
            return [_storable_json(each) for each in value]
        case _:
            return value
