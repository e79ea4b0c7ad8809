"""Reads ../shared/bad/inputs.jsonl: one `Bad` a line, as parameters of a test."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest

from tests.conftest import SHARED

FILE = SHARED / "bad" / "inputs.jsonl"
TESTED = frozenset(
    {
        "answer.links",
        "config",
        "discord.gateway",
        "discord.render",
        "ingest.body.bytes",
        "ingest.body.html",
        "ingest.crawl",
        "ingest.document",
        "ingest.response",
        "ingest.robots",
        "ingest.sitemap",
        "ingest.transport",
        "ingest.url",
        "provider.response",
        "question.text",
        "slack.event",
        "slack.render",
    }
)
LATER: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bad:
    """One input; `text` with its repeats written out, `data` its bytes."""

    id: str
    surface: str
    expected: str
    text: str
    data: bytes


def bad(surface: str) -> pytest.MarkDecorator:
    """Parametrise `bad` with the inputs of a surface (ids are the file's), or skip visibly where they are missing."""
    here = [pytest.param(row, id=row.id) for row in inputs(surface)]
    missing = pytest.mark.skip(reason="the folder ../shared is not here")
    return pytest.mark.parametrize("bad", here or [pytest.param(None, id="not-here", marks=missing)])


def inputs(surface: str) -> list[Bad]:
    """Return the inputs of one surface."""
    return [_read(row) for row in _rows() if row["surface"] == surface]


def surfaces() -> set[str]:
    """Return all surfaces that the file holds."""
    return {row["surface"] for row in _rows()}


@lru_cache(1)
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in FILE.read_text("utf-8").splitlines()) if FILE.is_file() else ()


def _read(row: dict[str, Any]) -> Bad:
    written: Any = row["input"]
    match row["enc"]:
        case "b64":
            data = base64.b64decode(written)
            text = data.decode("utf-8", "replace")
        case "gen":
            parts = json.loads(written) if isinstance(written, str) else written
            text = parts["prefix"] + parts["unit"] * parts["n"] + parts["suffix"]
            data = text.encode()
        case _:
            text = str(written)
            data = text.encode("utf-8", "replace")
    return Bad(row["id"], row["surface"], row["expected"], text, data)
