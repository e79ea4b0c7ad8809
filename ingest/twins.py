"""Markdown twins: what an empty shell of a page says, where its site names the markdown that it is made of.

    <link rel="alternate" type="text/markdown" href="/docs/a.md">   in the page
    - [A](/docs/a.md)                                               in llms.txt: the twin of /docs/a

A twin is read for its text alone, and linked as the page: ids of headings that are guessed from markdown are wrong too
often, so its passages lead to the top of the page. It is requested on the page's host alone, as robots.txt allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from core.net.urls import origin
from ingest.html.trouble import NEEDS_SCRIPT
from ingest.media import MARKDOWN_ENDINGS, Media, ending_of, media_of
from ingest.pages import Extract, Parsed
from ingest.site import Site
from ingest.web.fetch import Fetcher
from ingest.web.results import Fetched, FetchRequest
from ingest.web.sitemap import TWIN, read_llms

NO_TEXT = "no text"


class Twins:
    """The twins of one site. `allows` asks robots.txt."""

    def __init__(self, site: Site, fetcher: Fetcher, allows: Callable[[str], bool]) -> None:
        self._site = site
        self._fetcher = fetcher
        self._allows = allows
        self._listed: dict[str, Mapping[str, str]] = {}
        self._lock = asyncio.Lock()

    async def listed(self, root: str) -> Mapping[str, str]:
        """Return what the llms.txt in the folder of `root` lists: page -> its twin, or "". It is requested once."""
        async with self._lock:
            if root not in self._listed:
                self._listed[root] = await read_llms(self._fetcher, root, self._site.on_host)
            return self._listed[root]

    async def fetch(self, page: Fetched, extract: Extract) -> Fetched | None:
        """Return the twin of a page, at the page's url and without validators; None where there is none to be read."""
        named = extract.twin or await self._find(page.url)
        url = self._site.on_host(named, page.url) if named else None
        if url is None or not self._allows(url):
            return None
        result = await self._fetcher.get(FetchRequest(url, self._permit))
        if not isinstance(result, Fetched) or media_of(result.content_type, result.url, result.body) != Media.MARKDOWN:
            return None
        return replace(result, url=page.url, content_type="text/markdown", etag="", last_modified="", refresh="")

    async def _find(self, url: str) -> str:
        """Return the twin that llms.txt lists for a page, "" where it lists none."""
        for root in dict.fromkeys((self._site.served, f"{origin(self._site.served)}/")):
            for page, twin in (await self.listed(root)).items():
                place = self._site.on_host(page, root)
                if twin and place is not None and _plain(place) == _plain(url):
                    return self._site.on_host(twin, root) or ""
        return ""

    def _permit(self, target: str) -> str:
        place = self._site.on_host(target)
        return "" if place is not None and self._allows(place) else "elsewhere"


def is_empty(extract: Extract) -> bool:
    """Return whether a page is a shell that may have a twin."""
    return extract.trouble in {NEEDS_SCRIPT, NO_TEXT} and not (extract.noindex or extract.nosnippet or extract.refresh)


def as_page(twin: Parsed, page: Parsed) -> Parsed | None:
    """Return the page with the text of its twin; None where the twin says nothing either."""
    if twin.extract.trouble or not twin.passages:
        return None
    links = dict.fromkeys((*page.extract.links, *map(_page_of, twin.extract.links)))
    extract = replace(page.extract, title=twin.extract.title or page.extract.title, links=tuple(links), trouble="")
    return replace(twin, extract=extract, passages=tuple(replace(passage, anchor="") for passage in twin.passages))


def _page_of(link: str) -> str:
    """Return the page behind a link between twins: `"https://h/a/b.md"` -> `"https://h/a/b"`."""
    return TWIN.sub("", link) if ending_of(link) in MARKDOWN_ENDINGS and not urlsplit(link).query else link


def _plain(url: str) -> str:
    """Return a url by which a page and its twin are compared: without its slash, `index` and `.html`."""
    return url.removesuffix("/").removesuffix(".html").removesuffix("/index")
