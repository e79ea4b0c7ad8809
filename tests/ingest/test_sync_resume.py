"""A crawl whose process is killed at any moment: the next one asks for what is left, and finds the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.index.crawling import CrawlReport, StagedPage, Verdict
from ingest import sync as sync_module
from ingest.crawl import Crawler
from ingest.frontier import Bounds
from ingest.pages import Visited
from ingest.sync import sync
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import MemoryCorpus, RegexParser, fetcher_of, source_of
from tests.servers.site import DocSite, page, serve_site


class Killed(BaseException):
    """Nothing in a crawl may catch it."""


class Mortal(MemoryCorpus):
    """A corpus whose process ends after some stores; what was stored stays."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives = lives

    async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
        await super().stage(pages, visits)
        self.die()

    async def share(self, identities: Sequence[bytes]) -> None:
        await super().share(identities)
        self.die()

    def die(self) -> None:
        """Count down, and raise `Killed` at the end."""
        self.lives -= 1
        if not self.lives:
            raise Killed


def manual() -> DocSite:
    """Return a site with links, a redirect, a canonical, a duplicate, an index page in two spellings and more.

    The rest: a refresh, a missing page.
    """
    names = [f"p{number}" for number in range(12)]
    pages = {"/docs/": page("Start", *names, "moved", "same", "twin", "sub/index.html", "away", "none", "x.zip")}
    pages |= {f"/docs/{name}": page(name, f"deep-{name}", "sub/") for name in names}
    pages |= {f"/docs/deep-{name}": page(f"Deep {name}") for name in names}
    pages["/docs/same"] = page("Same", head='<link rel="canonical" href="p1">')
    pages["/docs/twin"] = page("Twin", text="All about p2.")
    pages["/docs/sub/"] = page("Sub")
    pages["/docs/away"] = page("Away", head='<meta http-equiv="refresh" content="0;url=p3">')
    pages["/docs/target"] = page("Target")
    return DocSite(pages, redirects={"/docs/moved": "/docs/target"})


async def crawled(site: DocSite, corpus: MemoryCorpus) -> CrawlReport:
    async with fetcher_of(site.base_url) as fetcher:
        walk = Crawler(source_of(site), fetcher, RegexParser(), Bounds(pages=100)).walk
        return await sync(source_of(site), corpus, FakeEmbedder(), walk, watch=lambda _: None)


async def until_killed(site: DocSite, corpus: Mortal) -> CrawlReport | None:
    try:
        return await crawled(site, corpus)
    except Killed:
        return None


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_module, "STAGE_VISITS", 3)


def texts(corpus: MemoryCorpus) -> Mapping[str, list[str]]:
    return {url.partition("/docs")[2]: [each.text for each in passages] for url, passages in corpus.passages.items()}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.integers(min_value=1, max_value=14), min_size=1, max_size=4))
async def test_a_killed_crawl_ends_as_an_undisturbed_one_does(lives: list[int]) -> None:
    calm, mortal = MemoryCorpus(), Mortal(0)
    async with serve_site(manual()) as site:
        report = await crawled(site, calm)
        assert report.verdict is Verdict.OK
        kept = texts(calm)
        site.forget()
        for life in lives:
            mortal.lives = life
            if again := await until_killed(site, mortal):
                break
        else:
            mortal.lives = 1000
            again = await crawled(site, mortal)
        assert texts(mortal) == kept
        assert (again.verdict, again.pages, again.skipped) == (report.verdict, report.pages, report.skipped)
        deep = {path: count for path, count in site.asked.items() if path.startswith("/docs/deep-")}
        # What was under way or not yet stored when the process ended is asked once more: 3 stored at a time, 8 at once.
        assert sum(deep.values()) - len(deep) <= 11 * len(lives)


async def test_a_resumed_crawl_asks_for_nothing_twice() -> None:
    mortal = Mortal(6)
    async with serve_site(manual()) as site:
        with pytest.raises(Killed):
            await crawled(site, mortal)
        done = set(mortal.visited)
        assert len(done) >= 15
        site.forget()
        await crawled(site, mortal)
        assert not {site.url(path) for path in site.asked} & done


async def test_a_crawl_that_is_killed_while_it_embeds_takes_the_same_duplicates_back() -> None:
    calm, mortal = MemoryCorpus(), Mortal(0)
    async with serve_site(manual()) as site:
        report = await crawled(site, calm)
        assert report.skipped["duplicate"] == 1
        mortal.lives = 10_000
        await until_killed(site, mortal)
        stores = 10_000 - mortal.lives
        mortal = Mortal(stores)  # the last of which is the sharing of what is to be embedded
        assert await until_killed(site, mortal) is None
        mortal.lives = 10_000
        again = await crawled(site, mortal)
    assert (again.verdict, again.reason, again.skipped) == (report.verdict, report.reason, report.skipped)
    assert texts(mortal) == texts(calm)


async def test_a_record_that_is_not_understood_is_asked_for_again() -> None:
    async with serve_site(manual()) as site, fetcher_of(site.base_url) as fetcher:
        visited = {site.url("/docs/"): b'{"kind": "Later"}', site.url("/docs/p1"): b"\0"}
        async with aclosing(Crawler(source_of(site), fetcher, RegexParser()).walk({}, visited)) as found:
            urls = {each.url async for each in found if isinstance(each, Visited)}
        assert site.url("/docs/p1") in urls
        assert site.asked["/docs/p1"] == 1
