"""Renders pages in a headless Chromium that has no network. Needs the extra `render`; imported only where it is used.

    Chromium.render(Fetched) ──> a separate context ──> Tab.read ──> Fetched
         └─ 15 s in all ──> RenderFailed;  a tab that does not close ──> the browser is killed, the next page starts one

Two locks: each request is intercepted, and if one slips by, `LOCKED` lets the browser find no host. Started at the
first page; when the crawl ends, in any manner, browser and driver are ended or killed.
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
"""Seconds per page in all; pages at once; how often a crawl starts a browser, which may have to be killed."""

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
"""Stop the browser's reports and updates. Most of these are defaults of Playwright, which may change."""

LOCKED = (
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the proxy's too: no socket, even if something listens on its port
    "--disable-quic",
    "--dns-prefetch-disable",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-pings",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",
)
"""With the proxy, Chromium connects to nothing, even if no request is intercepted (test_chromium_network.py)."""

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
    """Open the renderer of one crawl. `path`: that of the browser, "" for Playwright's.

    `at_once` starts the browser now, else the first page does. Raises `ConfigurationError`.
    """
    browser = which(path) if path else ""
    if browser is None:
        raise ConfigurationError(NO_BROWSER)
    with tempfile.TemporaryDirectory(prefix="footnote-render-", ignore_cleanup_errors=True) as home:
        driver = await _driver()
        chromium = Chromium(driver, browser, supply, home)
        try:
            if at_once or not which(browser or driver.chromium.executable_path):
                await chromium.start()  # Playwright may have another browser, or says that there is none
            yield chromium
        finally:
            await chromium.close()


async def _driver() -> Playwright:
    _hide_environment()
    # Ctrl-C is for us, and we end the driver: it must not end while we use it. A child inherits this mask.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return await async_playwright().start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _hide_environment() -> None:
    """Make Playwright start its driver without our keys: it passes on the whole environment, with no setting for that.

    The function is private and has moved before, so it is replaced in every module. Raises `ConfigurationError`.
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
    """The browser of one crawl. Renders its pages."""

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
        """The process ids of driver and browser; () until there is a browser."""
        return tuple(process.pid for process in self._processes)

    async def render(self, page: Fetched) -> Fetched:
        """Return the page after its scripts ran, without validators: those are its shell's. Raises `RenderFailed`."""
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
        """Return the browser, and start it if there is none.

        Raises `ConfigurationError`; `RenderFailed` when it was killed too often.
        """
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
                env=environment,  # not ours, which holds keys
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
        """Close the context of one page; if it does not close, kill the browser."""
        try:
            async with asyncio.timeout(_CLOSING):
                await context.close()
        except (TimeoutError, Error):
            _kill(self._processes[1:])

    async def close(self) -> None:
        """End browser and driver, and kill their processes that are left."""
        self._processes = _tree_of(self._home) or self._processes  # its latest children, before they lose their parent
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
    """Return the driver, the browser with our mark, and the browser's children; [] where there is no browser."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            parent = process.parent()
            if f"{_MARK}{home}" in process.cmdline() and parent is not None and parent.pid != os.getpid():
                return [parent, process, *process.children(recursive=True)]
    return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):  # psutil notices if the process id belongs to another process now
            process.kill()
