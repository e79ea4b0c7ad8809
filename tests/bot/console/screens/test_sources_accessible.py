"""The pages of sources, crawls, inspector and channels, looked through by an engine made for accessibility."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.inbox.channels import ChannelSettings
from core.inbox.port import Platform
from core.work.port import RequestKind
from tests.bot.console.served import MACHINE, needs_browser, open_browser, serve_app

PATHS = (
    *("/sources", "/sources/add", "/source/docs", "/source/docs/remove", "/crawl", "/crawl/docs", "/channels"),
    *("/channel?platform=slack&tenant=T1&channel=C2", "/forget?person=U1", "/inspector"),
)


@needs_browser
@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True])
async def test_no_page_has_a_serious_fault(filled: str, tmp_path: Path, *, dark: bool) -> None:
    axe = pytest.importorskip("axe_core_python.async_playwright").Axe()
    async with serve_app(filled, tmp_path) as served, open_browser(served, MACHINE, dark=dark) as browser:
        footnote = served.console.footnote
        await footnote.channels.put(Platform.SLACK, "T1", "C2", ChannelSettings(("docs",), "short"))
        source = await footnote.catalog.get("docs")
        asked = await footnote.requests.put(RequestKind.CRAWL, source=source, asked_by="slack:U1")
        await footnote.requests.progress(asked.id, {"stage": "embed", "embedded": 1, "to_embed": 4}, "host:1")
        await footnote.database.writers.execute("insert into left_out values ($1, 'https://a/', 'pdf')", source.id)
        for path in PATHS:
            await browser.goto(path)
            if path == "/inspector":
                await browser.page.fill("#text", "How do I fine-tune a model with DPO?")
                await browser.page.check("[name=compare]")
                await browser.page.click("button >> text=Ask")
                await browser.page.wait_for_selector("#results")
                await browser.page.evaluate(
                    "document.querySelectorAll('details').forEach(each => { each.open = true })"
                )
            found = (await axe.run(browser.page))["violations"]
            serious = [each for each in found if each["impact"] in ("serious", "critical")]
            assert serious == [], (path, [(each["id"], each["nodes"][0]["html"]) for each in serious])
