"""The value at a key of Slack's payload, if it has the type that Slack promises there; else an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]


def text_in(payload: Json, key: str) -> str:
    """Return the string at a key; else an empty one."""
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def map_in(payload: Json, key: str) -> Json:
    """Return the object at a key; else an empty one."""
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def maps_in(payload: Json, key: str) -> list[Json]:
    """Return the objects of the list at a key; else an empty list."""
    values = payload.get(key)
    return [each for each in values if isinstance(each, Mapping)] if isinstance(values, list) else []
