"""The request for a fetch, and the closed set of its results.

    FetchRequest(url, permit, validators, cap) ──ingest.web.fetch──> Result

    Result = Fetched      200, with its body
           | NotModified  304
           | Redirected   a hop that the caller did not permit
           | Refused      left out by rule; another request would not help
           | NotFound     404, 410
           | FetchFailed  no proper response; the page may or may not exist

Values only: nothing here sends or judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ingest.web.body import decode_text

MAX_BODY, MAX_PDF = 5_000_000, 30_000_000
"""Decompressed bytes of one page, and of a PDF, which may hold a whole manual."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Seconds and counts of one request; `patience` is the time that a url may take over all tries and redirects.

    `unread_pause`: how long a host is left alone that asks for a pause in words which cannot be read.
    """

    tries: int = 3
    backoff: float = 0.5
    header_timeout: float = 10.0
    patience: float = 30.0
    unread_pause: float = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200. `url` is where it was found in the end, as the server spells it; `robots_tag` has one header per line."""

    url: str
    body: bytes
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    robots_tag: str = ""
    refresh: str = ""

    @property
    def text(self) -> str:
        return decode_text(self.body, self.content_type)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304 to validators that were sent."""

    url: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """The caller did not permit the next hop, for the caller's `reason`."""

    url: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Left out by rule: address, redirects, content type, size, compression. Another request would not help."""

    url: str
    reason: str


UNREADABLE = frozenset({"malformed answer", "unknown compression", "damaged compression"})
"""Reasons of a `Refused` that do not show what is at the url."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """A 404 or 410."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No proper response, after all tries. `status` 0: no response at all."""

    url: str
    reason: str
    status: int = 0


Result: TypeAlias = Fetched | NotModified | Redirected | Refused | NotFound | FetchFailed


@dataclass(frozen=True, slots=True)
class Validators:
    """The values that make a request conditional."""

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value}


_NONE = Validators()


def _anywhere(_url: str) -> str:
    return ""


def _unconditional(_url: str) -> Validators:
    return _NONE


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One request. `permit(target)` is called before each redirect: "" lets it pass, a reason stops it.

    `validators(url)` are those of the page that the hop leads to; `pages_only` leaves out, unread, what is neither HTML
    nor markdown nor, with `pdf`, a PDF nor, with `data`, a notebook or a description of an API; `cut` takes the first
    `cap` bytes of a longer body instead of refusing it.
    """

    url: str
    permit: Callable[[str], str] = _anywhere
    validators: Callable[[str], Validators] = _unconditional
    pages_only: bool = True
    pdf: bool = False
    data: bool = False
    cap: int = MAX_BODY
    cut: bool = False
