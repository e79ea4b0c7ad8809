"""Editions in the store: one wins, others are found by filter, and none of it costs an embedding or loses a hit."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from core.domain import Edition, Source
from core.errors import EditionUnknown
from core.index import search as index
from core.index.catalog import PostgresCatalog
from core.index.graph import build_graph
from core.index.partitions import find_renamed
from core.index.search import PostgresIndex
from core.postgres.database import Database
from tests.core.index.helpers import (
    Embedder,
    Pages,
    add,
    counts_of,
    crawl,
    document_frequencies,
    fetch,
    recount,
    vector,
)  # fmt: skip

ONE, TWO, DEV = Edition("1.0"), Edition("2.0"), Edition("dev")


def site(*versions: str, pages: int = 3) -> dict[str, list[str]]:
    """Return pages that are the same in every version, but for a word that names it."""
    return {
        f"{each}/p{number}": [f"install {each}", f"shared {number}"] for each in versions for number in range(pages)
    }


def editions_of(pages: Pages) -> Mapping[str, Edition]:
    return {name: Edition(name.partition("/")[0]) for name in pages if "/" in name}


async def crawled(database: Database, source: Source, pages: Pages, **more: Any) -> int:
    embedded, _ = await crawl(database, source, pages, editions=editions_of(pages), **more)
    assert await document_frequencies(database) == await recount(database)
    assert len(set(await counts_of(database))) == 1
    return embedded


async def versions(database: Database, edition: Edition = Edition(), **more: Any) -> set[str]:  # noqa: B008 - frozen
    """Return which versions a search finds passages of."""
    hits = await PostgresIndex(database, **more).search("install shared", vector("x"), limit=200, edition=edition)
    return {hit.passage.url.split("/")[3] for hit in hits}


async def test_the_newest_is_found_by_default_and_others_by_filter(either: Database) -> None:
    await crawled(either, await add(either), site("1.0", "2.0", "dev") | {"about": ["install of all"]})
    assert await versions(either) == {"2.0", "about"}
    for asked, expected in ((ONE, {"1.0"}), (Edition("v2.0"), {"2.0"}), (DEV, {"dev"})):
        assert await versions(either, asked) == expected


async def test_an_edition_that_is_not_the_default_is_named_where_it_is_shown(database: Database) -> None:
    await crawled(database, await add(database), site("1.0", "2.0"))
    search = PostgresIndex(database).search
    (newest, *_) = await search("install", None, limit=1)
    (older, *_) = await search("install", None, limit=1, edition=ONE)
    assert (newest.passage.title, newest.passage.path, newest.edition) == ("2.0/p0", ("2.0/p0",), TWO)
    assert (older.passage.title, older.passage.path, older.edition) == ("1.0/p0 (1.0)", ("1.0/p0 (1.0)",), ONE)


async def test_an_unknown_edition_is_a_sentence_with_those_that_there_are(database: Database) -> None:
    await crawled(database, await add(database), site("1.0", "2.0", "dev"))
    for asked, sentence in (
        (Edition("9.9"), r"^There is no version 9\.9: there are 2\.0, 1\.0, dev\.$"),
        (Edition("", "fr"), "^There is no language fr: no languages are known of what is searched.$"),
    ):
        with pytest.raises(EditionUnknown, match=sentence):
            await PostgresIndex(database).search("install", None, limit=1, edition=asked)


async def test_a_newer_version_wins_with_the_switch_and_costs_its_own_words_alone(database: Database) -> None:
    source, embedder = await add(database), Embedder()
    first = site("1.0")
    await crawl(database, source, first, editions={})  # one version is none
    assert await versions(database) == {"1.0"}
    rows = await fetch(database, "select id, shelf from passage order by id")
    assert await crawled(database, source, first | site("2.0"), embedder=embedder) == 6
    assert await versions(database) == {"2.0"}
    assert await versions(database, ONE) == {"1.0"}
    # No row of the older one moved: its partition got its name.
    assert (await fetch(database, "select id, shelf from passage order by id"))[: len(rows)] == rows
    assert await crawled(database, source, first | site("2.0")) == 0


async def test_a_switch_while_questions_are_asked_never_shows_two_versions(database: Database) -> None:
    source, switching, seen = await add(database), asyncio.Event(), set[frozenset[str]]()
    await crawl(database, source, site("1.0", pages=30))

    async def read() -> None:
        while not switching.is_set():
            seen.add(frozenset(await versions(database)))

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(read())
        for each in (site("1.0", "2.0", pages=30), site("1.0", "2.0", "3.0", pages=30)):
            await crawl(database, source, each, editions=editions_of(each))
        switching.set()
    assert seen <= {frozenset({each}) for each in ("1.0", "2.0", "3.0")}


async def test_pages_that_change_their_edition_move_without_an_embedding(database: Database) -> None:
    source = await add(database)
    pages = site("1.0", "2.0") | {"about": ["install of all"]}
    await crawled(database, source, pages)
    halves = {name: TWO if name.endswith("p0") else edition for name, edition in editions_of(pages).items()}
    embedded, switched = await crawl(database, source, pages, editions=halves)
    assert (embedded, switched.added, switched.removed) == (0, 0, 0)
    assert await versions(database) == {"1.0", "2.0", "about"}
    assert await document_frequencies(database) == await recount(database)
    await crawl(database, source, pages)  # and back to none at all
    assert await fetch(database, "select count(distinct shelf) from passage") == [(1,)]
    assert await versions(database) == {"1.0", "2.0", "about"}
    assert await fetch(database, "select version, passages from shelf") == [("", 13)]
    assert await document_frequencies(database) == await recount(database)


async def test_shelves_and_words_of_a_version_that_left_go_with_it(database: Database) -> None:
    source = await add(database)
    await crawled(database, source, site("1.0", "2.0"))
    gone = list(site("1.0"))
    await crawl(database, source, site("2.0"), gone=gone, editions=editions_of(site("2.0")))
    assert [str(shelf.edition) for shelf in await PostgresCatalog(database).editions("docs")] == ["2.0"]
    assert await document_frequencies(database) == await recount(database)
    await PostgresCatalog(database).remove("docs")
    assert await fetch(database, "select (select count(*) from shelf), (select count(*) from lexeme)") == [(0, 0)]


async def test_languages_are_those_of_the_source_else_of_the_operator(database: Database) -> None:
    source = await add(database)
    pages = site("en", "de")
    languages = {name: Edition(language=name.partition("/")[0]) for name in pages}
    await crawl(database, source, pages, editions=languages)
    assert (await versions(database), await versions(database, language="de")) == ({"en"}, {"de"})
    assert await versions(database, Edition(language="de")) == {"de"}
    await database.writers.execute("update source set language = 'de'")
    assert await versions(database) == {"de"}
    shelves = await PostgresCatalog(database).editions("docs")
    assert [(shelf.edition.language, shelf.passages, shelf.default) for shelf in shelves] == [
        ("de", 6, True),
        ("en", 6, False),
    ]


async def test_words_weigh_in_an_edition_as_if_it_were_alone(database: Database) -> None:
    await crawled(database, await add(database), site("1.0", "2.0", "3.0a1", "dev"))
    alone = await add(database, "alone", "https://alone.example/")
    await crawl(database, alone, site("2.0"), editions=editions_of(site("2.0")))
    counted = (
        "select term, df from lexeme join shelf on shelf.id = lexeme.shelf join source on source.id = shelf.source"
        " where source.name = $1 and version = '2.0' order by term"
    )
    assert await fetch(database, counted, "docs") == await fetch(database, counted, "alone") != []


@pytest.mark.parametrize("pages", [40, 400, 1_500])
async def test_ten_are_asked_for_and_ten_are_got_at_any_size(
    database: Database, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    everything = site("1.0", "2.0", pages=pages) | site("3.0", pages=max(10, pages // 5))
    await crawl(database, await add(database), everything, editions=editions_of(everything))
    await crawl(database, await add(database, "other", "https://other.example/"), {"a": ["install other"] * 1})
    await build_graph(database, lambda _: None, least_rows=1_000)
    search = PostgresIndex(database).search
    for exact, asked in itertools.product((index.EXACT_ROWS, 0), (Edition(), ONE, TWO, Edition("3.0"))):
        monkeypatch.setattr(index, "EXACT_ROWS", exact)
        for words in ("install", "nothing of the kind"):
            hits = await search(words, vector(words), limit=10, edition=asked)
            assert len(hits) == 10, (asked, words, exact)
            assert {hit.edition.version for hit in hits} <= {asked.version or "3.0", ""}


def test_a_shelf_takes_the_name_that_most_of_its_pages_want() -> None:
    none = Edition()
    standing = {"/": 1, "/1/a": 1, "/1/b": 1, "/2/a": 1}
    wanted = {"/": none, "/1/a": ONE, "/1/b": ONE, "/2/a": TWO}
    assert find_renamed({1: none}, standing, wanted) == {1: ONE}
    assert find_renamed({1: none, 5: ONE}, standing, wanted) == {}
    assert find_renamed({1: none}, {"/": 1}, wanted) == {}
    assert find_renamed({1: ONE, 2: TWO}, {"/x": 1, "/y": 2}, {"/x": DEV, "/y": DEV}) == {1: DEV}
