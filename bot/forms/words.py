"""The tables of `words.toml` as patterns."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

_APOSTROPHE = re.compile(r"['’]\??(?=(?:s|t|m|d|re|ve|ll)(?![a-z]))|(['’]\??)")


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files("bot.forms").joinpath("words.toml").read_text("utf-8"))


def any_of(name: str) -> str:
    """Return a group that matches any entry of a table: `"again"` -> `"(?:still|again|...)"`; families are joined.

    An apostrophe also matches none, as people type: `"don't"` matches `"dont"`, `"c'est"` matches `"c est"`.
    """
    table = _tables()[name]
    entries = table if isinstance(table, list) else [entry for family in table.values() for entry in family]
    return f"(?:{'|'.join(_APOSTROPHE.sub(_allow_none, each) for each in entries)})"


def _allow_none(found: re.Match[str]) -> str:
    """Return an apostrophe as people type it; other than the English one also as a space."""
    return "['’` ]?" if found[1] else "['’`]?"
