"""What tests of the widget share: one Chromium for a module, the API that it asks, and pages that it stands on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser import BROWSER
from tests.servers.widget_api import Pages, WidgetApi, serve_pages, serve_widget_api

expect.set_options(timeout=60_000)  # a busy machine is no failure
KEY = "footnote_public-key"
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Docs</title>{head}</head>'
    '<body><main><h1>Docs</h1><p><a id="first" href="#x">A link</a></p></main>{scripts}</body></html>'
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium, or skip where there is none."""
    if not BROWSER:
        pytest.skip("needs a Chromium on the PATH")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        await started.close()


@dataclass(slots=True)
class Stage:
    """A page with the widget on it, and the API behind that."""

    api: WidgetApi
    pages: Pages
    browser: Browser
    page: Page

    async def open(
        self, attributes: str = f'data-key="{KEY}"', *, head: str = "", csp: str = "", scripts: int = 1
    ) -> None:
        """Show a page whose script has these attributes."""
        script = f'<script src="{self.api.url}/widget.js" {attributes}></script>'
        headers = {"Content_Security_Policy": csp} if csp else {}
        url = self.pages.put("/docs/", PAGE.format(head=head, scripts=script * scripts), **headers)
        await self.page.goto(url)

    async def ask(self, question: str) -> None:
        """Open the dialog if it is closed, type a question, and press Enter."""
        if not await self.dialog.is_visible():
            await self.launcher.click()
        await self.box.fill(question)
        await self.box.press("Enter")

    @property
    def launcher(self) -> Locator:
        """The button on the page."""
        return self.page.locator("footnote-widget .launcher")

    @property
    def dialog(self) -> Locator:
        """The dialog."""
        return self.page.get_by_role("dialog")

    @property
    def box(self) -> Locator:
        """Where a question is typed."""
        return self.page.locator("footnote-widget textarea")

    @property
    def reply(self) -> Locator:
        """The last question with its answer."""
        return self.page.locator("footnote-widget article").last

    @property
    def status(self) -> Locator:
        """The line that says what happens."""
        return self.page.get_by_role("status")

    async def focused(self) -> str:
        """Return what has the focus, within the widget too: `"textarea"`, `"button.launcher"`, `"a#first"`."""
        found: str = await self.page.evaluate(
            """() => {
              let node = document.activeElement;
              while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
              const id = node.id ? "#" + node.id : "";
              return node.localName + (id || (node.classList.length ? "." + node.classList[0] : ""));
            }"""
        )
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    """Open a new window, with the API and the pages behind it. Errors of the page's scripts fail the test."""
    options: dict[str, Any] = {"viewport": {"width": 1100, "height": 800}}
    async with serve_widget_api() as api, serve_pages() as pages, await browser.new_context(**options) as context:
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Stage(api, pages, browser, page)
        assert errors == []
