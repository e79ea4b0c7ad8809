"""Health: what doctor says, without asking anybody until a button is pressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.status import State
from core.domain import Source
from core.postgres.database import Database
from tests.bot.console.served import ADMIN, MACHINE, ServedConsole, needs_browser, open_browser, serve_app


@pytest.fixture
async def served(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def test_the_page_says_what_doctor_says_and_asks_no_model(served: ServedConsole) -> None:
    async with served.client(MACHINE) as client:
        page = await client.get("/health")
        for words in (
            "Postgres 1",
            "DATABASE_URL is set",
            "none is running, so no schedule is kept",
            "No check failed.",
        ):
            assert words in page.text
        assert "embedder" not in page.text
        asked = await client.post("/health", page="/health")
        assert asked.status == 200
        assert "embedder" in asked.text
        assert "no chat platform is configured" in asked.text


async def test_a_platform_that_is_down_is_a_check_that_failed(served: ServedConsole) -> None:
    served.console.board.add_platform("Slack")(State.DOWN, "The token was refused.")
    async with served.client(MACHINE) as client:
        page = await client.get("/health")
        assert "1 check failed." in page.text
        assert "down: The token was refused." in page.text


async def test_a_source_that_is_not_seen_is_neither_named_nor_counted(served: ServedConsole) -> None:
    for name, places in (("open", None), ("closed", ("slack:T9",))):
        await served.console.footnote.catalog.add(Source(0, name, f"https://{name}.example/", visible_to=places))
    async with served.client(ADMIN) as client, served.client(MACHINE) as machine:
        page = await client.get("/health")
        assert ("source open" in page.text, "closed" in page.text, "of 1 source" in page.text) == (True, False, True)
        page = await machine.get("/health")
        assert ("source closed" in page.text, "of 2 sources" in page.text) == (True, True)


async def test_what_the_database_does_not_say_is_a_failed_check_and_the_rest_is_there(
    served: ServedConsole, database: Database
) -> None:
    await database.writers.execute("alter table source rename to gone")
    async with served.client(MACHINE) as client:
        page = await client.get("/health")
        assert page.status == 200
        assert "checks failed." in page.text or "1 check failed." in page.text
        assert "DATABASE_URL is set" in page.text


@needs_browser
async def test_the_button_works_in_a_browser_without_scripts(served: ServedConsole) -> None:
    async with open_browser(served, MACHINE, scripts=False) as browser:
        await browser.goto("/health")
        await browser.page.get_by_role("button", name="Ask the chat platforms").click()
        await browser.page.get_by_role("rowheader", name="embedder").wait_for()
