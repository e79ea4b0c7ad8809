"""One page in the browser: answers or refuses its requests, and reads the document that its scripts made.

    Tab.read ──goto──> requests ──> Supply   (GET; no document but the page itself)
       │                   └──> all else is refused
       └─ quiet for half a second, or after ten seconds ──> outerHTML, read in an isolated world

`ingest.rendering.chromium` limits the time of all this, and runs the browser. Needs the extra `render`.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

from playwright.async_api import BrowserContext, Error, Page, Request, Route, WebSocketRoute

from core.net.urls import origin
from ingest.rendering.render import WANTED, RenderFailed, RenderReply, Supply
from ingest.web.results import MAX_BODY, Fetched

LONGEST_WAIT, QUIET = 10.0, 0.5
"""Seconds that a page may keep sending requests, and that it must send none to count as quiet."""

MAX_REQUESTS, MAX_BYTES = 200, 30_000_000
"""Requests of one page, and bytes of their answers."""

_NO_CHANNELS = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete self[name]"
_READ = f"(() => {{ const h = document.documentElement.outerHTML; return h.length > {MAX_BODY} ? null : h }})()"


class Tab:
    """One page in the browser: answers its requests until it has been read."""

    def __init__(self, page: Fetched, supply: Supply) -> None:
        self._page = page
        self._supply = supply
        self._asked: asyncio.Queue[Route] = asyncio.Queue()
        self._requests = self._bytes = self._pending = 0
        self._given = False
        self._last = -math.inf

    async def serve(self) -> None:
        """Answer requests until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._settle(await self._asked.get()))

    async def read(self, context: BrowserContext) -> str:
        """Open the page, and return its HTML once it is quiet. Raises `RenderFailed`, Playwright's `Error`."""
        await context.add_init_script(_NO_CHANNELS)
        await context.route_web_socket("**/*", _refuse)
        await context.route("**/*", self._take)
        page = await context.new_page()
        # Does not wait until it has loaded: a script that leaves the page at once would make that an error.
        await page.goto(self._page.url, wait_until="commit", timeout=0)
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

    async def _reply(self, request: Request) -> RenderReply | None:
        if request.method != "GET" or self._requests > MAX_REQUESTS or self._bytes > MAX_BYTES:
            return None
        if request.resource_type == "document":
            return self._document()
        if request.resource_type not in WANTED:
            return None
        reply = await self._supply.answer(request.url)
        self._bytes += len(reply.body) if reply else 0
        return reply

    def _document(self) -> RenderReply | None:
        """Return the page as it was fetched, once; None for frames, windows, and pages that a script leads to."""
        # The first document requested is ours. Its url cannot show that: a browser escapes it unlike a server.
        if self._given:
            return None
        self._given = True
        kind = self._page.content_type
        return RenderReply(self._page.body, kind if "html" in kind else "text/html")

    async def _quiet(self) -> None:
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        latest = self._last + LONGEST_WAIT
        while loop.time() < (latest if self._pending else min(latest, self._last + QUIET)):  # noqa: ASYNC110 - a time
            await asyncio.sleep(0.05)

    async def _html(self, context: BrowserContext, page: Page) -> str:
        """Return the HTML of the document now, by a script of ours that the page's scripts cannot change.

        Raises `RenderFailed`, Playwright's `Error`.
        """
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
