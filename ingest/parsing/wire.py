"""The words that the parser and its child say to each other over two pipes, as bytes.

    request   lengths of the three (3 x 4 bytes) | content type | url | body            all numbers little-endian
    answer    length (4 bytes) | JSON: [passages, dropped, title, links, facts, retiring] or {"failed": why}

JSON, because the child reads strangers' pages and what it says back must not be able to run here (as pickle could).
Reads and writes no pipe itself.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

from core.domain import Kind, Passage
from ingest.media import is_pdf
from ingest.pages import Extract, Parsed

LENGTH: Final = struct.Struct("<I")
REQUEST: Final = struct.Struct("<III")
PDF_PATIENCE: Final = 18
"""So many times as long as a page a PDF may take: 20 ms go into one of its thousands of pages."""

LARGEST_ANSWER: Final = 1 << 26
"""No answer is longer; what claims to be is not ours."""


_FACTS = (
    *("canonical", "language", "generator", "refresh", "noindex", "nofollow", "trouble", "alternate", "version"),
    "left_out",
)


class Misspoken(Exception):
    """An answer that the child never gives unless something is very wrong with it."""


def request(body: bytes, content_type: str, url: str) -> bytes:
    """One page, as asked."""
    kind, place = content_type.encode("utf-8", "replace"), url.encode("utf-8", "replace")
    return b"".join((REQUEST.pack(len(kind), len(place), len(body)), kind, place, body))


def patience(body: bytes) -> int:
    """Return how many times as long as a page of HTML this may take; both sides must agree."""
    return PDF_PATIENCE if is_pdf(body) else 1


def clock(body: bytes, seconds: float, waits: int) -> float:
    """Return how long this may take on the clock, where a page may have `seconds` of the processor.

    A page of HTML gets `waits` times as long, since a busy machine may give the child little of its time. A PDF has so
    much time already that it gets no more than that.
    """
    return seconds * max(waits, patience(body))


def answer(parsed: Parsed, *, retiring: bool) -> bytes:
    """One page, taken apart. `retiring`: the child will end now, having grown."""
    page = parsed.extract
    passages = [(p.anchor, p.path, p.text, p.kind.value, p.language) for p in parsed.passages]
    facts = {name: getattr(page, name) for name in _FACTS}
    return _framed([passages, parsed.dropped_short, page.title, page.links, facts, retiring])


def failure(reason: str, *, retiring: bool) -> bytes:
    """A page that could not be taken apart."""
    return _framed({"failed": reason, "retiring": retiring})


def _framed(value: object) -> bytes:
    data = json.dumps(value, separators=(",", ":")).encode()
    return LENGTH.pack(len(data)) + data


def read_answer(data: bytes, url: str) -> tuple[Parsed | str, bool]:
    """-> the page, or why there is none; and whether the child retires. Raises `Misspoken`."""
    try:
        value: Any = json.loads(data)
        if isinstance(value, dict):
            return str(value["failed"]), bool(value["retiring"])
        passages, dropped, title, links, facts, retiring = value
        page = Extract(title, (), tuple(links), **facts)
        return Parsed(page, tuple(_passages(passages, url, title)), dropped), bool(retiring)
    except (ValueError, TypeError, KeyError) as error:
        raise Misspoken(str(error)) from error


def _passages(rows: Any, url: str, title: str) -> list[Passage]:
    return [
        Passage(url, anchor, tuple(path), text, title, Kind(kind), language, ordinal)
        for ordinal, (anchor, path, text, kind, language) in enumerate(rows)
    ]
