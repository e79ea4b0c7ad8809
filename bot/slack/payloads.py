"""What a payload of Slack holds at a key, where it is what Slack promises there, whatever came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]


def text_in(payload: Json, key: str) -> str:
    """A string; else an empty one."""
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def map_in(payload: Json, key: str) -> Json:
    """An object; else an empty one."""
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def maps_in(payload: Json, key: str) -> list[Json]:
    """The objects of a list."""
    values = payload.get(key)
    return [each for each in values if isinstance(each, Mapping)] if isinstance(values, list) else []
