"""The ports for work that processes on any number of machines share: requests, and the jobs that perform them.

Implemented by `core.work.requests` and `core.work.queue`; docs/decisions/0012-work.md says why there are both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from core.domain import Source
from core.work.schedule import Scheduled


class RequestKind(StrEnum):
    """What may be asked of a worker."""

    CRAWL = "crawl"
    PREVIEW = "preview"


class RequestState(StrEnum):
    """The state of a request: it waits for a worker, one performs it, it has a report, or a sentence why not."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Phase(StrEnum):
    """What a crawl is doing: the `stage` of its progress."""

    CRAWL = "crawl"
    EMBED = "embed"
    SWITCH = "switch"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Request:
    """A crawl of `source` (a name) or a preview, as it stands. `progress` and `report` are JSON documents.

    `options` of a crawl: `force`, `reread`, `connections`; of a preview: `url`.
    """

    id: int
    kind: RequestKind
    source: str
    options: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    state: RequestState
    worker: str = ""
    progress: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] | None = None
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the request is done or failed: nobody works at it any more, nor will."""
        return self.state in (RequestState.DONE, RequestState.FAILED)


class Requests(Protocol):
    """Crawls and previews that were asked for: rows that chat, clock and command line share. Raises `StoreError`."""

    async def put(
        self,
        kind: RequestKind,
        *,
        source: Source | None = None,
        options: Mapping[str, Any] | None = None,
        asked_by: str,
        announce: bool = True,
    ) -> Request:
        """Store a request, or join one for the same source that still waits. `announce`: wake a worker up for it."""
        ...

    async def put_slots(self, slots: Mapping[int, datetime]) -> set[int]:
        """Ask for the crawls of schedules: source id -> slot. -> the sources for which no other process was first."""
        ...

    async def schedules(self) -> list[Scheduled]:
        """Return every source as the clock sees it."""
        ...

    async def get(self, number: int) -> Request:
        """Return one request. Raises `UsageError` where there is none."""
        ...

    async def recent(self, limit: int) -> list[Request]:
        """Return the latest requests, newest first."""
        ...

    async def progress(self, number: int, state: Mapping[str, object], worker: str) -> None:
        """Store how far `worker` is; the first call marks the request as running."""
        ...

    async def finish(self, number: int, report: Mapping[str, object], worker: str) -> None: ...
    async def fail(self, number: int, sentence: str) -> None: ...


PERFORM, EMBED = "perform", "embed"
"""The two jobs: a request (its number is the payload), and batches of a crawl."""

Handler: TypeAlias = Callable[[bytes], Awaitable[float | None]]
"""Does one job. -> None when that is done, else the seconds until it is to be called again.

What it raises is a bug, and is logged."""


class JobQueue(Protocol):
    """Jobs for processes on any number of machines, each delivered at least once."""

    async def workers(self) -> int:
        """Return the number of processes that take jobs just now."""
        ...

    async def wakes(self) -> bool:
        """Return whether a wake-up arrives: it does not through a pooler in transaction mode. Raises `StoreError`."""
        ...

    async def run(self, handlers: Mapping[str, Handler], stop: asyncio.Event) -> None:
        """Do jobs until `stop` is set; wait for a database that is lost or refuses us meanwhile."""
        ...
