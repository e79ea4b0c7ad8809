"""Questions, one question, gaps: in HTTP, and in a real browser, from a thumb down to the passage at fault."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.console.screens.questions import from_position, to_days, to_position
from bot.discord.links import build_link as discord_link
from bot.exports import CELLS
from bot.slack.links import build_link as slack_link
from core.history.paging import stream_questions
from core.history.port import HistoryPosition, QuestionFilter
from core.inbox.platforms import DiscordDetails
from core.inbox.port import Platform, Visibility
from core.inbox.viewer import MACHINE, Viewer
from core.postgres.database import Database
from tests.bot.console.asked import HOSTILE, judge, new_question, store_answer, store_hostile
from tests.bot.console.served import (
    ADMIN,
    OTHER_ADMIN,
    ConsoleClient,
    ServedConsole,
    needs_browser,
    open_browser,
    serve_app,
)
from tests.made_history import NOW, PRIVATE, make_history, store_history

DISCORD = Platform.DISCORD
ASKER = Viewer(Platform.SLACK, "T1", "UASKER", "C1")
DPO = "/passage?source=docs&url=https://docs.example/guide/training.html%23dpo"
WORDS = "How do I fine-tune a mistral model with DPO?"


@pytest.fixture
async def served(filled: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """Serve the console over the small site, which answers."""
    async with serve_app(filled, tmp_path, ADMINS="slack:UADMIN,slack:UASKER,discord:7") as made:
        yield made


@pytest.fixture
async def busy(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """Serve the console over a generated history."""
    await store_history(database, make_history(400))
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def test_one_question_shows_all_that_is_stored_of_it(served: ServedConsole) -> None:
    asked = new_question(1, WORDS)
    number = await store_answer(served.console, asked)
    await judge(served.console, asked, number)
    async with served.client(ADMIN) as client:
        listed = await client.get("/questions?thumb=down")
        assert WORDS in listed.text
        page = await client.get(f"/questions/{number}")
    for piece in (WORDS, "UASKER", "quoted without a model", "It lacks a step.", "incomplete", "cited", "search"):
        assert piece in page.text, piece
    assert "Fine-tune a model with DPO" in page.text, "the section"
    assert "the passage that was read" in page.text, "its identity was stored"
    assert "https://app.slack.com/client/T1/C1/thread/C1-1700000001.000100" in page.html
    detail = await served.console.footnote.history.get_question(number)
    assert detail is not None
    assert detail.record.reply is not None
    for used, section in zip(detail.record.reply.found, detail.sections, strict=True):
        assert section[0].is_same
        assert section[0].passage.link == used.url
        assert used.score is not None


@needs_browser
@pytest.mark.parametrize("scripts", [True, False])
async def test_three_clicks_lead_from_a_thumb_down_to_the_passage(served: ServedConsole, *, scripts: bool) -> None:
    asked = new_question(1, WORDS)
    await judge(served.console, asked, await store_answer(served.console, asked))
    await store_answer(served.console, new_question(2, "What is the beta parameter?"))
    async with open_browser(served, ADMIN, scripts=scripts) as browser:
        page = browser.page
        await browser.goto("/questions")
        await page.click("text=Thumbed down")
        assert await page.locator("tbody tr").count() == 1
        await page.click(f"text={WORDS}")
        await page.locator("table a", has_text="Fine-tune a model with DPO").first.click()
        assert "The trainer reads the pairs" in await page.inner_text("pre >> nth=0")
        assert await page.locator("a[href='/source/docs']").count() == 1
        assert (await page.locator("a[href^='https://docs.example/guide/training.html#dpo']").count()) == 1


@needs_browser
async def test_a_filter_changes_the_list_without_a_page_load(served: ServedConsole) -> None:
    asked = new_question(1, WORDS)
    await judge(served.console, asked, await store_answer(served.console, asked))
    await store_answer(served.console, new_question(2, "What is the beta parameter?"))
    async with open_browser(served, ADMIN) as browser:
        page = browser.page
        await browser.goto("/questions")
        assert await page.locator("tbody tr").count() == 2
        await page.evaluate("window.stays = 1")
        await page.select_option("select[name=thumb]", "down")
        await page.locator("tbody tr").nth(1).wait_for(state="detached")
        assert await page.evaluate("window.stays") == 1
        assert "thumb=down" in page.url
        assert (await page.get_attribute("a[href^='/questions.csv']", "href")).endswith("thumb=down")


async def test_asked_again_it_is_answered_as_the_index_is_now(served: ServedConsole) -> None:
    number = await store_answer(served.console, new_question(1, WORDS))
    footnote = served.console.footnote
    async with served.client(ADMIN) as client:
        page = await client.post(f"/questions/{number}/ask", page=f"/questions/{number}")
        assert page.status == 200
        assert page.text.count("Fine-tune a model with DPO") > 4
        assert "Asked again now" in page.text
        await footnote.catalog.remove("docs")
        page = await client.post(f"/questions/{number}/ask", page=f"/questions/{number}")
        assert "Asked again now" in page.text
        assert "The answer was read from a source that you do not see, or that was removed" in page.text
        refused = await client.send("POST", f"/questions/{number}/ask", data={})
        assert refused.status == 403
    async with served.client(MACHINE) as client:
        assert "not stored any more" in (await client.get(f"/questions/{number}")).text


async def test_asked_again_it_reads_no_source_that_the_reader_does_not_see(
    served: ServedConsole, database: Database
) -> None:
    asked = new_question(1, WORDS, channel="C2")
    number = await store_answer(served.console, asked)
    await served.console.footnote.database.writers.execute("update source set visible_to = '{slack:T1/C2}'")
    async with served.client(ADMIN) as client:
        page = await client.get(f"/questions/{number}")
        assert "The answer was read from a source that you do not see" in page.text
        assert "mistral model with DPO" not in page.text.replace(WORDS, "")
        page = await client.post(f"/questions/{number}/ask", page=f"/questions/{number}")
        assert "The trainer" not in page.text
        assert "https://docs.example" not in page.html
        assert (
            await client.get("/passage?source=docs&url=https://docs.example/guide/training.html%23dpo")
        ).status == 404
    async with served.client(Viewer(Platform.SLACK, "T1", "UADMIN", "C2")) as client:
        page = await client.get(DPO)
        assert "The trainer reads the pairs" in page.text


async def test_what_was_asked_in_private_is_shown_to_its_asker_and_on_the_machine(
    served: ServedConsole, tmp_path: Path
) -> None:
    secret = "Where is my secret canary?"
    number = await store_answer(served.console, new_question(1, secret, Visibility.PRIVATE))
    paths = ("/questions", f"/questions/{number}", "/questions.csv", "/questions.jsonl", "/gaps", "/gaps.md")
    for viewer, sees in ((ADMIN, False), (ASKER, True), (MACHINE, True), (OTHER_ADMIN, False)):
        async with served.client(viewer) as client:
            pages = [await client.get(path) for path in (*paths, "/questions?text=canary")]
            assert any("canary?" in page.html for page in pages[:-1]) is sees, viewer
            assert (number in [json.loads(line)["id"] for line in pages[3].html.splitlines()]) is (
                viewer != OTHER_ADMIN
            )
            assert ("No such question" in pages[-1].text) is not sees
            posted = await client.post(f"/questions/{number}/ask")
            assert posted.status == (200 if sees else 404)
    async with (
        serve_app(
            served.console.footnote.settings.database_url.get_secret_value(), tmp_path / "b", CONSOLE_SHOWS_PRIVATE=True
        ) as open_to_all,
        open_to_all.client(ADMIN) as client,
    ):
        assert secret in (await client.get(f"/questions/{number}")).text


async def test_another_workspace_is_not_there(busy: ServedConsole) -> None:
    history = busy.console.footnote.history
    everything = {each.id: each async for each in stream_questions(history, QuestionFilter())}
    async with busy.client(ADMIN) as client:
        lines = (await client.get("/questions.jsonl")).html.splitlines()
        seen = {json.loads(line)["id"] for line in lines}
        assert 20 < len(seen) < len(everything)
        assert not any(PRIVATE in line for line in lines)
        for number in list(everything)[:80]:
            page = await client.get(f"/questions/{number}")
            assert (page.status == 200) is (number in seen)
        assert (await client.get("/questions/999999999999999999")).status == 404


async def test_exports_hold_what_the_filter_finds(busy: ServedConsole) -> None:
    async with busy.client(MACHINE) as client:
        answer = await client.get("/questions.csv?outcome=partly&days=20")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="questions.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.html, newline="")))
        assert tuple(rows[0]) == CELLS
        assert {row["outcome"] for row in rows} == {"partly"}
        lines = (await client.get("/questions.jsonl?outcome=partly&days=20")).html.splitlines()
        assert [json.loads(line)["id"] for line in lines] == [int(row["id"]) for row in rows]
        head = await client.send("HEAD", "/questions.csv")
        assert (head.status, head.html) == (200, "")
        page = await client.get("/gaps.md?days=20")
        assert page.html.startswith("# What the documentation does not answer")
        assert page.headers["Content-Type"].startswith("text/markdown")


async def test_older_questions_are_on_the_next_page(busy: ServedConsole) -> None:
    async with busy.client(MACHINE) as client:
        seen, path = list[str](), "/questions?platform=slack"
        while path:
            page = await client.get(path)
            seen += page.html.split('<a href="/questions/')[1:]
            older = page.html.partition('<a rel="next" href="')[2].partition('"')[0]
            path = older.replace("&amp;", "&")
        numbers = [int(each.partition('"')[0]) for each in seen]
        lines = (await client.get("/questions.jsonl?platform=slack")).html.splitlines()
        assert numbers == [json.loads(line)["id"] for line in lines]
        assert len(numbers) > 100


async def test_what_is_forgotten_is_on_no_page(served: ServedConsole) -> None:
    asked = new_question(1, WORDS)
    number = await store_answer(served.console, asked)
    await judge(served.console, asked, number)
    async with served.client(ADMIN) as client:
        assert WORDS in (await client.get("/gaps")).text
        await served.console.inbox.forget("UASKER")
        for path in ("/questions", "/questions.csv", "/questions.jsonl", "/gaps", "/gaps.md", f"/questions/{number}"):
            page = await client.get(path)
            assert "mistral" not in page.html, path
            assert "UASKER" not in page.html, path
            assert "UCRITIC" not in page.html, path
        assert (await client.get(f"/questions/{number}")).status == 404


@needs_browser
async def test_nothing_that_people_or_pages_write_runs_in_a_browser(served: ServedConsole) -> None:
    number = await store_hostile(served.console)
    async with open_browser(served, MACHINE) as browser:
        await browser.page.route("https://bad.example/**", lambda route: route.abort())
        for path in (f"/questions/{number}", "/questions", "/gaps", f"/questions?channel=x{HOSTILE}&text={HOSTILE}"):
            await browser.goto(path)
            assert await browser.page.evaluate("window.pwned") is None, path
            assert await browser.page.locator("main script, main img").count() == 0
            links = await browser.page.eval_on_selector_all("a", "all => all.map(each => each.protocol)")
            assert set(links) <= {"http:", "https:"}
        page = await browser.goto(f"/questions/{number}")
        assert page.status == 200
        text = await browser.page.inner_text("main")
        assert text.count("<script>window.pwned=1</script>") > 8
        assert "53578" not in text  # 7654 * 7: no template took it


async def test_an_export_holds_little_in_memory(database: Database, dsn: str, tmp_path: Path) -> None:
    await store_history(database, make_history(3_000))
    async with serve_app(dsn, tmp_path) as served, served.client(MACHINE) as client:
        few, small = await measure_export(client, 2)
        many, large = await measure_export(client, 3_650)
    assert many > 3 * few
    assert large < 2 * small


async def measure_export(client: ConsoleClient, days: int) -> tuple[int, int]:
    """Read an export a little at a time. -> its bytes, and the most that Python held meanwhile."""
    tracemalloc.start()
    async with client.http.get(f"/questions.csv?days={days}") as response:
        size = sum([len(chunk) async for chunk in response.content.iter_chunked(1 << 14)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size, peak


def test_a_position_in_a_list_is_read_back_and_any_other_text_is_the_beginning() -> None:
    position = HistoryPosition(NOW, 7)
    assert to_position(from_position(position)) == position
    for text in ("", "x", "~", "2026-11-30~7", "2026-11-30T00:00:00+00:00~x", "9" * 5_000):
        assert to_position(text) is None


@pytest.mark.parametrize(
    ("text", "days"), [("7", 7), ("0", 1), ("99999999", 3_650), ("", None), ("x", None), ("²", None)]
)
def test_days_are_a_number_or_none(text: str, days: int | None) -> None:
    assert to_days(text) == days


async def test_a_link_leads_to_the_thread_on_its_platform(served: ServedConsole) -> None:
    console = served.console
    found = []
    for asked in (
        new_question(1, "A?"),
        new_question(2, "B?", thread="ask:77"),
        new_question(
            3,
            "C?",
            platform=Platform.DISCORD,
            tenant="8",
            channel="9",
            details=DiscordDetails(place="10", message="11"),
        ),
        new_question(4, "D?", platform=Platform.DISCORD, tenant="", channel="9", details=DiscordDetails(place="9")),
        new_question(5, "E?", channel='"><script>'),
    ):
        detail = await console.footnote.history.get_question(await store_answer(console, asked))
        assert detail is not None
        assert detail.asked is not None
        found.append((discord_link if asked.platform == DISCORD else slack_link)(detail.asked))
    assert found == [
        "https://app.slack.com/client/T1/C1/thread/C1-1700000001.000100",
        "https://app.slack.com/client/T1/C1",
        "https://discord.com/channels/8/10/11",
        "https://discord.com/channels/@me/9",
        "",
    ]


async def test_each_figure_of_a_gap_leads_to_the_questions_that_it_counts(busy: ServedConsole) -> None:
    figure = re.compile(r'href="(/questions\?gaps=1&amp;subject=[^"]+)">([\d,]+)<')
    async with busy.client(MACHINE) as client:
        found = figure.findall((await client.get("/gaps")).html)
        assert len(found) > 10
        for link, count in found[:12]:
            lines = await client.get(unescape(link).replace("/questions?", "/questions.jsonl?"))
            assert len(lines.html.splitlines()) == int(count), link
        page = await client.get(unescape(found[0][0]))
        assert "Only the questions of one gap." in page.text
        assert re.search(r'<input type="hidden" name="subject" value="-?\d+">', page.html), "the form keeps it"
        assert (await client.get("/questions?subject=no&gaps=1")).status == 200


async def test_a_source_that_answers_cite_leads_to_these_answers(busy: ServedConsole) -> None:
    async with busy.client(MACHINE) as client:
        today = (await client.get("/")).html
        found = re.findall(r'href="/questions\?(cites=[^"]+)">[^<]+</a></th><td class="n">([\d,]+)', today)
        assert found
        for query, count in found:
            lines = (await client.get(f"/questions.jsonl?{unescape(query)}")).html.splitlines()
            assert len(lines) == int(count)


async def test_a_form_keeps_what_a_link_filters_by_and_it_does_not_offer(busy: ServedConsole) -> None:
    async with busy.client(MACHINE) as client:
        page = await client.get("/questions?channel=CGONE&days=14")
    assert re.search(r"<option selected>CGONE</option>", page.html)
    assert re.search(r"<option selected>14</option>", page.html)
