"""The figures of the history for the console, read once for all who look from the same place within some seconds.

Over 100,000 questions they are one pass over narrow rows: some tenths of a second, too much for each reload of a page.
"""

from __future__ import annotations

import asyncio
import time

from core.history.port import ActivityFigures, QuestionHistory
from core.inbox.viewer import Viewer

FRESH_SECONDS = 20.0
MOST = 64
"""Places that are remembered at the same time."""


class RecentFigures:
    """The figures of the last reads, each for `FRESH_SECONDS`."""

    def __init__(self, history: QuestionHistory) -> None:
        self._history = history
        self._known: dict[tuple[Viewer, int], tuple[float, ActivityFigures]] = {}
        self._reading = asyncio.Lock()

    async def get(self, days: int, viewer: Viewer) -> ActivityFigures:
        """Return the figures of so many days as somebody sees them. Raises `StoreError`."""
        async with self._reading:
            now = time.monotonic()
            self._known = {key: kept for key, kept in self._known.items() if now - kept[0] < FRESH_SECONDS}
            if (viewer, days) not in self._known:
                figures = await self._history.build_figures(days, viewer)
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[viewer, days] = (time.monotonic(), figures)
            return self._known[viewer, days][1]
