"""`ingest.sync` over the real store: the promises of the fake corpus hold in Postgres as well."""

from __future__ import annotations

from core.domain import Source
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import CrawlReport, Verdict
from core.postgres.database import Database
from ingest.crawl import Crawler
from ingest.sync import sync
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import RegexParser, fetcher_of, source_of
from tests.servers.site import DocSite, page, serve_site


async def crawled(database: Database, source: Source, *, force: bool = False) -> CrawlReport:
    async with fetcher_of(source.root_url) as fetcher:
        walk = Crawler(source, fetcher, RegexParser()).walk
        return await sync(source, PostgresCorpus(database), FakeEmbedder(), walk, watch=lambda _: None, force=force)


async def test_crawls_of_a_site_that_changes_are_stored(database: Database) -> None:
    await database.use_space("fake", 2)
    twin = page("Twin", text="The same words.")
    names = [f"p{number}" for number in range(8)]
    site = DocSite({"/docs/": page("Start", *names, "twin", "twin2"), "/docs/twin": twin, "/docs/twin2": twin})
    site.pages |= {f"/docs/{name}": page(name) for name in names}
    async with serve_site(site):
        source = await PostgresCatalog(database).add(source_of(site))
        first = await crawled(database, source)
        assert (first.verdict, first.pages, first.embedded, first.passages) == (Verdict.OK, 10, 10, 10)
        again = await crawled(database, source)
        assert (again.not_modified, again.embedded, again.removed, again.passages) == (10, 0, 0, 10)
        assert again.skipped == first.skipped == {"duplicate": 1}
        site.mode = "sub503"
        bad = await crawled(database, source)
        assert (bad.verdict, bad.removed) == (Verdict.QUARANTINED, 0)
        site.mode = ""
        del site.pages["/docs/p1"], site.pages["/docs/twin"]
        await crawled(database, source)
        last = await crawled(database, source)
        assert (last.verdict, last.embedded, last.pages, last.passages) == (Verdict.OK, 0, 9, 9)
        assert (await PostgresCatalog(database).get("docs")).pages == 9
