"""One source seen as a place: which spelling of a url is stored, which is asked, and what belongs to the source.

    href ──stored──> under `root_url`: compared, counted, kept          https://docs.example/a
    url  ──asked───> under `served_at`: what a request is made of       http://127.0.0.1:8000/a

Both are the same where the site is served at its root. A site's own pages, sitemaps and canonicals may speak either.
Pure text work; whether robots.txt allows a url is `ingest.frontier`'s matter.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from core.domain import Source
from core.errors import SiteUnreachable
from core.urls import in_scope, normalise, origin, page_key, rebase, scope_prefix


class Site:
    """The urls of `source`. Raises `SiteUnreachable` where its root is no http(s) url."""

    def __init__(self, source: Source) -> None:
        root = normalise(source.root_url)
        served = normalise(source.served_at or source.root_url)
        if root is None or served is None:
            raise SiteUnreachable(f"{source.name} has no http(s) url to start from.")
        self.root = root
        self.served = served
        self._moved = root != served
        scope = source.scope
        self._scope = (self.stored(scope) or scope) if "://" in scope else scope
        self.folder = scope_prefix(root, self._scope)

    def stored(self, href: str, base: str | None = None) -> str | None:
        """The spelling that is kept, or None where it is no http(s) url. `base` is a url as it was asked."""
        url = normalise(href, base)
        if url is None or not self._moved:
            return url
        return normalise(rebase(url, self.served, self.root))

    def asked(self, url: str) -> str:
        """Where to fetch a stored url just now."""
        return rebase(url, self.root, self.served) if self._moved else url

    def owns(self, url: str) -> bool:
        """Whether a stored url belongs to the source; its start page always does."""
        return self.is_start(url) or in_scope(url, self.root, self._scope)

    def is_start(self, url: str) -> bool:
        """Whether a stored url is the start page, whichever way that is spelled."""
        return page_key(url) == page_key(self.root)

    def same_host(self, url: str) -> bool:
        """Whether a stored url lies on the source's host."""
        return urlsplit(url).netloc == urlsplit(self.root).netloc

    def on_host(self, href: str, base: str | None = None) -> str | None:
        """What to ask for `href`, or None where that is on another host."""
        url = self.stored(href, base)
        place = None if url is None else self.asked(url)
        return place if place is not None and origin(place) == origin(self.served) else None
