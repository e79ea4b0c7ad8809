"""A site: its start page, and what is linked and listed below that page's folder."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from core.domain import Source
from core.errors import UrlRefused, UsageError
from core.net.urls import check_url, normalise, source_name
from ingest.crawl import Crawler
from ingest.kinds.port import SourceOption, TypedSource, WalkTools
from ingest.sync import Walk


class SiteKind:
    """Whatever no other kind recognises, so it is the last of the registry."""

    name: ClassVar[str] = "site"
    takes: ClassVar[frozenset[SourceOption]] = frozenset(
        {SourceOption.SCOPE, SourceOption.PATTERNS, SourceOption.RENDER}
    )
    discovers: ClassVar[bool] = True

    def recognise(self, _typed: TypedSource) -> bool:
        """Return True: what is no site is refused with a sentence about its url."""
        return True

    def build(self, typed: TypedSource) -> Source:
        """Return the source of a site. Raises `UsageError`, `UrlRefused`."""
        return build_site(typed, self.name)

    def remark(self, _source: Source) -> str:
        """Return nothing."""
        return ""

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the crawl of a site."""
        return Crawler(source, tools.fetcher, tools.parser, tools.bounds, tools.renderer).walk


def build_site(typed: TypedSource, kind: str) -> Source:
    """Return a source that starts at the url that was typed. Raises `UsageError`, `UrlRefused`."""
    _refuse_path(typed)
    url = typed.place
    if "://" not in url and "." in url:
        raise UrlRefused(f"The url must begin with http:// or https://: did you mean https://{url[:100]}?")
    if ":" not in url:
        raise UsageError(f"There is no folder or file {url[:100]} here, and a url begins with https://.")
    address = normalise(check_url(url, ports=None, allow_private=typed.allow_private))
    if address is None:
        raise UsageError(f"{url[:100]} is not the url of a web page.")
    scope = typed.scope
    if scope:
        scope = check_url(scope, ports=None, allow_private=typed.allow_private)
        if urlsplit(scope).netloc != urlsplit(address).netloc:
            raise UsageError("--scope must be a url on the same host as URL.")
    name = typed.choose_name("" if typed.name else source_name(address))
    return Source(0, name, address, scope=scope, licence=typed.licence, allow_private=typed.allow_private, kind=kind)


def _refuse_path(typed: TypedSource) -> None:
    """Raise `UsageError` for a path that no kind reads; what only looks like a url is judged as one."""
    path = typed.path
    if path is None:
        return
    if path.is_file():
        raise UsageError(f"{path} is a file: name the folder that holds it, or a list of urls that ends in .txt.")
    if typed.place.startswith((".", "/", "~")):
        raise UsageError(f"There is no folder or file {path}.")
