"""Reads a long list of questions a page at a time: bounded memory, and no connection is held while nobody reads on."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from core.history.port import QuestionFilter, QuestionHistory, QuestionRecord
from core.inbox.viewer import MACHINE, Viewer

PAGE = 250
"""Questions that are in memory at a time; one with its answer takes about 10 kB."""


async def stream_questions(
    history: QuestionHistory, wanted: QuestionFilter, viewer: Viewer = MACHINE, limit: int | None = None
) -> AsyncGenerator[QuestionRecord, None]:
    """Yield the questions that pass the filter, newest first, at most `limit`. Raises `StoreError`.

    What is forgotten while this runs is not yielded any more.
    """
    below, left = None, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        page = await history.list_questions(wanted, size, viewer, below)
        for record in page:
            yield record
        if len(page) < size:
            return
        below = page[-1].position
        left = None if left is None else left - size
