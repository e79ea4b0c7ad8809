"""Serves a folder of built documentation on loopback, for the demo: index pages, ETags, nothing outside the folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web


@dataclass(slots=True)
class PageAddition:
    """HTML at the end of each page of a site; it may be set while the site is served."""

    html: str = ""


@asynccontextmanager
async def serve_site(folder: Path, addition: PageAddition | None = None) -> AsyncIterator[str]:
    """Serve `folder` on a free port, and yield the url of its root, with its slash."""

    async def page(request: web.Request) -> web.StreamResponse:
        file = await asyncio.to_thread(_file, folder, request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        if addition is not None and addition.html and file.suffix == ".html":
            return await _page_with(file, addition.html)
        return web.FileResponse(file)

    application = web.Application()
    application.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _page_with(file: Path, html: str) -> web.Response:
    """Return a page with HTML before the end of its body, and without a validator: a crawl compares plain pages."""
    text = await asyncio.to_thread(file.read_text, "utf-8")
    before, end, after = text.rpartition("</body>")
    text = f"{before}{html}{end}{after}" if end else f"{text}{html}"
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _file(folder: Path, path: str) -> Path | None:
    """Return the file of a path, or None if there is none inside the folder."""
    wanted = (folder / path).resolve()
    if wanted.is_dir():
        wanted /= "index.html"
    return wanted if wanted.is_relative_to(folder.resolve()) and wanted.is_file() else None
