"""The console over a test's database: served on loopback, with clients and browsers of people who are signed in.

async with serve_app(dsn, tmp_path) as served:
    async with served.client(ADMIN) as client:      # the cookie of a session, as a browser has it
        page = await client.get("/questions")
    async with open_browser(served, ADMIN) as page:  # real Chromium; what broke the rules is in page.broken
        await page.goto("/")
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.cli.source_rules import check_change
from bot.commands.perform import build_command_context
from bot.console.access import SESSION
from bot.console.app import build_app
from bot.console.context import ConsoleContext
from bot.status import StatusBoard
from core.config.settings import Settings
from core.inbox.port import Platform
from core.inbox.viewer import MACHINE, Viewer
from core.wiring import open_footnote

ADMIN = Viewer(Platform.SLACK, "T1", "UADMIN", "C1")
OTHER_ADMIN = Viewer(Platform.DISCORD, "881", "7", "991")
STRANGER = Viewer(Platform.SLACK, "T1", "USTRANGER", "C1")
__all__ = ["ADMIN", "MACHINE", "OTHER_ADMIN", "STRANGER"]

_CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
needs_browser = pytest.mark.skipif(
    not (_CHROMIUM and find_spec("playwright")), reason="needs playwright and a Chromium on this machine"
)
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class ServedConsole:
    """A console that is listening at `url`, such as `http://127.0.0.1:40001`."""

    url: str
    console: ConsoleContext

    async def session(self, viewer: Viewer) -> str:
        """Return the cookie of a new session of somebody."""
        access = self.console.footnote.access
        session = await access.sign_in(await access.make_link(viewer))
        assert session is not None
        return session

    @asynccontextmanager
    async def client(self, viewer: Viewer | None = None) -> AsyncIterator[ConsoleClient]:
        """Open an HTTP client of somebody who is signed in; None: of nobody."""
        cookies = {SESSION: await self.session(viewer)} if viewer else {}
        jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
        jar.update_cookies(cookies, URL(self.url))
        async with aiohttp.ClientSession(self.url, cookie_jar=jar) as http:
            yield ConsoleClient(http)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back. `text` is unescaped where a page is looked through for words."""

    status: int
    html: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        """The words of the page, without markup."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    @property
    def token(self) -> str:
        """The token of the page's forms."""
        found = _TOKEN.search(self.html)
        assert found, self.text[:300]
        return found[1]


@dataclass(frozen=True, slots=True)
class ConsoleClient:
    """A client with the cookies of one browser; redirects are not followed."""

    http: aiohttp.ClientSession

    async def get(self, path: str, **more: Any) -> Answered:
        """Get a page."""
        return await self._send("GET", path, **more)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, page: str = "/", **more: Any
    ) -> Answered:
        """Send a form with the token of `page`, as a browser does."""
        token = (await self.get(page)).token
        return await self._send("POST", path, data={"form_token": token, **(fields or {})}, **more)

    async def send(self, method: str, path: str, **more: Any) -> Answered:
        """Send a request as it is."""
        return await self._send(method, path, **more)

    async def _send(self, method: str, path: str, **more: Any) -> Answered:
        async with self.http.request(method, path, allow_redirects=False, **more) as response:
            return Answered(response.status, await response.text(), response.headers)


def console_settings(dsn: str, folder: Path, **more: Any) -> Settings:
    """Return settings with two administrators and nothing of this machine."""
    named: dict[str, Any] = {
        "DATABASE_URL": dsn,
        "FOOTNOTE_HOME": folder,
        "EMBED_THREADS": 1,
        "ADMINS": "slack:UADMIN,discord:7",
    }
    return Settings(**(named | more), _env_file=None)


@asynccontextmanager
async def serve_app(dsn: str, folder: Path, **settings: Any) -> AsyncIterator[ServedConsole]:
    """Serve the console over a database; settings by their names, as `CONSOLE_SHOWS_PRIVATE=True`."""
    async with open_footnote(console_settings(dsn, folder, **settings)) as footnote, footnote.open_inbox() as inbox:
        console = ConsoleContext(
            footnote,
            inbox,
            build_command_context(footnote, check=partial(check_change, footnote.settings)),
            StatusBoard(),
        )
        runner = web.AppRunner(build_app(console), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield ServedConsole(f"http://127.0.0.1:{runner.addresses[0][1]}", console)
        finally:
            await runner.cleanup()


@dataclass(slots=True)
class BrowserPage:
    """A page of a real browser. `broken` collects violations of the policy, errors, and requests to other hosts."""

    page: Any
    url: str
    broken: list[str] = field(default_factory=list)

    async def goto(self, path: str) -> Any:
        """Open a page of the console by its path."""
        return await self.page.goto(self.url + path)


@asynccontextmanager
async def open_browser(
    served: ServedConsole, viewer: Viewer | None = None, *, scripts: bool = True, width: int = 1280, dark: bool = False
) -> AsyncIterator[BrowserPage]:
    """Open Chromium as somebody who is signed in; at the end nothing may be in `broken`.

    `scripts=False`: as a reader who has switched them off. `width`: 360 is a phone.
    """
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        try:
            context = await browser.new_context(
                java_script_enabled=scripts,
                viewport={"width": width, "height": 800},
                color_scheme="dark" if dark else "light",
            )
            if viewer is not None:
                secret = await served.session(viewer)
                await context.add_cookies(
                    [{"name": SESSION, "value": secret, "url": served.url, "httpOnly": True, "sameSite": "Strict"}]
                )
            opened = BrowserPage(await context.new_page(), served.url)
            _watch(opened)
            yield opened
            assert opened.broken == []
        finally:
            await browser.close()


def _watch(opened: BrowserPage) -> None:
    """Collect what no page may do."""

    def on_request(request: Any) -> None:
        if not request.url.startswith(opened.url):
            opened.broken.append(f"request to {request.url}")

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            opened.broken.append(f"console: {message.text}")

    opened.page.on("request", on_request)
    opened.page.on("console", on_console)
    opened.page.on("pageerror", lambda error: opened.broken.append(f"error: {error}"))
