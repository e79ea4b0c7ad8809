"""Work that goes on while a block runs and ends with it. Nothing here knows what either does.

    async with run_in_background(report_progress()):
        await crawl()  # its errors come out as they are, not in a group

`run_until` is the reverse: it ends the work early when its process is to stop. `wait_for_event` only waits for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The work was given up because its process is to stop."""


async def run_until(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`; cancel it once `stop` is set. Raises `Stopped`, and the work's errors unchanged."""
    async with asyncio.TaskGroup() as group:
        stopping, working = group.create_task(stop.wait()), group.create_task(_caught(work))
        await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()
    if working.cancelled():
        raise Stopped
    result, error = working.result()
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is a result where there is no error


async def _caught(work: Coroutine[Any, Any, T]) -> tuple[T | None, Exception | None]:
    try:
        return await work, None
    except Exception as error:  # noqa: BLE001 - raised again by `run_until`, where the group does not wrap it
        return None, error


@asynccontextmanager
async def run_in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
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


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, for at most `seconds`. -> whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
