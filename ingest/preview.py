"""Reads a few pages of a site as a crawl would, and reports them instead of storing them.

    Source, Settings ──walk_of, within `pages`──> Outcome* ──> Preview     the same rules, requests and parser

Needs no database. A `Preview` holds only text, numbers and tuples, and is short however large the site is: it is also
stored as JSON in a request's row and shown in chat, so `dataclasses.asdict` gives its document.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import assert_never

from core.config.settings import Settings
from core.domain import Passage, Source
from ingest.assembly import bounds_of, fetcher_for, walk_of
from ingest.crawl import SITEMAP, SLOWER
from ingest.frontier import LIMITS
from ingest.kinds.registry import find_kind
from ingest.pages import Editions, Failed, Found, Gone, Kept, Skipped, Unchanged, Visited
from ingest.parsing.parse import Parser
from ingest.site import Site
from ingest.sync import Walk
from ingest.web.fetch import Fetcher
from ingest.web.results import Fetched, FetchRequest, Result
from ingest.web.sitemap import parse_sitemap

MAX_PAGES = 50
"""A preview is a quick look; anything larger is a crawl."""

NAMED_URLS, SHOWN_PASSAGES, SHOWN_TEXT = 5, 8, 1500
"""Urls named for each reason, passages of the sample page, and characters of each passage."""


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A page that a crawl would keep, and how many passages it would become."""

    url: str
    title: str
    passages: int


@dataclass(frozen=True, slots=True)
class PreviewLeftOut:
    """The number of urls that would be left out for a reason; `urls` are the first `NAMED_URLS` of them."""

    reason: str
    count: int
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewSitemap:
    """A sitemap that was read: the number of pages and of further sitemaps that it lists; why it is broken, if so."""

    url: str
    pages: int = 0
    sitemaps: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class PreviewPassage:
    """A passage as an answer's sources would show it: `path` from the page on, `link` with anchor, `text` cut short."""

    path: tuple[str, ...]
    link: str
    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a crawl of a source of this `kind` would do; `below`: what its urls begin with.

    `not_asked`: number of urls that were found and lie beyond the limit on pages. `crawl_delay` in seconds;
    `delay_cut`: robots.txt asks for more than that. `passages` are the first of the page `sample`, which is "" where no
    page would be kept. `on_disk`: files are read; `discovers`: pages are found by links and sitemaps.
    """

    kind: str
    url: str
    below: str
    pages: tuple[PreviewPage, ...]
    left_out: tuple[PreviewLeftOut, ...]
    not_asked: int
    sitemaps: tuple[PreviewSitemap, ...]
    crawl_delay: float
    delay_cut: bool
    sample: str
    passages: tuple[PreviewPassage, ...]
    seconds: float
    on_disk: bool = False
    discovers: bool = True


async def preview(
    source: Source, settings: Settings, *, pages: int = 10, watch: Callable[[int], None] = lambda _: None
) -> Preview:
    """Read up to `pages` pages of `source` and return what a crawl would do; `watch` gets the number read so far.

    Stores nothing. Raises `SiteUnreachable` where robots.txt, the start page or the folder cannot be read.
    """
    started = time.monotonic()
    seen = _Seen()
    bounds = bounds_of(source, settings, min(pages, MAX_PAGES))
    async with fetcher_for(source, settings, _Listening) as fetcher, Parser() as parser:
        await _watched(walk_of(source, fetcher, parser, bounds), seen, watch)
    sample = max(sorted(seen.kept.values(), key=lambda page: page.url), key=_variety, default=None)
    return Preview(
        kind=source.kind,
        url=source.root_url,
        below=source.root_url if source.on_disk else Site(source).folder,
        pages=tuple(PreviewPage(page.url, page.title, len(page.passages)) for page in seen.kept.values()),
        left_out=_grouped(seen.left_out),
        not_asked=sum(reason in LIMITS for reason in seen.left_out.values()),
        sitemaps=_sitemaps(fetcher.sitemaps, seen.left_out),
        crawl_delay=fetcher.host(source.served_at or source.root_url).delay,
        delay_cut=SLOWER in seen.left_out.values(),
        sample=sample.url if sample else "",
        passages=_shown(sample.passages) if sample else (),
        seconds=round(time.monotonic() - started, 2),
        on_disk=source.on_disk,
        discovers=find_kind(source).discovers,
    )


class _Listening(Fetcher):
    """A fetcher that notes what sitemaps list: the crawl itself does not count that."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # passed on as they are
        self.sitemaps: dict[str, PreviewSitemap] = {}

    async def get(self, ask: FetchRequest) -> Result:
        result = await super().get(ask)
        listed = not ask.pages_only and not ask.url.endswith(("/robots.txt", "/llms.txt"))
        if listed and isinstance(result, Fetched):
            sitemap = await asyncio.to_thread(parse_sitemap, result.body)
            self.sitemaps[ask.url] = PreviewSitemap(ask.url, len(sitemap.pages), len(sitemap.sitemaps))
        return result


@dataclass(slots=True)
class _Seen:
    """The outcomes that count: where a url has two, the later one."""

    kept: dict[str, Kept] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def take(self, found: Found) -> None:
        match found:
            case Kept():
                self.kept[found.url] = found
            case Skipped() | Failed():
                self.kept.pop(found.url, None)
                self.left_out[found.url] = found.reason
            case Gone():
                self.left_out[found.url] = f"http {found.status}"
            case Unchanged() | Visited() | Editions():
                pass  # nothing was known before, and a preview is never resumed
            case _:
                assert_never(found)


async def _watched(walk: Walk, seen: _Seen, watch: Callable[[int], None]) -> None:
    async with aclosing(walk({}, {})) as found:
        async for each in found:
            seen.take(each)
            watch(len(seen.kept))


def _grouped(left_out: dict[str, str]) -> tuple[PreviewLeftOut, ...]:
    """Return the urls that were left out, grouped by reason, the most frequent first."""
    urls: dict[str, list[str]] = {}
    for url, reason in left_out.items():
        if reason not in LIMITS | {SLOWER} and not reason.startswith(SITEMAP):
            urls.setdefault(reason, []).append(url)
    groups = [PreviewLeftOut(reason, len(each), tuple(sorted(each)[:NAMED_URLS])) for reason, each in urls.items()]
    return tuple(sorted(groups, key=lambda group: (-group.count, group.reason)))


def _sitemaps(heard: dict[str, PreviewSitemap], left_out: dict[str, str]) -> tuple[PreviewSitemap, ...]:
    broken = {url: reason.removeprefix(SITEMAP) for url, reason in left_out.items() if reason.startswith(SITEMAP)}
    sound = [sitemap for url, sitemap in heard.items() if url not in broken]
    return (*sound, *(PreviewSitemap(url, trouble=trouble) for url, trouble in broken.items()))


def _variety(page: Kept) -> tuple[bool, int, int]:
    """Return a key by which pages that show more come later: code, then kinds of passages, then passages."""
    shown = page.passages[:SHOWN_PASSAGES]
    return any("```" in passage.text for passage in shown), len({passage.kind for passage in shown}), len(shown)


def _shown(passages: Iterable[Passage]) -> tuple[PreviewPassage, ...]:
    return tuple(
        PreviewPassage(
            each.path,
            each.link,
            each.kind.value,
            each.language,
            each.text if len(each.text) <= SHOWN_TEXT else f"{each.text[:SHOWN_TEXT]} ...",
        )
        for each in list(passages)[:SHOWN_PASSAGES]
    )
