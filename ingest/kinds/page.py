"""A single page: a url that is read without its neighbours, for example a manual in one file."""

from __future__ import annotations

from typing import ClassVar

from core.domain import Source
from core.net.urls import guess_kind
from ingest.crawl import Crawler
from ingest.kinds.port import SourceOption, TypedSource, WalkTools
from ingest.kinds.site import build_site
from ingest.sync import Walk


class PageKind:
    """One url: with --page, or where its name says that it is a whole manual."""

    name: ClassVar[str] = "page"
    takes: ClassVar[frozenset[SourceOption]] = frozenset({SourceOption.PAGE, SourceOption.RENDER})
    discovers: ClassVar[bool] = False

    def recognise(self, typed: TypedSource) -> bool:
        """Return whether a page alone is meant. A manual in one file: nobody asked for its neighbours."""
        return typed.page or (guess_kind(typed.place) == self.name and not typed.scope)

    def build(self, typed: TypedSource) -> Source:
        """Return the source of one page. Raises `UsageError`, `UrlRefused`."""
        return build_site(typed, self.name)

    def remark(self, _source: Source) -> str:
        """Return nothing."""
        return ""

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the crawl of one page."""
        return Crawler(source, tools.fetcher, tools.parser, tools.bounds, tools.renderer, follows=self.discovers).walk
