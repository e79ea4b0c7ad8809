"""`footnote demo --serve`, as somebody sees it in a browser."""

from __future__ import annotations

import asyncio
import re
import signal

import pytest
from aiohttp import ClientSession
from playwright.async_api import async_playwright, expect

from tests.bot.install import PATIENCE, Install, write_site
from tests.browser import BROWSER

pytestmark = [pytest.mark.slow, pytest.mark.heavy]

SERVING = re.compile(r"Serving the docs at (\S+) until Ctrl-C")


async def test_each_page_of_the_demo_has_a_widget_that_answers(install: Install) -> None:
    await asyncio.to_thread(write_site, install.folder / "site")
    process = await install.start("demo", "--site", "site", "--serve")
    try:
        assert process.stdout is not None
        root = ""
        async with asyncio.timeout(PATIENCE):
            while not root:
                line = (await process.stdout.readline()).decode()
                assert line or process.returncode is None
                found = SERVING.search(line)
                root = found[1] if found else ""
        async with ClientSession() as session, session.get(f"{root}training.html") as response:
            assert (await response.text()).count("/widget.js") == 1
        if BROWSER:
            await ask_there(root)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0


async def ask_there(root: str) -> None:
    """Ask on two pages of the site: the conversation goes with the reader."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"{root}training.html")
        await page.get_by_role("button", name="Ask the docs").click()
        await page.get_by_role("textbox", name="Your question").fill("What does the beta parameter say?")
        await page.keyboard.press("Enter")
        link = page.locator("footnote-widget .links a").first
        await expect(link).to_have_attribute("href", re.compile(rf"{re.escape(root)}training\.html#beta"))
        await page.goto(f"{root}install.html")
        await page.get_by_role("button", name="Ask the docs").click()
        await expect(page.locator("footnote-widget article")).to_contain_text("how near the trained model is held")
        await browser.close()
