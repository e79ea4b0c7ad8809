"""`ingest.sync` over real crawls: nothing is removed while a site is bad, nothing embedded when it is back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

import pytest

from core.domain import Passage
from core.errors import SiteUnreachable, StoreError
from core.index.crawling import CrawlReport, GraphProgress, KnownPage, StagedPage, Verdict
from core.work.port import Phase
from ingest.crawl import Crawler
from ingest.frontier import Bounds
from ingest.pages import Found, Kept, Visited
from ingest.sync import STAGE_VISITS, Progress, sync
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import MemoryCorpus, RegexParser, fetcher_of, source_of
from tests.servers.site import DocSite, page, serve_site

PAGES = 10


def docs() -> DocSite:
    names = [f"p{number}" for number in range(PAGES - 1)]
    return DocSite({"/docs/": page("Start", *names)} | {f"/docs/{name}": page(name) for name in names})


async def crawled(
    site: DocSite,
    corpus: MemoryCorpus,
    *,
    force: bool = False,
    bounds: Bounds | None = None,
    embedder: FakeEmbedder | None = None,
) -> CrawlReport:
    source = source_of(site)
    async with fetcher_of(site.base_url) as fetcher:
        walk = Crawler(source, fetcher, RegexParser(), bounds).walk
        return await sync(source, corpus, embedder or FakeEmbedder(), walk, watch=lambda _: None, force=force)


async def test_a_first_crawl_stores_and_embeds_everything() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        report = await crawled(site, corpus)
    assert (report.verdict, report.pages, report.fetched, report.embedded) == (Verdict.OK, PAGES, PAGES, PAGES)
    assert len(corpus.passages) == PAGES


async def test_an_unchanged_site_costs_no_bodies_and_no_embeddings() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.forget()
        report = await crawled(site, corpus)
        assert (report.not_modified, report.fetched, report.embedded) == (PAGES, 0, 0)
        assert site.bodies == 0
    assert corpus.removed == 0


async def test_an_edit_embeds_what_changed() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.pages["/docs/p1"] = page("p1", text="Something new.")
        report = await crawled(site, corpus)
    assert (report.verdict, report.embedded) == (Verdict.OK, 1)


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [
        ("down", Verdict.ABORTED),
        ("mass404", Verdict.ABORTED),
        ("moved", Verdict.ABORTED),
        ("login", Verdict.QUARANTINED),
        ("sub503", Verdict.QUARANTINED),
        ("maintenance", Verdict.QUARANTINED),
    ],
)
async def test_nothing_is_removed_while_a_site_is_bad_nor_embedded_when_it_is_back(mode: str, verdict: Verdict) -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        before = dict(corpus.passages)
        site.mode = mode
        bad = await crawled(site, corpus)
        assert (bad.verdict, bad.removed, bad.embedded) == (verdict, 0, 0)
        assert bad.reason
        assert corpus.passages == before
        site.mode = ""
        back = await crawled(site, corpus)
        assert (back.verdict, back.pages, back.embedded) == (Verdict.OK, PAGES, 0)
    assert corpus.removed == 0
    assert corpus.passages == before


@pytest.mark.parametrize("mode", ["down", "mass404", "login", "sub503", "moved"])
async def test_a_site_of_three_pages_is_not_emptied_either(mode: str) -> None:
    corpus = MemoryCorpus()
    site = DocSite({"/docs/": page("Start", "a", "b"), "/docs/a": page("A"), "/docs/b": page("B")})
    async with serve_site(site):
        await crawled(site, corpus)
        site.mode = mode
        await crawled(site, corpus)
    assert corpus.removed == 0
    assert len(corpus.passages) == 3


async def test_an_admin_may_force_a_quarantine_but_not_an_abort() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.pages = {"/docs/": page("Start", "new"), "/docs/new": page("New")}
        report = await crawled(site, corpus)
        assert report.verdict is Verdict.QUARANTINED
        report = await crawled(site, corpus, force=True)
        assert report.verdict is Verdict.PARTIAL
        assert set(corpus.passages) == {site.url("/docs/"), site.url("/docs/new")}
        site.mode = "down"
        assert (await crawled(site, corpus, force=True)).verdict is Verdict.ABORTED
        assert len(corpus.passages) == 2


async def test_a_page_leaves_when_it_is_missing_twice_and_at_once_on_410() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        del site.pages["/docs/p1"]
        site.statuses["/docs/p2"] = [410]
        await crawled(site, corpus)
        assert site.url("/docs/p2") not in corpus.passages
        assert site.url("/docs/p1") in corpus.passages
        await crawled(site, corpus)
        assert site.url("/docs/p1") not in corpus.passages


async def test_a_page_that_fails_stays_for_good() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.statuses["/docs/p1"] = [500]
        for _ in range(3):
            report = await crawled(site, corpus)
            assert report.verdict is Verdict.PARTIAL
            assert report.reason == "1 page could not be read, of which 1 stay as they were"
    assert len(corpus.passages) == PAGES


async def test_pages_beyond_the_limit_are_not_missing() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        for _ in range(3):
            report = await crawled(site, corpus, bounds=Bounds(pages=2))
            assert report.verdict is Verdict.PARTIAL
            assert "page limit" in report.reason
    assert len(corpus.passages) == PAGES


async def test_a_site_whose_urls_all_moved_is_switched_not_quarantined() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        for number in range(PAGES - 1):
            site.pages[f"/docs/new{number}"] = site.pages.pop(f"/docs/p{number}")
            site.redirects[f"/docs/p{number}"] = f"/docs/new{number}"
        report = await crawled(site, corpus)
        assert (report.verdict, report.embedded) == (Verdict.OK, 0)
        assert report.skipped == {"moved": PAGES - 1}
        assert site.url("/docs/new1") in corpus.passages
        assert site.url("/docs/p1") not in corpus.passages


async def test_duplicates_cost_nothing_on_an_unchanged_recrawl() -> None:
    corpus = MemoryCorpus()
    twin = page("Twin", text="The same.")
    site = DocSite({"/docs/": page("Start", "a/long", "a"), "/docs/a/long": twin, "/docs/a": twin})
    async with serve_site(site):
        first = await crawled(site, corpus)
        again = await crawled(site, corpus)
        assert first.skipped == again.skipped == {"duplicate": 1}
        assert (first.pages, again.pages, again.embedded, again.removed) == (2, 2, 0, 0)
        assert set(corpus.passages) == {site.url("/docs/"), site.url("/docs/a")}


async def test_pages_are_staged_as_they_come_and_duplicates_taken_back() -> None:
    at_once: list[int] = []

    class Watched(MemoryCorpus):
        async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
            at_once.append(len(visits))
            await super().stage(pages, visits)

    corpus = Watched()
    names = [f"p{number}" for number in range(2 * STAGE_VISITS)]
    site = DocSite({"/docs/": page("Start", *names)} | {f"/docs/{name}": page("Twin", text="Same.") for name in names})
    async with serve_site(site):
        report = await crawled(site, corpus)
    assert at_once == [STAGE_VISITS, STAGE_VISITS, 1]
    assert (report.pages, report.skipped) == (2, {"duplicate": 2 * STAGE_VISITS - 1})
    assert set(corpus.passages) == {site.url("/docs/"), site.url("/docs/p0")}


async def test_pages_of_one_short_sentence_are_not_missing() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        for number in range(2):
            site.pages[f"/docs/p{number}"] = "<title>Placeholder</title><short>"
        report = await crawled(site, corpus)
        assert (report.verdict, report.pages, report.skipped) == (Verdict.OK, PAGES, {})
        again = await crawled(site, corpus)
        assert (again.not_modified, again.embedded) == (PAGES, 0)


async def test_a_first_crawl_of_an_empty_site_is_aborted_with_its_reasons() -> None:
    corpus = MemoryCorpus()
    async with serve_site(DocSite({"/docs/": "<html></html>"})) as site:
        report = await crawled(site, corpus)
    assert report.verdict is Verdict.ABORTED
    assert report.reason == "no page with text was found (1 x no text)"
    assert report.passages == 0


async def test_a_model_that_fails_leaves_readers_what_they_have() -> None:
    class Broken(FakeEmbedder):
        async def embed_passages(self, texts: object) -> list[object]:  # type: ignore[override]  # never returns
            return [await self.embed_query("fail")]

    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        report = await crawled(site, corpus, embedder=Broken(fails=True))
    assert (report.verdict, report.passages) == (Verdict.ABORTED, 0)
    assert report.reason.startswith("embedding failed")
    assert not corpus.passages


async def test_a_store_that_fails_ends_the_walk() -> None:
    closed = []

    async def walk(known: Mapping[str, KnownPage], visited: Mapping[str, bytes]) -> AsyncGenerator[Found, None]:
        try:
            for number in range(100):
                yield kept(f"https://h/{number}")
                yield Visited(f"https://h/{number}", b"")
        finally:
            closed.append(True)

    class Full(MemoryCorpus):
        async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
            raise StoreError("The disk is full.")

    site = DocSite(base_url="http://127.0.0.1:1")
    with pytest.raises(StoreError):
        await sync(source_of(site), Full(), FakeEmbedder(), walk, watch=lambda _: None)
    assert closed == [True]


async def test_who_watches_sees_each_stage() -> None:
    seen: list[Progress] = []
    async with serve_site(docs()) as site, fetcher_of(site.base_url) as fetcher:
        walk = Crawler(source_of(site), fetcher, RegexParser()).walk
        await sync(source_of(site), MemoryCorpus(), FakeEmbedder(), walk, watch=seen.append)
    assert list(dict.fromkeys(progress.stage for progress in seen)) == ["crawl", "embed", "switch", "graph"]
    assert seen[-2] == Progress(Phase.SWITCH, pages=PAGES, embedded=PAGES)
    graph = {"indexed": 7, "to_index": 70, "step": "building index"}
    assert seen[-1] == Progress(Phase.GRAPH, pages=PAGES, embedded=PAGES, **graph)  # type: ignore[arg-type]  # as they are


async def test_a_graph_that_cannot_be_built_leaves_the_crawl_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    class Full(MemoryCorpus):
        async def build_graph(self, watch: Callable[[GraphProgress], None]) -> None:
            raise StoreError("The disk is full.")

    corpus = Full()
    async with serve_site(docs()) as site:
        report = await crawled(site, corpus)
    assert (report.verdict, corpus.reports) == (Verdict.OK, [report])
    assert "until the next crawl: The disk is full." in caplog.text


async def test_a_site_that_cannot_be_read_is_a_verdict() -> None:
    async def walk(known: Mapping[str, KnownPage], visited: Mapping[str, bytes]) -> AsyncGenerator[Found, None]:
        yield kept("https://h/a")
        raise SiteUnreachable("The site is away.")

    corpus = MemoryCorpus()
    report = await sync(source_of(DocSite(base_url="http://h")), corpus, FakeEmbedder(), walk, watch=lambda _: None)
    assert (report.verdict, report.reason) == (Verdict.ABORTED, "The site is away.")
    assert not corpus.staged


def kept(url: str) -> Kept:
    return Kept(url, "T", (Passage(url, "", (), url),), ())


NOTICE = page("Docs", text="The documentation is being updated: please come again in a few minutes.")


async def test_a_notice_in_place_of_some_pages_takes_none_of_them() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        before, pages = dict(corpus.passages), dict(site.pages)
        site.pages |= {f"/docs/p{number}": NOTICE for number in range(4)}
        report = await crawled(site, corpus)
        assert (report.verdict, report.removed, report.embedded, report.skipped) == (Verdict.OK, 0, 0, {"http 404": 4})
        assert corpus.passages == before
        site.pages = pages
        back = await crawled(site, corpus)
        assert (back.pages, back.embedded, back.skipped) == (PAGES, 0, {})


async def test_pages_that_say_the_same_for_good_leave_when_that_was_seen_twice() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.pages |= {f"/docs/p{number}": NOTICE for number in range(4)}
        await crawled(site, corpus)
        await crawled(site, corpus)
        assert len(corpus.passages) == PAGES - 4
        await crawled(site, corpus)
        assert len(corpus.passages) == PAGES - 3


async def test_two_pages_that_come_to_say_the_same_are_one() -> None:
    corpus = MemoryCorpus()
    async with serve_site(docs()) as site:
        await crawled(site, corpus)
        site.pages["/docs/p1"] = site.pages["/docs/p2"] = NOTICE
        report = await crawled(site, corpus)
    assert (report.embedded, report.skipped) == (1, {"duplicate": 1})
