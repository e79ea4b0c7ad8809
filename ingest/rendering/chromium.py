"""Renders pages in a headless Chromium that has no network. Needs the extra `render`; imported where it is used alone.

    Chromium.render(Fetched) ──> a context of its own ──> Tab.read ──> Fetched
         └─ 15 s in all ──> RenderFailed;  a tab that does not close ──> the browser is killed, the next page starts one

Two locks: each request is intercepted, and `LOCKED` lets the browser find no host, should one slip by. Started at the
first page; when the crawl ends, however it ends, browser and driver are ended or killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from shutil import which

import psutil
from playwright.async_api import Browser, BrowserContext, Error, Playwright, async_playwright

from core.config.settings import child_environment
from core.errors import ConfigurationError
from core.tasks import run_in_background
from ingest.rendering.browsing import Tab
from ingest.rendering.render import RenderFailed, Supply
from ingest.web.results import Fetched

SECONDS, PAGES_AT_ONCE, MAX_STARTS = 15.0, 2, 5
"""All that a page may take; pages at once; how often a crawl starts a browser, which may have to be killed."""

PROXY_SERVER = "http://127.0.0.1:1"
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-sync",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--no-first-run",
)
"""No reports and no updates of a browser's own. Playwright's defaults are most of these, and may change."""

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
"""With the proxy: a Chromium that connects to nothing, even if nothing is intercepted (test_chromium_network.py)."""

NO_BROWSER = (
    "There is no browser to render with: run `playwright install chromium`, "
    "or set RENDER_BROWSER to the path of a Chromium."
)
NO_START = (
    "The browser to render with cannot be started: run `playwright install --with-deps chromium`, "
    "or set RENDER_BROWSER to a Chromium that this user can start on this machine, with its sandbox."
)
UNKNOWN_PLAYWRIGHT = "This version of Playwright is not known here: install footnote-bot[render] again."
_ENVIRONMENT = "get_driver_env"
_FOR_DRIVER = ("HOME", "XDG_CACHE_HOME", "PLAYWRIGHT_BROWSERS_PATH")  # where its browsers are
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
    _hide_environment()
    # Ctrl-C is for us, who then end the driver: it would be gone in the middle of our talk. A child keeps this mask.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return await async_playwright().start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _hide_environment() -> None:
    """Let Playwright start its driver without our keys: it passes all of the environment on and has no setting for it.

    The function is private and has moved before, so it is replaced wherever it is. Raises `ConfigurationError`.
    """
    holders = [
        each for name, each in sys.modules.items() if name.startswith("playwright.") and hasattr(each, _ENVIRONMENT)
    ]
    if not holders:
        raise ConfigurationError(UNKNOWN_PLAYWRIGHT)
    for module in holders:
        setattr(module, _ENVIRONMENT, _driver_environment)


def _driver_environment() -> dict[str, str]:
    return {**child_environment(*_FOR_DRIVER), "PW_LANG_NAME": "python"}


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
        environment: dict[str, str | float | bool] = {
            "HOME": self._home,
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        try:
            return await self._driver.chromium.launch(
                executable_path=self._path or None,
                args=[*QUIET, *LOCKED, f"{_MARK}{self._home}"],
                proxy={"server": PROXY_SERVER, "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
                env=environment,  # none of ours: it holds keys
            )
        except Error as error:
            missing = "Executable doesn't exist" in str(error)
            raise ConfigurationError(NO_BROWSER if missing else NO_START) from error

    async def _rendered(self, browser: Browser, page: Fetched) -> str:
        context = await browser.new_context(service_workers="block", accept_downloads=False)
        tab = Tab(page, self._supply)
        try:
            async with run_in_background(tab.serve()):
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
