"""How much sooner a crawl's passages have their vectors with a second worker: `python -m bench.workers`.

    one worker, then two ── real processes, EMBED_THREADS=1 each, the local model ──> seconds from first batch to last

Needs two processors that nothing else wants. The passages are made up; each worker loads the model within its time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.bars import Bar, machine
from core.embedded.postgres import EmbeddedPostgres
from tests.bot.fleet import Fleet, fleet
from tests.core.embedded.helpers import sweep
from tests.servers.site import DocSite, serve_site

SECTIONS, WORDS_A_SECTION, LEAST = 3, 140, 1.6
_WORDS = (
    *("crawl", "index", "passage", "vector", "anchor", "heading", "worker", "batch", "question", "answer"),
    *("schedule", "replica", "socket", "parser"),
)


def main() -> int:
    """Print the table. -> exit code: 1 where the bar is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=400)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    seconds = asyncio.run(_measured(chosen.pages, chosen.rounds))
    print(machine(f"{chosen.pages * SECTIONS:,} passages"))
    for workers, times in seconds.items():
        print(f"{workers} worker(s): {', '.join(f'{each:.1f}' for each in times)} s")
    bar = Bar("times sooner with two workers, median of pairs", _ratio(seconds), least=LEAST)
    print(bar)
    return 0 if bar.held else 1


def _ratio(seconds: dict[int, list[float]]) -> float:
    return statistics.median(one / two for one, two in zip(seconds[1], seconds[2], strict=True))


async def _measured(pages: int, rounds: int) -> dict[int, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with EmbeddedPostgres(home) as embedded:
            dsn = embedded.start()
            both = [(number, workers) for number in range(rounds) for workers in (1, 2)]
            taken = [await _embedding(dsn, home, pages, workers, number) for number, workers in both]
        sweep(home)
    return {1: taken[::2], 2: taken[1::2]}


async def _embedding(dsn: str, home: Path, pages: int, workers: int, seed: int) -> float:
    """Return seconds from the first batch to the last of one crawl of words that no crawl before had."""
    async with serve_site(DocSite(_site(pages, random.Random(f"{workers} {seed}")))) as site:
        settings = {"EMBED_THREADS": "1", "EMBEDDING_MODEL": "local", "CHAT_MODEL": "extractive"}
        async with fleet(dsn, home, **settings) as there:
            for _ in range(workers):
                await there.start()
            name = f"docs-{workers}-{seed}"
            request = await there.ask(await there.add(site, name))
            taken = await _until_embedded(there)
            await there.ended(request)
    return taken


async def _until_embedded(there: Fleet) -> float:
    batches = there.footnote.corpus.batches()
    while not await batches.remaining():  # noqa: ASYNC110 - another process changes it
        await asyncio.sleep(0.02)
    started = time.perf_counter()
    while await batches.remaining():  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.02)
    return time.perf_counter() - started


def _site(pages: int, chance: random.Random) -> dict[str, str]:
    def text() -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(WORDS_A_SECTION))

    names = [f"p{number}" for number in range(pages - 1)]
    links = "".join(f'<a href="{name}">{name}</a> ' for name in names)
    found = {}
    for name in ("", *names):
        sections = "".join(f"<h2 id='s{n}'>Section {n}</h2><p>{text()}</p>" for n in range(SECTIONS))
        head = f"<html><head><title>Page {name}</title></head><body>"
        found[f"/docs/{name}"] = f"{head}<main><h1>{name}</h1>{sections}</main>{'' if name else links}</body></html>"
    return found


if __name__ == "__main__":
    sys.exit(main())
