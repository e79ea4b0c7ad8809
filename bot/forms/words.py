"""The tables of `words.toml` as patterns."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files("bot.forms").joinpath("words.toml").read_text("utf-8"))


def any_of(name: str) -> str:
    """Return a group that matches any entry of a table: `"again"` -> `"(?:still|again|...)"`; families are joined."""
    table = _tables()[name]
    entries = table if isinstance(table, list) else [entry for family in table.values() for entry in family]
    return f"(?:{'|'.join(entries)})"
