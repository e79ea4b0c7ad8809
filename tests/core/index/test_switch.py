"""The switch: readers see the old or the new, never a mixture, and the document frequencies stay exact."""

from __future__ import annotations

import asyncio
import random

import pytest

from core.errors import SourceUnknown
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.search import PostgresIndex
from core.postgres.database import Database
from tests.core.index.helpers import (
    Embedder,
    add,
    counts_of,
    crawl,
    document_frequencies,
    embed,
    fetch,
    page,
    recount,
    vector,
)  # fmt: skip

WORDS = ["DPOTrainer", "--learning-rate", "torch.nn.Linear", "the", "index", "crawl", "naïve", "日本語", "x", "42"]


async def test_readers_see_the_old_or_the_new_and_never_a_mixture(database: Database) -> None:
    source = await add(database)
    states = [{f"p{number}": [f"state {state} of page {number}"] for number in range(60)} for state in ("one", "two")]
    await crawl(database, source, states[0])
    index, switching, seen = PostgresIndex(database), asyncio.Event(), set[frozenset[str]]()

    async def read() -> None:
        while not switching.is_set():
            hits = await index.search("state page", vector("state"), limit=200)
            assert len(hits) == 60
            seen.add(frozenset(hit.passage.text.split()[1] for hit in hits))

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(read())
        for state in (1, 0, 1):
            await crawl(database, source, states[state])
        switching.set()
    assert seen <= {frozenset({"one"}), frozenset({"two"})}
    assert {hit.passage.text.split()[1] for hit in await index.search("state", None, limit=200)} == {"two"}


async def test_document_frequencies_are_those_of_a_recount_after_any_switches(either: Database) -> None:
    chance = random.Random(20)
    source, other = await add(either), await add(either, "other", "https://other.example/")
    for turn in range(12):
        texts = [" ".join(chance.choices(WORDS, k=chance.randrange(6))) for _ in range(chance.randrange(1, 8))]
        site = {f"p{chance.randrange(6)}": texts[start : start + 2] for start in range(0, len(texts), 2)}
        gone = [f"p{number}" for number in range(6) if f"p{number}" not in site and chance.random() < 0.4]
        await crawl(either, chance.choice([source, other]), site, gone=gone)
        assert await document_frequencies(either) == await recount(either), turn
        assert len(set(await counts_of(either))) == 1
        rows = "select passages = (select count(*) from passage where passage.source = source.id) from source"
        assert await fetch(either, rows) == [(True,), (True,)]
    await PostgresCatalog(either).remove("docs")
    assert await document_frequencies(either) == await recount(either)


async def test_a_passage_that_only_moved_keeps_its_row_and_its_new_place(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, {"p": ["first", "second"]})
    before: dict[object, object] = dict(await fetch(database, "select body, id from passage"))  # type: ignore[arg-type]  # pairs
    _, switched = await crawl(database, source, {"p": ["new", "second", "first"]})
    assert (switched.added, switched.removed, switched.kept) == (1, 0, 2)
    rows = await fetch(database, "select body, id, ordinal, anchor from passage order by ordinal")
    assert rows[1:] == [("second", before["second"], 1, "s1"), ("first", before["first"], 2, "s2")]


@pytest.mark.parametrize(
    "name", ["it's", "back\\slash", "back\\'both", '"quoted"', "$1 $2 $3", "per%cent", "日本", "'); --"]
)
async def test_pages_with_any_url_can_leave(database: Database, name: str) -> None:
    source = await add(database)
    url = f"{source.root_url}{name}"
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("stays", ["Stays."]), page("leaves", ["Leaves."])])
        await embed(crawling, Embedder())
        await crawling.switch([], [])
    await database.writers.execute("update passage set url = $1 where body = 'Leaves.'", url)
    await database.writers.execute("update page set url = $1 where title = 'leaves'", url)
    async with PostgresCorpus(database).crawl(source) as crawling:
        assert (await crawling.switch([], [url])).removed == 1
    assert await fetch(database, "select title from page") == [("stays",)]


async def test_a_failed_switch_changes_nothing(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, {"p": ["old words"]})
    before = await document_frequencies(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("p", ["new words"])])
        with pytest.raises(Exception, match="23502"):  # its vector is missing
            await crawling.switch([], [])
    assert await document_frequencies(database) == before
    assert [hit.passage.text for hit in await PostgresIndex(database).search("words", None, limit=5)] == ["old words"]


async def test_two_sources_switch_at_once(database: Database) -> None:
    sources = [await add(database, f"s{number}", f"https://s{number}.example/") for number in range(3)]
    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(crawl(database, source, {"p": ["shared words", f"of {source.name}"]}))
    assert await document_frequencies(database) == await recount(database)
    assert await counts_of(database) == [6, 6, 6]


@pytest.fixture
async def two(database: Database) -> PostgresCatalog:
    """Add two sources that share words, the first with words that the second does not have."""
    await crawl(database, await add(database), {"a": ["shared words", "mine alone"]})
    await crawl(database, await add(database, "other", "https://other.example/"), {"a": ["shared words"]})
    return PostgresCatalog(database)


async def test_a_removed_source_leaves_the_others_and_their_counts(two: PostgresCatalog, database: Database) -> None:
    assert await two.remove("docs") == 2
    assert await document_frequencies(database) == await recount(database) == {"a": 1, "share": 1, "word": 1}
    assert await counts_of(database) == [1, 1, 1]
    assert [source.name for source in await two.list()] == ["other"]
    hits = await PostgresIndex(database).search("shared words", vector("shared words"), limit=5)
    assert [hit.source for hit in hits] == ["other"]
    with pytest.raises(SourceUnknown):
        await two.remove("docs")
