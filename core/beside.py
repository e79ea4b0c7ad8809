"""Something that goes on while a block runs, and ends with it; knows nothing of what either does.

async with beside(report_progress()):
await crawl()                       # its errors come out as they are, not in a group
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` until the block ends, then cancel it. An error of `work` ends the block, and comes in a group."""
    error: Exception | None = None
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        try:
            yield
        except Exception as failed:  # noqa: BLE001 - raised again below, where the group does not wrap it
            error = failed
        task.cancel()
    if error is not None:
        raise error
