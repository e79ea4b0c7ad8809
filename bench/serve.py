"""A documentation site in a separate process, served from memory and counted: `python -m bench.serve FOLDER`.

    GET /page.html              200 with ETag and Last-Modified, or 304
    GET /__count                what was asked since the last reset, as JSON
    GET /__reset?latency_ms=50  counters to zero; how long each answer is held back from now on
    GET /__edit?kind=edited     the site changes (bench/edits.py), from its files as they were read
    GET /__edit?kind=           the site is what its files say
    GET /__nice                 from now on it takes only processor time that nobody else wants

Prints its url and serves until its standard input ends. `bench.served` starts and asks it.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from aiohttp import web

from bench.edits import changes

_BUILT = 1_790_000_000
"""When the site was built: fixed, so that two runs serve the same."""


@dataclass(frozen=True, slots=True)
class File:
    """What a path answers with."""

    body: bytes
    content_type: str
    etag: str
    modified: str


@dataclass(slots=True)
class Count:
    """What was asked. `pages`: path -> requests of what is there; `bodies` and `not_modified` are those of pages."""

    pages: Counter[str] = field(default_factory=Counter)
    lists: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    bodies: int = 0
    not_modified: int = 0
    first: float | None = None
    last: float | None = None
    running: int = 0
    peak: int = 0

    def shown(self) -> dict[str, object]:
        """Return the counts as the bench gets them.

        `seconds`: from the first request of a page to the end of the last answer.
        """
        named = ("pages", "lists", "missing", "bodies", "not_modified", "peak")
        seconds = 0.0 if self.first is None or self.last is None else self.last - self.first
        return {name: getattr(self, name) for name in named} | {"seconds": seconds}


class Site:
    """The files of a folder in their present state. `latency`: seconds an answer is held back."""

    def __init__(self, folder: Path) -> None:
        self.latency = 0.0
        self.count = Count()
        found = {f"/{path.relative_to(folder)}": path for path in sorted(folder.rglob("*")) if path.is_file()}
        self._html = {name: path.read_text("utf-8") for name, path in found.items() if path.suffix == ".html"}
        self._original = {name: _file(name, path.read_bytes(), _BUILT) for name, path in found.items()}
        self._edits = 0
        self.files = dict(self._original)

    def edit(self, kind: str, word: str) -> int:
        """Edit the pages. -> how many changed; "" takes every edit back."""
        self.files = dict(self._original)
        if not kind:
            return 0
        self._edits += 1
        now = {name: _file(name, html.encode(), _BUILT + self._edits) for name, html in changes(kind, self._html, word)}
        self.files |= now
        return len(now)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with a page, or carry out an order of the bench."""
        if request.path.startswith("/__"):
            return self._ordered(request)
        began, count = time.monotonic(), self.count
        count.running += 1
        count.peak = max(count.peak, count.running)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            return self._served(request, began)
        finally:
            count.running -= 1

    def _served(self, request: web.BaseRequest, began: float) -> web.Response:
        path = request.path + "index.html" * request.path.endswith("/")
        file, count = self.files.get(path), self.count
        if path.endswith((".txt", ".xml", ".xml.gz")):
            count.lists[path] += 1
        elif file is None:
            count.missing[path] += 1
        else:
            count.pages[path] += 1
            count.first, count.last = began if count.first is None else count.first, time.monotonic()
        if file is None:
            return web.Response(status=404)
        headers = {"ETag": file.etag, "Last-Modified": file.modified}
        if request.headers.get("If-None-Match") == file.etag:
            count.not_modified += 1
            return web.Response(status=304, headers=headers)
        count.bodies += path in count.pages
        return web.Response(body=file.body, headers=headers | {"Content-Type": file.content_type})

    def _ordered(self, request: web.BaseRequest) -> web.Response:
        match request.path:
            case "/__count":
                return web.json_response(self.count.shown())
            case "/__reset":
                self.count = Count()
                self.latency = float(request.query.get("latency_ms", "0")) / 1000
                return web.json_response({})
            case "/__edit":
                return web.json_response({"pages": self.edit(request.query["kind"], request.query.get("word", "1"))})
            case "/__nice":
                return web.json_response({"nice": os.nice(19)})
            case _:
                return web.Response(status=404)


def _file(name: str, body: bytes, modified: int) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    digest = hashlib.blake2b(body, digest_size=8).hexdigest()
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return File(body, kind + charset, f'"{digest}-{modified - _BUILT}"', formatdate(modified, usegmt=True))


async def serve(folder: Path) -> None:
    """Serve until standard input ends."""
    runner = web.ServerRunner(web.Server(Site(folder).answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        sys.stdout.write(f"http://{host}:{port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
