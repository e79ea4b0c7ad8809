"""Stores visits as bytes, so a crawl goes on after its process was killed without requesting urls again.

    Visit ──pack──> bytes   stored with the pages that it staged, in one transaction
    bytes ──unpack─> Visit  replayed, so that frontier and ledger are again as they were

Leaves out bodies and passages: those of a kept page are staged already. JSON, because another version may go on with
the crawl; it requests again what it cannot read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from ingest.pages import Extract, Parsed
from ingest.visit import Visit
from ingest.web.results import Fetched, FetchFailed, NotFound, NotModified, Redirected, Refused, Result

_KINDS: dict[str, type[Result]] = {
    kind.__name__: kind for kind in (Fetched, NotModified, Redirected, Refused, NotFound, FetchFailed)
}


def pack(visit: Visit) -> bytes:
    """Return a visit as JSON, without its body and its passages."""
    result = {key: value for key, value in asdict(visit.result).items() if key != "body"}
    record = {
        "trail": visit.trail,
        "kind": type(visit.result).__name__,
        "result": result,
        "page": _page(visit.parsed) if visit.parsed else None,
        "mark": visit.mark,
        "trouble": visit.trouble,
        "news": visit.is_news,
    }
    return json.dumps(record, separators=(",", ":")).encode()


def _page(parsed: Parsed) -> dict[str, Any]:
    extract = {field.name: getattr(parsed.extract, field.name) for field in fields(Extract) if field.name != "blocks"}
    return {"extract": extract, "dropped_short": parsed.dropped_short}


def unpack(record: bytes, depth: int) -> Visit | None:
    """Return the visit of a record, for a page at `depth`; None where this version cannot read the record."""
    try:
        value = json.loads(record)
        result = value["result"]
        if value["kind"] == "Fetched":
            result["body"] = b""
        page = value["page"]
        return Visit(
            depth,
            tuple(value["trail"]),
            _KINDS[value["kind"]](**result),
            _parsed(page) if page else None,
            value["mark"],
            value["trouble"],
            value["news"],
        )
    except (ValueError, TypeError, KeyError):
        return None


def _parsed(page: dict[str, Any]) -> Parsed:
    extract = page["extract"] | {"links": tuple(page["extract"]["links"]), "blocks": ()}
    return Parsed(Extract(**extract), (), page["dropped_short"])
