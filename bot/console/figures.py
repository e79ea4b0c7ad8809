"""The figures of the history for the console, read once for all who look from the same place within some seconds.

Over 100,000 questions they are one pass over narrow rows: some tenths of a second, too much for each reload of a page.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from core.history.port import ActivityFigures, FilterChoices, QuestionCount, QuestionFilter, QuestionHistory
from core.inbox.viewer import Viewer

T = TypeVar("T")

FRESH_SECONDS = 20.0
MOST = 64
"""Places that are remembered at the same time."""


class RecentFigures:
    """The figures, and the choices of filters, of the last reads, each for `FRESH_SECONDS`."""

    def __init__(self, history: QuestionHistory) -> None:
        self._history = history
        self._known: dict[tuple[Viewer, object], tuple[float, Any]] = {}
        self._reading = asyncio.Lock()

    async def get(self, days: int, viewer: Viewer) -> ActivityFigures:
        """Return the figures of so many days as somebody sees them. Raises `StoreError`."""
        return await self._recent((viewer, days), lambda: self._history.build_figures(days, viewer))

    async def get_choices(self, viewer: Viewer) -> FilterChoices:
        """Return what there is to choose from in filters as somebody sees it. Raises `StoreError`."""
        return await self._recent((viewer, "choices"), lambda: self._history.list_choices(viewer))

    async def get_count(self, wanted: QuestionFilter, viewer: Viewer) -> QuestionCount:
        """Return how many questions pass a filter as somebody sees them. Raises `StoreError`."""
        return await self._recent((viewer, wanted), lambda: self._history.count_questions(wanted, viewer))

    async def _recent(self, key: tuple[Viewer, object], read: Callable[[], Awaitable[T]]) -> T:
        async with self._reading:
            now = time.monotonic()
            self._known = {each: kept for each, kept in self._known.items() if now - kept[0] < FRESH_SECONDS}
            if key not in self._known:
                found = await read()
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[key] = (time.monotonic(), found)
            kept: T = self._known[key][1]
            return kept
