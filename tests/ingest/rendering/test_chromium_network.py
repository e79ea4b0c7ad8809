"""The browser of `ingest.rendering.chromium` reaches nothing by itself, whatever a page tries.

The trap is a TCP and a UDP port of loopback that count who comes. Skipped where Playwright or a Chromium is missing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.browser import BROWSER
from tests.ingest.renderers import application, rendered, rendering
from tests.servers.site import serve_site

pytest.importorskip("playwright")
from playwright.async_api import Browser, Error, async_playwright


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
"""Means that lead nowhere while Playwright looks on, whatever the browser."""


async def tried(browser: Browser, script: str, seconds: float) -> int:
    """Return how many connections reach the trap from a page that tries to get out.

    Nothing is intercepted but the page itself.
    """
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
    """Open any Chromium, without our locks."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=BROWSER,
            chromium_sandbox=os.geteuid() != 0,
            args=["--allow-loopback-in-peer-connection"],
        )
        yield browser
        await browser.close()


async def reached(browser: Browser, ways: Iterable[str], seconds: float) -> set[str]:
    """Return the means by which the trap was reached, all tried at once."""
    came: dict[str, int] = {}

    async def note(way: str) -> None:
        came[way] = await tried(browser, WAYS_OUT[way], seconds)

    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(note(way))
    return {way for way, count in came.items() if count}


@pytest.mark.long
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
