"""Walks one site and yields what became of each url, as it goes.

    robots.txt ──> start page ──> sitemaps, llms.txt ──> frontier ──visit, visit, ...──> known pages without a link
        └──── SiteUnreachable ────┘                          ^────── links ──────┘

`Crawler.walk` is an `ingest.sync.Walk`. This module schedules the visits. `ingest.frontier` decides which urls may be
requested, `ingest.visit` requests one page, and `ingest.outcomes` decides what its response means. Sends one request
per page, besides those for robots.txt, sitemaps, llms.txt and redirects. Stores nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from itertools import islice

from core.domain import Source
from core.errors import SiteUnreachable
from core.index.crawling import KnownPage
from core.net.urls import origin
from ingest.editions.priority import Priority
from ingest.frontier import OUT_OF_SCOPE, Bounds, Due, Frontier, Rules
from ingest.html.trouble import BARRIERS, SOFT_404
from ingest.outcomes import Ledger
from ingest.pages import Found, Skipped, Visited
from ingest.rereading import choose_due
from ingest.site import Site
from ingest.twins import Twins
from ingest.visit import LOGIN, PageParser, Renderer, Visit, Visitor
from ingest.visit_log import pack, unpack
from ingest.web.fetch import Fetcher
from ingest.web.politeness import MAX_CRAWL_DELAY
from ingest.web.results import Fetched, FetchFailed, NotFound, NotModified, Redirected, Refused
from ingest.web.robots import Robots, load_robots
from ingest.web.sitemap import read_sitemaps

SLOWER = f"a crawl delay of over {MAX_CRAWL_DELAY:.0f} s, cut to that"
"""Listed in the report among the urls that were left out, as broken sitemaps are: it says why a crawl takes long."""

SITEMAP = "sitemap, "
"""Comes before the reason why a sitemap is broken."""

_NO_START = BARRIERS | {SOFT_404}
_OFFERED_AT_ONCE = 1000


class Crawler:
    """Reads one source. `bounds` limit its pages, depth and query variants; `follows`: links lead to more pages."""

    def __init__(
        self,
        source: Source,
        fetcher: Fetcher,
        parser: PageParser,
        bounds: Bounds | None = None,
        renderer: Renderer | None = None,
        *,
        follows: bool = True,
    ) -> None:
        self._source = source
        self._follows = follows
        self._fetcher = fetcher
        self._parser = parser
        self._bounds = bounds or Bounds()
        self._renderer = renderer

    async def walk(
        self, known: Mapping[str, KnownPage], visited: Mapping[str, bytes] | None = None
    ) -> AsyncGenerator[Found, None]:
        """Yield outcomes as they come; where a url has two, the later one counts (duplicates are known at the end).

        `visited`: records of an earlier process of this crawl, by url; those urls are not requested again. Closing the
        generator ends all requests. Raises `SiteUnreachable` where robots.txt or the start page cannot be read.
        """
        started = time.monotonic()
        site = Site(self._source, follows=self._follows)
        robots = await load_robots(self._fetcher, origin(site.served))
        self._fetcher.host(site.served).delay = robots.delay
        if robots.capped:
            yield Skipped(f"{origin(site.root)}/robots.txt", SLOWER)
        rules = Rules(site, robots.allows)
        frontier = Frontier(rules, self._bounds, known, Priority(site.folder, self._bounds.language))
        twins = Twins(site, self._fetcher, robots.allows)
        rereads = choose_due(known, at_once=self._bounds.reread)
        visits = Visitor(site, self._fetcher, self._parser, rules, frontier, known, twins, self._renderer, rereads)
        visitor = _Recalling(visits, visited or {})
        ledger = Ledger(site, rules, frontier, known)

        for url in site.urls:
            frontier.offer(url, 0)
        for visit in await self._started(site, frontier, visitor):
            for found in await _report_found(visit, ledger):
                yield found
        await self._discover(site, robots, frontier, twins)
        most = 2 if robots.delay else 2 * self._fetcher.connections  # some are parsed while others are fetched
        pool = _Pool(frontier, visitor, most, started + self._bounds.seconds)
        async with aclosing(pool.visits()) as made:
            async for visit in made:
                for found in await _report_found(visit, ledger):
                    yield found
        frontier.close(late=pool.is_late)
        for outcome in ledger.close():
            yield outcome

    async def _started(self, site: Site, frontier: Frontier, visitor: _Recalling) -> list[tuple[Due, Visit]]:
        """Return the visit of the start page, or nothing for a list: no url of a list has to be readable.

        Raises `SiteUnreachable` where the start page cannot be read: then nothing of the site is believed.
        """
        return [] if self._source.urls else [await _start(site, frontier, visitor)]

    async def _discover(self, site: Site, robots: Robots, frontier: Frontier, twins: Twins) -> None:
        """Offer the frontier the urls of the site's sitemaps and llms.txt."""
        if not site.follows:
            return
        found = await read_sitemaps(self._fetcher, robots.sitemaps, site.served, site.on_host)
        for url, trouble in found.troubles.items():
            frontier.left_out[url] = SITEMAP + trouble
        await _offer(site, frontier, found.pages)
        await _offer(site, frontier, await twins.listed(site.served))


async def _report_found(each: tuple[Due, Visit], ledger: Ledger) -> list[Found]:
    """Return the outcomes of a visit, then its record.

    The outcomes come first: a process that is killed in between has staged the page, and requests it once more.
    """
    due, visit = each
    outcomes = await ledger.take(visit)
    return [*outcomes, Visited(due.url, pack(replace(visit, is_news=visit.trail[0] in ledger.news)))]


class _Recalling:
    """Makes visits, and replays those that an earlier process made."""

    def __init__(self, visitor: Visitor, records: Mapping[str, bytes]) -> None:
        self._visitor = visitor
        self._records = records

    async def visit(self, due: Due) -> tuple[Due, Visit]:
        record = self._records.get(due.url)
        visit = unpack(record, due.depth) if record else None
        return due, self._visitor.again(visit, due.url) if visit else await self._visitor.visit(due)


async def _offer(site: Site, frontier: Frontier, hrefs: Iterable[str]) -> None:
    waiting = iter(hrefs)
    while some := list(islice(waiting, _OFFERED_AT_ONCE)):
        for href in some:
            url = site.stored(href, site.served)
            if url is not None:
                frontier.offer(url, 1, listed=True)
        await asyncio.sleep(0)  # a list of 50,000 urls takes a second: other tasks need the event loop too


async def _start(site: Site, frontier: Frontier, visitor: _Recalling) -> tuple[Due, Visit]:
    due = frontier.take()
    if due is None:
        reason = frontier.left_out.get(frontier.spelling(site.root), "no place for it")
        raise SiteUnreachable(f"The start page {site.root} may not be asked for ({reason}).")
    due, visit = await visitor.visit(due)
    if isinstance(visit.result, NotFound) and frontier.ask_otherwise(visit.url, 0) and (other := frontier.take()):
        frontier.no_page()
        due, visit = await visitor.visit(other)
    if trouble := _start_trouble(visit, site):
        raise SiteUnreachable(f"The start page {site.asked(site.root)} {trouble}.")
    return due, visit


def _start_trouble(visit: Visit, site: Site) -> str:
    """Return why nothing of the site can be believed; "" where its start page could be read."""
    match visit.result:
        case Fetched():
            trouble = visit.parsed.extract.trouble if visit.parsed else visit.trouble
            return f"could not be read ({trouble})" if visit.parsed is None or trouble in _NO_START else ""
        case NotModified():
            return ""
        case Redirected(reason=reason) if reason == LOGIN:
            return "asks for a login"
        case Redirected(reason=reason, target=target) if reason == OUT_OF_SCOPE:
            return f"leads to {target.partition('?')[0]}, outside of {site.folder}: add the source under that url"
        case NotFound(status=status):
            return f"is not there (http {status})"
        case Redirected(reason=reason) | Refused(reason=reason) | FetchFailed(reason=reason):
            return f"could not be read ({reason})"


class _Pool:
    """Runs visits, `most` at once: first all links, then the known pages that no link led to. None after `last`."""

    def __init__(self, frontier: Frontier, visitor: _Recalling, most: int, last: float) -> None:
        self.is_late = False
        self._last = last
        self._frontier = frontier
        self._visitor = visitor
        self._most = most
        self._running = 0
        self._all_offered = False
        self._done: asyncio.Queue[tuple[Due, Visit]] = asyncio.Queue()

    async def visits(self) -> AsyncGenerator[tuple[Due, Visit], None]:
        """Yield each visit as it ends."""
        try:
            async with asyncio.TaskGroup() as group:
                while self._fill(group):
                    yield await self._done.get()
                    self._running -= 1
        except* GeneratorExit:
            # Closed while it waited: the group has ended its tasks, and wraps the GeneratorExit that it got.
            pass

    def _fill(self, group: asyncio.TaskGroup) -> bool:
        """Start visits up to the limit. Return whether any is running."""
        self._start(group)
        if not self._running and not self._all_offered:
            self._all_offered = True
            self._frontier.offer_unlinked()
            self._start(group)
        return self._running > 0

    def _start(self, group: asyncio.TaskGroup) -> None:
        self.is_late = self.is_late or time.monotonic() >= self._last
        while self._running < self._most and not self.is_late and (due := self._frontier.take()):
            group.create_task(self._visit(due))
            self._running += 1

    async def _visit(self, due: Due) -> None:
        self._done.put_nowait(await self._visitor.visit(due))
