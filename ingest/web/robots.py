"""robots.txt: what we may request, how fast, and which sitemaps it names.

200  its rules, by Protego (the standard library's parser is wrong on "/*?")
4xx  no rules: everything is allowed (RFC 9309, 2.3.1.3); the same for a redirect that we may not follow
429, 5xx, no response, or one that cannot be read  `SiteUnreachable`: the rules must not be guessed
"""

from __future__ import annotations

import asyncio

from protego import Protego

from core.errors import SiteUnreachable
from core.net.urls import normalise
from ingest.web.body import decode_text
from ingest.web.fetch import Fetcher
from ingest.web.politeness import MAX_CRAWL_DELAY
from ingest.web.results import UNREADABLE, Fetched, FetchFailed, FetchRequest, Refused

AGENT = "footnote-bot"
"""Our name in robots.txt."""

MAX_ROBOTS = 512_000
"""Bytes that are read (RFC 9309 asks for 500 KiB)."""

_TOO_MANY_REQUESTS = 429
_CACHED = 50_000
_SMALL = 50_000


class Robots:
    """The rules of one host. `delay` in seconds, 0 where none is asked for; `capped`: the host asks for more."""

    def __init__(self, text: str = "", url: str = "") -> None:
        rules = Protego.parse(text.removeprefix("\ufeff"))
        asked = rules.crawl_delay(AGENT) or 0.0
        self.delay = min(asked, MAX_CRAWL_DELAY)
        self.capped = asked > MAX_CRAWL_DELAY
        named = (normalise(place, url or None) for place in rules.sitemaps)
        self.sitemaps = tuple(dict.fromkeys(place for place in named if place))
        self._rules = rules
        self._known: dict[str, bool] = {}

    def allows(self, url: str) -> bool:
        """Return whether we may request `url`, which is on this host."""
        allowed = self._known.get(url)
        if allowed is None:
            allowed = bool(self._rules.can_fetch(url, AGENT))
            if len(self._known) < _CACHED:
                self._known[url] = allowed
        return allowed


async def load_robots(fetcher: Fetcher, origin: str) -> Robots:
    """Return the rules of the host at `origin` ("https://docs.example"). Raises `SiteUnreachable`."""
    url = f"{origin}/robots.txt"
    answer = await fetcher.get(FetchRequest(url, pages_only=False, cap=MAX_ROBOTS, cut=True))
    match answer:
        case Fetched():
            text = decode_text(answer.body, answer.content_type)
            # Half a megabyte of rules takes a second to parse.
            return Robots(text, url) if len(text) < _SMALL else await asyncio.to_thread(Robots, text, url)
        case FetchFailed(reason=reason) | Refused(reason=reason) if _is_there(answer):
            raise SiteUnreachable(f"{url} could not be read ({reason}), so nothing of the site was asked for.")
        case _:
            return Robots()


def _is_there(answer: FetchFailed | Refused) -> bool:
    """Return whether there may be rules that we cannot read."""
    if isinstance(answer, Refused):
        return answer.reason in UNREADABLE
    return answer.status in {0, _TOO_MANY_REQUESTS} or answer.status >= 500
