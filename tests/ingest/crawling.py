"""What the tests of the crawl share: a parser by regex, a corpus in memory, and a crawl of a served site."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from core.domain import Edition, Passage, Source, Vector
from core.index.crawling import Batch, CrawlReport, GraphProgress, KnownPage, Outlook, Resumed, StagedPage, Switched
from core.net.urls import normalise
from ingest.frontier import Bounds
from ingest.kinds.port import WalkTools
from ingest.kinds.registry import find_kind
from ingest.pages import Editions, Extract, Kept, Outcome, Parsed, Visited
from ingest.parsing.parse import ParseFailed
from ingest.web.fetch import Fetcher
from ingest.web.guard import Guard
from ingest.web.results import FetchLimits
from tests.servers.site import DocSite

QUICK = FetchLimits(tries=2, backoff=0.0, header_timeout=30.0, patience=60.0)


def source_of(site: DocSite, path: str = "/docs/", **more: str) -> Source:
    """Return a source that starts at `path` of a served site."""
    return Source(1, "docs", site.url(path), allow_private=True, **more)  # type: ignore[arg-type]  # all are text


def fetcher_of(*urls: str, connections: int = 4, limits: FetchLimits = QUICK) -> Fetcher:
    """Return a quick fetcher that may ask these places on loopback."""
    return Fetcher(
        Guard(urls, allow_private=True), user_agent="footnote-bot/test", connections=connections, limits=limits
    )


class RegexParser:
    """Reads the pages that `tests.servers.site.page` writes; one passage a paragraph, `<short>` is one dropped."""

    async def parse(self, body: bytes, content_type: str, url: str) -> Parsed:
        html = body.decode()
        if "<broken>" in html:
            raise ParseFailed("took too long")

        def one(pattern: str) -> str:
            found = re.search(pattern, html)
            return found[1] if found else ""

        title = one("<title>(.*?)</title>")
        links = (normalise(href, url) for href in re.findall(r'<a href="(.*?)"', html))
        robots = one('<meta name="robots" content="(.*?)"')
        extract = Extract(
            title,
            (),
            tuple(link for link in links if link),
            canonical=one('rel="canonical" href="(.*?)"'),
            refresh=one('http-equiv="refresh" content="0;url=(.*?)"'),
            noindex="noindex" in robots,
            nosnippet="nosnippet" in robots,
            nofollow="nofollow" in robots,
            trouble=one("<trouble>(.*?)</trouble>"),
        )
        texts = re.findall("<p>(.*?)</p>", html)
        passages = tuple(Passage(url, "", (), text, title, ordinal=n) for n, text in enumerate(texts))
        return Parsed(extract, passages, html.count("<short>"))


class MemoryCorpus:
    """Keeps the promises of `core.index.crawling.Corpus` and `Crawling` in dictionaries. `passages`: url -> texts."""

    def __init__(self) -> None:
        self.pages: dict[str, KnownPage] = {}
        self.passages: dict[str, list[Passage]] = {}
        self.vectors: dict[bytes, Vector] = {}
        self.staged: dict[str, StagedPage] = {}
        self.words: dict[bytes, str] = {}
        self.reports: list[CrawlReport] = []
        self.removed = 0
        self.visited: dict[str, bytes] = {}
        self.left_out: dict[str, str] = {}
        self.editions: dict[str, Edition] = {}
        self.finished = True
        self.graph = GraphProgress("building index", 7, 70)
        self.waiting = MemoryBatches(self, [])

    @asynccontextmanager
    async def crawl(self, source: Source) -> AsyncIterator[MemoryCorpus]:
        if self.finished:
            self.staged.clear()
            self.visited.clear()
        self.finished = False
        yield self

    async def resumed(self) -> Resumed:
        return Resumed(frozenset(self.staged), dict(self.visited))

    async def known_pages(self) -> Mapping[str, KnownPage]:
        return dict(self.pages)

    async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
        self.visited.update(visits)
        for page in pages:
            assert page.url not in self.staged, "a url is staged once a crawl"
            self.staged[page.url] = page
            self.words |= {passage.identity: passage.embedded_text for passage in page.passages or ()}

    async def unstage(self, urls: Collection[str]) -> None:
        for url in urls:
            del self.staged[url]

    async def absent(self) -> list[bytes]:
        return list({passage.identity for passage in self._staged_passages()} - self.vectors.keys())

    async def texts(self, identities: Sequence[bytes]) -> list[tuple[bytes, str]]:
        return [(identity, self.words[identity]) for identity in identities]

    async def store_vectors(self, vectors: Sequence[tuple[bytes, Vector]]) -> None:
        self.vectors.update(vectors)

    async def outlook(self) -> Outlook:
        stay = {url: p for url, p in self.passages.items() if url not in self.staged or self._unchanged(url)}
        return Outlook(_count(self.passages), len(self._staged_passages()) + _count(stay))

    async def share(self, identities: Sequence[bytes]) -> None:
        self.waiting = MemoryBatches(self, await self.texts(identities))

    def batches(self) -> MemoryBatches:
        return self.waiting

    async def switch(
        self, missed: Sequence[str], gone: Sequence[str], editions: Mapping[str, Edition] | None = None
    ) -> Switched:
        self.editions = dict(editions or {})
        before = _count(self.passages)
        for url, page in self.staged.items():
            self.pages[url] = KnownPage(
                url, page.etag, page.last_modified, page.links, fingerprint=page.fingerprint, says=page.says
            )
            if page.passages is not None:
                self.passages[url] = list(page.passages)
        for url in gone:
            del self.pages[url]
            self.removed += len(self.passages.pop(url, []))
        for url in missed:
            self.pages[url] = replace(self.pages[url], misses=self.pages[url].misses + 1)
        return Switched(_count(self.passages), 0, before * 0)

    async def finish(self, report: CrawlReport, left_out: Mapping[str, str] | None = None) -> None:
        self.finished = True
        self.left_out = dict(left_out or {})
        self.reports.append(report)

    async def build_graph(self, watch: Callable[[GraphProgress], None]) -> None:
        assert self.finished, "the report is kept before the graph is built"
        watch(self.graph)

    def _unchanged(self, url: str) -> bool:
        return self.staged[url].passages is None

    def _staged_passages(self) -> list[Passage]:
        return [passage for page in self.staged.values() for passage in page.passages or ()]


class MemoryBatches:
    """Keeps the promises of `core.index.crawling.Batches` for texts of one crawl, seven at a time."""

    def __init__(self, corpus: MemoryCorpus, texts: Sequence[tuple[bytes, str]]) -> None:
        self._corpus = corpus
        self._free = [Batch(n, tuple(texts[n : n + 7])) for n in range(0, len(texts), 7)]
        self._held: dict[int, Batch] = {}

    async def take(self, *, impatient: bool = False) -> Batch | None:
        if not self._free:
            return None
        batch = self._free.pop(0)
        self._held[batch.id] = batch
        return batch

    async def finish(self, batch: Batch, vectors: Sequence[Vector]) -> None:
        del self._held[batch.id]
        await self._corpus.store_vectors([(key, each) for (key, _), each in zip(batch.texts, vectors, strict=True)])

    async def give_back(self, batch: Batch) -> None:
        self._free.append(self._held.pop(batch.id))

    async def remaining(self) -> int:
        return sum(len(batch.texts) for batch in (*self._free, *self._held.values()))


def _count(passages: Mapping[str, Sequence[Passage]]) -> int:
    return sum(map(len, passages.values()))


async def walked(
    site: DocSite,
    source: Source | None = None,
    known: Mapping[str, KnownPage] | None = None,
    bounds: Bounds | None = None,
) -> dict[str, Outcome]:
    """Crawl a served site. -> path -> the outcome that counts."""
    source = source or source_of(site)
    async with fetcher_of(source.root_url, source.served_at or source.root_url) as fetcher:
        walk = find_kind(source).walk(source, WalkTools(fetcher, RegexParser(), bounds or Bounds()))
        async with aclosing(walk(known or {}, {})) as outcomes:
            found = {outcome.url: outcome async for outcome in outcomes if not isinstance(outcome, Visited | Editions)}
    base = "/".join(source.root_url.split("/")[:3])
    return {url.removeprefix(base): outcome for url, outcome in found.items()}


def kept(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the paths of the pages that were kept."""
    return sorted(path for path, outcome in outcomes.items() if isinstance(outcome, Kept))


def known_from(outcomes: Mapping[str, Outcome], misses: int = 0) -> dict[str, KnownPage]:
    """Return what the next crawl would know."""
    return {
        outcome.url: KnownPage(
            outcome.url, outcome.etag, outcome.last_modified, outcome.links, misses, outcome.fingerprint
        )
        for outcome in outcomes.values()
        if isinstance(outcome, Kept)
    }
