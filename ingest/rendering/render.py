"""Answers the requests of pages that are being rendered: their browser reaches no network, and asks here instead.

    a request of the browser ──Supply.answer──> whose host? ──> its robots.txt ──> Fetcher ──> Reply | None
                                                     ^──── redirect to another host ────┘

Each url is requested once per crawl, since the pages of an application share their scripts. The fetcher checks
addresses, caps and politeness, as for any page; `ingest.rendering.chromium` runs the browser. Cookies, and headers that
a script sets, do not leave the browser.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from core.errors import SiteUnreachable
from core.net.urls import origin
from ingest.web.fetch import MAX_REDIRECTS, Fetcher
from ingest.web.results import Fetched, FetchRequest, NotFound, Redirected, Result
from ingest.web.robots import Robots, load_robots

MAX_HOSTS, MAX_KEPT = 20, 64_000_000
"""Hosts that the pages of one crawl may use, and bytes of their answers that are kept for the next page."""

WANTED = frozenset({"script", "stylesheet", "xhr", "fetch"})
"""What a page may request besides itself, in Chromium's terms: sources of its text, and style sheets, because many
applications wait for theirs.
"""


class RenderFailed(Exception):
    """The page could not be rendered; `str(error)` is the reason, the same for the same cause."""


@dataclass(frozen=True, slots=True)
class RenderReply:
    """The answer to a request of the browser."""

    body: bytes = b""
    content_type: str = ""
    status: int = 200


class Supply:
    """Answers the requests of the pages of one crawl. `home`: the only origin to use, "" for any public one."""

    def __init__(self, fetcher: Fetcher, home: str = "") -> None:
        self._fetcher = fetcher
        self._home = home
        self._robots: dict[str, Robots | None] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._kept: dict[str, RenderReply | None] = {}
        self._size = 0

    async def answer(self, url: str) -> RenderReply | None:
        """Return the reply for a url, None where it may not be had. Raises nothing but cancellation."""
        url = url.partition("#")[0]
        if url not in self._kept:
            reply = await self._asked(url)
            self._size += len(url) + (len(reply.body) if reply else 0)
            if self._size > MAX_KEPT:
                return reply
            self._kept[url] = reply
        return self._kept[url]

    async def _asked(self, url: str) -> RenderReply | None:
        for _ in range(MAX_REDIRECTS + 1):
            rules = await self._rules(url)
            if rules is None or not rules.allows(url):
                return None
            result = await self._get(url, rules)
            match result:
                case Fetched():
                    return RenderReply(result.body, result.content_type)
                case NotFound(status=status):
                    return RenderReply(status=status)
                case Redirected(target=target) if origin(target) != origin(url):
                    url = target
                case _:
                    return None
        return None

    async def _get(self, url: str, rules: Robots) -> Result:
        def permit(target: str) -> str:
            return "" if origin(target) == origin(url) and rules.allows(target) else "not of this host"

        return await self._fetcher.get(FetchRequest(url, permit, pages_only=False))

    async def _rules(self, url: str) -> Robots | None:
        """Return the rules of the host of `url`; None: nothing there may be requested."""
        place = origin(url)
        if not url.startswith(("http://", "https://")) or (self._home and place != self._home):
            return None
        async with self._locks[place]:
            if place not in self._robots:
                self._robots[place] = await self._met(place) if len(self._robots) < MAX_HOSTS else None
            return self._robots[place]

    async def _met(self, place: str) -> Robots | None:
        try:
            robots = await load_robots(self._fetcher, place)
        except SiteUnreachable:
            return None
        self._fetcher.host(place).delay = robots.delay
        return robots
