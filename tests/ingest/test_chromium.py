"""`ingest.chromium` with a real Chromium: what it reads, and that it reaches nothing by itself.

Skipped where Playwright or a Chromium is missing. The trap is a TCP and a UDP port of loopback that count who comes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which

import psutil
import pytest

from core.errors import ConfigurationError
from core.ports import KnownPage
from ingest.answers import Fetched
from ingest.crawl import Crawler
from ingest.pages import Kept, Outcome, Skipped
from ingest.parse import Parser
from ingest.render import RenderFailed, Supply
from tests.ingest.crawling import fetcher_of, known_from, source_of
from tests.servers.site import DocSite, serve_site

BROWSER = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), "")
if find_spec("playwright") is None or not BROWSER:
    pytest.skip("needs the extra `render` and a Chromium on the PATH", allow_module_level=True)

from playwright.async_api import Browser, Error, async_playwright  # noqa: E402 - there is none where this is skipped

from ingest import chromium  # noqa: E402 - there is none where this is skipped
from ingest.chromium import Chromium, open_chromium  # noqa: E402 - there is none where this is skipped

SHELL = '<html><head><title>Docs</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>'
TEXT = "The scheduler keeps at most forty jobs in memory and writes the others to the disk of its machine."
ENDLESS = b"<body><script>setTimeout(() => { for (;;); }, 1)</script>"
APP = """
fetch("/api/page.json").then(answer => answer.json()).then(page => {
  document.title = page.title;
  document.getElementById("app").innerHTML =
    `<main><h1 id="top">${page.title}</h1><p>${page.text}</p><a href="/docs/b">next</a></main>`;
});
"""


def application() -> DocSite:
    site = DocSite({"/docs/": SHELL, "/docs/b": SHELL})
    site.files = {"/app.js": APP.encode(), "/api/page.json": f'{{"title": "Limits", "text": "{TEXT}"}}'.encode()}
    site.headers = {
        "/app.js": {"Content-Type": "text/javascript"},
        "/api/page.json": {"Content-Type": "application/json"},
    }
    return site


@asynccontextmanager
async def rendering(site: DocSite, home: str = "") -> AsyncIterator[Chromium]:
    async with fetcher_of(site.base_url) as fetcher, open_chromium(BROWSER, Supply(fetcher, home)) as renderer:
        yield renderer


async def rendered(site: DocSite, script: str, path: str = "/docs/x") -> str:
    """What a page of one script of ours has become."""
    html = f'<html><body><p id="out"></p><script>{script}</script></body></html>'
    async with rendering(site) as renderer:
        page = await renderer.render(Fetched(site.url(path), html.encode(), "text/html"))
    return page.text


async def walked(site: DocSite, known: Mapping[str, KnownPage] | None = None) -> dict[str, Outcome]:
    async with fetcher_of(site.base_url) as fetcher, Parser() as parser, rendering(site) as renderer:
        crawler = Crawler(source_of(site), fetcher, parser, renderer=renderer)
        found = [each async for each in crawler.walk(known or {})]
    return {each.url.removeprefix(site.base_url): each for each in found if isinstance(each, Kept | Skipped)}


@dataclass(slots=True)
class Trap(asyncio.DatagramProtocol):
    """Counts connections and datagrams."""

    port: int = 0
    came: int = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came += 1

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        writer.close()


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    spring = Trap()
    server = await asyncio.start_server(spring.connected, "127.0.0.1", 0)
    spring.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: spring, local_addr=("127.0.0.1", spring.port))
    try:
        yield spring
    finally:
        transport.close()
        server.close()
        await server.wait_closed()


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


WAYS_OUT = {
    "fetch": "fetch('http://TRAP/')",
    "post": "fetch('http://TRAP/', {method: 'POST', mode: 'no-cors', body: 'x'})",
    "beacon": "navigator.sendBeacon('http://TRAP/', 'x')",
    "image": "new Image().src = 'http://TRAP/x.png'",
    "style": "document.body.style.background = 'url(http://TRAP/x.png)'",
    "font": "new FontFace('x', 'url(http://TRAP/x.woff2)').load()",
    "media": "new Audio('http://TRAP/x.mp3').play()",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: 'http://TRAP/'}))",
    "preconnect": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'preconnect', href: 'http://TRAP/'}))",
    "prefetch": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'prefetch', href: 'http://TRAP/'}))",
    "events": "new EventSource('http://TRAP/')",
    "socket": "new WebSocket('ws://TRAP/')",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('http://TRAP/', {mode: 'no-cors'})`])))",
    "worker's socket": "new Worker(URL.createObjectURL(new Blob([`new WebSocket('ws://TRAP/')`])))",
    "window": "window.open('http://TRAP/')",
    "form": "{ const f = document.createElement('form'); f.action = 'http://TRAP/'; f.method = 'post'; "
    "document.body.append(f); f.submit() }",
    "location": "location = 'http://TRAP/'",
    "transport": "new WebTransport('https://TRAP/')",
    "stun": "{ const p = new RTCPeerConnection({iceServers: [{urls: 'stun:TRAP'}]}); p.createDataChannel('x'); "
    "p.createOffer().then(o => p.setLocalDescription(o)) }",
    "turn": "{ const p = new RTCPeerConnection({iceServers: [{urls: 'turn:TRAP?transport=tcp', username: 'a', "
    "credential: 'b'}]}); p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o)) }",
}


SEEN_BY_NO_CONTROL = {"preconnect", "transport"}
"""Ways that lead nowhere while Playwright looks on, whatever the browser."""


async def tried(browser: Browser, script: str, seconds: float) -> int:
    """How many come to the trap from a page that tries a way out; nothing is intercepted but the page itself."""
    async with trap() as spring:
        page = await browser.new_page()
        await page.route("http://127.0.0.1:1/page", lambda route: route.fulfill(body="<p>", content_type="text/html"))
        await page.goto("http://127.0.0.1:1/page")
        with suppress(Error):  # it left the page
            await page.evaluate("() => { " + script.replace("TRAP", f"127.0.0.1:{spring.port}") + " }")
        for _ in range(int(seconds / 0.1)):
            await asyncio.sleep(0.1)
            if spring.came:
                break
        await page.close()
        return spring.came


@asynccontextmanager
async def loose_browser() -> AsyncIterator[Browser]:
    """Any Chromium: without our locks."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=BROWSER,
            chromium_sandbox=os.geteuid() != 0,
            args=["--allow-loopback-in-peer-connection"],
        )
        yield browser
        await browser.close()


async def reached(browser: Browser, ways: Iterable[str], seconds: float) -> set[str]:
    """The ways on which the trap was reached, all tried at once."""
    came: dict[str, int] = {}

    async def note(way: str) -> None:
        came[way] = await tried(browser, WAYS_OUT[way], seconds)

    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(note(way))
    return {way for way, count in came.items() if count}


@pytest.mark.slow
async def test_the_browser_reaches_nothing_even_where_no_request_is_intercepted() -> None:
    async with serve_site(application()) as site, rendering(site) as renderer:
        assert not await reached(await renderer.start(), WAYS_OUT, 4.0)
    telling = WAYS_OUT.keys() - SEEN_BY_NO_CONTROL
    async with loose_browser() as loose:
        assert await reached(loose, telling, 20.0) == telling, "else the trap is none"


async def test_a_rendered_page_reaches_no_address_that_is_not_public() -> None:
    async with serve_site(application()) as site, trap() as spring:
        script = ";".join(f"try {{ {way} }} catch {{}}" for way in WAYS_OUT.values())
        html = await rendered(site, script.replace("TRAP", f"127.0.0.1:{spring.port}"))
        assert spring.came == 0
        assert 'id="out"' in html, "location= leaves the page where it is"
        assert set(site.asked) <= {"/robots.txt"}


async def test_of_its_own_site_a_page_gets_scripts_data_and_styles_by_get_and_nothing_else() -> None:
    async with serve_site(application()) as site:
        place = site.base_url.removeprefix("http://")
        ways = {way: script.replace("TRAP/", f"{place}/{way.split()[0]}/") for way, script in WAYS_OUT.items()}
        await rendered(site, ";".join(f"try {{ {script} }} catch {{}}" for script in ways.values()))
        assert {path.split("/")[1] for path in site.asked} <= {"robots.txt", "fetch", "worker"}
        assert site.asked["/fetch/"] == 1


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
    monkeypatch.setattr(chromium, "LONGEST_WAIT", 1.0)
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
        async with fetcher_of() as fetcher, open_chromium("/no/such/browser", Supply(fetcher)):
            pass
    with pytest.raises(ConfigurationError, match="cannot be started"):
        async with fetcher_of() as fetcher, open_chromium("/bin/false", Supply(fetcher), at_once=True):
            pass
