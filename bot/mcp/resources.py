"""Stored pages as resources, `docs://{source}/{+page}`, and how long a host may keep them.

docs://guide/                  the pages of the source guide, as links to resources
docs://guide/install.html      that page; its url is the source's root with install.html
docs://guide/install.html#pip  one section of it
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from bot.mcp.arguments import quote_name
from bot.mcp.library import Library
from bot.service.caller import Caller
from core.domain import Source
from core.errors import IngestError
from core.net.urls import folder, rebase
from core.plural import format_count
from core.work.schedule import next_run

SCHEME = "docs://"
TEMPLATE = "docs://{source}/{+page}"
MARKDOWN = "text/markdown"
MOST_PAGES, MOST_SOURCES = 500, 200
LONGEST_KEPT = timedelta(days=1)
"""However far the next crawl is: an operator may start one at any time."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A source as a resource."""

    uri: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """For how many milliseconds a result is good, and whether it is good for this caller alone."""

    ttl_ms: int
    is_private: bool


@dataclass(frozen=True, slots=True)
class Resources:
    """Reads pages for hosts. `schedule` is RECRAWL_CRON. Raises `FootnoteError`."""

    library: Library
    schedule: str

    async def list(self, caller: Caller) -> list[Listing]:
        """Return the sources that the caller sees as resources, by name."""
        sources = (await self.library.seen_sources(caller))[:MOST_SOURCES]
        return [Listing(build_uri(source.name), source.name, _describe(source)) for source in sources]

    async def read(self, uri: str, caller: Caller) -> str:
        """Return a page, a section or the list of a source's pages as markdown. Raises `IngestError`."""
        name, page = parse_uri(uri)
        await self.library.check_sources([name], caller)
        source = next(each for each in await self.library.seen_sources(caller) if each.name == name)
        if not page:
            return await self._list_pages(source, caller)
        url = page if "://" in page else _root(source) + page
        text = await self.library.read(url, caller, "section" if "#" in page else "page", source=name)
        more = f"\n\nThe page goes on at {text.next}." if text.is_cut and text.next else ""
        return text.markdown + more

    async def judge_freshness(self, uri: str | None, caller: Caller) -> Freshness:
        """Return how long what was read at `uri` is good: until its source is crawled next. None: the whole list."""
        sources = await self.library.seen_sources(caller)
        if uri is not None:
            name, _ = parse_uri(uri)
            sources = [source for source in sources if source.name == name]
        now = datetime.now(UTC)
        spans = [self._until_crawl(source, now) for source in sources]
        span = min(spans, default=timedelta(0))
        return Freshness(
            int(span / timedelta(milliseconds=1)), any(source.visible_to is not None for source in sources)
        )

    def _until_crawl(self, source: Source, now: datetime) -> timedelta:
        following = next_run(source, self.schedule, now)
        return LONGEST_KEPT if following is None else min(following - now, LONGEST_KEPT)

    async def _list_pages(self, source: Source, caller: Caller) -> str:
        pages = await self.library.pages.list_pages(source.name, caller.audience, MOST_PAGES)
        lines = [f"# {source.name}", "", _describe(source), ""]
        for page in pages:
            title = " ".join(page.title.split()).replace("[", "\\[").replace("]", "\\]") or page.url
            lines.append(f"- [{title}]({build_uri(source.name, _relative(page.url, source))})")
        if source.pages > len(pages):
            lines += ["", f"and {format_count(source.pages - len(pages), 'more page')}: find them with search_docs."]
        return "\n".join(lines)


def parse_uri(uri: str) -> tuple[str, str]:
    """Return the source and the page of a uri: `"docs://guide/a/b.html"` -> `("guide", "a/b.html")`.

    Raises `IngestError`.
    """
    if not uri.startswith(SCHEME) or "/" not in uri.removeprefix(SCHEME):
        raise IngestError(f"There is no resource {quote_name(uri)}: write docs://SOURCE/PAGE, see list_sources.")
    name, _, page = uri.removeprefix(SCHEME).partition("/")
    return unquote(name), page


def build_uri(source: str, page: str = "") -> str:
    """Return the uri of a page, or of the list of a source's pages."""
    return f"{SCHEME}{quote(source, safe='')}/{page}"


def _relative(url: str, source: Source) -> str:
    """Return a url below the root of its source without the root, and any other as it is: also the root's own."""
    return url.removeprefix(_root(source)) or url


def _root(source: Source) -> str:
    """Return the folder of a source, as its pages are shown."""
    root = folder(source.root_url)
    return rebase(root, source.root_url, source.served_at) if source.served_at else root


def _describe(source: Source) -> str:
    crawled = f"crawled {source.last_crawl:%Y-%m-%d %H:%M} UTC" if source.last_crawl else "never crawled"
    return f"{source.root_url}: {format_count(source.pages, 'page')}, {crawled}"
