"""Which urls are still to be requested, and why the others are not.

    offer(url) ──had?───┬─ Rules.against(url)   scope, robots.txt, patterns, extension, whole site ─┐
                        ├─ limits               depth, query variants, repeating path, page cap    ─┴─> left_out
                        └─ queue ──take──> shallowest first, other editions last, within the page cap

Every url that is left out has its reason, in a few words that are the same for the same cause. `ingest.url_aliases`
chooses the spelling of a page that is requested, `ingest.variants` the urls with a query. Pure: sends and parses
nothing, decides nothing about fetched pages.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from core.net.urls import page_key
from ingest.editions.priority import Priority
from ingest.media import MARKDOWN_ENDINGS, ending_of
from ingest.site import Site
from ingest.url_aliases import Spellings
from ingest.variants import Variants

OUT_OF_SCOPE, ROBOTS, PDF, NO_PAGE = "out of scope", "robots.txt", "pdf", "not a page"
WHOLE_SITE = "print, index or search page"
UNREAD_VARIANTS = "query variants, not all read"
DEPTH, VARIANTS, REPEATING, PAGE_LIMIT = "depth limit", "query variants", "repeating path", "page limit"
TIME_LIMIT = "time limit"
LIMITS = frozenset({PAGE_LIMIT, TIME_LIMIT})
"""The crawl ended before it asked for the url: that says nothing of the page."""


MAX_LEFT_OUT, MAX_REMEMBERED = 100_000, 20_000_000
"""Urls whose reason is remembered, and their characters. A site with more is a trap; its count is a lower bound."""

_MAX_REPEATS = 3
_ASKS_A_PAGE = 4  # urls that may turn out to be no page, for each that may be kept
_QUEUED_A_PAGE = 20
_LETTERS_A_PAGE = _QUEUED_A_PAGE * 200

_EXTENSION = re.compile(
    r"\.(?:png|jpe?g|gif|svgz?|webp|avif|ico|bmp|tiff?|css|map|wasm|zip|tar|t?gz|t?bz2?|xz|7z|rar|zst|jar|war|whl|egg|deb|"
    r"rpm|apk|msi|exe|dmg|pkg|iso|img|bin|so|dll|epub|mobi|docx?|xlsx?|pptx?|od[tsp]|ps|mp[34]|m4[av]|webm|og[gv]|mov|avi|"
    r"wav|flac|woff2?|ttf|otf|eot|ipynb|inv|rss|atom|xml|jsonl?|ya?ml|csv|tsv|parquet|txt|mdx?|rst|asc|sig|md5|patch)\Z",
    re.IGNORECASE,
)
"""Not .js, .py and the like: docs/guides/next.js is a page, and the content type shows what it is."""

_WHOLE_SITE = re.compile(
    r"/(?:_modules|_sources|_static|_images|_downloads)/|/(?:all|print|printable|print_page|singlehtml)\.html?\Z|"
    r"/(?:genindex|py-modindex|modindex|searchindex)[^/]{0,40}/?\Z|/print_page/\Z|/print/\Z|"
    r"/(?:class-use|index-files|src-html)/|/index-all\.html\Z|_8[a-z]{1,4}_source\.html\Z|/doc-index[^/]{0,40}\.html\Z|"
    r"/(?:class|struct|union|interface)[^/]{1,200}-members\.html\Z|/src/.{1,500}\.rs\.html\Z",
    re.IGNORECASE,
)
_LISTING = re.compile(
    r"/(?:_index|(?:class|method|file|tag)_list|allclasses(?:-index|-frame|-noframe)?|allpackages-index)\.html\Z|"
    r"/(?:overview|package)-(?:tree|frame|use)\.html\Z|"
    r"/(?:functions|globals|namespacemembers)(?:_(?:func|vars|type|enum|eval|defs|prop|rela|evnt|0x[0-9a-f]{2}|[a-z~]))"
    r"{1,2}\.html\Z"
)
"""Lists of all names, as YARD, javadoc and doxygen call them: some pages are linked from nowhere else."""

_SEARCH = re.compile(r"search(?:\.html?|/)?\Z", re.IGNORECASE)


def against_file(name: str) -> str:
    """Return why a built page is left out by its path within its folder, `name`; "" where it is kept."""
    is_generated = _WHOLE_SITE.search(f"/{name}") or _LISTING.search(f"/{name}") or _SEARCH.match(name)
    return WHOLE_SITE if is_generated else ""


class Rules:
    """Judges urls by their text alone. `allows` asks robots.txt, with the url as it is fetched."""

    def __init__(self, site: Site, allows: Callable[[str], bool]) -> None:
        self._site = site
        self._allows = allows
        self._known: dict[str, str] = {}
        self._room = MAX_REMEMBERED

    def against(self, url: str) -> str:
        """Return why a stored url must not be requested; "" where it may be. Cached: menus repeat their links."""
        reason = self._known.get(url)
        if reason is None:
            reason = self._judge(url)
            if len(self._known) < MAX_LEFT_OUT and self._room > 0:
                self._known[url] = reason
                self._room -= len(url)
        return reason

    def unkept(self, url: str) -> str:
        """Return why a fetched page is read for its links alone; "" where it is kept."""
        is_listing = _LISTING.search(page_key(url).partition("?")[0]) is not None and not self._site.is_start(url)
        return WHOLE_SITE if is_listing else self._site.unwanted(url)  # the start page: others were judged before

    def _judge(self, url: str) -> str:
        if not self._site.owns(url):
            return OUT_OF_SCOPE
        if not self._allows(self._site.asked(url)):
            return ROBOTS
        if self._site.is_start(url):
            return ""
        return self._site.unwanted(url) or self._by_name(page_key(url).partition("?")[0])

    def _by_name(self, path: str) -> str:
        """Return why a url, without its query, is left out by its ending; "" where it may be requested."""
        if path[-4:].lower() == ".pdf":
            return "" if self._site.wants_pdf(path) else PDF
        if self._site.reads_markdown and ending_of(path) in MARKDOWN_ENDINGS:
            return ""
        if _EXTENSION.search(path[len("https://") :].partition("/")[2]):
            return NO_PAGE
        # "search" is a search page only directly below the source's folder: guides/search is about searching.
        inside = path.removeprefix(self._site.folder)
        return WHOLE_SITE if _WHOLE_SITE.search(path) or _SEARCH.match(inside) else ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Pages per source, links away from its start page, query variants per path; the preferred language.

    `reread`: pages that older rules read are all requested at once, changed or not (`ingest.rereading`). After
    `seconds` on the clock no more pages are asked for.
    """

    pages: int = 5000
    depth: int = 20
    variants: int = 8
    seconds: float = math.inf
    language: str = "en"
    reread: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A url that is to be requested next. `number` keeps the order of arrival within a depth."""

    depth: int
    number: int
    url: str


class Frontier:
    """The urls of one crawl. `known`: pages of earlier crawls; they count among the query variants."""

    def __init__(
        self, rules: Rules, bounds: Bounds, known: Collection[str] = (), priority: Priority | None = None
    ) -> None:
        self.left_out: dict[str, str] = {}
        self._rules = rules
        self._bounds = bounds
        self._known = known
        self._variants = Variants(bounds.variants, known)
        self._spellings = Spellings(known)
        self._priority = priority
        self._queue: list[tuple[int, Due]] = []
        self._pushed = 0
        self._asked = 0
        self._pages = 0
        self._letters = 0
        self._room = MAX_REMEMBERED

    def offer(self, url: str, depth: int, *, listed: bool = False) -> None:
        """Queue the page of a stored url, once. `listed`: a sitemap, a canonical or an earlier crawl named it."""
        if self._spellings.had(url):
            if self._spellings.wanted(url) and not self._rules.against(url):
                self._again(url, depth)
            return
        offered, url = url, self._spellings.of(url)
        reason = self._rules.against(url) or self._limit(url, depth, vouched=listed or url in self._known)
        if reason:
            self._leave_out(url, reason)
            return
        self._spellings.ask(url, offered)
        self._push(url, depth)

    def offer_unlinked(self) -> None:
        """Queue the known pages that no link led to: they are requested before they count as missing."""
        for url in self._known:
            self.offer(url, 1, listed=True)

    def note_news(self, url: str, texts: Sequence[str], *, replayed: bool = False) -> bool:
        """Return whether a page, asked for as `url`, says what no other variant of its query did.

        Then another variant gets its place. `replayed`: an earlier process of this crawl knew that it does.
        """
        is_news = replayed or self._variants.is_news(url, texts)
        if is_news:
            self._queue_parked(url)
        return is_news

    def note_unchanged(self, url: str) -> None:
        """Give the place of a known variant to another one, where so many are known that the path holds pages."""
        if self._variants.was_news(url):
            self._queue_parked(url)

    def _queue_parked(self, url: str) -> None:
        while parked := self._variants.make_room(url):
            waiting, depth = parked
            if not self._spellings.had(waiting):
                self._spellings.ask(waiting, waiting)
                self._push(waiting, depth)
                return

    def claim(self, url: str) -> bool:
        """Return whether a redirect may lead to this url: not where it has a visit already or will get one."""
        if self._spellings.had(url):
            return False
        self._spellings.ask(url, url)
        self.left_out.pop(url, None)
        return True

    def spelling(self, url: str) -> str:
        """Return the url under which the page of `url` is requested and stored."""
        return self._spellings.of(url)

    def respell(self, url: str) -> None:
        """Store a page that is being requested under this spelling, to which the server redirects."""
        self._spellings.settle(url)

    def preferred(self, url: str, canonical: str) -> str:
        """Return the spelling of a page found at `url`: `canonical`, which it names, if that is the same page."""
        if self._spellings.may_become(url, canonical) and not self._rules.against(canonical):
            self._spellings.settle(canonical)
            return canonical
        return url

    def ask_otherwise(self, url: str, depth: int, other: str = "") -> bool:
        """Queue the other spelling of a page that is not at `url`, once. Return whether it is queued now.

        Where the site has used no other spelling yet, the first one offered later is queued. `other`: the spelling that
        the site named.
        """
        other = self._spellings.other(url, other)
        if not other or self._rules.against(other):
            return False
        self._again(other, depth)
        return True

    def take(self) -> Due | None:
        """Return the next url, or None: nothing is queued, or the limit on pages is reached for now."""
        full = self._pages >= self._bounds.pages or self._asked >= _ASKS_A_PAGE * self._bounds.pages
        if full or not self._queue:
            return None
        self._asked += 1
        self._pages += 1
        due = self._next()
        return replace(due, url=self._shorter(due.url))

    def _next(self) -> Due:
        """Return the first url in the queue whose priority has not dropped since it was queued."""
        while True:
            later, due = heapq.heappop(self._queue)
            now = self._later(due.url)
            if now <= later:
                return due
            heapq.heappush(self._queue, (now, due))

    def _later(self, url: str) -> int:
        return 0 if self._priority is None else self._priority.of(url)

    def no_page(self) -> None:
        """Free the place of a url that was taken and turned out to be no page."""
        self._pages -= 1

    def close(self, *, late: bool = False) -> None:
        """Leave out what is still queued: the limit on pages is reached, or with `late` that on time."""
        for _, due in self._queue:
            self._leave_out(due.url, TIME_LIMIT if late else PAGE_LIMIT)
        self._queue.clear()
        for url in self._variants.unread:
            if self.left_out.get(url) == VARIANTS:
                self.left_out[url] = UNREAD_VARIANTS

    def _shorter(self, url: str) -> str:
        """Return the shorter of two spellings that were both offered before the page was requested, in any order."""
        shorter = self._spellings.shorter(url)
        if shorter == url or self._rules.against(shorter):
            return url
        self._spellings.ask(shorter, url)
        return shorter

    def _again(self, url: str, depth: int) -> None:
        self._spellings.settle(url)
        self._push(url, depth)

    def _push(self, url: str, depth: int) -> None:
        # It may have been too deep, or one variant too many, when it was offered before.
        self.left_out.pop(url, None)
        self._pushed += 1
        self._letters += len(url)
        heapq.heappush(self._queue, (self._later(url), Due(depth, self._pushed, url)))

    def _limit(self, url: str, depth: int, *, vouched: bool) -> str:
        full = len(self._spellings) >= _QUEUED_A_PAGE * self._bounds.pages
        if full or self._letters >= _LETTERS_A_PAGE * self._bounds.pages:
            return PAGE_LIMIT
        if depth > self._bounds.depth:
            return DEPTH
        if vouched:
            return ""
        if _repeats(url):
            return REPEATING
        return "" if self._variants.admit(url, depth) else VARIANTS

    def _leave_out(self, url: str, reason: str) -> None:
        if url in self._known or url in self.left_out:
            self.left_out[url] = reason
        elif len(self.left_out) < MAX_LEFT_OUT and self._room > 0:
            self.left_out[url] = reason
            self._room -= len(url)


def _repeats(url: str) -> bool:
    """Return whether relative links lead ever deeper into themselves: `"https://h/a/b/a/b/a/b/a/b/"`."""
    segments = url.partition("?")[0].split("/")[3:]
    if len(segments) <= _MAX_REPEATS:
        return False
    return max(Counter(segment for segment in segments if segment).values(), default=0) > _MAX_REPEATS
