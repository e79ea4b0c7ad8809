"""Editions over real crawls: whole in each version, steady while a site is bad; and the claims of a page's head."""

from __future__ import annotations

import pytest

from core.domain import Edition
from core.index.crawling import CrawlReport, Verdict
from ingest.crawl import Crawler
from ingest.editions.branches import Says
from ingest.frontier import Bounds
from ingest.html.extract import extract
from ingest.pages import Parsed
from ingest.parsing.wire import LENGTH, encode_answer, read_answer
from ingest.sync import sync
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import MemoryCorpus, RegexParser, fetcher_of, source_of
from tests.servers.site import DocSite, page, serve_site

NAMES = [f"p{number}" for number in range(4)]


def versioned(*versions: str) -> DocSite:
    """Return a site with a start page, and the same four pages in each version, word by word."""
    places = [f"/docs/{version}/{name}" for version in versions for name in NAMES]
    return DocSite({"/docs/": page("Start", *places)} | {place: page(place[-2:]) for place in places})


async def crawled(site: DocSite, corpus: MemoryCorpus, bounds: Bounds | None = None) -> CrawlReport:
    source = source_of(site)
    async with fetcher_of(site.base_url) as fetcher:
        walk = Crawler(source, fetcher, RegexParser(), bounds).walk
        return await sync(source, corpus, FakeEmbedder(), walk, watch=lambda _: None)


def versions(corpus: MemoryCorpus) -> dict[str, int]:
    """Return how many pages are stored for each version."""
    found = [edition.version for edition in corpus.editions.values()]
    return {version: found.count(version) for version in sorted(set(found))}


async def test_the_same_text_in_two_versions_is_kept_in_both() -> None:
    corpus = MemoryCorpus()
    async with serve_site(versioned("1.0", "2.0")) as site:
        report = await crawled(site, corpus)
        assert (report.pages, report.skipped, versions(corpus)) == (9, {}, {"1.0": 4, "2.0": 4})
        again = await crawled(site, corpus)
        assert (again.not_modified, again.fetched, again.embedded) == (9, 0, 0)
        assert versions(corpus) == {"1.0": 4, "2.0": 4}


async def test_one_version_is_no_edition_and_its_duplicates_are_told_as_ever() -> None:
    corpus, site = MemoryCorpus(), versioned("1.0")
    site.pages["/docs/"] = page("Start", *list(site.pages)[1:], "copy")
    site.pages["/docs/copy"] = site.pages["/docs/1.0/p1"]
    async with serve_site(site):
        report = await crawled(site, corpus)
    assert (report.pages, report.skipped, corpus.editions) == (5, {"duplicate": 1}, {})


async def test_a_version_that_fails_for_one_night_keeps_the_others_in_theirs() -> None:
    corpus = MemoryCorpus()
    many = [f"n{number}" for number in range(20)]
    site = versioned("1.0", "2.0")
    site.pages |= {f"/docs/2.0/{name}": page(name) for name in many}
    site.pages["/docs/"] = page("Start", *(place for place in site.pages if place != "/docs/"))
    async with serve_site(site):
        await crawled(site, corpus)
        site.statuses |= {f"/docs/1.0/{name}": [404] for name in NAMES}
        report = await crawled(site, corpus)
        assert (report.verdict, report.removed) == (Verdict.OK, 0), report.reason
        assert versions(corpus) == {"1.0": 4, "2.0": 24}


async def test_where_the_page_limit_cuts_the_newest_version_is_read() -> None:
    corpus = MemoryCorpus()
    async with serve_site(versioned("1.0", "2.0", "dev")) as site:
        report = await crawled(site, corpus, Bounds(pages=5))
        assert report.verdict is Verdict.PARTIAL
        assert sorted(corpus.pages) == [site.url("/docs/"), *(site.url(f"/docs/2.0/{name}") for name in NAMES)]


HEADS = [
    ('<html lang="de"><head></head>', Says("de")),
    ('<head><meta name="docsearch:version" content="2.0.0,latest"></head>', Says("", "", "2.0.0,latest")),
    ('<head><meta name="docusaurus_version" content="3.1"></head>', Says("", "", "3.1")),
    ('<head><meta name="readthedocs-version-slug" content="stable"></head>', Says("", "", "stable")),
    (
        "<head><script>var DOCUMENTATION_OPTIONS = {URL_ROOT: './', VERSION: '1.4.2'};</script></head>",
        Says("", "", "1.4.2"),
    ),
    (
        '<head><link rel="alternate" hreflang="en" href="/a"><link rel="alternate" hreflang="pt-BR" href="/pt/a">'
        '<link rel="alternate" hreflang="x-default" href="/pt/a"></head>',
        Says("", "pt-BR"),
    ),
    ('<head><link rel="alternate" hreflang="en" href="/pt/a"></head>', Says()),
    ('<head><link rel="alternate" type="application/rss+xml" href="/pt/a"></head>', Says()),
    ("<body><meta name='docsearch:version' content='9'></body>", Says()),
]


@pytest.mark.parametrize(("head", "says"), HEADS)
def test_what_a_head_says_of_its_edition_comes_through_the_pipe(head: str, says: Says) -> None:
    url = "https://h.example/pt/a"
    sent = encode_answer(Parsed(extract(f"{head}<p>Some text of this page.</p>", url), (), 0), retiring=False)
    parsed, _ = read_answer(sent[LENGTH.size :], url)
    assert isinstance(parsed, Parsed)
    page = parsed.extract
    assert Says(page.language, page.alternate, page.version) == says


def test_an_edition_in_words() -> None:
    assert [str(each) for each in (Edition(), Edition("1.0"), Edition("1.0", "de"), Edition("", "de", "a"))] == [
        "",
        "1.0",
        "1.0, de",
        "de",
    ]
