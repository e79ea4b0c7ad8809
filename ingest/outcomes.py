"""What each visit of a crawl means: one outcome per url, and what is known only when all urls were requested.

    Visit ──take──┬─> Outcome     now
                  └─> links       offered to the frontier
    close ──> withdrawn           canonical elsewhere, duplicate: `Skipped` after `Kept`, the later one counts
              editions            of all pages that stay; the same text in two editions is not a duplicate
              moved               known urls that redirect share the outcome of the page they lead to
              left out            what the frontier did not let through

A page that is known from earlier crawls is judged more gently than a new one. Trouble that may go away (a login, a page
that needs JavaScript) makes it `Failed`. A redirect to elsewhere makes it `Gone`, as a 404 does: it leaves the index
when it was seen twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from core.domain import Edition
from core.index.crawling import KnownPage
from core.net.urls import page_key
from ingest.duplicates import overwritten, owner
from ingest.editions.branches import Says
from ingest.editions.edition import recognise_editions
from ingest.frontier import LIMITS, Frontier, Rules
from ingest.pages import Editions, Extract, Failed, Gone, Kept, Outcome, Parsed, Skipped, Unchanged, skip_rest
from ingest.site import Site
from ingest.visit import ALIAS, LOGIN, Visit
from ingest.web.headers import NO_SNIPPET, directives, refresh_target
from ingest.web.results import Fetched, FetchFailed, NotFound, NotModified, Redirected, Refused
from ingest.web.robots import AGENT

MOVED, CANONICAL, DUPLICATE, NO_INDEX = "moved", "canonical elsewhere", "duplicate", "noindex"
MAX_LINKS = 10_000
"""Links of one page that are followed."""

MOST_REPEATS = 20
"""Urls with the same body whose links are followed: a server that answers all urls alike makes them up."""

_FOLLOWED_AT_ONCE = 100
_BY_RULE = frozenset({"not html", "pdf", "too large"})
_NOT_FOUND = 404
_SERVER_ERROR = 500


class Ledger:
    """The outcomes of one crawl. Offers links to the frontier, sends no requests.

    `news`: urls with a query whose pages say what no other variant of it did.
    """

    def __init__(self, site: Site, rules: Rules, frontier: Frontier, known: Mapping[str, KnownPage]) -> None:
        self._site = site
        self._rules = rules
        self._frontier = frontier
        self._known = known
        self._found: set[str] = set()
        self._fates: dict[str, Gone | Failed | Skipped] = {}
        self._moves: dict[str, str] = {}
        self._canonicals: dict[str, str] = {}
        self._same: dict[str, list[str]] = {}
        self._heirs: set[str] = set()
        self._says: dict[str, str] = {}
        self.news: set[str] = set()
        self._times: Counter[str] = Counter()

    async def take(self, visit: Visit) -> list[Outcome]:
        """Return the outcomes of a visit that are clear now; known urls that redirect wait for `close`."""
        links = await self._follow(self._hrefs(visit), visit.depth)
        outcomes = [outcome for outcome in self._outcomes(visit, links) if outcome is not None]
        for outcome in outcomes:
            self._remember(outcome)
        if visit.url not in self._found:
            self._frontier.no_page()
        return outcomes

    def close(self) -> Iterator[Outcome | Editions]:
        """Yield the outcomes that are known only now that every url has been requested."""
        respelled = {url: self._frontier.spelling(url) for url in self._known}
        self._moves = {url: spelling for url, spelling in respelled.items() if url != spelling} | self._moves
        yield from self._withdrawn(self._canonical_elsewhere())
        editions = recognise_editions(self._read_says(), self._site.folder)
        yield from self._withdrawn(self._duplicates(editions))
        if editions:
            yield Editions(editions)
        yield from map(self._end_of_move, self._moves)
        for url, reason in self._frontier.left_out.items():
            yield Skipped(url, reason)

    def _withdrawn(self, outcomes: Iterable[Skipped | Gone]) -> Iterator[Skipped | Gone]:
        for outcome in outcomes:
            self._remember(outcome)
            yield outcome

    def _read_says(self) -> dict[str, str]:
        """Return what each page says of its edition: pages that were found, and known ones that stay without that."""
        left_out = {url for url, reason in self._frontier.left_out.items() if reason not in LIMITS}
        skipped = {url for url, fate in self._fates.items() if isinstance(fate, Skipped)}
        gone = left_out | skipped | self._moves.keys()
        stay = {url: page.says for url, page in self._known.items() if url not in gone}
        return stay | {url: self._says.get(url, "") for url in self._found}

    def _remember(self, outcome: Outcome) -> None:
        match outcome:
            case Kept() | Unchanged():
                self._found.add(outcome.url)
            case Gone() | Failed() | Skipped():
                self._found.discard(outcome.url)
                self._fates[outcome.url] = outcome
            case _:
                assert_never(outcome)

    def _outcomes(self, visit: Visit, links: Sequence[str]) -> Iterator[Outcome | None]:
        match visit.result:
            case Fetched() as fetched:
                page = self._page(visit, fetched, links)
                yield page
                yield from skip_rest(page)
                yield from self._aliases(visit.trail[:-1], visit.url)
            case NotModified():
                yield self._unchanged(visit)
                yield from self._aliases(visit.trail[:-1], visit.url)
            case Redirected(reason=reason, target=target) if reason == ALIAS:
                yield from self._aliases(visit.trail, self._site.stored(target) or visit.url)
            case Redirected(reason=reason):
                yield from (self._led_away(url, reason) for url in visit.trail)
            case NotFound() as missing:
                yield from self._missing(visit, missing)
            case Refused(reason=reason):
                yield from (self._unread(url, reason, passing=reason not in _BY_RULE) for url in visit.trail)
            case FetchFailed() as broken:
                yield from (self._broken(url, broken) for url in visit.trail)
            case _:
                assert_never(visit.result)

    def _aliases(self, urls: Iterable[str], target: str) -> Iterator[Outcome]:
        for url in urls:
            if url in self._known:
                self._moves[url] = target
            else:
                yield Skipped(url, ALIAS)

    def _missing(self, visit: Visit, missing: NotFound) -> Iterator[Outcome]:
        if self._frontier.ask_otherwise(visit.url, visit.depth):
            yield from self._aliases(visit.trail[:-1], visit.url)
        else:
            yield from (Gone(url, missing.status) for url in visit.trail)

    def _led_away(self, url: str, reason: str) -> Outcome:
        if url not in self._known:
            return Skipped(url, f"redirect, {reason}")
        return Failed(url, reason) if reason == LOGIN else Gone(url, _NOT_FOUND)

    def _unread(self, url: str, reason: str, *, passing: bool) -> Outcome:
        return Failed(url, reason) if passing and url in self._known else Skipped(url, reason)

    def _broken(self, url: str, broken: FetchFailed) -> Outcome:
        refused = 0 < broken.status < _SERVER_ERROR and url not in self._known
        return Skipped(url, broken.reason) if refused else Failed(url, broken.reason)

    def _unchanged(self, visit: Visit) -> Outcome:
        page = self._known[visit.url]
        if reason := self._site.unwanted(visit.url):
            return Skipped(visit.url, reason)
        self._note_text(visit.url, page.fingerprint)
        self._says[visit.url] = page.says
        self._frontier.note_unchanged(visit.trail[0])
        return Unchanged(visit.url)

    def _is_repeated(self, mark: str) -> bool:
        """Return whether so many urls had this body before that its links lead to more of it and nowhere else."""
        self._times[mark] += bool(mark)
        return self._times[mark] > MOST_REPEATS

    def _note_text(self, url: str, mark: str) -> None:
        if mark:
            self._same.setdefault(mark, []).append(url)

    def _hrefs(self, visit: Visit) -> Sequence[str]:
        """Return the links of a page that lead on."""
        if isinstance(visit.result, NotModified):
            return self._known[visit.url].links
        if not isinstance(visit.result, Fetched) or visit.parsed is None:
            return ()
        extract = visit.parsed.extract
        if extract.nofollow or "nofollow" in directives(visit.result.robots_tag, AGENT):
            return ()
        return () if self._is_repeated(visit.mark or visit.body) else extract.links

    def _page(self, visit: Visit, fetched: Fetched, links: Sequence[str]) -> Outcome | None:
        if visit.parsed is None:
            return Failed(visit.url, visit.trouble)
        extract = visit.parsed.extract
        words = directives(fetched.robots_tag, AGENT)
        forward = self._site.stored(refresh_target(fetched.refresh) or extract.refresh or visit.url, fetched.url)
        if forward is not None and page_key(forward) not in map(page_key, visit.trail):
            return self._forwarded(visit, forward)
        if forward not in {None, *visit.trail} and self._frontier.ask_otherwise(visit.url, visit.depth, forward or ""):
            return None
        if reason := self._rules.unkept(visit.url) or _asks_to_be_left_out(extract, words):
            return Skipped(visit.url, reason)
        if not visit.mark or extract.trouble:
            return self._without_text(visit.url, visit.parsed, links, fetched)
        self._note_canonical(visit, extract, fetched.url)
        texts = [passage.text for passage in visit.parsed.passages]
        if self._frontier.note_news(visit.trail[0], texts, replayed=visit.is_news):
            self.news.add(visit.trail[0])
        return self._kept(visit.url, visit.parsed, links, fetched, visit.mark)

    def _kept(self, url: str, parsed: Parsed, links: Sequence[str], fetched: Fetched, mark: str = "") -> Kept:
        self._note_text(url, mark)
        extract = parsed.extract
        self._says[url] = str(Says(extract.language, extract.alternate, extract.version))
        return Kept(
            url,
            extract.title,
            parsed.passages,
            tuple(links),
            "" if extract.left_out else fetched.etag,  # to be fetched again: a less busy machine reads more of it
            "" if extract.left_out else fetched.last_modified,
            parsed.dropped_short,
            mark,
            self._says[url],
            extract.left_out,
        )

    def _without_text(self, url: str, parsed: Parsed, links: Sequence[str], fetched: Fetched) -> Outcome:
        trouble = parsed.extract.trouble or "no text"
        if trouble == "no text" and (len(links) > 1 or parsed.dropped_short):
            # A table of contents, or a page of one short sentence: kept, so the next crawl's request is conditional.
            return self._kept(url, replace(parsed, passages=()), links, fetched)
        return self._troubled(url, trouble)

    async def _follow(self, hrefs: Sequence[str], depth: int) -> tuple[str, ...]:
        """Offer the links of a page to the frontier. Return those that are stored: all that may be requested."""
        followed: dict[str, None] = {}
        for number, href in enumerate(hrefs[:MAX_LINKS] if self._site.follows else (), 1):
            if number % _FOLLOWED_AT_ONCE == 0:
                await asyncio.sleep(0)  # 5,000 links take 150 ms: other tasks need the event loop too
            url = self._site.stored(href)
            if url is None:
                continue
            self._frontier.offer(url, depth + 1)
            if not self._rules.against(url):
                followed[url] = None
        return tuple(followed)

    def _forwarded(self, visit: Visit, target: str) -> Outcome | None:
        """Return the outcome of a page that forwards its readers at once: it is treated as a redirect."""
        if reason := self._rules.against(target):
            return self._led_away(visit.url, reason)
        self._frontier.offer(target, visit.depth, listed=True)
        return next(self._aliases((visit.url,), target), None)

    def _troubled(self, url: str, trouble: str) -> Outcome:
        known = url in self._known
        match trouble:
            case "soft 404":
                return Gone(url, _NOT_FOUND)
            case "no text" if known:
                return Gone(url, _NOT_FOUND)
            case _:
                return Failed(url, trouble) if known else Skipped(url, trouble)

    def _note_canonical(self, visit: Visit, extract: Extract, base: str) -> None:
        target = self._site.stored(extract.canonical, base) if extract.canonical and self._site.follows else None
        if target is None or not self._site.same_host(target) or self._rules.against(target):
            return
        if page_key(target) == page_key(visit.url) or self._site.is_start(target):
            return  # the visitor has chosen its spelling; a template that names the start page everywhere is mistaken
        self._canonicals[visit.url] = target
        self._frontier.offer(target, visit.depth, listed=True)

    def _canonical_elsewhere(self) -> list[Skipped]:
        """Return the pages whose canonical was found. Where that redirects back or is missing, the page stays."""
        heirs = {url: self._heir(url) for url in self._canonicals if url in self._found}
        return [Skipped(url, self._why(url, heir, CANONICAL)) for url, heir in sorted(heirs.items()) if heir != url]

    def _heir(self, url: str) -> str:
        path = [url]
        while (target := self._frontier.spelling(self._canonicals.get(path[-1], ""))) in self._found:
            if target in path:  # pages that name each other are all kept
                return url if path[0] == target else target
            path.append(target)
        return path[-1]

    def _duplicates(self, editions: Mapping[str, Edition]) -> Iterator[Skipped | Gone]:
        for url, fate in self._fates.items():
            # A known page that could not be read this time stays, and stays the owner of its text.
            if isinstance(fate, Failed) and url in self._known:
                self._note_text(url, self._known[url].fingerprint)
        same: dict[tuple[str, Edition | None], list[str]] = {}
        for mark, urls in self._same.items():
            for url in urls:
                same.setdefault((mark, editions.get(url)), []).append(url)
        for (mark, _), urls in same.items():
            there = [url for url in urls if url in self._found or isinstance(self._fates.get(url), Failed)]
            if self._found.difference(there) and overwritten(there, self._known, mark):
                yield from [Gone(url, _NOT_FOUND) for url in sorted(self._found.intersection(there))]
            elif len(there) > 1:
                heir = owner(there)
                rest = sorted(url for url in there if url != heir and url in self._found)
                yield from [Skipped(url, self._why(url, heir, DUPLICATE)) for url in rest]
        yield from self._moved_away()

    def _moved_away(self) -> Iterator[Skipped]:
        """Yield missing pages whose text is that of a new page: they moved, and nothing redirects there."""
        for url in [each for each, fate in self._fates.items() if isinstance(fate, Gone) and each in self._known]:
            heirs = self._found.intersection(self._same.get(self._known[url].fingerprint, ()))
            if heirs and self._why(url, owner(sorted(heirs)), DUPLICATE) == MOVED:
                yield Skipped(url, MOVED)

    def _why(self, url: str, heir: str, reason: str) -> str:
        """Return `MOVED` for the first known url whose page lives at the new url `heir` now: no page is lost.

        Else `reason`.
        """
        if url not in self._known or heir in self._known or heir in self._heirs:
            return reason
        self._heirs.add(heir)
        return MOVED

    def _end_of_move(self, url: str) -> Outcome:
        """Return the outcome of a known url that redirects: it shares that of the page that it leads to."""
        trail = [url]
        while target := self._frontier.spelling(self._moves.get(trail[-1], "")):
            if target in trail:
                return Failed(url, "redirect loop")
            trail.append(target)
        if trail[-1] in self._found:
            return Skipped(url, self._why(url, trail[-1], ALIAS))
        match self._fates.get(trail[-1]):
            case Gone(status=status):
                return Gone(url, status)
            case Skipped(reason=reason):
                return Skipped(url, ALIAS if reason in {MOVED, CANONICAL, DUPLICATE} else reason)
            case _:
                reason = self._frontier.left_out.get(trail[-1], "")
                return Skipped(url, reason) if reason else Failed(url, "redirect to a page that failed")


def _asks_to_be_left_out(extract: Extract, words: Collection[str]) -> str:
    """Return why a page wants to be in no index, or quoted nowhere, as it or its header says; "" where it does not."""
    if extract.noindex or NO_INDEX in words:
        return NO_INDEX
    return NO_SNIPPET if extract.nosnippet or NO_SNIPPET in words else ""
