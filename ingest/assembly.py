"""Crawls one source: builds what a crawl needs from settings, and starts it.

    Source, Settings ──> Guard ──> Fetcher ─┐
                         Parser (a child) ──┼─> the walk of its kind ──> ingest.sync.sync ──> CrawlReport
      a browser, if the source wants it ────┘

Holds no logic. Embedding at low priority is up to the embedder, schedules are up to the caller.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TypeVar

from core.config.settings import Settings, headers_by_source
from core.domain import Source
from core.errors import ConfigurationError
from core.index.crawling import Corpus, CrawlReport
from core.net.urls import origin
from core.ports import Embedder
from ingest.frontier import Bounds
from ingest.kinds.port import WalkTools
from ingest.kinds.registry import find_kind
from ingest.parsing.parse import Parser
from ingest.rendering.render import Supply
from ingest.sync import Walk, Watch, sync
from ingest.visit import Renderer
from ingest.web.fetch import Fetcher
from ingest.web.guard import Guard
from ingest.web.robots import AGENT

CONTACT = "https://github.com/footnote-bot/footnote"
"""Where a site's owner can look up who sends the requests."""

NO_EXTRA = (
    "Rendering needs an extra that is not installed: install footnote-bot[render], "
    "then run `playwright install chromium` or set RENDER_BROWSER to the path of a Chromium."
)

F = TypeVar("F", bound=Fetcher)


@cache
def user_agent() -> str:
    """Return what each request sends as its User-Agent: `"footnote-bot/0.1.0 (+https://...)"`."""
    return f"{AGENT}/{version(AGENT)} (+{CONTACT})"


def fetcher_for(source: Source, settings: Settings, kind: type[F], connections: int | None = None) -> F:
    """Return a fetcher that may request what `source` names. `connections`: requests at once (None: the setting's)."""
    named = [url for url in (source.root_url, source.served_at, source.scope) if "://" in url]
    return kind(
        Guard(named, allow_private=source.allow_private),
        user_agent=user_agent(),
        connections=connections or settings.crawl_connections,
        headers=headers_by_source(settings.crawl_headers).get(source.name),
        route=settings.route if settings.crawl_proxy else replace(settings.route, proxy=""),
    )


@asynccontextmanager
async def rendering(
    source: Source, fetcher: Fetcher, settings: Settings, *, at_once: bool = False
) -> AsyncIterator[Renderer | None]:
    """Open the browser of a crawl if `source` wants one. It starts when a page needs it, or now with `at_once`.

    Yields None where `source` wants no browser.

    Raises `ConfigurationError`.
    """
    if not source.render:
        yield None
        return
    if find_spec("playwright") is None:
        raise ConfigurationError(NO_EXTRA)
    from ingest.rendering.chromium import open_chromium  # an optional extra: not loaded unless it is used

    # A script must not send other hosts what only we may read: pages of a private source load nothing from them.
    private = source.allow_private or source.name in headers_by_source(settings.crawl_headers)
    supply = Supply(fetcher, home=origin(source.served_at or source.root_url) if private else "")
    async with open_chromium(settings.render_browser, supply, at_once=at_once) as chromium:
        yield chromium


async def check_rendering(source: Source, settings: Settings) -> None:
    """Start the browser that `source` wants, if any, and stop it again. Raises `ConfigurationError`."""
    async with fetcher_for(source, settings, Fetcher) as fetcher, rendering(source, fetcher, settings, at_once=True):
        pass


def walk_of(source: Source, fetcher: Fetcher, parser: Parser, bounds: Bounds, renderer: Renderer | None = None) -> Walk:
    """Return the function that reads a source, as its kind does. Raises `UsageError` for an unknown kind."""
    return find_kind(source).walk(source, WalkTools(fetcher, parser, bounds, renderer))


def bounds_of(source: Source, settings: Settings, pages: int, *, reread: bool = False) -> Bounds:
    """Return the limits of a crawl of up to `pages` pages, and the language that it reads first.

    `reread`: pages that older rules read are all requested, changed or not.
    """
    language = source.language or settings.docs_language
    seconds = 60.0 * settings.crawl_max_minutes
    return Bounds(pages=pages, depth=settings.crawl_max_depth, language=language, reread=reread, seconds=seconds)


async def crawl_source(  # noqa: PLR0913 - the one call that starts a crawl names all that a crawl needs
    source: Source,
    corpus: Corpus,
    embedder: Embedder,
    settings: Settings,
    *,
    watch: Watch,
    force: bool = False,
    reread: bool = False,
    connections: int | None = None,
) -> CrawlReport:
    """Crawl `source` into `corpus`, and return the report. `connections`: requests at once (None: the setting's).

    `force` shows readers the result even if many pages are missing, and with `reread` pages that older rules read are
    all read again. Raises `SourceBusy`, `StoreError`.
    """
    bounds = bounds_of(source, settings, settings.crawl_max_pages, reread=reread)
    async with (
        fetcher_for(source, settings, Fetcher, connections) as fetcher,
        Parser() as parser,
        rendering(source, fetcher, settings) as renderer,
    ):
        walk = walk_of(source, fetcher, parser, bounds, renderer)
        return await sync(source, corpus, embedder, walk, watch=watch, force=force)
