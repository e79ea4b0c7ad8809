"""Workers as users start them, on one database: started, killed, asked to stop; and a site that shows its version."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.config.settings import Settings
from core.domain import Source
from core.wiring import Footnote, open_footnote
from core.work.port import Request, RequestKind, RequestState
from tests.bot.install import Install
from tests.servers.site import DocSite
from tests.waiting import pause

WORDS = (
    "Each page of this manual explains one thing in so many words that it is worth keeping for those who ask about it, "
    "which is why its text goes on for longer than two hundred characters and does not join that of its neighbour. "
)
SECTIONS = 3


def manual(pages: int, version: int) -> dict[str, str]:
    """Return path -> HTML of a start page and `pages` others; passages name their page, section and version."""
    names = [f"p{number}" for number in range(pages)]
    links = "".join(f'<a href="{name}">{name}</a> ' for name in names)
    return {"/docs/": _page("Start", version, links)} | {f"/docs/{name}": _page(name, version) for name in names}


def _page(title: str, version: int, links: str = "") -> str:
    sections = "".join(
        f"<h2 id='s{number}'>Section {number}</h2><p>{title}, section {number}, version {version}. {WORDS}</p>"
        for number in range(SECTIONS)
    )
    head = f"<html><head><title>{title}</title></head>"
    return f"{head}<body><main><h1>{title}</h1>{sections}</main>{links}</body></html>"


@dataclass(slots=True)
class Fleet:
    """Worker processes; `footnote` is this process's view of the same database."""

    install: Install
    footnote: Footnote
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start one more worker, and wait until it is ready for work."""
        process = await self.install.start(*(arguments or ("worker",)))
        assert process.stderr is not None
        line = await asyncio.wait_for(process.stderr.readline(), 120)
        assert b"is ready" in line or b"is up" in line, line
        self.workers.append(process)
        return process

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill a worker as a crash or the kernel would."""
        process.kill()
        await self._ended(process)

    async def stop(self, process: asyncio.subprocess.Process) -> int:
        """Stop a worker as a supervisor does. -> its exit code."""
        process.send_signal(signal.SIGTERM)
        return await self._ended(process)

    async def end(self) -> None:
        """Kill the workers that are left."""
        for process in list(self.workers):
            with suppress(ProcessLookupError):
                await self.kill(process)

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        self.workers.remove(process)
        await asyncio.wait_for(process.communicate(), 120)
        return process.returncode or 0

    async def add(self, site: DocSite, name: str = "docs") -> Source:
        """Add a source that starts at the site's manual."""
        return await self.footnote.catalog.add(Source(0, name, site.url("/docs/"), allow_private=True))

    async def ask(self, source: Source) -> Request:
        """Ask for a crawl."""
        return await self.footnote.requests.put(RequestKind.CRAWL, source=source, asked_by="test")

    async def ended(self, request: Request, seconds: float = 300) -> Request:
        """Wait for the end of a request, and return it."""
        over = {RequestState.DONE, RequestState.FAILED}
        async with asyncio.timeout(seconds):
            while (request := await self.footnote.requests.get(request.id)).state not in over:
                await pause()
        return request

    async def running(self, request: Request, than: int, seconds: float = 120) -> Request:
        """Wait until a request has got further than `than` pages and embeddings, or has ended."""
        async with asyncio.timeout(seconds):
            while far(request := await self.footnote.requests.get(request.id)) <= than:
                if request.state is RequestState.DONE:
                    break
                await pause()
        return request

    async def texts(self, source: str = "docs") -> list[str]:
        """Return what readers see of a source, in one statement."""
        rows = await self.footnote.database.readers.fetch(
            "select body from passage join source on source.id = passage.source where name = $1 order by url, ordinal",
            source,
        )
        return [row["body"] for row in rows]

    async def count(self, statement: str) -> int:
        """Return the number that a statement selects."""
        return int(await self.footnote.database.readers.fetchval(statement))


def far(request: Request) -> int:
    """Return how far a request is: pages and embeddings together."""
    progress = request.progress
    return int(progress.get("pages", 0)) + int(progress.get("embedded", 0))


@asynccontextmanager
async def fleet(dsn: str, folder: Path, **settings: str) -> AsyncIterator[Fleet]:
    """Open a database, with no worker yet; those that are left are killed at the end."""
    own = Settings(DATABASE_URL=dsn, FOOTNOTE_HOME=folder, **settings)  # type: ignore[arg-type]  # by alias
    async with open_footnote(own) as footnote:
        made = Fleet(
            Install(folder, {"DATABASE_URL": dsn, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off", **settings}), footnote
        )
        try:
            yield made
        finally:
            await made.end()
