"""Renders pages in a headless Chromium that has no network. Needs the extra `render`; imported where it is used alone.

    Chromium.render(Fetched) ──> a context of its own ──goto──> requests ──> Supply   (GET; documents: this one alone)
         │                                                └──> all else is refused
         ├─ quiet for half a second, or ten seconds gone ──> outerHTML, read in an isolated world ──> Fetched
         └─ 15 s in all ──> RenderFailed;  a tab that does not close ──> the browser is killed, the next page starts one

Two locks: each request is intercepted, and `LOCKED` lets the browser find no host, should one slip by. Started at the
first page; when the crawl ends, however it ends, browser and driver are ended or killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from shutil import which

import psutil
from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    Request,
    Route,
    WebSocketRoute,
    async_playwright,
)

from core.beside import beside
from core.errors import ConfigurationError
from core.urls import origin
from ingest.answers import MAX_BODY, Fetched
from ingest.render import WANTED, RenderFailed, Reply, Supply

SECONDS, LONGEST_WAIT, QUIET = 15.0, 10.0, 0.5
"""All that a page may take; how long it may keep asking; how long it must ask for nothing."""

PAGES_AT_ONCE, MAX_REQUESTS, MAX_BYTES, MAX_STARTS = 2, 200, 30_000_000, 5
"""Pages; what one of them may ask for, and get; how often a crawl starts a browser anew that had to be killed."""

PROXY_SERVER = "http://127.0.0.1:1"
LOCKED = (
    "--host-resolver-rules=MAP * ~NOTFOUND",  # of the proxy as well: no socket, whatever listens on its port
    "--disable-quic",
    "--dns-prefetch-disable",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-pings",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",
)
"""With the proxy: a Chromium that connects to nothing, as tests/ingest/test_chromium.py shows without interception."""

NO_BROWSER = (
    "There is no browser to render with: run `playwright install chromium`, "
    "or set RENDER_BROWSER to the path of a Chromium."
)
NO_START = (
    "The browser to render with cannot be started: run `playwright install --with-deps chromium`, "
    "or set RENDER_BROWSER to a Chromium that this user can start on this machine, with its sandbox."
)
_NO_CHANNELS = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete self[name]"
_READ = f"(() => {{ const h = document.documentElement.outerHTML; return h.length > {MAX_BODY} ? null : h }})()"
_CLOSING = 3.0
_MARK = "--footnote-home="

_log = logging.getLogger(__name__)


@asynccontextmanager
async def open_chromium(path: str, supply: Supply, *, at_once: bool = False) -> AsyncIterator[Chromium]:
    """A renderer of one crawl. `path`: of the browser, "" for Playwright's own. Raises `ConfigurationError`.

    `at_once` starts the browser now, else the first page does.
    """
    browser = which(path) if path else ""
    if browser is None:
        raise ConfigurationError(NO_BROWSER)
    with tempfile.TemporaryDirectory(prefix="footnote-render-", ignore_cleanup_errors=True) as home:
        driver = await _driver()
        chromium = Chromium(driver, browser, supply, home)
        try:
            if at_once or not which(browser or driver.chromium.executable_path):
                await chromium.start()  # Playwright may have another one, or says that there is none
            yield chromium
        finally:
            await chromium.close()


async def _driver() -> Playwright:
    # Ctrl-C is for us, who then end the driver: it would be gone in the middle of our talk. A child keeps this mask.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return await async_playwright().start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Chromium:
    """The browser of one crawl, and its pages."""

    def __init__(self, driver: Playwright, path: str, supply: Supply, home: str) -> None:
        self._driver = driver
        self._path = path
        self._supply = supply
        self._home = home
        self._browser: Browser | None = None
        self._processes: list[psutil.Process] = []
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(PAGES_AT_ONCE)
        self._starts = 0

    @property
    def processes(self) -> tuple[int, ...]:
        """The driver's and the browser's process ids, once there is a browser."""
        return tuple(process.pid for process in self._processes)

    async def render(self, page: Fetched) -> Fetched:
        """The page once its scripts have run. No validators: its shell has some. Raises `RenderFailed`."""
        async with self._places:
            try:
                browser = await self.start()
                async with asyncio.timeout(SECONDS):
                    html = await self._rendered(browser, page)
            except TimeoutError as error:
                raise RenderFailed("rendering timed out") from error
            except ConfigurationError as error:
                _log.warning("%s", error)
                raise RenderFailed("the browser cannot be started") from error
            except Error as error:
                raise RenderFailed("rendering failed") from error
        body = html.encode("utf-8", "replace")
        return replace(page, body=body, content_type="text/html; charset=utf-8", etag="", last_modified="")

    async def start(self) -> Browser:
        """The browser, started if there is none. Raises `ConfigurationError`; `RenderFailed` when it died too often."""
        async with self._starting:
            if self._browser is None or not self._browser.is_connected():
                if self._starts == MAX_STARTS:
                    raise RenderFailed("the browser was killed too often")
                self._starts += 1
                self._browser = await self._launched()
                self._processes = _tree_of(self._home)
            return self._browser

    async def _launched(self) -> Browser:
        environment: dict[str, str | float | bool] = {"HOME": self._home, "PATH": os.defpath, "LANG": "C.UTF-8"}
        try:
            return await self._driver.chromium.launch(
                executable_path=self._path or None,
                args=[*LOCKED, f"{_MARK}{self._home}"],
                proxy={"server": PROXY_SERVER, "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
                env=environment,  # none of ours: it holds keys
            )
        except Error as error:
            missing = "Executable doesn't exist" in str(error)
            raise ConfigurationError(NO_BROWSER if missing else NO_START) from error

    async def _rendered(self, browser: Browser, page: Fetched) -> str:
        context = await browser.new_context(service_workers="block", accept_downloads=False)
        tab = _Tab(page, self._supply)
        try:
            async with beside(tab.serve()):
                return await tab.read(context)
        finally:
            await self._left(context)

    async def _left(self, context: BrowserContext) -> None:
        """Close what belongs to one page; a page that does not let go takes the browser with it."""
        try:
            async with asyncio.timeout(_CLOSING):
                await context.close()
        except (TimeoutError, Error):
            _kill(self._processes[1:])

    async def close(self) -> None:
        """End browser and driver, and kill what is left of them."""
        self._processes = _tree_of(self._home) or self._processes  # its last children, before they lose their parent
        try:
            async with asyncio.timeout(_CLOSING):
                if self._browser is not None:
                    await self._browser.close()
                await self._driver.stop()
        except (TimeoutError, Error):
            pass  # what is left is killed
        finally:
            _kill(self._processes)


class _Tab:
    """One page in the browser: answers what it asks for until it has been read."""

    def __init__(self, page: Fetched, supply: Supply) -> None:
        self._page = page
        self._supply = supply
        self._asked: asyncio.Queue[Route] = asyncio.Queue()
        self._requests = self._bytes = self._pending = 0
        self._given = False
        self._last = 0.0

    async def serve(self) -> None:
        """Answer requests until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._settle(await self._asked.get()))

    async def read(self, context: BrowserContext) -> str:
        """Open the page and read it when it is quiet. Raises `RenderFailed`, Playwright's `Error`."""
        await context.add_init_script(_NO_CHANNELS)
        await context.route_web_socket("**/*", _refuse)
        await context.route("**/*", self._take)
        page = await context.new_page()
        # Not until it has loaded: a script that leaves the page at once would make that an error.
        await page.goto(self._page.url, wait_until="commit", timeout=SECONDS * 1000)
        await self._quiet()
        return await self._html(context, page)

    def _take(self, route: Route) -> None:
        self._pending += 1
        self._requests += 1
        self._asked.put_nowait(route)

    async def _settle(self, route: Route) -> None:
        reply = await self._reply(route.request)
        with suppress(Error):  # the page is gone
            if reply is None:
                await route.abort("aborted")  # any other code shows an error page in place of this one
            else:
                await route.fulfill(status=reply.status, body=reply.body, headers={"content-type": reply.content_type})
        self._pending -= 1
        self._last = asyncio.get_running_loop().time()

    async def _reply(self, request: Request) -> Reply | None:
        if request.method != "GET" or self._requests > MAX_REQUESTS or self._bytes > MAX_BYTES:
            return None
        if request.resource_type == "document":
            return self._document(request.url)
        if request.resource_type not in WANTED:
            return None
        reply = await self._supply.answer(request.url)
        self._bytes += len(reply.body) if reply else 0
        return reply

    def _document(self, url: str) -> Reply | None:
        """The page itself, once, as it was fetched: no frames, no windows, and nowhere that a script leads to."""
        if self._given or url.partition("#")[0] != self._page.url:
            return None
        self._given = True
        kind = self._page.content_type
        return Reply(self._page.body, kind if "html" in kind else "text/html")

    async def _quiet(self) -> None:
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        latest = self._last + LONGEST_WAIT
        while loop.time() < (latest if self._pending else min(latest, self._last + QUIET)):  # noqa: ASYNC110 - a time
            await asyncio.sleep(0.05)

    async def _html(self, context: BrowserContext, page: Page) -> str:
        """The document as it is now, by scripts of our own that those of the page cannot change."""
        session = await context.new_cdp_session(page)
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]
        if origin(frame["url"]) != origin(self._page.url):
            raise RenderFailed("left by a script")
        world = await session.send("Page.createIsolatedWorld", {"frameId": frame["id"]})
        asked = {"expression": _READ, "contextId": world["executionContextId"], "returnByValue": True}
        html = (await session.send("Runtime.evaluate", asked))["result"].get("value")
        if not isinstance(html, str):
            raise RenderFailed("too large")
        return html


async def _refuse(socket: WebSocketRoute) -> None:
    await socket.close()


def _tree_of(home: str) -> list[psutil.Process]:
    """The driver, the browser that bears our mark, and the browser's children; empty where there is no browser."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            parent = process.parent()
            if f"{_MARK}{home}" in process.cmdline() and parent is not None and parent.pid != os.getpid():
                return [parent, process, *process.children(recursive=True)]
    return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):  # psutil knows a process that was given the number of another
            process.kill()
