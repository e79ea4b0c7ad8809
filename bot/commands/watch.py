"""Follows requests to their end and reports their state, from their rows alone: workers do the work.

    asked ──> waits for its turn ──> 412 pages, 38 skipped ──> 2,304 of 9,120 embedded ──> what came of it

A report comes when something changed, at most every two seconds. After ten minutes the watching ends, but the work
goes on. While Postgres is away there are no reports, and nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from bot.commands.context import CommandContext, Report
from bot.commands.messages import NO_WORKER, format_list, request_lines
from core.errors import StoreError, UsageError
from core.work.port import Request, RequestState

NO_LONGER = "It goes on, but I stop telling here: `/docs status` says how far it is."
BRIEFLY_FROM = 4
"""From this number of crawls at once, each gets one line instead of a full report."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """Requests as they were last read; None: the source was removed. `names`: the name of each request."""

    head: str
    names: Mapping[int, str]
    rows: dict[int, Request | None]
    workers: int = 1

    @property
    def over(self) -> bool:
        return all(row is None or row.is_over for row in self.rows.values())

    def text(self, tail: str = "") -> str:
        briefly = len(self.names) >= BRIEFLY_FROM
        named = [(name, self.rows[number]) for number, name in self.names.items()]
        lines = [line for name, row in named for line in request_lines(name, row, briefly=briefly)]
        waits = any(row is not None and row.state is RequestState.WAITING for row in self.rows.values())
        remarks = [NO_WORKER] if waits and not self.workers else []
        return format_list(self.head, lines, " ".join([*remarks, *([tail] if tail else [])]))

    async def look(self, context: CommandContext) -> None:
        """Read again the requests that are not over. Raises `StoreError`."""
        for number, row in self.rows.items():
            if row is not None and not row.is_over:
                self.rows[number] = await _row(context, number)
        self.workers = 1 if self.over else await context.workers()


async def watch(
    head: str, requests: Sequence[tuple[Request, str]], context: CommandContext
) -> AsyncGenerator[Report, None]:
    """Yield reports of requests that were just put, each with its name in markdown; the last one is final."""
    watched = _Watched(head, {each.id: name for each, name in requests}, {each.id: each for each, _ in requests})
    deadline = asyncio.get_running_loop().time() + context.patience
    reported = ""
    while True:
        try:
            await watched.look(context)
        except StoreError as error:
            _log.warning("Requests that are watched could not be read: %s", error)
        if watched.over:
            yield Report(watched.text())
            return
        if asyncio.get_running_loop().time() >= deadline:
            yield Report(watched.text(NO_LONGER))
            return
        if (text := watched.text()) != reported:
            reported = text
            yield Report(text, final=False)
        await asyncio.sleep(context.every)


async def _row(context: CommandContext, number: int) -> Request | None:
    try:
        return await context.requests.get(number)
    except UsageError:
        return None
