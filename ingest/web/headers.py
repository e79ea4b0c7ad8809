"""What response headers say to a crawler, as values: where to go, and what to leave alone.

    Location      ──hop_target─────> the url in the server's spelling
    Refresh       ──refresh_target─> the url of a forward that a person would not notice
    X-Robots-Tag  ──parse_directives─────> the words that are meant for us
    ETag, ...     ──validator──────> what to send back the next time

Works on text alone; the parser reads the same things inside a page.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from core.net.hosts import to_ascii_host
from core.net.urls import normalise

MAX_REFRESH_DELAY = 5.0
"""Seconds. A page that forwards later than this is meant to be read."""

_REFRESH = re.compile(
    r"\s{0,20}(\d{1,6}(?:\.\d{0,6})?)\s{0,20}[;,]\s{0,20}url\s{0,20}=\s{0,20}(.{1,2048})", re.IGNORECASE
)
_LONGEST_VALIDATOR = 1_024
_PLACE_END = re.compile(r"[/?]")
NO_SNIPPET = "nosnippet"
"""No answer may quote the page. `max-snippet:0` says the same."""

_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_FOR_ALL = frozenset({"", "*"})


def hop_target(location: str, url: str) -> str | None:
    """Return a redirect's target in the server's spelling, which it may insist on; None where it is no http(s) url."""
    location, question, query = location.strip().partition("?")
    location = location.replace("\\", "/") + question + query  # as browsers take it
    if not location or normalise(location, url) is None:
        return None
    return _spelled(urljoin(url, location).partition("#")[0])


def _spelled(url: str) -> str:
    """Return a url escaped only as HTTP demands: blanks and letters beyond ASCII, in the host by IDNA."""
    scheme, _, rest = url.partition("://")
    cut = _PLACE_END.search(rest)
    place, path = (rest[: cut.start()], rest[cut.start() :]) if cut else (rest, "")
    if not place.isascii():
        host, colon, port = place.partition(":")
        place = f"{to_ascii_host(host)}{colon}{port}"
    clean = "".join(letter if "!" <= letter <= "~" else _percent(letter) for letter in path)
    return f"{scheme.lower()}://{place}{'' if clean[:1] == '/' else '/'}{clean}"


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def validator(value: str) -> str:
    """Return an ETag or a date that may be sent back; "" for one so long that the server might refuse it."""
    return value if len(value) <= _LONGEST_VALIDATOR else ""


def refresh_target(value: str) -> str:
    """Return a refresh's target: `"0; url='../b'"` -> `"../b"`; "" for a long delay or none: `"300; url=/"`, `"30"`."""
    match = _REFRESH.match(value[:4096])
    if match is None or float(match[1]) > MAX_REFRESH_DELAY:
        return ""
    return match[2].strip().strip("\"'").strip()


def directives(robots_tag: str, agent: str) -> frozenset[str]:
    """Return the directives for `agent` or for all agents; `robots_tag` has one header per line.

    `("noindex\\ngooglebot: nofollow, nosnippet\\nunavailable_after: 1 Jan 2030", "footnote-bot")` -> `{"noindex"}`
    """
    found: set[str] = set()
    for line in robots_tag[:8192].lower().splitlines():
        meant = ""
        for word in line.split(","):
            name, colon, rest = word.strip().partition(":")
            if colon and name.strip() not in _WITH_VALUE:
                meant, (name, _, rest) = name.strip(), rest.strip().partition(":")
            if name.strip() in _WITH_VALUE:
                name = NO_SNIPPET if name.strip() == "max-snippet" and rest.strip() == "0" else ""
            if name and (meant in _FOR_ALL or meant == agent):
                found.add(name.strip())
    return frozenset(found | ({"noindex", "nofollow"} if "none" in found else set()))
