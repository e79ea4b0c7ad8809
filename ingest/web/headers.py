"""What response headers say to a crawler, as values: where to go, and what to leave alone.

    Location      ──hop_target─────> the url in the server's own spelling
    Refresh       ──refresh_target─> the url of a forward that a person would not notice
    X-Robots-Tag  ──directives─────> the words that are meant for us

Pure text work; the same things said inside a page are read by the parser.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from core.urls import normalise

MAX_REFRESH_DELAY = 5.0
"""Seconds. A page that changes later than this is one that people read."""

_REFRESH = re.compile(
    r"\s{0,20}(\d{1,6}(?:\.\d{0,6})?)\s{0,20}[;,]\s{0,20}url\s{0,20}=\s{0,20}(.{1,2048})", re.IGNORECASE
)
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_FOR_ALL = frozenset({"", "*"})


def hop_target(location: str, url: str) -> str | None:
    """A redirect's target in the server's own spelling, for it may insist on it; None where it is no http(s) url."""
    if not location.strip() or normalise(location, url) is None:
        return None
    return _spelled(urljoin(url, location.strip()).partition("#")[0])


def _spelled(url: str) -> str:
    """Only what HTTP demands is escaped: blanks and letters beyond ASCII."""
    head, slashes, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    clean = "".join(letter if "!" <= letter <= "~" else _percent(letter) for letter in path)
    return f"{head.lower()}{slashes}{place}{slash or '/'}{clean}"


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def refresh_target(value: str) -> str:
    """`"0; url='../b'"` -> `"../b"`, `"300; url=/"` and `"30"` -> `""`."""
    match = _REFRESH.match(value[:4096])
    if match is None or float(match[1]) > MAX_REFRESH_DELAY:
        return ""
    return match[2].strip().strip("\"'").strip()


def directives(robots_tag: str, agent: str) -> frozenset[str]:
    """The words for `agent` or for everybody; one header a line.

    `("noindex\\ngooglebot: nofollow, nosnippet\\nunavailable_after: 1 Jan 2030", "footnote-bot")` -> `{"noindex"}`
    """
    found: set[str] = set()
    for line in robots_tag[:8192].lower().splitlines():
        meant = ""
        for word in line.split(","):
            name, colon, rest = word.strip().partition(":")
            if name in _WITH_VALUE:
                continue
            if colon:
                meant, name = name.strip(), rest.strip()
            if meant in _FOR_ALL or meant == agent:
                found.add(name)
    return frozenset(found | ({"noindex", "nofollow"} if "none" in found else set()))
