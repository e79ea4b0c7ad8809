"""Sources as people manage them."""

from __future__ import annotations

import pytest

from core.adapters.catalog import PostgresCatalog
from core.adapters.corpus import PostgresCorpus
from core.adapters.index import PostgresIndex
from core.adapters.postgres import Database
from core.domain import Source
from core.errors import SourceUnknown, UsageError
from tests.core.store.helpers import ROOT, Embedder, add, crawl, embed, page, report


async def test_a_source_comes_back_as_it_was_added(either: Database) -> None:
    catalog = PostgresCatalog(either)
    added = await catalog.add(
        Source(0, "docs", ROOT, "http://127.0.0.1:81/", "/guide/", allow_private=True, licence="MIT")
    )
    assert added.id > 0
    assert added == await catalog.get("docs")
    assert (added.served_at, added.scope, added.allow_private, added.licence) == (
        "http://127.0.0.1:81/",
        "/guide/",
        True,
        "MIT",
    )
    assert (added.pages, added.passages, added.last_crawl, added.verdict) == (0, 0, None, "")


async def test_a_name_is_given_once(database: Database) -> None:
    catalog = PostgresCatalog(database)
    first = await catalog.add(Source(0, "docs", ROOT))
    with pytest.raises(UsageError, match="docs already"):
        await catalog.add(Source(0, "docs", "https://elsewhere.example/"))
    assert await catalog.list() == [first]


async def test_a_source_that_is_not_there_is_named(database: Database) -> None:
    catalog = PostgresCatalog(database)
    for call in (catalog.get("nothing"), catalog.remove("nothing"), catalog.move("nothing", ROOT)):
        with pytest.raises(SourceUnknown, match="named nothing"):
            await call


async def test_the_list_is_by_name_and_tells_what_the_last_crawl_left(database: Database) -> None:
    catalog = PostgresCatalog(database)
    source = await add(database, "b")
    await add(database, "a", "https://a.example/")
    await crawl(database, source, {"p": ["one", "two"], "q": ["three"]})
    first, second = await catalog.list()
    assert (first.name, first.passages, first.last_crawl) == ("a", 0, None)
    assert (second.name, second.pages, second.passages, second.verdict) == ("b", 2, 3, "ok")
    assert second.last_crawl is not None
    async with PostgresCorpus(database).crawl(source):  # one under way does not count
        assert (await catalog.get("b")).verdict == "ok"


async def test_a_missed_page_is_not_counted(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("a", ["one"]), page("b", ["two"])])
        await embed(crawling, Embedder())
        await crawling.switch([], [])
        await crawling.finish(report(source))
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.switch([f"{ROOT}b"], [])
    listed = await PostgresCatalog(database).get("docs")
    assert (listed.pages, listed.passages) == (1, 2)


async def test_a_moved_source_keeps_its_rows_and_links_to_where_it_is_served(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, {"guide": ["How to train."]})
    moved = await PostgresCatalog(database).move("docs", "http://127.0.0.1:8123/")
    assert (moved.root_url, moved.served_at) == (ROOT, "http://127.0.0.1:8123/")
    (hit,) = await PostgresIndex(database).search("train", None, limit=5)
    assert hit.passage.link == "http://127.0.0.1:8123/guide#s0"
    assert (await crawl(database, moved, {"guide": ["How to train."]}))[1].kept == 1


async def test_a_source_is_removed_before_there_is_any_index(database: Database) -> None:
    catalog = PostgresCatalog(database)
    await catalog.add(Source(0, "docs", ROOT))
    assert await catalog.remove("docs") == 0
    assert await catalog.list() == []
