"""From Enter in the widget to the first sentence on the screen, keyless, in a real Chromium next to the API alone.

    python -m bench.widget [--site build/site] [--questions 60] [--home DIR]

A real `footnote up` in a process of its own serves the API over an index of the documentation's own pages. The
questions are those of evals/own.jsonl, each asked once and in a new conversation: every other one in the browser, every
other one by a bare HTTP client, so that no question is embedded twice.

    shown   key pressed -> request, embedding, search, reader, first event -> the frame that shows the first sentence
    api     request -> first event with text, without a browser
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import aiohttp
import numpy
from playwright.async_api import Page, async_playwright

from bench.bars import Bar, machine
from tests.bot.install import Install
from tests.conftest import ROOT
from tests.servers.ports import own_port
from tests.servers.widget_api import serve_pages

FIRST_SENTENCE_MS = 300.0
_WARM_UP = 6
_MEASURE = """() => { window.measured = new Promise(resolve => {
  const root = document.querySelector("footnote-widget").shadowRoot;
  let began = 0;
  addEventListener("keydown", () => { began = performance.now(); }, {capture: true, once: true});
  const observer = new MutationObserver(() => {
    const answer = root.querySelector("article .answer");
    if (!answer?.textContent) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  observer.observe(root, {childList: true, subtree: true, characterData: true});
}); }"""


@dataclass(frozen=True, slots=True)
class Served:
    """An API that answers, and a key for a page."""

    api: str
    key: str
    page: str


@dataclass(slots=True)
class Taken:
    """Milliseconds to the first sentence."""

    shown: list[float] = field(default_factory=list)
    api: list[float] = field(default_factory=list)


@asynccontextmanager
async def serving(install: Install, site: Path, address: str) -> AsyncIterator[Served]:
    """Index the site if it is not, serve the API, and serve a page with the widget."""
    if not (await install.run("sources", "list", "--json")).json["sources"]:
        named = ("--name", "docs", "--url", "https://docs.example/", "--licence", "MIT")
        await install.run("sources", "add", str(site), *named)
        crawled = await install.run("crawl", "docs")
        assert crawled.code == 0, crawled.err
    await install.run("token", "revoke", "bench")
    async with serve_pages() as pages:
        limits = ("--per-minute", "100000", "--per-day", "1000000")
        added = await install.run("token", "add", "bench", "--origin", pages.url, *limits, "--json")
        key = added.json["token"]
        api = f"http://{address}"
        url = pages.put("/", f'<body><script src="{api}/widget.js" data-key="{key}"></script></body>')
        process = await install.start("up", "--no-worker")
        try:
            await _until_up(f"{api}/healthz")
            yield Served(api, key, url)
        finally:
            process.terminate()
            await process.communicate()


async def _until_up(url: str) -> None:
    async with asyncio.timeout(120), aiohttp.ClientSession() as session:
        while True:
            if await _is_up(session, url):
                return
            await asyncio.sleep(0.2)


async def _is_up(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.ok
    except aiohttp.ClientError:
        return False


async def ask_in_browser(page: Page, question: str) -> float:
    """Return the milliseconds from the key to the frame with the first sentence."""
    await page.locator("footnote-widget textarea").fill(question)
    await page.evaluate(_MEASURE)
    await page.keyboard.press("Enter")
    taken: float = await page.evaluate("window.measured")
    await page.locator("footnote-widget .actions").wait_for()
    await page.get_by_role("button", name="New conversation").click()
    return taken


async def ask_api(session: aiohttp.ClientSession, served: Served, question: str) -> float:
    """Return the milliseconds from the request to the first event that has text."""
    headers = {
        "Authorization": f"Bearer {served.key}",
        "Origin": served.page.rstrip("/"),
        "Accept": "text/event-stream",
    }
    began, taken = time.perf_counter(), 0.0
    async with session.post(f"{served.api}/v1/ask", json={"question": question}, headers=headers) as response:
        response.raise_for_status()
        async for line in response.content:
            if line.startswith((b"event: delta", b"event: answer")) and not taken:
                taken = (time.perf_counter() - began) * 1000
    return taken


async def measure(install: Install, site: Path, address: str, questions: Sequence[str]) -> Taken:
    """Ask all questions, one after the other."""
    taken = Taken()
    async with (
        serving(install, site, address) as served,
        async_playwright() as playwright,
        aiohttp.ClientSession() as session,
    ):
        browser = await playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(served.page)
        await page.locator("footnote-widget .launcher").click()
        for number, question in enumerate(questions):
            if number % 2:
                taken.api.append(await ask_api(session, served, question))
            else:
                taken.shown.append(await ask_in_browser(page, question))
        await browser.close()
    return Taken(taken.shown[_WARM_UP // 2 :], taken.api[_WARM_UP // 2 :])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Times the first sentence that the widget shows.")
    parser.add_argument("--site", type=Path, default=ROOT / "build/site")
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    lines = (ROOT / "evals/own.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines][: options.questions + _WARM_UP]
    with tempfile.TemporaryDirectory() as folder, own_port() as port:
        address = f"127.0.0.1:{port}"
        settings = {"API_ADDRESS": address, "API_ADDRESS_LIMIT": "0", "HEALTH_ADDRESS": "off", "RECRAWL_CRON": "off"}
        install = Install(options.home or Path(folder), settings)
        taken = asyncio.run(measure(install, options.site.resolve(), address, questions))
    print(machine(f"{len(questions)} questions about {options.site}"))
    print(f"{'':8} {'questions':>9} {'p50 ms':>8} {'p95 ms':>8} {'most ms':>8}")
    for name, found in (("shown", taken.shown), ("api", taken.api)):
        p50, p95 = numpy.percentile(found, (50, 95))
        print(f"{name:8} {len(found):9} {p50:8.1f} {p95:8.1f} {max(found):8.1f}")
    bar = Bar("first sentence on the screen, p50 ms", float(numpy.percentile(taken.shown, 50)), most=FIRST_SENTENCE_MS)
    print(bar)
    return 0 if bar.held else 1


if __name__ == "__main__":
    sys.exit(main())
