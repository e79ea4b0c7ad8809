"""What sources hold and what crawls changed, a page at a time, against recounts over generated rows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain import Source
from core.inbox.outcome import QuestionOutcome
from core.index import corpus
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import CrawlReport, Verdict
from core.overview.port import ListedSource, PageChange, PageChangeKind, SourceFilter
from core.overview.postgres import PostgresOverview
from core.postgres.database import Database
from core.work.port import RequestKind
from core.work.requests import PostgresRequests
from tests.core.index.helpers import ROOT, SITE, Pages, add, crawl, fetch
from tests.made_history import NOW, SOURCES, make_history, store_history

EVERYTHING = SourceFilter(None)


def overview(database: Database) -> PostgresOverview:
    return PostgresOverview(database, retention_days=30)


async def changes(database: Database, source: Source) -> list[tuple[str, str, int, int]]:
    """Return (change, page, gained, lost) of each page that is named."""
    listed = await overview(database).list_changes(source, None, 100)
    return [(each.change.value, each.url.removeprefix(ROOT), each.gained, each.lost) for each in listed]


async def counts(database: Database, source: Source) -> dict[str, int]:
    last = await overview(database).last_crawl(source)
    assert last is not None
    return dict(last.difference)


async def test_the_difference_of_a_crawl_is_kept_page_by_page(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    assert await changes(database, source) == [("added", "a", 2, 0), ("added", "b", 1, 0)]
    assert await counts(database, source) == {"added": 2}
    later: Pages = {"a": ["first words", "other words", "new words"], "c": ["more words"], "b": ["third words"]}
    await crawl(database, source, later)
    assert await changes(database, source) == [("added", "c", 1, 0), ("changed", "a", 2, 1)]
    assert await counts(database, source) == {"added": 1, "changed": 1, "unchanged": 1}
    await crawl(database, source, {"a": later["a"]}, gone=["b", "c", "never"])
    assert await changes(database, source) == [("removed", "b", 0, 1), ("removed", "c", 0, 1)]
    assert await counts(database, source) == {"removed": 2, "unchanged": 1}
    only = await overview(database).list_changes(source, PageChangeKind.REMOVED, 1, 1)
    assert only == [PageChange(f"{ROOT}c", "c", PageChangeKind.REMOVED, 0, 1)]
    assert await overview(database).list_changes(source, PageChangeKind.ADDED, 9) == []


async def test_passages_that_a_difference_counts_are_those_that_readers_gained_and_lost(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    _, switched = await crawl(database, source, {"a": ["first words", "x y"], "d": ["z"]}, gone=["b"])
    found = await changes(database, source)
    assert sum(gained for *_, gained, _ in found) == switched.added
    assert sum(lost for *_, lost in found) == switched.removed


async def test_of_a_large_difference_some_pages_are_named_and_all_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "NAMED", 3)
    source = await add(database)
    await crawl(database, source, {f"p{number}": [f"text {number}"] for number in range(7)})
    last = await overview(database).last_crawl(source)
    assert last is not None
    assert (last.difference, last.named) == ({"added": 7}, {"added": 3})
    assert [url for _, url, *_ in await changes(database, source)] == ["p0", "p1", "p2"]


async def test_a_crawl_that_readers_do_not_see_has_no_difference(
    database: Database,
) -> None:
    source, other = await add(database), await add(database, "other", "https://other.example/")
    await crawl(database, source, SITE)
    await crawl(database, other, {"o": ["words of another"]})
    async with PostgresCorpus(database).crawl(source) as crawling:
        report = CrawlReport("docs", 0, 0, 0, 0, 0, 0, 0, {"http 500": 2}, Verdict.QUARANTINED, 0.1, "all is gone")
        await crawling.finish(report, {f"{ROOT}a": "http 500", f"{ROOT}z": "http 500"})
    assert await counts(database, source) == {}
    assert await changes(database, source) == []
    skipped = await overview(database).list_skipped(source, "", 10)
    assert [(each.url.removeprefix(ROOT), each.stays) for each in skipped] == [("a", True), ("z", False)]
    assert await overview(database).list_skipped(source, "pdf", 10) == []
    await crawl(database, source, {"a": ["entirely new"]})
    assert await fetch(database, "select count(distinct crawl) from page_change") == [(2,)]
    await PostgresCatalog(database).remove("other")
    assert await fetch(database, "select count(distinct crawl) from page_change") == [(1,)]


async def test_a_killed_crawl_that_goes_on_names_each_page_once(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, SITE)
    async with PostgresCorpus(database).crawl(source) as crawling:
        number = crawling._number  # type: ignore[attr-defined]
        await fetch(database, "insert into page_change values ($1, $2, 't', 'added', 1, 0)", number, f"{ROOT}stale")
    await crawl(database, source, {"a": ["first words", "second words"], "c": ["new"]})
    assert await changes(database, source) == [("added", "c", 1, 0)]


async def test_sources_are_listed_some_at_a_time_as_the_audience_sees_them(database: Database) -> None:
    catalog, wanted = PostgresCatalog(database), SourceFilter(frozenset({"slack:T1"}))
    names = [f"s{number:02}" for number in range(12)]
    for number, name in enumerate(names):
        seen = (None, ("slack:T1",), ("slack:T2", "slack:T1/C1"))[number % 3]
        await catalog.add(Source(0, name, f"https://{name}.example/", visible_to=seen))
    seen_names = [name for number, name in enumerate(names) if number % 3 < 2]
    reader = overview(database)
    paged = [each.source.name for start in range(0, 12, 3) for each in await reader.find_sources(wanted, 3, start)]
    assert paged == seen_names
    assert await reader.count_sources(wanted) == (len(seen_names), 0)
    assert [each.source for each in await reader.find_sources(EVERYTHING, 100)] == await catalog.list()
    assert await reader.find_sources(SourceFilter(frozenset()), 100) == await reader.find_sources(
        replace(wanted, audience=frozenset({"discord:1"})), 100
    )
    assert [each.source.name for each in await reader.find_sources(replace(EVERYTHING, text="S03.EX"), 9)] == ["s03"]
    assert await reader.count_sources(replace(EVERYTHING, text="%_\\")) == (0, 0)


async def test_a_listed_source_has_what_its_last_crawl_did_and_whether_one_runs(database: Database) -> None:
    source = await add(database)
    reader, requests = overview(database), PostgresRequests(database)
    assert [(each.source.name, each.difference) for each in await reader.find_sources(EVERYTHING, 9)] == [("docs", {})]
    assert await reader.last_crawl(source) is None
    assert [each.source.name for each in await reader.find_sources(replace(EVERYTHING, verdict="new"), 9)] == ["docs"]
    await crawl(database, source, SITE)
    await requests.put(RequestKind.CRAWL, source=source, asked_by="slack:U1")
    (listed,) = await reader.find_sources(replace(EVERYTHING, verdict="ok"), 9)
    assert listed == ListedSource(await PostgresCatalog(database).get("docs"), {"added": 2}, {}, "waiting")
    assert await reader.find_sources(replace(EVERYTHING, verdict="new"), 9) == []
    assert await reader.count_sources(replace(EVERYTHING, verdict="ok")) == (1, 3)
    assert [each.asked_by for each in await reader.list_requests(source, 5)] == ["slack:U1"]
    assert [each.source for each in await reader.list_open_requests(None, 5)] == ["docs"]
    assert [each.source for each in await reader.list_open_requests(frozenset({"slack:T1"}), 5)] == ["docs"]


async def test_open_crawls_of_sources_that_are_not_seen_are_not_listed(database: Database) -> None:
    catalog = PostgresCatalog(database)
    hidden = await catalog.add(Source(0, "plans", "https://plans.example/", visible_to=("slack:T2",)))
    await PostgresRequests(database).put(RequestKind.CRAWL, source=hidden, asked_by="slack:U1")
    assert await overview(database).list_open_requests(frozenset({"slack:T1"}), 5) == []
    assert len(await overview(database).list_open_requests(frozenset({"slack:T2"}), 5)) == 1


async def test_answers_that_cite_a_source_are_counted_once_each(database: Database) -> None:
    await add(database)
    for number, (cited, state) in enumerate([("a", "done"), ("x", "done"), ("a", "queued"), ("a", "done")]):
        answer = {
            "found": [{"url": f"{ROOT}a", "source": "docs"}, {"url": f"{ROOT}a", "source": "docs"}],
            "answer": {"citations": [{"url": f"{ROOT}{cited}"}]},
        }
        await fetch(
            database,
            "insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, details,"
            " answer, state, asked_at, finished_at, turn) values ('slack', 'T1', $1, $1, 'C1', 't', 'U1', 'thread',"
            " 'How?', '{}', $2, $3, now(), now(), 0)",
            f"m{number}",
            json.dumps(answer),
            state,
        )
    assert await overview(database).count_citations(["docs", "other"], 30) == {"docs": 2}
    assert await overview(database).count_citations(["other"], 30) == {}


async def test_citations_equal_a_recount_over_a_generated_history(database: Database) -> None:
    rows, since = make_history(2_000), NOW - timedelta(days=20)
    await store_history(database, rows)
    answered = (QuestionOutcome.ANSWERED, QuestionOutcome.PARTLY)
    counted: Counter[str] = Counter()
    for row in rows:
        reply = row.asked.reply
        if reply and row.outcome in answered and row.is_own and row.is_kept and row.asked.asked_at > since:
            cited = {citation.url for citation in reply.answer.citations}
            counted.update({each.source for each in reply.found if each.url in cited})
    names = [name for name in SOURCES if name != "old"]
    expected = {name: counted[name] for name in names if counted[name]}
    assert len(expected) > 3
    assert await overview(database).count_citations(names, 20) == expected


async def test_a_paused_source_keeps_its_schedule_and_does_not_run(database: Database) -> None:
    source = await add(database)
    catalog, requests = PostgresCatalog(database), PostgresRequests(database)
    await catalog.change(replace(source, schedule="every 6h", paused=True))
    assert [each.schedule for each in await requests.schedules()] == ["off"]
    kept = await catalog.get("docs")
    assert (kept.schedule, kept.paused) == ("every 6h", True)
    await catalog.change(replace(kept, paused=False))
    assert [each.schedule for each in await requests.schedules()] == ["every 6h"]
