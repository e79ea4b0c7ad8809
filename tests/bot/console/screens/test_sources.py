"""Sources and crawls in the console: what is seen, what can be done, and that it is recorded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Source
from core.inbox.channels import AuditEntry
from core.index.corpus import PostgresCorpus
from core.index.crawling import CrawlReport, Verdict
from core.postgres.database import Database
from core.work.port import RequestState
from tests.bot.console.served import ADMIN, MACHINE, OTHER_ADMIN, ServedConsole, serve_app
from tests.core.index.helpers import SITE, add, crawl

ROOT = "https://docs.example/"
NAME = "<img src=x onerror=alert(1)>\"'&"
CANARY = "<img src=x onerror=alert(1)>\"'&{{7919*7907}}"


@pytest.fixture
async def served(database: object, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def last_act(served: ServedConsole) -> AuditEntry:
    return (await served.console.footnote.audit.recent(1))[0]


async def test_a_source_is_listed_with_its_figures(served: ServedConsole, database: Database) -> None:
    source = await add(database, "guide", ROOT)
    await crawl(database, source, SITE)
    async with served.client(ADMIN) as client:
        page = await client.get("/sources")
        assert page.status == 200
        for words in ("guide", "ok", "2 added, 0 changed, 0 removed", "less than a minute ago"):
            assert words in page.text
        assert "No source fits" in (await client.get("/sources?text=nothing")).text
        assert "guide" in (await client.get("/sources?verdict=ok")).text
        assert "guide" not in (await client.get("/sources?verdict=new")).text
        assert (await client.get("/sources?verdict=%00&page=-1&text=%00%ff")).status == 200


async def test_many_sources_come_some_at_a_time(served: ServedConsole, database: Database) -> None:
    await database.writers.execute(
        "insert into source (name, root_url) select 's' || lpad(n::text, 5, '0'), 'https://s.example/' || n"
        " from generate_series(1, 10000) n"
    )
    async with served.client(ADMIN) as client:
        first, last = await client.get("/sources"), await client.get("/sources?page=200")
        assert len(re.findall(r'href="/source/', first.html)) == 50
        assert "10,000" in first.text
        assert "s10000" in last.text
        assert 'rel="next"' not in last.html
        assert len(first.html) < 60_000


async def test_a_source_is_added_paused_changed_crawled_and_removed_and_each_act_is_recorded(
    served: ServedConsole, database: Database
) -> None:
    requests = served.console.footnote.requests
    async with served.client(ADMIN) as client:
        added = await client.post("/sources/add", {"url": "https://docs.example.org/guide/", "name": "guide"})
        assert (added.status, added.headers["Location"]) == (303, "/crawl/guide?done=added")
        assert "waits for its turn" in (await client.get("/crawl/guide?done=added")).text
        assert "No worker is running" in (await client.get("/crawl")).text
        (asked,) = await requests.recent(5)
        assert (asked.asked_by, asked.source) == ("slack:UADMIN", "guide")
        for path, fields, act in (
            ("/source/guide/pause", {"paused": "1"}, "pause"),
            ("/source/guide/pause", {}, "resume"),
            ("/source/guide/reindex", {"force": "1"}, "reindex"),
            ("/source/guide", {"schedule": "every 6h", "licence": "MIT", "visible_to": "slack:T1"}, "set"),
        ):
            answer = await client.post(path, fields)
            assert answer.status == 303, answer.text
            done = await last_act(served)
            assert (done.who, done.act, done.via, done.outcome.value) == ("UADMIN", act, "console", "done")
            assert (await client.get(answer.headers["Location"])).status == 200
        changed = await served.console.footnote.catalog.get("guide")
        assert (changed.schedule, changed.licence, changed.visible_to) == ("every 6h", "MIT", ("slack:T1",))
        asking = await client.get("/source/guide/remove")
        assert "/docs add" in asking.text or "footnote sources add" in asking.text
        assert (await client.post("/source/guide/remove")).headers["Location"] == "/sources?done=removed"
        assert "Removed from the index" in (await client.get("/sources?done=removed")).text
        assert (await client.get("/source/guide")).status == 404
    acts = await served.console.footnote.audit.recent(20)
    assert [each.act for each in acts] == ["remove", "set", "reindex", "resume", "pause", "add"]
    assert {(each.platform, each.tenant, each.channel, each.who) for each in acts} == {("slack", "T1", "C1", "UADMIN")}


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("/sources/add", {"url": "http://169.254.169.254/"}, "169.254.169.254"),
        ("/sources/add", {"url": "file:///etc/passwd"}, "http"),
        ("/sources/add", {"url": "https://a.example/", "name": "!!!"}, "letters or digits"),
        ("/sources/add", {"url": "http://10.0.0.1/", "preview": "1"}, "10.0.0.1"),
        ("/source/docs", {"schedule": "every 1s"}, "too often"),
        ("/source/docs", {"visible_to": "everywhere"}, "is no place"),
        ("/source/docs", {"include": "[["}, ""),
        ("/source/docs", {"language": "all of them"}, "language tag"),
        ("/source/docs", {"licence": "x" * 101}, "shorten"),
    ],
)
async def test_what_chat_and_the_command_line_refuse_is_refused_with_the_form_as_it_was(
    served: ServedConsole, database: Database, path: str, fields: dict[str, str], says: str
) -> None:
    await add(database, "docs", ROOT)
    before = await served.console.footnote.catalog.get("docs")
    async with served.client(ADMIN) as client:
        answer = await client.post(path, fields)
        if not says:
            return
        assert answer.status == 422
        assert says in answer.text
        assert 'role="alert"' in answer.html
        assert all(value in answer.text or f'value="{value}"' in answer.html for value in fields.values())
    assert await served.console.footnote.catalog.get("docs") == before


async def test_a_preview_is_seen_by_who_asked_for_it_and_leads_to_adding(served: ServedConsole) -> None:
    requests = served.console.footnote.requests
    async with served.client(ADMIN) as client, served.client(OTHER_ADMIN) as other, served.client(MACHINE) as machine:
        fields = {"url": "https://docs.example.org/guide/", "name": "n", "licence": "MIT", "preview": "1"}
        where = (await client.post("/sources/add", fields)).headers["Location"]
        assert re.fullmatch(r"/sources/preview/\d+\?.*name=n.*", where)
        assert "Waits for a worker" in (await client.get(where)).text
        assert 'hx-trigger="every 2s"' in (await client.get(where)).html
        number = int(where.partition("?")[0].rsplit("/", 1)[1])
        report = {
            "kind": "site", "url": "u", "below": "u", "not_asked": 4, "sitemaps": [], "crawl_delay": 1.5,
            "pages": [{"url": "javascript:alert(1)", "title": CANARY, "passages": 5}], "sample": "u", "seconds": 1.0,
            "delay_cut": False,
            "left_out": [{"reason": "pdf", "count": 2, "urls": [CANARY]}], "on_disk": False, "discovers": True,
            "passages": [{"path": [CANARY], "link": "u", "kind": "code", "language": "", "text": CANARY}],
        }  # fmt: skip
        await requests.finish(number, report, "w")
        done = await client.get(where)
        assert done.status == 200
        assert "hx-trigger" not in done.html
        assert "<img" not in done.html
        assert CANARY in done.text
        assert 'href="javascript:' not in done.html
        assert 'value="https://docs.example.org/guide/"' in done.html
        assert (await other.get(where)).status == 404
        assert (await machine.get(where)).status == 200
        assert (await client.get("/sources/preview/99999999999999999999")).status == 404


async def test_what_a_site_says_of_itself_is_shown_as_text(served: ServedConsole, database: Database) -> None:
    catalog = served.console.footnote.catalog
    source = await catalog.add(Source(0, NAME, ROOT, licence=CANARY))
    await catalog.change(replace(source, licence=CANARY, include=(CANARY,)))
    await database.use_space("fake", 8)
    await crawl(database, source, SITE)
    await database.writers.execute("update page_change set title = $1, url = 'javascript:alert(1)//' || url", CANARY)
    await database.writers.execute("insert into left_out values ($1, 'javascript:alert(2)', $2)", source.id, CANARY)
    async with served.client(ADMIN) as client:
        listed = await client.get("/sources")
        links = re.findall(r'href="(/(?:source|crawl)/[^"#]+)"', listed.html)
        assert len(set(links)) == 2
        for path in ("/sources", *{link.replace("&amp;", "&") for link in links}):
            page = await client.get(path)
            assert page.status == 200, path
            assert "<img" not in page.html
            assert 'href="javascript:' not in page.html
            assert str(7919 * 7907) not in page.text
            assert NAME in page.text


async def test_the_difference_of_a_crawl_is_shown_by_page_with_what_was_skipped(
    served: ServedConsole, database: Database
) -> None:
    source = await add(database, "guide", ROOT)
    await crawl(database, source, SITE)
    await crawl(database, source, {"a": ["first words", "new words"], "c": ["more"]}, gone=["b"])
    await database.writers.execute("insert into left_out values ($1, $2, 'http 404')", source.id, f"{ROOT}b")
    async with served.client(ADMIN) as client:
        page = await client.get("/crawl/guide")
        assert "1 added, 1 changed, 1 removed , 0 unchanged" in page.text
        assert f'href="{ROOT}c"' in page.html
        assert "http 404" in page.text
        only = await client.get("/crawl/guide?change=removed")
        assert f"{ROOT}b" in only.text
        assert f"{ROOT}c" not in only.text
        assert (await client.get("/crawl/guide?change=%00&reason=%00&changes=x&skipped=0")).status == 200


async def test_a_quarantined_source_says_why_and_can_be_accepted(served: ServedConsole, database: Database) -> None:
    source = await add(database, "guide", ROOT)
    await crawl(database, source, SITE)
    async with PostgresCorpus(database).crawl(source) as crawling:
        skipped = {"http 404": 9}
        report = CrawlReport(
            "guide", 0, 0, 0, 3, 0, 0, 0, skipped, Verdict.QUARANTINED, 0.1, "2 of 2 pages are missing"
        )
        await crawling.finish(report, {f"{ROOT}a": "http 404"})
    async with served.client(ADMIN) as client:
        listed, page, crawled = [await client.get(path) for path in ("/sources", "/source/guide", "/crawl/guide")]
        assert "quarantined" in listed.text
        assert "9 http 404" in listed.text
        assert "readers keep what they had" in listed.text
        assert "pages are missing" in page.text
        assert "accept what is quarantined" in page.text
        assert "still see it as it was" in crawled.text
        await client.post("/source/guide/reindex", {"force": "1"})
    assert (await served.console.footnote.requests.recent(1))[0].options == {"force": True}


async def test_a_running_crawl_asks_for_itself_until_it_is_over(served: ServedConsole, database: Database) -> None:
    source = await add(database, "guide", ROOT)
    requests = served.console.footnote.requests
    async with served.client(ADMIN) as client:
        await client.post("/source/guide/reindex")
        (asked,) = await requests.recent(1)
        await requests.progress(asked.id, {"stage": "embed", "pages": 3, "embedded": 25, "to_embed": 100}, "host:1")
        for path in ("/crawl", "/crawl/guide"):
            page = await client.get(path)
            assert "25 of 100 embedded" in page.text
            assert '<progress max="100" value="25"' in page.html
            assert 'hx-trigger="every 2s"' in page.html
        await requests.finish(asked.id, {"verdict": "ok"}, "host:1")
        for path in ("/crawl", "/crawl/guide"):
            page = await client.get(path)
            assert "Nothing is being crawled" in page.text
            assert 'hx-trigger="every' not in page.html
        assert (await requests.get(asked.id)).state is RequestState.DONE
    assert source.name == "guide"


async def test_all_sources_that_are_seen_are_crawled_again_at_once(served: ServedConsole) -> None:
    catalog = served.console.footnote.catalog
    async with served.client(ADMIN) as client:
        assert (await client.post("/crawl")).status == 422
        await catalog.add(Source(0, "guide", ROOT))
        await catalog.add(Source(0, "plans", "https://plans.example/", visible_to=("slack:T2",)))
        assert (await client.post("/crawl")).status == 303
    assert [each.source for each in await served.console.footnote.requests.recent(9)] == ["guide"]
    async with served.client(MACHINE) as machine:
        await machine.post("/source/plans/reindex")
    (asked, *_) = await served.console.footnote.requests.recent(1)
    assert (asked.source, asked.asked_by) == ("plans", "machine")
