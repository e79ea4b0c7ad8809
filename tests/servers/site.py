"""A small documentation site on loopback that behaves as a test wants, and counts its requests.

    async with serve_site(DocSite({"/docs/": page("Start", "a", "b"), "/docs/a": page("A")})) as site:
        site.statuses["/docs/a"] = [500, 200]     # the first request fails, later ones get the page
        site.mode = "down"                         # or mass404, login, sub503, maintenance, moved
        ... site.url("/docs/") ... site.asked ... site.not_modified

Pages have an ETag of their text and answer conditional requests. Speaks HTTP for real; knows no test framework.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

MAINTENANCE = "<title>Back soon</title><p>We are working on it.</p>"


def page(title: str, *links: str, text: str = "", head: str = "") -> str:
    """Return a page with one paragraph of text, links and what a test wants in its head."""
    anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return (
        f"<html><head><title>{title}</title>{head}</head><body>{anchors}<p>{text or f'All about {title}.'}</p></body>"
    )


@dataclass(slots=True)
class DocSite:
    """`pages`: path (with query) -> HTML; `statuses`: path -> what its next requests get, the last one for ever.

    While there is a `latch`, all but robots.txt wait for it, and `reached` is set once somebody does.
    """

    pages: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    robots: str | int = ""
    mode: str = ""
    start: str = "/docs/"
    elsewhere: str = "http://moved.example"
    latch: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    base_url: str = ""
    latency: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)
    not_modified: int = 0
    bodies: int = 0
    running: int = 0
    peak: int = 0

    def url(self, path: str) -> str:
        """Return the whole url of a path."""
        return self.base_url + path

    def forget(self) -> None:
        """Set the counters to zero."""
        self.asked.clear()
        self.not_modified = self.bodies = self.peak = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path_qs] += 1
        self.agents[request.headers.get("User-Agent", "")] += 1
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            if self.latch is not None and request.path != "/robots.txt":
                self.reached.set()
                await self.latch.wait()
            if self.latency:
                await asyncio.sleep(self.latency)
            return self._in_mode(request) or self._answer(request)
        finally:
            self.running -= 1

    def _in_mode(self, request: web.Request) -> web.Response | None:
        robots, start = request.path == "/robots.txt", request.path == self.start
        listing = request.path.endswith((".txt", ".xml"))
        answer: web.Response | None = None
        match self.mode:
            case "down":
                answer = web.Response(status=503)
            case "mass404" if not robots:
                answer = web.Response(status=404)
            case "sub503" if not robots and not start:
                answer = web.Response(status=503)
            case "login" if not listing and not start and request.path != "/login":
                answer = _redirect("/login")
            case "maintenance" if not robots:
                answer = web.Response(text=MAINTENANCE, content_type="text/html")
            case "moved" if not robots:
                answer = _redirect(self.elsewhere + request.path_qs)
        return answer

    def _answer(self, request: web.Request) -> web.Response:
        path, robots = request.path_qs, self.robots
        if path == "/robots.txt":
            return web.Response(status=robots) if isinstance(robots, int) else web.Response(text=robots)
        codes = self.statuses.get(path, [200])
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        if code != 200:
            return web.Response(status=code, headers=self.headers.get(path))
        if path in self.redirects:
            return _redirect(self.redirects[path])
        if path in self.files:
            return web.Response(body=self.files[path], headers={"Content-Type": "", **self.headers.get(path, {})})
        return self._page(request, path)

    def _page(self, request: web.Request, path: str) -> web.Response:
        html = self.pages.get(path)
        if html is None:
            return web.Response(status=404)
        etag = f'"{hashlib.blake2b(html.encode(), digest_size=8).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            self.not_modified += 1
            return web.Response(status=304, headers={"ETag": etag})
        self.bodies += 1
        return web.Response(text=html, content_type="text/html", headers={"ETag": etag, **self.headers.get(path, {})})


def _redirect(target: str) -> web.Response:
    return web.Response(status=302, headers={"Location": target})


@asynccontextmanager
async def serve_site(site: DocSite) -> AsyncIterator[DocSite]:
    """Serve a site from a free port of loopback."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        site.base_url = f"http://{host}:{port}"
        yield site
    finally:
        await runner.cleanup()
