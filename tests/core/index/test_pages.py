"""Stored pages, read whole: found as they are shown and as they are stored, and by those alone who may see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.domain import Edition, Source
from core.index.catalog import PostgresCatalog
from core.index.pages import PostgresPages
from core.index.port import PageTitle, SourceEditions
from core.postgres.database import Database
from tests.core.index.helpers import DIMENSIONS, MODEL, ROOT, SITE, add, crawl

SERVED = "http://127.0.0.1:8700/site/"


async def closed_source(database: Database, *places: str, name: str = "closed", root: str = ROOT) -> Source:
    await database.use_space(MODEL, DIMENSIONS)
    return await PostgresCatalog(database).add(Source(0, name, root, visible_to=places))


async def test_a_page_is_read_with_all_its_passages_in_order(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    page = await PostgresPages(database).read_page(f"{ROOT}a#s1", None)
    assert page is not None
    assert (page.source, page.url, page.edition) == ("docs", f"{ROOT}a", Edition())
    assert [passage.text for passage in page.passages] == SITE["a"]
    assert page.crawled_at is not None
    assert timedelta(0) <= datetime.now(UTC) - page.crawled_at < timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        f"{ROOT}a",
        f" {ROOT}a ",
        f"{ROOT}a#nowhere",
        "https://DOCS.example:443/a",
        f"{ROOT}./a?utm_source=x",
        f"{ROOT}x/../a",
    ],
)
async def test_a_page_is_found_in_other_spellings_of_its_url(database: Database, url: str) -> None:
    await crawl(database, await add(database), SITE)
    page = await PostgresPages(database).read_page(url, None)
    assert page is not None
    assert page.url == f"{ROOT}a"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "/a",
        f"{ROOT}",
        f"{ROOT}c",
        "https://elsewhere.example/a",
        "file:///etc/passwd",
        "\0",
        "\ud800",
        "x" * 9999,
    ],
)
async def test_what_is_not_stored_is_no_page(database: Database, url: str) -> None:
    await crawl(database, await add(database), SITE)
    assert await PostgresPages(database).read_page(url, None) is None


async def test_a_page_that_is_served_elsewhere_is_found_as_shown_and_as_stored(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    await PostgresCatalog(database).move(source.name, SERVED)
    for url in (f"{SERVED}a#s0", f"{ROOT}a#s0"):
        page = await PostgresPages(database).read_page(url, None)
        assert page is not None
        assert page.url == page.passages[0].url == f"{SERVED}a"
    assert await PostgresPages(database).list_pages("docs", None, 1) == [PageTitle(f"{SERVED}a", "a")]
    times = await PostgresPages(database).crawl_times([("docs", f"{SERVED}a"), ("docs", f"{SERVED}zzz"), ("none", "x")])
    assert list(times) == [("docs", f"{SERVED}a")]


async def test_a_closed_source_is_read_by_those_alone_who_see_it(database: Database) -> None:
    await crawl(database, await closed_source(database, "slack:T1"), SITE)
    pages = PostgresPages(database)
    for audience, seen in (
        (None, True),
        (frozenset({"slack:T1", "slack:T1/C1"}), True),
        (frozenset({"slack:T2"}), False),
        (frozenset[str](), False),
    ):
        assert (await pages.read_page(f"{ROOT}a", audience) is not None) is seen
        assert (await pages.read_page(f"{ROOT}a", audience, source="closed") is not None) is seen
        assert bool(await pages.list_pages("closed", audience, 9)) is seen


async def test_the_versions_of_each_source_are_listed_for_those_who_see_it(database: Database) -> None:
    pages = {f"{version}/p": [f"words of {version}"] for version in ("1.0", "2.0")}
    named = {name: Edition(name.partition("/")[0]) for name in pages}
    await crawl(database, await closed_source(database, "slack:T1"), pages, editions=named)
    await crawl(database, await add(database, "docs", "https://other.example/"), {})
    store = PostgresPages(database)
    assert await store.list_editions(None) == {"closed": SourceEditions(("2.0", "1.0")), "docs": SourceEditions()}
    assert await store.list_editions(frozenset({"slack:T2"})) == {"docs": SourceEditions()}


async def test_of_two_sources_with_one_url_the_one_that_is_seen_is_read(database: Database) -> None:
    await crawl(database, await closed_source(database, "slack:T1", name="a-closed"), {"a": ["closed words here"]})
    await crawl(database, await closed_source(database, "slack:T2", name="b-closed"), {"a": ["other words here"]})
    page = await PostgresPages(database).read_page(f"{ROOT}a", frozenset({"slack:T2"}))
    assert page is not None
    assert (page.source, page.passages[0].text) == ("b-closed", "other words here")
    assert await PostgresPages(database).read_page(f"{ROOT}a", frozenset({"slack:T2"}), source="a-closed") is None
