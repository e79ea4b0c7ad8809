"""The messages that the parser and its child exchange over two pipes, as bytes.

    request   lengths of the three (3 x 4 bytes) | content type | url | body            all numbers little-endian
    answer    length (4 bytes) | JSON: [passages, dropped, title, links, facts, retiring] or {"failed": why}

JSON, because the child reads strangers' pages, and its answers must not be able to run code here (as pickle could).
Does not read or write the pipes.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

from core.domain import Passage, PassageKind
from ingest.media import is_pdf
from ingest.pages import Extract, Parsed

LENGTH: Final = struct.Struct("<I")
REQUEST: Final = struct.Struct("<III")
PDF_PATIENCE: Final = 18
"""A PDF may take this many times as long as a page of HTML: each of its thousands of pages takes 20 ms."""

LARGEST_ANSWER: Final = 1 << 26
"""Bytes. No answer is longer; one that claims to be does not come from our child."""


_FACTS = (
    *("canonical", "language", "generator", "refresh", "noindex", "nofollow", "trouble", "alternate", "version"),
    *("left_out", "twin", "nosnippet"),
)


class MalformedAnswer(Exception):
    """An answer that the child never gives unless it is broken."""


def encode_request(body: bytes, content_type: str, url: str) -> bytes:
    """Return the request to parse one page."""
    kind, place = content_type.encode("utf-8", "replace"), url.encode("utf-8", "replace")
    return b"".join((REQUEST.pack(len(kind), len(place), len(body)), kind, place, body))


def patience(body: bytes) -> int:
    """Return how many times as long as a page of HTML a body may take; both sides must agree."""
    return PDF_PATIENCE if is_pdf(body) else 1


def clock(body: bytes, seconds: float, waits: int) -> float:
    """Return how many seconds a body may take on the clock, where a page may take `seconds` of processor time.

    A page of HTML gets `waits` times as long, since a busy machine may give the child little time. A PDF has so much
    time already that it gets no more.
    """
    return seconds * max(waits, patience(body))


def encode_answer(parsed: Parsed, *, retiring: bool) -> bytes:
    """Return the answer with one parsed page. `retiring`: the child has grown, and ends now."""
    page = parsed.extract
    passages = [(p.anchor, p.path, p.text, p.kind.value, p.language) for p in parsed.passages]
    facts = {name: getattr(page, name) for name in _FACTS}
    return _framed([passages, parsed.dropped_short, page.title, page.links, facts, retiring])


def encode_failure(reason: str, *, retiring: bool) -> bytes:
    """Return the answer for a page that could not be parsed. `retiring`: the child ends now."""
    return _framed({"failed": reason, "retiring": retiring})


def _framed(value: object) -> bytes:
    data = json.dumps(value, separators=(",", ":")).encode()
    return LENGTH.pack(len(data)) + data


def read_answer(data: bytes, url: str) -> tuple[Parsed | str, bool]:
    """Return the page, or why there is none, and whether the child retires. Raises `Misspoken`."""
    try:
        value: Any = json.loads(data)
        if isinstance(value, dict):
            return str(value["failed"]), bool(value["retiring"])
        passages, dropped, title, links, facts, retiring = value
        page = Extract(title, (), tuple(links), **facts)
        return Parsed(page, tuple(_passages(passages, url, title)), dropped), bool(retiring)
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedAnswer(str(error)) from error


def _passages(rows: Any, url: str, title: str) -> list[Passage]:
    return [
        Passage(url, anchor, tuple(path), text, title, PassageKind(kind), language, ordinal)
        for ordinal, (anchor, path, text, kind, language) in enumerate(rows)
    ]
