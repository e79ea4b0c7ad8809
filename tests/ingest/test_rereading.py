"""Pages that older rules read are read again; and the number of the rules moves when they do."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from core.domain import Source
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import READING, KnownPage
from core.postgres.database import Database
from core.postgres.statements import statements
from ingest.crawl import Crawler
from ingest.documents.document import parse_document
from ingest.frontier import Bounds
from ingest.rereading import AT_ONCE, choose_due
from ingest.split import split
from ingest.sync import sync
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import RegexParser, fetcher_of, kept, known_from, source_of, walked
from tests.servers.site import DocSite, page, serve_site

GOLD = Path(__file__).parent / "gold"
DIGESTS = {
    2: "9f272e5ecc0a12d6",
    3: "71b01695261c2b0d",
    4: "71b01695261c2b0d",
    5: "71b01695261c2b0d",
    6: "71b01695261c2b0d",
}
"""What the rules of a number make of `GOLD`. A number that was released keeps its digest; for an unreleased one it may
be written again."""


def digest() -> str:
    """Return a digest of all that is derived from the gold pages."""
    found = blake2b(digest_size=8)
    for path in sorted(GOLD.iterdir()):
        url = f"https://docs.example/{path.name}"
        passages, dropped = split(parse_document(path.read_bytes(), "", url), url)
        for each in passages:
            found.update(repr((each.anchor, each.path, each.text, each.kind, each.language, each.identity)).encode())
        found.update(str(dropped).encode())
    return found.hexdigest()


def test_the_number_of_the_rules_moves_when_the_passages_of_the_gold_pages_do() -> None:
    assert DIGESTS.get(READING) == digest(), (
        "the gold pages make other passages: raise READING of core.index.crawling, unless it is not released yet, "
        f'and write DIGESTS[READING] = "{digest()}"'
    )
    assert max(DIGESTS) == READING


def known(number: int, *, old: int) -> Mapping[str, KnownPage]:
    urls = [f"https://h/{place:05}" for place in range(number)]
    return {url: KnownPage(url, reading=READING - (place < old)) for place, url in enumerate(urls)}


def test_old_pages_of_a_small_source_are_read_again_in_one_crawl() -> None:
    assert len(choose_due(known(AT_ONCE, old=AT_ONCE))) == AT_ONCE
    assert choose_due(known(10, old=0)) == frozenset()


def test_old_pages_of_a_large_source_are_read_again_over_three_crawls_a_third_at_most() -> None:
    pages = dict(known(3_001, old=3_001))
    for most in (1_001, 1_001, 999):
        due = choose_due(pages)
        assert len(due) == most
        pages |= {url: KnownPage(url) for url in due}
    assert choose_due(pages) == frozenset()
    assert len(choose_due(known(3_001, old=2_900), at_once=True)) == 2_900


async def test_an_unchanged_page_of_an_older_reading_is_requested_without_validators_once() -> None:
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A")})
    async with serve_site(site):
        first = await walked(site)
        before = known_from(first)
        url = site.url("/docs/a")
        before[url] = KnownPage(url, before[url].etag, fingerprint=before[url].fingerprint, reading=READING - 1)
        assert kept(await walked(site, known=before)) == ["/docs/a"]


async def crawled(database: Database, source: Source, *, reread: bool = False) -> tuple[int, int, int]:
    async with fetcher_of(source.root_url) as fetcher:
        walk = Crawler(source, fetcher, RegexParser(), Bounds(reread=reread)).walk
        report = await sync(source, PostgresCorpus(database), FakeEmbedder(), walk, watch=lambda _: None)
    return report.fetched, report.not_modified, report.embedded


async def test_an_upgrade_reads_every_page_again_and_embeds_what_changed(database: Database) -> None:
    await database.use_space("fake", 2)
    names = [f"p{number}" for number in range(4)]
    site = DocSite({"/docs/": page("Start", *names)} | {f"/docs/{name}": page(name) for name in names})
    async with serve_site(site):
        catalog = PostgresCatalog(database)
        source = await catalog.add(source_of(site))
        assert await crawled(database, source) == (5, 0, 5)
        assert (await catalog.get("docs")).old_reading == 0
        await database.writers.execute("update page set reading = 1 where url not like '%p3'")
        await database.writers.execute(statements()["switch_count"], source.id)
        assert [each.old_reading for each in await catalog.list()] == [4]
        assert await crawled(database, source) == (4, 1, 0)
        assert (await catalog.get("docs")).old_reading == 0
        assert await crawled(database, source) == (0, 5, 0)


async def test_a_page_that_failed_meanwhile_is_still_of_the_old_reading(database: Database) -> None:
    await database.use_space("fake", 2)
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A")})
    async with serve_site(site):
        catalog = PostgresCatalog(database)
        source = await catalog.add(source_of(site))
        await crawled(database, source)
        await database.writers.execute("update page set reading = 1")
        site.mode = "sub503"
        await crawled(database, source)
        assert (await catalog.get("docs")).old_reading == 1
        site.mode = ""
        assert await crawled(database, source) == (1, 1, 0)
