"""What may be changed of a source, read from what a person typed: the same rules on the command line and the console.

    {"schedule": "Every 6h", "visible_to": "slack:t1"}  ──>  {"schedule": "every 6h", "visible_to": ("slack:T1",)}

Whether the kind of a source allows a change, and whether a pattern can be read, is known to `ingest` alone: who changes
a source passes a `CheckChange` in. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from core.domain import Source
from core.errors import UsageError
from core.inbox.channels import parse_places
from core.work.schedule import parse_schedule

CheckChange: TypeAlias = Callable[[Source, Source], Awaitable[None]]
"""Raises `UsageError` where a source, as it was, may not become the second one."""

CHANGEABLE = ("schedule", "licence", "visible_to", "include", "exclude", "language", "render", "paused")
"""The fields of a source that may be changed, as forms name them."""

MOST_LICENCE, MOST_PATTERNS, MOST_PATTERN = 100, 200, 500
_ON = frozenset({"on", "yes", "true", "1"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def validate_schedule(text: str) -> str:
    """Return a schedule as it is stored; "" and "default" mean RECRAWL_CRON. Raises `UsageError`."""
    return "" if text.strip().lower() in ("", "default") else parse_schedule(text).text


def validate_language(text: str) -> str:
    """Return a language tag, for example `en` or `pt-BR`; "" means DOCS_LANGUAGE. Raises `UsageError`."""
    text = text.strip()
    if text and not _LANGUAGE.fullmatch(text):
        raise UsageError("The language must be a language tag such as en or pt-BR.")
    return text


def read_changes(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the changes that a form asks for, by field; a field that it lacks stays as it is. Raises `UsageError`.

    Patterns and places are lines; no place at all means that everybody may see the source.
    """
    changes: dict[str, object] = {}
    for name, text in texts.items():
        match name:
            case "schedule":
                changes[name] = validate_schedule(text)
            case "language":
                changes[name] = validate_language(text)
            case "licence":
                changes[name] = _licence(text)
            case "visible_to":
                changes[name] = parse_places([text]) if text.strip() else None
            case "include" | "exclude":
                changes[name] = _patterns(text)
            case "render" | "paused":
                changes[name] = text.strip().lower() in _ON
            case _:
                raise UsageError(f"There is no {name} to change of a source.")
    return changes


def _licence(text: str) -> str:
    if len(text.strip()) > MOST_LICENCE:
        raise UsageError(f"The licence has {len(text.strip()):,} characters: please shorten to {MOST_LICENCE}.")
    return " ".join(text.split())


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(patterns) > MOST_PATTERNS or any(len(each) > MOST_PATTERN for each in patterns):
        raise UsageError(f"Write at most {MOST_PATTERNS} patterns, each of {MOST_PATTERN} characters at most.")
    return patterns
