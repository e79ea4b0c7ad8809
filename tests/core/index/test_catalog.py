"""Sources as people manage them."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import fields, replace

import pytest

from core.domain import OPTION, Source
from core.errors import SourceUnknown, UsageError
from core.index.catalog import PASSAGES_AT_ONCE, PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.search import PostgresIndex
from core.postgres.database import Database
from tests.core.index.helpers import ROOT, Embedder, add, crawl, embed, page, report


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


async def test_every_field_that_a_person_sets_comes_back(database: Database) -> None:
    """A column that one statement forgets would lose what was set, with no error."""
    values: dict[str, object] = {"root_url": ROOT, "served_at": "file:///a/", "kind": "hologram", "urls": (ROOT,)}
    for each in fields(Source):
        if OPTION in each.metadata:
            values[each.name] = {bool: True, str: f"of {each.name}"}.get(type(each.default), ("a", "b"))
    wanted = Source(0, "all", **values)  # type: ignore[arg-type]  # made of the fields' own types
    added = await PostgresCatalog(database).add(wanted)
    assert replace(added, id=0, added_at=None) == wanted


async def test_a_name_is_given_once(database: Database) -> None:
    catalog = PostgresCatalog(database)
    first = await catalog.add(Source(0, "docs", ROOT))
    with pytest.raises(UsageError, match="docs already"):
        await catalog.add(Source(0, "docs", "https://elsewhere.example/"))
    assert await catalog.list() == [first]


async def test_a_source_that_is_not_there_is_named(database: Database) -> None:
    catalog = PostgresCatalog(database)
    calls = (catalog.get, catalog.remove, catalog.left_out)
    changing = (catalog.move("nothing", ROOT), catalog.change(Source(0, "nothing", ROOT)))
    for call in (*(each("nothing") for each in calls), *changing, anext(catalog.passages("nothing"))):
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


async def test_what_may_change_of_a_source_changes_and_the_rest_stays(database: Database) -> None:
    catalog = PostgresCatalog(database)
    added = await catalog.add(Source(0, "docs", ROOT, scope="/guide/", licence="MIT"))
    wanted = replace(
        added,
        licence="CC0",
        include=("/a/**",),
        exclude=("/a/b", "/c"),
        schedule="every 6h",
        language="de",
        render=True,
    )
    assert await catalog.change(replace(wanted, root_url="https://other.example/", pdf=True)) == wanted
    assert await catalog.get("docs") == wanted


async def test_what_the_last_crawl_left_out_is_told_by_reason_and_url(database: Database) -> None:
    source, other = await add(database), await add(database, "other", "https://other.example/")
    rows = [(source.id, "b", "pdf"), (source.id, "c", "noindex"), (source.id, "a", "pdf"), (other.id, "x", "pdf")]
    await database.writers.copy_records_to_table("left_out", records=rows)
    left_out = await PostgresCatalog(database).left_out("docs")
    assert [(each.reason, each.url) for each in left_out] == [("noindex", "c"), ("pdf", "a"), ("pdf", "b")]


async def test_passages_come_page_by_page_in_order_and_as_they_are_served(either: Database) -> None:
    source = await add(either)
    texts = [f"words number {number}" for number in range(PASSAGES_AT_ONCE + 1)]
    await crawl(either, source, {"b": texts, "a": ["later added", "first of a page"]})
    await crawl(either, await add(either, "other", "https://other.example/"), {"a": ["elsewhere"]})
    catalog = PostgresCatalog(either)
    await catalog.move("docs", "http://127.0.0.1:81/")
    async with aclosing(catalog.passages("docs")) as passages:
        found = [passage async for passage in passages]
    assert [passage.text for passage in found] == ["later added", "first of a page", *texts]
    assert [passage.ordinal for passage in found[:4]] == [0, 1, 0, 1]
    assert found[0].link == "http://127.0.0.1:81/a#s0"


async def test_an_export_that_is_given_up_gives_its_connection_back(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, {"a": [f"words number {number}" for number in range(500)]})
    for _ in range(10):  # more often than there are connections
        async with aclosing(PostgresCatalog(database).passages("docs")) as passages:
            assert (await anext(passages)).text == "words number 0"
