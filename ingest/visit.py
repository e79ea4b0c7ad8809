"""Requests one url of a crawl, follows it, parses it, and returns one value. Decides nothing about the other urls.

Due ──Visitor.visit──> Visit(result, parsed, mark)
         │  ├─ visit log   what an earlier process of this crawl did is not done again
         │  ├─ permit      each redirect hop: scope, rules, robots.txt, and whether another visit has that page
         │  └─ validators  those of the page that the hop leads to
         └─ parse          in the killable child; again after its scripts were run, or its twin, if it needs that
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol
from urllib.parse import urlsplit

from core.index.crawling import KnownPage
from core.net.urls import page_key
from ingest.duplicates import fingerprint
from ingest.frontier import NO_PAGE, Due, Frontier, Rules
from ingest.html.trouble import NEEDS_SCRIPT
from ingest.pages import Extract, Parsed
from ingest.parsing.parse import ParseFailed
from ingest.rendering.render import RenderFailed
from ingest.site import Site
from ingest.twins import Twins, as_page, is_empty
from ingest.web.fetch import Fetcher
from ingest.web.results import Fetched, FetchRequest, Redirected, Result, Validators

ALIAS, LOGIN = "another url of a page", "login"

_LOGINS = frozenset({"login", "log-in", "signin", "sign-in", "sign_in", "logon"})


class PageParser(Protocol):
    """Parses a page without endangering the crawl. Raises `ParseFailed`."""

    async def parse(self, body: bytes, content_type: str, url: str) -> Parsed: ...


class Renderer(Protocol):
    """Runs the scripts of a page, and returns it without validators. Raises `RenderFailed`."""

    async def render(self, page: Fetched) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of one url. `trail`: the stored urls requested, the first and each hop; the last is where it ended.

    `parsed` belongs to a `Fetched`, and is None where parsing failed because of `trouble`. `mark` is the fingerprint of
    its passages, "" without any; a visit from the visit log has only the mark, as its passages are staged, and knows
    whether they were news among the variants of its query. `body` is the hash of a body without passages.
    """

    depth: int
    trail: tuple[str, ...]
    result: Result
    parsed: Parsed | None = None
    mark: str = ""
    trouble: str = ""
    is_news: bool = False
    body: str = ""

    @property
    def url(self) -> str:
        """The url where the visit ended."""
        return self.trail[-1]


class Visitor:
    """Makes the visits of one crawl, any number at once. `rereads`: known urls to be read again, changed or not."""

    def __init__(  # noqa: PLR0913 - a visit needs all of these
        self,
        site: Site,
        fetcher: Fetcher,
        parser: PageParser,
        rules: Rules,
        frontier: Frontier,
        known: Mapping[str, KnownPage],
        twins: Twins,
        renderer: Renderer | None = None,
        rereads: Collection[str] = (),
    ) -> None:
        self._site = site
        self._fetcher = fetcher
        self._parser = parser
        self._rules = rules
        self._frontier = frontier
        self._known = known
        self._twins = twins
        self._renderer = renderer
        self._rereads = rereads

    def again(self, visit: Visit, url: str) -> Visit:
        """Replay a visit of `url` from the visit log and return it: the frontier learns what it learnt back then."""
        for place in visit.trail:
            if page_key(place) != page_key(url) and not self._frontier.claim(place):
                # The order is not the one of back then: this page has another visit already.
                return replace(visit, trail=(url,), result=Redirected(url, place, ALIAS), parsed=None, mark="")
            if self._frontier.spelling(place) != place:
                self._frontier.respell(place)
        return visit

    async def visit(self, due: Due) -> Visit:
        """Request a url, and parse its page. Raises nothing but cancellation."""
        trail = [due.url]
        ask = FetchRequest(
            self._site.asked(due.url),
            lambda target: self._permit(target, trail),
            self._validators,
            pdf=self._site.wants_pdf(due.url),
            data=self._site.is_start(due.url),
        )
        result = await self._fetcher.get(ask)
        match result:
            case Fetched():
                return await self._parsed(Visit(due.depth, tuple(trail), result), result)
            case _:
                return Visit(due.depth, tuple(trail), result)

    def _permit(self, target: str, trail: list[str]) -> str:
        """Return why a hop must not be followed, "" where it may be. Extends the trail where it may."""
        url = self._site.stored(target)
        if url is None:
            return NO_PAGE
        if is_login(url) and not is_login(trail[0]):
            return LOGIN
        if reason := self._rules.against(url):
            return reason
        if url == trail[-1]:
            return ""  # only escaped differently
        if page_key(url) == page_key(trail[-1]):
            self._frontier.respell(url)
            trail[-1] = url
        elif url in trail or self._frontier.claim(url):
            trail.append(url)
        else:
            return ALIAS
        return ""

    def _validators(self, target: str) -> Validators:
        page = self._known.get(self._site.stored(target) or "")
        if page is None or page.url in self._rereads:
            return Validators()
        return Validators(page.etag, page.last_modified)

    async def _parsed(self, visit: Visit, result: Fetched) -> Visit:
        try:
            result, parsed = await self._taken_apart(result)
        except (ParseFailed, RenderFailed) as error:
            return replace(visit, trouble=str(error), result=replace(result, body=b""))
        url = self._preferred(visit.url, parsed.extract.canonical, result.url)
        passages = tuple(passage if passage.url == url else replace(passage, url=url) for passage in parsed.passages)
        mark = fingerprint(passages) if passages else ""
        # The body is no longer needed; a visit may wait a while until it is counted.
        return replace(
            visit,
            trail=(*visit.trail[:-1], url),
            parsed=replace(parsed, passages=passages),
            mark=mark,
            body="" if mark else blake2b(result.body, digest_size=16).hexdigest(),
            result=replace(result, body=b""),
        )

    async def _taken_apart(self, page: Fetched) -> tuple[Fetched, Parsed]:
        parsed = await self._parser.parse(page.body, page.content_type, page.url)
        if self._renderer is not None and _is_shell(parsed.extract):
            page = await self._renderer.render(page)
            parsed = await self._parser.parse(page.body, page.content_type, page.url)
        if not is_empty(parsed.extract) or not (twin := await self._twins.fetch(page, parsed.extract)):
            return page, parsed
        with suppress(ParseFailed):  # the page is there all the same
            read = as_page(await self._parser.parse(twin.body, twin.content_type, twin.url), parsed)
            return (page, parsed) if read is None else (replace(page, etag="", last_modified=""), read)
        return page, parsed

    def _preferred(self, url: str, canonical: str, base: str) -> str:
        target = self._site.stored(canonical, base) if canonical else None
        return url if target is None else self._frontier.preferred(url, target)


def _is_shell(extract: Extract) -> bool:
    return extract.trouble == NEEDS_SCRIPT and not (extract.noindex or extract.nosnippet or extract.refresh)


def is_login(url: str) -> bool:
    """Return whether a url looks like a login page: `"https://h/accounts/login/?next=/docs"`."""
    return not _LOGINS.isdisjoint(urlsplit(url).path.lower().strip("/").split("/")[-2:])
