"""The urls of one source: which spelling of a url is stored, which is requested, and which urls belong to it.

    follows       the start page and what is linked below its folder, as far as the patterns want it
    else          the start page alone, or the urls that the source names

    href ──stored──> under `root_url`: compared, counted, kept          https://docs.example/a
    url  ──asked───> under `served_at`: what a request is made of       http://127.0.0.1:8000/a

Both are the same where the site is served at its root. A site's pages, sitemaps and canonicals may use either.
Works on text alone; `ingest.frontier` checks whether robots.txt allows a url.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from core.domain import Source
from core.errors import SiteUnreachable
from core.net.urls import is_in_scope, normalise, origin, page_key, rebase, scope_prefix
from ingest.media import MARKDOWN_ENDINGS, ending_of
from ingest.patterns import PatternChoice


class Site:
    """The urls of `source`, which is not on disk. `follows`: links lead to more of its pages.

    Raises `SiteUnreachable` where its root is no http(s) url.
    """

    def __init__(self, source: Source, *, follows: bool = True) -> None:
        root = normalise(source.root_url)
        served = normalise(source.served_at or source.root_url)
        if root is None or served is None:
            raise SiteUnreachable(f"{source.name} has no http(s) url to start from.")
        self.root = root
        self.served = served
        self._moved = root != served
        scope = source.scope
        self._scope = (self.stored(scope) or scope) if "://" in scope else scope
        if source.urls:
            self._scope = "/"
        self.folder = scope_prefix(root, self._scope)
        self.follows = follows
        self.urls = self._urls(source)
        self._starts = frozenset(map(page_key, self.urls))
        self._pdf = source.pdf
        self._choice = PatternChoice(source.include, source.exclude)
        self.reads_markdown = ending_of(root) in MARKDOWN_ENDINGS

    def _urls(self, source: Source) -> tuple[str, ...]:
        """Return the urls that a person named, in that order, as they are stored."""
        if not source.urls:
            return (self.root,)
        found = (self.stored(url) for url in source.urls)
        return tuple(dict.fromkeys(url for url in found if url is not None and self.same_host(url)))

    def stored(self, href: str, base: str | None = None) -> str | None:
        """Return the spelling of `href` to store, or None for no http(s) url. `base` is a url as it was requested."""
        url = normalise(href, base)
        if url is None or not self._moved:
            return url
        return normalise(rebase(url, self.served, self.root))

    def asked(self, url: str) -> str:
        """Return the url at which to fetch a stored url."""
        return rebase(url, self.root, self.served) if self._moved else url

    def owns(self, url: str) -> bool:
        """Return whether a stored url belongs to the source; its start page always does."""
        return self.is_start(url) or is_in_scope(url, self.root, self._scope)

    def is_start(self, url: str) -> bool:
        """Return whether a stored url is the start page or on the list, in any spelling."""
        return page_key(url) in self._starts

    def unwanted(self, url: str) -> str:
        """Return why the patterns leave a stored url out, "" where they want it."""
        path = page_key(url).partition("?")[0].removeprefix(self.folder.removesuffix("/"))
        return self._choice.against(unquote(path).strip("/"))

    def wants_pdf(self, url: str) -> bool:
        """Return whether a PDF at a stored url is read: it was named, or the source takes all PDFs."""
        return self._pdf or self.is_start(url)

    def same_host(self, url: str) -> bool:
        """Return whether a stored url lies on the source's host."""
        return urlsplit(url).netloc == urlsplit(self.root).netloc

    def on_host(self, href: str, base: str | None = None) -> str | None:
        """Return the url to request for `href`, or None where that is on another host."""
        url = self.stored(href, base)
        place = None if url is None else self.asked(url)
        return place if place is not None and origin(place) == origin(self.served) else None
