"""How tests wait for what another process does: they look, pause and look again.

    while (request := await requests.get(request.id)).state not in over:
        await pause()

A loop that does nothing between two looks takes a processor from the process that it waits for, and Postgres's time.
"""

from __future__ import annotations

import asyncio


async def pause() -> None:
    """Leave the processor to others for a hundredth of a second."""
    await asyncio.sleep(0.01)
