"""Crawls one source: puts the parts together that a crawl is made of, from settings.

    Source, Settings ──> Guard ──> Fetcher ─┐
                         Parser (a child) ──┼─> Crawler.walk ──> ingest.sync.sync ──> CrawlReport
                                            └─> Folder.walk, which needs no fetcher

Holds no logic of its own. Embedding at low priority is the embedder's matter, schedules are those of whoever calls.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TypeVar

from core.domain import CrawlReport, Source, SourceKind
from core.ports import Corpus, Embedder
from core.settings import Settings, headers_by_source
from ingest.crawl import Crawler
from ingest.fetch import Fetcher
from ingest.folder import Folder
from ingest.frontier import Bounds
from ingest.guard import Guard
from ingest.parse import Parser
from ingest.robots import AGENT
from ingest.sync import Walk, Watch, sync

CONTACT = "https://github.com/footnote-bot/footnote"
"""Where a site's owner finds out who asks."""

F = TypeVar("F", bound=Fetcher)


def user_agent() -> str:
    """`"footnote-bot/0.1.0 (+https://...)"`."""
    return f"{AGENT}/{version(AGENT)} (+{CONTACT})"


def fetcher_for(source: Source, settings: Settings, kind: type[F], connections: int | None = None) -> F:
    """A fetcher that may ask what `source` names. `connections`: requests at once (None: as the settings say)."""
    named = [url for url in (source.root_url, source.served_at, source.scope) if "://" in url]
    return kind(
        Guard(named, allow_private=source.allow_private),
        user_agent=user_agent(),
        connections=connections or settings.crawl_connections,
        headers=headers_by_source(settings.crawl_headers).get(source.name),
    )


def walk_of(source: Source, fetcher: Fetcher, parser: Parser, bounds: Bounds) -> Walk:
    """How a source is read: a folder from its files, anything else by requests."""
    if source.kind is SourceKind.FOLDER:
        return Folder(source, parser, bounds).walk
    return Crawler(source, fetcher, parser, bounds).walk


def bounds_of(source: Source, settings: Settings, pages: int) -> Bounds:
    """How far a crawl of up to `pages` pages goes, and in which language it goes first."""
    language = source.language or settings.docs_language
    return Bounds(pages=pages, depth=settings.crawl_max_depth, language=language)


async def crawl_source(  # noqa: PLR0913 - the one call that starts a crawl names all that it is made of
    source: Source,
    corpus: Corpus,
    embedder: Embedder,
    settings: Settings,
    *,
    watch: Watch,
    force: bool = False,
    connections: int | None = None,
) -> CrawlReport:
    """Read `source` into `corpus`. `connections`: requests at once to its host (None: as the settings say).

    `force` lets readers see the result although many pages are missing. Raises `SourceBusy`, `StoreError`.
    """
    bounds = bounds_of(source, settings, settings.crawl_max_pages)
    async with fetcher_for(source, settings, Fetcher, connections) as fetcher, Parser() as parser:
        walk = walk_of(source, fetcher, parser, bounds)
        return await sync(source, corpus, embedder, walk, watch=watch, force=force)
