"""What a visit came to, as bytes: how a crawl goes on after its process was killed, without asking again.

    Visit ──pack──> bytes   stored with the pages that it staged, in one transaction
    bytes ──unpack─> Visit  replayed, so that frontier and ledger are again what they were

Without bodies and passages: those of a page that was kept are staged already. JSON, because it must be read by
whatever version goes on; what it cannot read it asks for again.
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
    """A visit without its body and its passages."""
    result = {key: value for key, value in asdict(visit.result).items() if key != "body"}
    record = {
        "trail": visit.trail,
        "kind": type(visit.result).__name__,
        "result": result,
        "page": _page(visit.parsed) if visit.parsed else None,
        "mark": visit.mark,
        "trouble": visit.trouble,
    }
    return json.dumps(record, separators=(",", ":")).encode()


def _page(parsed: Parsed) -> dict[str, Any]:
    extract = {field.name: getattr(parsed.extract, field.name) for field in fields(Extract) if field.name != "blocks"}
    return {"extract": extract, "dropped_short": parsed.dropped_short}


def unpack(record: bytes, depth: int) -> Visit | None:
    """The visit as its page is met again at `depth`; None where this version does not understand it."""
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
        )
    except (ValueError, TypeError, KeyError):
        return None


def _parsed(page: dict[str, Any]) -> Parsed:
    extract = page["extract"] | {"links": tuple(page["extract"]["links"]), "blocks": ()}
    return Parsed(Extract(**extract), (), page["dropped_short"])
