"""`ingest.rendering.chromium` and `browsing` with a real Chromium: what is read, its cost, its end.

Skipped where Playwright or a Chromium is missing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psutil
import pytest

from core.errors import ConfigurationError
from ingest.crawl import Crawler
from ingest.pages import Kept, Skipped
from ingest.parsing.parse import Parser
from ingest.rendering.render import RenderFailed, Supply
from ingest.web.results import Fetched
from tests.ingest.crawling import fetcher_of, known_from, source_of
from tests.ingest.renderers import ENDLESS, SHELL, TEXT, application, rendered, rendering, walked
from tests.servers.site import DocSite, serve_site

browsing = pytest.importorskip("ingest.rendering.browsing")
chromium = pytest.importorskip("ingest.rendering.chromium")

pytestmark = pytest.mark.long  # a browser for each: `make endure`; what guards it is in test_chromium_network.py


async def test_a_page_that_is_built_by_its_scripts_is_kept_with_its_text_and_links() -> None:
    async with serve_site(application()) as site:
        found = await walked(site)
        page = found["/docs/"]
        assert isinstance(page, Kept)
        assert page.title == "Limits"
        assert TEXT in page.passages[0].text
        assert page.passages[0].anchor == "top"
        assert site.asked["/docs/"] == site.asked["/docs/b"] == 1
        assert site.asked["/app.js"] == site.asked["/api/page.json"] == 1, "the pages of a crawl share them"
        assert set(site.agents) == {"footnote-bot/test"}


async def test_a_script_that_leads_elsewhere_is_not_followed() -> None:
    async with serve_site(application()) as site:
        for target in ("/docs/b", "http://elsewhere.example/", "about:blank#x", "data:text/html,x"):
            with suppress(RenderFailed):
                assert "out" in await rendered(site, f"location.replace('{target}')")
        assert not site.asked["/docs/b"]


async def test_robots_txt_is_obeyed_for_what_a_page_asks() -> None:
    site = application()
    site.robots = "User-agent: *\nDisallow: /api/\n"
    async with serve_site(site):
        found = await walked(site)
        assert found["/docs/"] == Skipped(site.url("/docs/"), "needs javascript")
        assert not site.asked["/api/page.json"]


async def test_a_rendered_page_is_stored_without_validators_for_they_are_those_of_its_shell() -> None:
    async with serve_site(application()) as site:
        first = (await walked(site))["/docs/"]
        site.files["/api/page.json"] = b'{"title": "Limits", "text": "Forty is now fifty, which changes all of it."}'
        again = (await walked(site, known=known_from({"/docs/": first})))["/docs/"]
        assert isinstance(first, Kept)
        assert isinstance(again, Kept)
        assert (first.etag, site.not_modified) == ("", 0)
        assert first.fingerprint != again.fingerprint


async def test_no_browser_is_started_for_pages_that_have_their_text() -> None:
    async with serve_site(DocSite({"/docs/": f"<title>Docs</title><h1>Docs</h1><p>{TEXT}</p>"})) as site:
        source = source_of(site)
        async with fetcher_of(site.base_url) as fetcher, Parser() as parser, rendering(site) as renderer:
            found = [each async for each in Crawler(source, fetcher, parser, renderer=renderer).walk({})]
            assert any(isinstance(each, Kept) for each in found)
            assert renderer.processes == ()


async def test_a_page_that_never_ends_costs_its_time_and_the_next_one_is_rendered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chromium, "SECONDS", 2.0)
    async with serve_site(application()) as site, rendering(site) as renderer:
        with pytest.raises(RenderFailed, match="timed out"):
            await renderer.render(Fetched(site.url("/docs/x"), ENDLESS, "text/html"))
        monkeypatch.undo()
        page = await renderer.render(Fetched(site.url("/docs/"), SHELL.encode(), "text/html"))
        assert TEXT in page.text


async def test_a_page_that_asks_for_ever_is_read_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "LONGEST_WAIT", 1.0)
    async with serve_site(application()) as site:
        html = await rendered(site, "let n = 0; setInterval(() => { fetch('/poll?' + n++); out.textContent = n }, 50)")
        assert site.asked["/poll?5"] == 1
        assert '<p id="out"></p>' not in html


async def test_a_page_that_grows_too_large_is_refused() -> None:
    async with serve_site(application()) as site:
        with pytest.raises(RenderFailed, match="too large"):
            await rendered(site, "out.textContent = 'x'.repeat(6e6)")


async def test_a_page_cannot_make_us_read_anything_but_its_document() -> None:
    async with serve_site(application()) as site:
        html = await rendered(
            site,
            "Object.defineProperty(Element.prototype, 'outerHTML', {get: () => 'forged'}); out.textContent = 'true'",
        )
        assert "forged'" in html
        assert '<p id="out">true</p>' in html


async def test_pages_share_no_storage() -> None:
    async with serve_site(application()) as site, rendering(site) as renderer:
        script = "out.textContent = localStorage.n + document.cookie; localStorage.n = 1; document.cookie = 'a=b'"
        html = f'<body><p id="out"></p><script>{script}</script>'.encode()
        for _ in range(2):
            page = await renderer.render(Fetched(site.url("/docs/x"), html, "text/html"))
            assert '<p id="out">undefined</p>' in page.text


MODULE = """
import { show } from "./show.js";
await new Promise((done, failed) => {
  const sheet = document.createElement("link");
  Object.assign(sheet, { rel: "stylesheet", href: "/m/a.css", onload: done, onerror: failed });
  document.head.append(sheet);
});
history.replaceState({}, "", "/docs/elsewhere");
const { text } = await import("./text.js");
new Worker("/m/worker.js").onmessage = (event) => show(text + event.data);
"""


async def test_modules_style_sheets_that_are_waited_for_and_workers_do_their_work() -> None:
    site = application()
    site.pages["/docs/"] = '<title>x</title><div id="app"></div><script type="module" src="/m/main.js"></script>'
    site.files = {
        "/m/main.js": MODULE.encode(),
        "/m/show.js": b'export const show = text => document.getElementById("app").innerHTML = `<p>${text}</p>`',
        "/m/text.js": b'export const text = "Forty jobs are kept in the memory of the machine, "',
        "/m/worker.js": b'fetch("/m/rest.txt").then(answer => answer.text()).then(postMessage)',
        "/m/rest.txt": b"and the others are written to its disk.",
        "/m/a.css": b"p { color: red }",
    }
    kinds = {".js": "text/javascript", "css": "text/css", "txt": "text/plain"}
    site.headers = {path: {"Content-Type": kinds[path[-3:]]} for path in site.files}
    async with serve_site(site):
        page = (await walked(site))["/docs/"]
        assert isinstance(page, Kept)
        assert page.passages[0].text == (
            "Forty jobs are kept in the memory of the machine, and the others are written to its disk."
        )


async def test_a_url_that_a_browser_escapes_in_another_way_is_rendered() -> None:
    async with serve_site(application()) as site:
        assert "done" in await rendered(site, "out.textContent = 'do' + 'ne'", "/docs/it's|a\u00e4 [b]?q='|\u00e4")


async def test_two_pages_are_rendered_at_once_and_no_more() -> None:
    site = application()
    site.latency = 0.2
    async with serve_site(site), rendering(site) as renderer:
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                html = f"<body><script>fetch('/slow?{number}')</script>".encode()
                group.create_task(renderer.render(Fetched(site.url(f"/docs/{number}"), html, "text/html")))
        assert site.peak == 2


class Stop(Exception):
    """Ends a crawl from within."""


@pytest.mark.parametrize("end", ["well", "error", "cancelled"])
async def test_browser_and_driver_are_gone_when_the_crawl_ends(end: str) -> None:
    processes: list[psutil.Process] = []

    async def crawl() -> None:
        async with serve_site(application()) as site, rendering(site) as renderer:
            await renderer.render(Fetched(site.url("/docs/"), SHELL.encode(), "text/html"))
            processes.extend(map(psutil.Process, renderer.processes))
            if end == "error":
                raise Stop
            if end == "cancelled":
                async with asyncio.timeout(0.5):
                    await renderer.render(Fetched(site.url("/docs/"), ENDLESS, "text/html"))

    with suppress(Stop, TimeoutError):
        await crawl()
    assert len(processes) > 2
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert not alive


async def test_a_hung_browser_is_killed() -> None:
    async with serve_site(application()) as site, rendering(site) as renderer:
        await renderer.start()
        processes = [psutil.Process(pid) for pid in renderer.processes]
        for process in processes:
            process.suspend()
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert not alive


async def test_a_missing_browser_is_a_sentence_that_says_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match=r"playwright install chromium.*RENDER_BROWSER"):
        async with fetcher_of() as fetcher, chromium.open_chromium("/no/such/browser", Supply(fetcher)):
            pass
    with pytest.raises(ConfigurationError, match="cannot be started"):
        async with fetcher_of() as fetcher, chromium.open_chromium("/bin/false", Supply(fetcher), at_once=True):
            pass
