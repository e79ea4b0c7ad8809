"""A changed embedding model: swapped when complete, resumed when cut short, noticed by running processes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.answer.engine import Engine
from core.domain import Answer, Fault, Question, Source, Vector
from core.errors import IndexMoved, ModelMismatch, ModelUnavailable, StoreError
from core.index.corpus import PostgresCorpus
from core.index.crawling import Switched
from core.index.reembed import reembed
from core.index.search import PostgresIndex
from core.postgres.database import Database, open_database
from tests.core.index.helpers import MODEL, SITE, Embedder, add, counts_of, crawl, embed, fetch, page, vector
from tests.fakes import FakeReader

OTHER = 5


def ignore(done: int, total: int) -> None:
    """Ignore the progress."""


async def test_a_new_model_replaces_the_old_and_finds_the_same(either: Database) -> None:
    source = await add(either)
    await crawl(either, source, SITE)
    embedder, seen = Embedder("other", OTHER), list[tuple[int, int]]()
    assert await reembed(either, embedder, OTHER, lambda done, total: seen.append((done, total))) == 3
    assert seen == [(3, 3)]
    assert either.space is not None
    assert (either.space.model, either.space.dimensions) == ("other", OTHER)
    assert await counts_of(either) == [3, 3, 3]
    asked = vector("b\nthird words", OTHER)
    (best, *_) = await PostgresIndex(either, model="other").search("zzz", asked, limit=3)
    assert (best.passage.text, best.similarity) == ("third words", pytest.approx(1, abs=0.01))
    assert await fetch(either, "select count(*) from spare_2") == [(0,)]
    assert await crawl(either, source, SITE, embedder=embedder) == (0, Switched(0, 0, 3))


async def test_the_model_that_is_live_already_embeds_nothing(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    embedder = Embedder()
    assert await reembed(database, embedder, embedder.dimensions, ignore) == 0
    assert embedder.texts == []


class Breaks(Embedder):
    """Embeds some passages, then fails."""

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        if self.texts:
            raise ModelUnavailable("It is gone.")
        return await super().embed_passages(texts)


async def test_cut_short_it_keeps_what_it_has_and_readers_keep_the_old(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.index.reembed.BATCH", 2)
    await crawl(database, await add(database), SITE)
    with pytest.raises(ModelUnavailable):
        await reembed(database, Breaks("other", OTHER), OTHER, ignore)
    assert (await database.load_space()) is not None
    assert database.space is not None
    assert database.space.model == MODEL
    assert len(await PostgresIndex(database).search("words", vector("words"), limit=5)) == 3
    second = Embedder("other", OTHER)
    assert await reembed(database, second, OTHER, ignore) == len(second.texts) == 1
    assert await counts_of(database) == [3, 3, 3]


class CrawlsMeanwhile(Embedder):
    """Lets a crawl switch while it embeds its first batch."""

    def __init__(self, database: Database, source: Source) -> None:
        super().__init__("other", OTHER)
        self._database, self._source = database, source

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        if not self.texts:
            await crawl(self._database, self._source, {"a": ["first words", "brand new words"]})
        return await super().embed_passages(texts)


async def test_what_a_crawl_adds_meanwhile_is_embedded_before_the_swap(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    async with open_database(database.dsn) as elsewhere:
        embedder = CrawlsMeanwhile(elsewhere, source)
        assert await reembed(database, embedder, OTHER, ignore) == 4
    assert embedder.texts[-1] == "a\nbrand new words"
    assert await counts_of(database) == [3, 3, 3]


async def test_a_crawl_that_began_before_the_swap_loses_no_passage_to_it(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    async with open_database(database.dsn) as elsewhere, PostgresCorpus(elsewhere).crawl(source) as crawling:
        await crawling.stage([page("a", ["of the old model"])])
        await embed(crawling, Embedder())
        await reembed(database, Embedder("other", OTHER), OTHER, ignore)
        with pytest.raises(StoreError, match="crawl again"):
            await crawling.switch([], [])
    assert await counts_of(database) == [3, 3, 3]


async def test_a_reader_with_the_old_model_is_told_and_still_searches_by_words(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    async with open_database(database.dsn) as elsewhere:
        reader = PostgresIndex(elsewhere, model=MODEL)
        assert len(await reader.search("words", vector("words"), limit=5)) == 3
        await reembed(database, Embedder("other", OTHER), OTHER, ignore)
        with pytest.raises(IndexMoved, match=r"now holds vectors of other.*restart"):
            await reader.search("words", vector("words"), limit=5)
        assert len(await reader.search("words", None, limit=5)) == 3


async def test_who_asks_a_process_with_the_old_model_is_answered_by_words(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await crawl(database, await add(database), SITE)
    async with open_database(database.dsn) as elsewhere:
        engine = Engine(PostgresIndex(elsewhere, model=MODEL), Embedder(), FakeReader("Some words [1]."))
        await reembed(database, Embedder("other", OTHER), OTHER, ignore)
        for _ in range(2):
            answer = [event async for event in engine.ask(Question("words"))][-1]
            assert isinstance(answer, Answer)
            assert answer.faults == (Fault.EMBEDDER,)
            assert answer.citations
        assert len(await engine.search("words", 5)) == 3
    assert caplog.text.count("restart this footnote") == 1


async def test_back_to_the_first_model_and_on(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    for model, dimensions in (("other", OTHER), (MODEL, 8), ("other", OTHER)):
        embedder = Embedder(model, dimensions)
        await reembed(database, embedder, dimensions, ignore)
        assert await counts_of(database) == [3, 3, 3]
        assert len(await PostgresIndex(database).search("words", vector("words", dimensions), limit=5)) == 3
    assert await fetch(database, "select count(*) from space where live") == [(1,)]


async def test_an_index_of_another_model_is_not_written_to(database: Database) -> None:
    await database.use_space("first", 3)
    with pytest.raises(ModelMismatch, match="first, but second is set"):
        await database.use_space("second", 3)
    async with open_database(database.dsn) as elsewhere:
        assert elsewhere.space == database.space
        with pytest.raises(ModelMismatch):
            await elsewhere.use_space("second", 3)


async def test_a_reader_that_was_there_before_the_first_crawl_sees_it(database: Database) -> None:
    async with open_database(database.dsn) as elsewhere:
        reader = PostgresIndex(elsewhere, model=MODEL)
        assert await reader.search("words", vector("words"), limit=5) == []
        await crawl(database, await add(database), SITE)
        assert len(await reader.search("words", vector("words"), limit=5)) == 3
