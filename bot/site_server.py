"""Serves a folder of built documentation on loopback, for the demo: index pages, ETags, nothing outside the folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web


@asynccontextmanager
async def serve_site(folder: Path) -> AsyncIterator[str]:
    """Serve `folder` on a free port, and yield the url of its root, with its slash."""

    async def page(request: web.Request) -> web.StreamResponse:
        file = await asyncio.to_thread(_file, folder, request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
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


def _file(folder: Path, path: str) -> Path | None:
    """Return the file of a path, or None if there is none inside the folder."""
    wanted = (folder / path).resolve()
    if wanted.is_dir():
        wanted /= "index.html"
    return wanted if wanted.is_relative_to(folder.resolve()) and wanted.is_file() else None
