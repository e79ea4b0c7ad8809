"""A process that builds a graph, for tests that kill it, or have it where shared memory is small.

python -m tests.core.index.builder build DSN ROWS   builds the graph, and prints whether it was built here
python -m tests.core.index.builder serve HOME       serves Postgres with the shared memory of this mount namespace,
                                                    however small; prints its DSN, leaves when standard input ends
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from core.embedded import settings as embedded_settings
from core.embedded.postgres import EmbeddedPostgres
from core.index.graph import build_graph
from core.postgres.database import open_database


async def build(dsn: str, rows: str) -> None:
    async with open_database(dsn) as database:
        say(str(await build_graph(database, lambda _: None, least_rows=int(rows))))


def serve(home: str) -> None:
    embedded_settings.SHARED_MEMORY_NEEDED = 0  # else it would not use what is too small for a build
    with EmbeddedPostgres(Path(home)) as embedded:
        say(embedded.start())
        sys.stdin.read()


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - this is how it reports to the test


if __name__ == "__main__":
    if sys.argv[1] == "build":
        asyncio.run(build(*sys.argv[2:]))
    else:
        serve(*sys.argv[2:])
