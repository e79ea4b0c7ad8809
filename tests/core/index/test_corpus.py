"""Crawls: staged pages stay unseen, one crawl a source at a time, and no text that a site can hold stops one."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import asyncpg
import pytest

from core.domain import Passage, Source
from core.errors import SourceBusy, StoreError, StoreUnavailable
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import READING, KnownPage, Outlook, Resumed, StagedPage, Switched
from core.postgres.database import Database, open_database
from tests.core.index.helpers import (
    HOLDERS,
    ROOT,
    Embedder,
    Pages,
    add,
    counts_of,
    crawl,
    embed,
    fetch,
    page,
    report,
    texts_of,
)  # fmt: skip
from tests.waiting import pause

SITE: Pages = {"install": ["Run pip install footnote.", "Then footnote demo."], "faq": ["Where is my index?"]}


async def test_staged_passages_are_embedded_and_then_seen_all_at_once(either: Database) -> None:
    source = await add(either)
    async with PostgresCorpus(either).crawl(source) as crawling:
        await crawling.stage([page(name, texts) for name, texts in SITE.items()])
        assert await crawling.outlook() == Outlook(before=0, after=3)
        absent = await crawling.absent()
        assert [text for _, text in await crawling.texts(absent[:1])] == ["faq\nWhere is my index?"]
        assert await embed(crawling, Embedder()) == len(absent) == 3
        assert await crawling.absent() == []
        assert await texts_of(either) == []
        assert await crawling.switch([], []) == Switched(added=3, removed=0, kept=0)
        await crawling.finish(report(source))
    assert await counts_of(either) == [3, 3, 3]
    assert await fetch(either, "select count(*) from staged_passage") == [(0,)]


async def test_an_unchanged_second_crawl_embeds_nothing(either: Database) -> None:
    source = await add(either)
    assert await crawl(either, source, SITE) == (3, Switched(3, 0, 0))
    assert await crawl(either, source, SITE) == (0, Switched(0, 0, 3))


async def test_words_that_left_come_back_without_being_embedded(either: Database) -> None:
    source = await add(either)
    await crawl(either, source, SITE)
    assert await crawl(either, source, {"faq": ["Where is my index?"]}, gone=["install"]) == (0, Switched(0, 2, 1))
    assert await crawl(either, source, SITE) == (0, Switched(2, 0, 1))
    assert await counts_of(either) == [3, 3, 3]


async def test_a_removed_source_comes_back_without_being_embedded(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    await PostgresCatalog(database).remove("docs")
    assert await crawl(database, await add(database), SITE) == (0, Switched(3, 0, 0))


async def test_the_same_words_of_two_sources_are_embedded_once(database: Database) -> None:
    here, there = await add(database), await add(database, "mirror", "https://mirror.example/")
    await crawl(database, here, SITE)
    assert (await crawl(database, there, SITE))[0] == 0
    assert await counts_of(database) == [6, 6, 6]


async def test_the_same_words_twice_on_a_page_are_kept_once_and_on_two_pages_twice(database: Database) -> None:
    source = await add(database)
    twice = page("a", ["Same.", "Same.", "Other."])
    passages = [Passage(f"{ROOT}b", "x", ("a",), "Same.", ordinal=4)]
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([twice, StagedPage(f"{ROOT}b", passages=tuple(passages))])
        assert await embed(crawling, Embedder()) == 2
        assert (await crawling.switch([], [])).added == 3
    rows = "select url, ordinal, anchor from passage where body = 'Same.' order by url"
    assert await fetch(database, rows) == [(f"{ROOT}a", 0, "s0"), (f"{ROOT}b", 4, "x")]


async def test_texts_that_postgres_cannot_hold_lose_no_page(database: Database) -> None:
    source = await add(database)
    site = {
        "nul": ["before\0after", "\0"],
        "half \ud800": ["half \udfff of a pair", "\U0001f600 whole"],
        "plain": ["Yes."],
    }
    assert await crawl(database, source, site) == (5, Switched(5, 0, 0))
    assert await texts_of(database) == ["", "Yes.", "beforeafter", "half \ufffd of a pair", "\U0001f600 whole"]
    assert await crawl(database, source, site) == (0, Switched(0, 0, 5))


async def test_reports_hold_any_text(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.finish(report(source, "nul \0 and half \udc00"))
    assert await fetch(database, "select report ->> 'reason' from crawl") == [("nul  and half \ufffd",)]


async def test_a_huge_passage_and_many_pages_are_staged(database: Database) -> None:
    source = await add(database)
    site = {f"page {number}": [f"text {number}"] for number in range(500)} | {"huge": ["word " * 200_000]}
    assert (await crawl(database, source, site))[1] == Switched(501, 0, 0)


async def test_a_second_crawl_of_a_source_is_refused_and_of_another_is_not(database: Database) -> None:
    source, other = await add(database), await add(database, "other", "https://other.example/")
    async with PostgresCorpus(database).crawl(source):
        with pytest.raises(SourceBusy, match=r"docs is being crawled already since \d\d:\d\d:\d\d UTC"):
            async with PostgresCorpus(database).crawl(source):
                pass
        async with PostgresCorpus(database).crawl(other):
            pass
        with pytest.raises(SourceBusy):
            await from_another_process(database, source)
    async with PostgresCorpus(database).crawl(source):
        pass


async def from_another_process(database: Database, source: Source) -> None:
    async with open_database(database.dsn) as elsewhere, PostgresCorpus(elsewhere).crawl(source):
        pass


async def test_the_lock_goes_with_a_killed_process(database: Database) -> None:
    source = await add(database)
    code = (
        "import asyncio, sys\n"
        "from core.index.catalog import PostgresCatalog\n"
        "from core.index.corpus import PostgresCorpus\n"
        "from core.postgres.database import open_database\n"
        "async def main():\n"
        "    async with open_database(sys.argv[1]) as database:\n"
        "        async with PostgresCorpus(database).crawl(await PostgresCatalog(database).get('docs')):\n"
        "            print('locked', flush=True)\n"
        "            await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, database.dsn], stdout=subprocess.PIPE)  # noqa: ASYNC220 - a start, not a wait
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"locked\n"
    with pytest.raises(SourceBusy):
        async with PostgresCorpus(database).crawl(source):
            pass
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.communicate)
    async with asyncio.timeout(60):
        while not await unlocked(database):
            await pause()
    assert (await crawl(database, source, SITE))[0] == 3


async def unlocked(database: Database) -> bool:
    """Return whether nobody holds the lock; the server notices a dead client within a moment."""
    return await fetch(database, HOLDERS) == []


async def test_a_crawl_cut_short_leaves_readers_what_they_had_and_the_next_goes_on(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    with suppress(ConnectionResetError):
        async with PostgresCorpus(database).crawl(source) as crawling:
            await crawling.stage([page("faq", ["Everything is new."])], [(f"{ROOT}faq", b"record")])
            await embed(crawling, Embedder())
            raise ConnectionResetError
    assert len(await texts_of(database)) == 3
    async with PostgresCorpus(database).crawl(source) as crawling:
        assert await crawling.resumed() == Resumed(frozenset({f"{ROOT}faq"}), {f"{ROOT}faq": b"record"})
    assert await crawl(database, source, {"faq": ["Everything is new."]}) == (0, Switched(1, 1, 2))
    assert await fetch(database, "select count(*) from crawl where finished_at is null") == [(0,)]


async def test_a_crawl_that_lost_its_lock_changes_nothing_once_another_has_begun(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    async with PostgresCorpus(database).crawl(source) as late:
        await late.stage([page("faq", ["Too late."])])
        await embed(late, Embedder())
        for (pid,) in await fetch(database, HOLDERS):
            await database.readers.fetch("select pg_terminate_backend($1)", pid)
        async with asyncio.timeout(60):
            while not await unlocked(database):
                await pause()
        async with PostgresCorpus(database).crawl(source) as other:
            with pytest.raises(SourceBusy, match="changed nothing"):
                await late.stage([page("more", ["Too late as well."])])
            with pytest.raises(SourceBusy, match="changed nothing"):
                await late.switch([], [f"{ROOT}install"])
            await other.unstage([f"{ROOT}faq"])
            assert (await other.resumed()).staged == frozenset()
    assert await texts_of(database) == sorted(text for texts in SITE.values() for text in texts)


@pytest.mark.parametrize("change", ["scope", "stage", "switch", "age"])
async def test_a_crawl_cut_short_is_begun_again_where_it_cannot_go_on(database: Database, change: str) -> None:
    source = await add(database)
    with suppress(ConnectionResetError):
        async with PostgresCorpus(database).crawl(source) as crawling:
            await crawling.stage([page("faq", ["Everything is new."])], [(f"{ROOT}faq", b"record")])
            await embed(crawling, Embedder())
            if change == "switch":
                await crawling.switch([], [])
            raise ConnectionResetError
    match change:
        case "scope":
            source = replace(source, scope=f"{ROOT}en/")
        case "stage":  # what a crash of Postgres does to unlogged tables
            await database.writers.execute("truncate staged_page, staged_passage, visited")
        case "age":
            await database.writers.execute("update crawl set started_at = now() - interval '2 days'")
    async with PostgresCorpus(database).crawl(source) as crawling:
        assert await crawling.resumed() == Resumed()
        await crawling.stage([page("faq", ["Everything is new."])])


async def test_why_urls_were_left_out_is_kept_until_the_next_crawl(database: Database) -> None:
    source = await add(database)
    for left_out in ({f"{ROOT}a.zip": "not a page", f"{ROOT}half \ud800": "http 404"}, {f"{ROOT}b": "robots.txt"}):
        async with PostgresCorpus(database).crawl(source) as crawling:
            await crawling.finish(report(source), left_out)
        kept = await fetch(database, "select url, reason from left_out order by url")
        assert kept == [(url.replace("\ud800", "\ufffd"), reason) for url, reason in left_out.items()]


async def test_a_stage_that_a_restart_emptied_is_noticed(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("faq", ["Lost."])])
        await database.writers.execute("truncate staged_page, staged_passage")  # what a crash does to unlogged tables
        with pytest.raises(StoreUnavailable, match="crawl again"):
            await crawling.switch([], [])


async def test_a_passage_without_a_vector_stops_the_switch(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("faq", ["Not embedded."])])
        with pytest.raises(StoreError):
            await crawling.switch([], [])
    assert await texts_of(database) == []


async def test_old_spare_vectors_are_swept_but_not_those_of_a_crawl_under_way(database: Database) -> None:
    source, other = await add(database), await add(database, "other", "https://other.example/")
    await crawl(database, source, SITE)
    await crawl(database, source, {}, gone=["install", "faq"])
    await database.writers.execute("update spare_1 set since = now() - interval '31 days'")
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("faq", SITE["faq"])])
        assert await crawling.absent() == []
        await crawl(database, other, {})
        assert (await crawling.switch([], [])).added == 1
    assert await fetch(database, "select count(*) from spare_1") == [(0,)]


async def test_what_is_known_of_pages_comes_back_to_the_next_crawl(database: Database) -> None:
    source = await add(database)
    found = StagedPage(f"{ROOT}a", "A", '"v1"', "Mon", (f"{ROOT}b",), page("a", ["Text."]).passages, "f1")
    async with PostgresCorpus(database).crawl(source) as crawling:
        assert await crawling.known_pages() == {}
        await crawling.stage([found, page("b", ["Leaves."])])
        await embed(crawling, Embedder())
        await crawling.switch([], [])
    async with PostgresCorpus(database).crawl(source) as crawling:
        known = (await crawling.known_pages())[f"{ROOT}a"]
        assert known == KnownPage(f"{ROOT}a", '"v1"', "Mon", (f"{ROOT}b",), 0, "f1")
        await crawling.stage([StagedPage(f"{ROOT}a", etag='"v1"', last_modified="Mon", links=(f"{ROOT}b",))])
        assert await crawling.switch([f"{ROOT}b"], []) == Switched(0, 0, 2)
        assert (await crawling.known_pages())[f"{ROOT}b"].misses == 1
    assert await fetch(database, "select title from page order by url") == [("A",), ("b",)]


async def test_pages_that_are_taken_back_were_never_found(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page("a", ["Same."]), page("b", ["Same."]), page("\ud800", ["Same."])])
        await crawling.unstage({f"{ROOT}b", page("\ud800", []).url, f"{ROOT}never"})
        assert await crawling.outlook() == Outlook(0, 1)
        await embed(crawling, Embedder())
        assert await crawling.switch([], []) == Switched(1, 0, 0)
        assert list(await crawling.known_pages()) == [f"{ROOT}a"]


async def test_the_lock_is_given_back_when_the_server_goes_away(database: Database) -> None:
    source = await add(database)
    async with PostgresCorpus(database).crawl(source):
        connection = await asyncpg.connect(database.dsn)
        await connection.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        await connection.close()
    assert (await crawl(database, source, SITE))[0] == 3


def numbered(number: int, reading: int, *passages: tuple[str, str]) -> StagedPage:
    """Return a page of a chapter; a passage is (its heading, its text)."""
    url = f"{ROOT}a"
    made = [Passage(url, "s", (f"{number}. Keys", head), text, ordinal=n) for n, (head, text) in enumerate(passages)]
    return StagedPage(url, "Keys", passages=tuple(made), reading=reading)


async def restaged(database: Database, source: Source, page: StagedPage) -> tuple[int, Switched]:
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([page])
        embedded = await embed(crawling, Embedder())
        switched = await crawling.switch([], [])
        await crawling.finish(report(source))
    return embedded, switched


async def test_a_chapter_that_gets_another_number_is_shown_so_and_not_embedded(database: Database) -> None:
    source = await add(database)
    texts = (("1.1. Add", "A key is added."), ("1.2. Drop", "A key is dropped."))
    assert (await restaged(database, source, numbered(1, READING, *texts)))[0] == 2
    texts = (("2.1. Add", "A key is added."), ("2.2. Drop", "A key is dropped."))
    assert (await restaged(database, source, numbered(2, READING, *texts)))[0] == 0
    paths = await fetch(database, "select path from passage order by ordinal")
    assert paths == [(["2. Keys", "2.1. Add"],), (["2. Keys", "2.2. Drop"],)]
    assert await counts_of(database) == [2, 2, 2]
    assert await fetch(database, "select count(*) from lexeme where term = '1.1'") == [(0,)]


async def test_after_an_upgrade_text_that_stayed_keeps_its_vector_under_another_path(database: Database) -> None:
    source = await add(database)
    old = (("Add", "A key is added."), ("Drop", "None."), ("Move", "None."), ("Old", "Two in one."))
    await restaged(database, source, numbered(1, READING - 1, *old))
    new = (("add", "A key is added."), ("drop", "None."), ("Old", "Two."), ("Old", "in one."))
    embedded, switched = await restaged(database, source, numbered(1, READING, *new))
    assert embedded == 2
    assert (switched.added, switched.removed) == (4, 4)
    # The same edit of a page that was read by these rules already is an edit: a path is embedded as well.
    moved = tuple((f"{head} all", text) for head, text in new)
    assert (await restaged(database, source, numbered(1, READING, *moved)))[0] == 4
