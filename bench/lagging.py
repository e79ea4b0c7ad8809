"""Runs `footnote` and writes down how late its event loop is: `python bench/lagging.py FILE up --no-worker`.

Started by `bench.clock` with the Python and in the folder of any checkout, so it imports nothing of ours. A line a
sample: when it was taken (monotonic), and how many seconds of processor the loop's thread had used by then.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

EVERY, FLUSH = 0.005, 0.5


async def sample(file: Path) -> None:
    """Write samples until cancelled."""
    with file.open("w", buffering=1 << 16) as lines:
        flushed = time.monotonic()
        while True:
            await asyncio.sleep(EVERY)
            now = time.monotonic()
            lines.write(f"{now:.4f} {time.thread_time():.4f}\n")
            if now - flushed > FLUSH:
                lines.flush()
                flushed = now


def main(file: Path, arguments: list[str]) -> None:
    """Run the command line of the checkout with the sampler on its loop."""
    run = asyncio.run

    def run_sampled(work: Coroutine[Any, Any, Any]) -> Any:
        async def both() -> Any:
            async with asyncio.TaskGroup() as group:
                sampling = group.create_task(sample(file))
                try:
                    return await work
                finally:
                    sampling.cancel()

        return run(both())

    asyncio.run = run_sampled  # type: ignore[assignment]  # as much of it as the command line uses
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = ["footnote", *arguments]
    from bot.cli.main import run as footnote

    footnote()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
