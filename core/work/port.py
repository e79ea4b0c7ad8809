"""What processes on any number of machines share: requests that were asked for, and jobs to do them, as ports.

Kept by `core.work.requests` and `core.work.queue`; why both, docs/decisions/0012-work.md.
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
    """Where a request is: it waits for a worker, one is at it, it has a report, or a sentence why it has none."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Phase(StrEnum):
    """What a crawl is at: the `stage` of its progress."""

    CRAWL = "crawl"
    EMBED = "embed"
    SWITCH = "switch"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Request:
    """A crawl of `source` (a name) or a preview, as it stands. `progress` and `report` are JSON documents.

    `options` of a crawl: `force`, `connections`; of a preview: `url`.
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
        """Whether nobody works at it any more, nor will."""
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
        """Joins a request for a crawl of the same source that still waits. `announce`: wake a worker up for it."""
        ...

    async def put_slots(self, slots: Mapping[int, datetime]) -> set[int]:
        """Ask for what schedules want: source id -> slot. -> those that no other process has asked for at that slot."""
        ...

    async def schedules(self) -> list[Scheduled]:
        """Return every source as the clock sees it."""
        ...

    async def get(self, number: int) -> Request:
        """Raises `UsageError`."""
        ...

    async def recent(self, limit: int) -> list[Request]:
        """Newest first."""
        ...

    async def progress(self, number: int, state: Mapping[str, object], worker: str) -> None:
        """How far `worker` is; the first one says that it runs."""
        ...

    async def finish(self, number: int, report: Mapping[str, object], worker: str) -> None: ...
    async def fail(self, number: int, sentence: str) -> None: ...


PERFORM, EMBED = "perform", "embed"
"""The two jobs: a request (its number is the payload), and batches of a crawl."""

Handler: TypeAlias = Callable[[bytes], Awaitable[float | None]]
"""Does one job. -> None when that is done, else in how many seconds it is to be asked again.

What it raises is a bug, and is logged."""


class JobQueue(Protocol):
    """Jobs for processes on any number of machines, each delivered at least once."""

    async def workers(self) -> int:
        """Processes that take jobs just now."""
        ...

    async def wakes(self) -> bool:
        """Whether a wake-up arrives: it does not through a pooler in transaction mode. Raises `StoreError`."""
        ...

    async def run(self, handlers: Mapping[str, Handler], stop: asyncio.Event) -> None:
        """Work until `stop` is set; waits for a database that is lost, or refuses us meanwhile."""
        ...
