"""From a stale page to a mended source, in a real browser with a real worker; and again with scripts switched off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain import Source
from core.tasks import run_in_background
from ingest.worker import run_worker
from tests.bot.console.served import (
    ADMIN,
    MACHINE,
    BrowserPage,
    ServedConsole,
    needs_browser,
    open_browser,
    serve_app,
)
from tests.bot.install import write_site

pytestmark = [needs_browser, pytest.mark.slow]
BASE = "https://docs.example/guide/"


@pytest.fixture
async def served(database: object, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    """Serve the console over a source of three files, which nobody has read yet."""
    site = write_site(tmp_path / "site")
    async with serve_app(dsn, tmp_path, RECRAWL_CRON="off") as made:
        source = Source(0, "docs", BASE, served_at=f"{site.as_uri()}/", kind="folder")
        await made.console.footnote.catalog.add(source)
        yield made


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.long)], ids=["scripts", "no-scripts"])
async def test_a_source_is_read_mended_paused_and_removed(
    served: ServedConsole, tmp_path: Path, *, scripts: bool
) -> None:
    stop, footnote = asyncio.Event(), served.console.footnote
    async with open_browser(served, ADMIN, scripts=scripts) as browser:
        page = browser.page
        page.set_default_timeout(90_000)
        await browser.goto("/sources")
        await page.click("text=docs")
        await page.click("text=Crawl now")
        assert "/crawl/docs" in page.url
        await page.wait_for_selector("text=No worker is running")
        async with run_in_background(run_worker(footnote, stop)):
            await over(browser, scripts=scripts)
            assert "3 added, 0 changed, 0 removed" in await page.inner_text("#live")
            (tmp_path / "site" / "index.html").write_text("<h1>Frobnicator</h1><p>" + "Other words. " * 40 + "</p>")
            (tmp_path / "site" / "install.html").unlink()
            await browser.goto("/source/docs")
            await page.click("text=Crawl now")
            await over(browser, scripts=scripts)
            stop.set()
        await look_at_changes(browser, scripts=scripts)
        await change_and_remove(browser)
    acts = [(each.act, each.who, each.via) for each in reversed(await footnote.audit.recent(20))]
    assert acts == [(act, "UADMIN", "console") for act in ("reindex", "reindex", "set", "pause", "resume", "remove")]


async def look_at_changes(browser: BrowserPage, *, scripts: bool) -> None:
    """Read what the last crawl changed, and filter it."""
    page = browser.page
    await browser.goto("/crawl/docs")
    words = await page.inner_text("#changes")
    assert "index.html" in words
    assert "changed" in words
    await page.select_option("[name=change]", "changed")
    if not scripts:
        await page.click("text=Show")
    await page.wait_for_selector("#changes >> text=Frobnicator")


async def change_and_remove(browser: BrowserPage) -> None:
    """Change settings, pause, resume, and remove behind the page that asks."""
    page = browser.page
    await browser.goto("/source/docs")
    await page.fill("[name=licence]", "CC BY 4.0")
    await page.fill("[name=schedule]", "every 6h")
    await page.click("text=Save")
    assert await page.input_value("[name=licence]") == "CC BY 4.0"
    await page.click("button >> text=Pause")
    await page.wait_for_selector("text=the schedule crawls it no more")
    await page.click("button >> text=Resume")
    await page.click("a.danger")
    await page.click("text=Keep it")
    await page.click("a.danger")
    await page.click("button >> text=Remove docs")
    await page.wait_for_selector("text=Removed from the index")


async def over(browser: BrowserPage, *, scripts: bool) -> None:
    """Wait until nothing is being crawled: the page sees that by itself, or is loaded again where it has no scripts."""
    page = browser.page
    while not scripts and not await page.is_visible("text=Nothing is being crawled"):
        await asyncio.sleep(0.5)
        await page.click("#live >> text=Reload")
    await page.wait_for_selector("text=Nothing is being crawled")


@pytest.mark.parametrize("scripts", [pytest.param(True, marks=pytest.mark.long), False], ids=["scripts", "no-scripts"])
async def test_a_site_is_previewed_and_added(served: ServedConsole, *, scripts: bool) -> None:
    requests = served.console.footnote.requests
    async with open_browser(served, ADMIN, scripts=scripts) as browser:
        page = browser.page
        await browser.goto("/sources")
        await page.click("text=Add a source")
        await page.fill("[name=url]", "http://127.0.0.1/")
        await page.click("text=Preview")
        await page.wait_for_selector("[role=alert]")
        await page.fill("[name=url]", "https://docs.example.org/guide/")
        await page.fill("[name=name]", "guide")
        await page.click("text=Preview")
        await page.wait_for_selector("text=Waits for a worker")
        (asked, *_) = await requests.recent(1)
        report = {"pages": [{"url": BASE, "title": "Guide", "passages": 5}], "left_out": [], "not_asked": 0}
        await requests.finish(asked.id, report | {"sitemaps": [], "crawl_delay": 0, "passages": []}, "w")
        if not scripts:
            await page.click("text=Look again")
        await page.wait_for_selector("text=Would be kept")
        assert await page.input_value("[name=name]") == "guide"
        await page.click("text=Add and crawl")
        await page.wait_for_selector("text=waits for its turn")
    assert (await served.console.footnote.catalog.get("guide")).root_url == "https://docs.example.org/guide/"


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), pytest.param(False, 360, marks=pytest.mark.long)])
async def test_the_inspector_channels_and_forgetting_work_in_a_browser(
    filled: str, tmp_path: Path, *, scripts: bool, width: int
) -> None:
    async with (
        serve_app(filled, tmp_path) as served,
        open_browser(served, MACHINE, scripts=scripts, width=width) as browser,
    ):
        page = browser.page
        await browser.goto("/source/docs")
        await page.click("text=Ask it something")
        assert await page.input_value("#sources") == "docs"
        await page.fill("#text", "How do I fine-tune a model with DPO?")
        await page.check("[name=compare]")
        await page.fill("#sources2", "nowhere")
        await page.click("button >> text=Ask")
        await page.wait_for_selector("text=With the other options")
        assert "Fine-tune a mistral model" in await page.inner_text("#results")
        await page.click("summary >> text=Evidence")
        await set_a_channel_and_forget(browser)
        box = await page.locator("html").bounding_box()
        assert box["width"] <= width


async def set_a_channel_and_forget(browser: BrowserPage) -> None:
    """Set how a channel is answered, forget a person, and find both in the audit."""
    page = browser.page
    await browser.goto("/channels")
    await page.fill("main [name=platform]", "slack")
    await page.fill("main [name=tenant]", "T1")
    await page.fill("main [name=channel]", "C1")
    await page.click("text=Settings of this channel")
    await page.fill("[name=tone]", "short")
    await page.click("text=Save")
    await page.wait_for_selector("text=from the next question on")
    assert "slack:T1/C1" in await page.inner_text("#channels")
    await page.fill("[name=person]", "slack:U1")
    await page.click("text=Forget ...")
    await page.click("button >> text=Forget slack:U1")
    await page.wait_for_selector("text=The audit has the number of questions")
    shown = await page.inner_text("#acts")
    assert "forget" in shown
    assert "machine" in shown
    assert "U1" not in shown
