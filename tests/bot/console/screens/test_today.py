"""Today: each figure on the page equals a recount of the stored questions, as far as the viewer sees them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from bot.console import figures
from bot.console.words import OUTCOMES
from bot.status import State
from core.inbox.port import Platform, Thumb
from core.inbox.postgres import open_inbox
from core.inbox.viewer import MACHINE, Viewer
from core.postgres.database import Database
from tests.bot.console.served import ADMIN, Answered, ServedConsole, needs_browser, open_browser, serve_app
from tests.made_history import NOW, MadeQuestion, make_history, store_history

GUILD = Viewer(Platform.DISCORD, "G1", "7", "D1")


@pytest.fixture
async def rows(database: Database) -> list[MadeQuestion]:
    made = make_history(400)
    await store_history(database, made)
    return [row for row in made if row.is_kept and row.asked.asked_at > NOW - timedelta(days=30)]


@pytest.fixture
async def served(
    rows: list[MadeQuestion], dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ServedConsole]:
    monkeypatch.setattr(figures, "FRESH_SECONDS", 0.0)
    async with serve_app(dsn, tmp_path) as made:
        yield made


def bars(page: Answered, caption: str) -> dict[str, int]:
    """Return the rows of a chart: label -> figure."""
    (table,) = [
        each for each in re.findall(r"<table class=\"bars\">.*?</table>", page.html, re.DOTALL) if caption in each
    ]
    found = re.findall(r"<th scope=\"row\">(?:<a [^>]*>)?([^<]+)(?:</a>)?</th><td class=\"n\">([\d,]+)</td>", table)
    return {label: int(figure.replace(",", "")) for label, figure in found}


def figure(page: Answered, label: str) -> int:
    found = re.search(rf"<dt>{label}</dt><dd>(?:<a [^>]*>)?([\d,]+)", page.html)
    assert found, label
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("viewer", [MACHINE, ADMIN, GUILD])
async def test_each_figure_equals_a_recount(served: ServedConsole, rows: list[MadeQuestion], viewer: Viewer) -> None:
    mine = [row for row in rows if row.is_seen(viewer)]
    async with served.client(viewer) as client:
        page = await client.get("/")
    assert figure(page, "Questions") == len(mine) > 20
    thumbs = Counter(thumb for row in mine for _, thumb, _, _ in row.thumbs)
    assert (figure(page, "Thumbs up"), figure(page, "Thumbs down")) == (thumbs[Thumb.UP], thumbs[Thumb.DOWN])
    assert bars(page, "How they ended") == Counter(OUTCOMES[row.outcome] for row in mine)
    assert bars(page, "Where they were asked") == Counter(row.asked.platform for row in mine)


@pytest.mark.parametrize("viewer", [MACHINE, ADMIN])
async def test_each_figure_is_accounted_for_by_the_list_that_it_leads_to(served: ServedConsole, viewer: Viewer) -> None:
    async with served.client(viewer) as client:
        page = await client.get("/")
        leading = re.findall(
            r'<(?:dd|th scope="row")><a href="(/questions[^"]+)">([^<]+)</a>(?:</th><td class="n">([\d,]+))?', page.html
        )
        assert len(leading) > 15
        for link, label, counted_next in leading:
            listed = await client.get(unescape(link))
            (number,) = re.findall(r'<p id="count">([\d,]+) question', listed.html)
            (deleted,) = re.findall(r"([\d,]+) more (?:was|were) deleted", listed.html) or ["0"]
            assert not re.search(r"\.(?:</a>)?[A-Z]", re.findall(r'<p id="count">.*?</p>', listed.html, re.DOTALL)[0])
            thumbs = re.findall(r"got ([\d,]+) thumb", listed.html) if "thumb=" in link else []
            counted = sum(int(each.replace(",", "")) for each in thumbs or [number, deleted])
            assert counted == int((counted_next or label).replace(",", "")), (link, listed.text[:400])


async def test_a_channel_of_a_private_conversation_is_on_no_page_of_others(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client:
        page = await client.get("/")
    assert "asked in private" in page.text
    assert not re.search(r"\bDU\d", page.text)


async def test_what_is_forgotten_is_in_no_figure(
    served: ServedConsole, rows: list[MadeQuestion], database: Database
) -> None:
    person = rows[0].asked.asker
    async with served.client(MACHINE) as client:
        before = figure(await client.get("/"), "Questions")
        async with open_inbox(database.dsn) as inbox:
            await inbox.forget(person)
        after = figure(await client.get("/"), "Questions")
    assert before - after == sum(row.asked.asker == person for row in rows)


async def test_figures_are_read_once_for_many_who_look_at_the_same_time(
    rows: list[MadeQuestion], dsn: str, tmp_path: Path, database: Database
) -> None:
    async with serve_app(dsn, tmp_path) as served, served.client(MACHINE) as client, served.client(ADMIN) as other:
        before = figure(await client.get("/"), "Questions")
        await database.writers.execute("delete from question")
        assert figure(await client.get("/"), "Questions") == before
        assert figure(await other.get("/"), "Questions") == 0, "what one sees is not shown to another"


async def test_what_runs_now_is_on_the_page_and_on_the_part_that_is_refreshed(served: ServedConsole) -> None:
    report = served.console.board.add_platform("Slack")
    report(State.DOWN, "The token was refused.")
    async with served.client(MACHINE) as client:
        for path in ("/", "/now"):
            page = await client.get(path)
            assert "Slack down The token was refused." in page.text
            assert "Workers running 0" in page.text
            assert figure(page, "Waiting for an answer") > 0


async def test_an_install_without_questions_shows_zeros(database: Database, dsn: str, tmp_path: Path) -> None:
    async with serve_app(dsn, tmp_path) as served, served.client(ADMIN) as client:
        page = await client.get("/")
        assert figure(page, "Questions") == 0
        assert "None yet." in page.text


@needs_browser
async def test_the_chart_has_a_table_that_a_keyboard_opens_and_figures_lead_to_questions(served: ServedConsole) -> None:
    async with open_browser(served, MACHINE) as browser:
        await browser.goto("/")
        await browser.page.get_by_text("As a table").focus()
        await browser.page.keyboard.press("Enter")
        assert await browser.page.get_by_role("columnheader", name="not answered").is_visible()
        await browser.page.get_by_role("link", name="not answered").click()
        await browser.page.wait_for_url("**/questions?outcome=abstained&days=30")


@needs_browser
async def test_what_runs_now_is_refreshed_without_loading_the_page(served: ServedConsole) -> None:
    async with open_browser(served, MACHINE) as browser:
        await browser.page.clock.install()
        await browser.goto("/")
        await browser.page.evaluate("document.querySelector('h2').id = 'kept'")
        served.console.board.add_platform("Discord")
        await browser.page.clock.fast_forward(31_000)
        await browser.page.get_by_text("Discord", exact=True).wait_for()
        assert await browser.page.locator("#kept").count() == 1
