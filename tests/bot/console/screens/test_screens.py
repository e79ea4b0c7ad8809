"""Every page of every screen in a real browser: light, dark, on a phone, without scripts; by axe and by the policy."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_core_python.async_playwright import Axe  # type: ignore[import-untyped] # it ships no types

from bot.console.request import Screen, get
from bot.console.static import TYPES
from tests.bot.console.furnished import DOWNLOADS, furnish, paths_of
from tests.bot.console.served import MACHINE, BrowserPage, ServedConsole, needs_browser, open_browser, serve_app

LARGEST = 60_000
"""Bytes of the whole front end as it is sent: all static files and the largest page, compressed."""


@pytest.fixture
async def served(filled: str, tmp_path: Path) -> AsyncIterator[tuple[ServedConsole, list[str]]]:
    async with serve_app(filled, tmp_path, PRICES='{"gpt-6.1-terra": {"in": 1}}', DAILY_TOKENS=9_000) as made:
        yield made, paths_of(await furnish(made))


async def find_serious(browser: BrowserPage) -> list[str]:
    """Return what axe finds that is serious or critical, as `rule: element`."""
    await browser.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = await Axe().run(browser.page)
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "dark"),
    [
        pytest.param(1280, False, id="light", marks=pytest.mark.long),
        pytest.param(1280, True, id="dark", marks=pytest.mark.long),
        pytest.param(360, False, id="phone"),
    ],
)
async def test_no_page_has_a_serious_fault_of_accessibility_or_breaks_the_policy(
    served: tuple[ServedConsole, list[str]], *, width: int, dark: bool
) -> None:
    console, paths = served
    faults: list[str] = []
    async with open_browser(console, MACHINE, width=width, dark=dark) as browser:
        for path in paths:
            if DOWNLOADS.search(path):
                continue
            answer = await browser.goto(path)
            assert answer.status == 200, path
            faults += [f"{path}: {fault}" for fault in await find_serious(browser)]
            box = await browser.page.locator("html").bounding_box()
            faults += [f"{path}: {box['width']} wide"] if box["width"] > width else []
    assert faults == []


@needs_browser
@pytest.mark.slow
async def test_without_scripts_every_page_is_there_and_breaks_no_rule(
    served: tuple[ServedConsole, list[str]],
) -> None:
    console, paths = served
    async with open_browser(console, MACHINE, scripts=False) as browser:
        for path in paths:
            if not DOWNLOADS.search(path):
                assert (await browser.goto(path)).status == 200, path
                assert await browser.page.locator("main h1").count() == 1, path


@needs_browser
async def test_what_is_asked_in_the_inspector_has_no_serious_fault(served: tuple[ServedConsole, list[str]]) -> None:
    console, _ = served
    async with open_browser(console, MACHINE) as browser:
        await browser.goto("/inspector?text=How+do+I+install+it%3F")
        await browser.page.locator("main form button").first.click()
        await browser.page.wait_for_load_state()
        assert "install.html" in await browser.page.content()
        assert await find_serious(browser) == []
        await browser.page.evaluate("document.body.append(document.createElement('button'))")
        assert [fault.split(":")[0] for fault in await find_serious(browser)] == ["button-name"], "it does look"


async def test_the_whole_front_end_is_small(served: tuple[ServedConsole, list[str]]) -> None:
    console, paths = served
    async with console.client(MACHINE) as client:
        static = [await client.get(f"/static/{name}") for name in TYPES]
        pages = {path: len(gzip.compress((await client.get(path)).html.encode())) for path in paths}
    sizes = [len(gzip.compress(each.html.encode())) for each in static]
    assert all(each.headers["Content-Encoding"] in ("gzip", "deflate") for each in static)
    largest = max(pages, key=lambda path: pages[path])
    assert sum(sizes) + pages[largest] <= LARGEST, (sizes, largest, pages[largest])


def test_a_new_screen_is_covered_or_says_what_it_lacks() -> None:
    async def show(_: object) -> object: ...

    new = Screen("New", "/new", [get("/new", show), get(r"/new/{other:\d{1,18}}", show)])  # type: ignore[arg-type]  # not called
    assert paths_of({"{other}": "7"}, [new]) == ["/new", "/new/7"]
    with pytest.raises(KeyError, match="other"):
        paths_of({}, [new])
