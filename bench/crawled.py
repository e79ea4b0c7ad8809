"""One crawl in a process of its own, as `footnote crawl` runs it: `python -m bench.crawled JSON` (see `Job`).

Writes a line of JSON when a stage begins (`{"stage": "embed"}`) and, at the end, one with the report and what it cost:
`cpu` is all processor seconds of this process from its start, `child` those of the parse child, `begun` what starting
up took. What it embedded with, fake or real, is part of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
from array import array
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

from core.adapters.catalog import PostgresCatalog
from core.adapters.corpus import PostgresCorpus
from core.adapters.postgres import open_database
from core.domain import Source, Vector
from core.errors import SourceUnknown
from core.ports import Catalog, Corpus, Embedder
from core.settings import Settings
from core.wiring import open_footnote
from ingest.sync import Progress
from ingest.worker import crawl_source

_DIMENSIONS, _VECTORS = 384, 64


@dataclass(frozen=True, slots=True)
class Job:
    """What to crawl into which database. `connections` 0: the default; `local`: embed for real, in a child."""

    dsn: str
    name: str
    url: str
    connections: int = 0
    local: bool = False


class FakeEmbedder:
    """Has a few vectors made beforehand, as long as the real ones, and gives them out in turn."""

    model, dimensions = "fake", _DIMENSIONS

    def __init__(self) -> None:
        chance = random.Random(1)
        self._made = [array("f", [chance.gauss(0, 0.05) for _ in range(_DIMENSIONS)]) for _ in range(_VECTORS)]

    async def embed_query(self, text: str) -> Vector:
        """One of them."""
        return self._made[len(text) % _VECTORS]

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Some of them."""
        return [self._made[number % _VECTORS] for number in range(len(texts))]


class Stages:
    """Writes a line for the first sign of each stage; embedding has begun when something is embedded."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        begun = progress.stage != "embed" or progress.embedded
        if begun and progress.stage not in self._seen:
            self._seen.add(progress.stage)
            say({"stage": progress.stage})


def say(line: object) -> None:
    """To the process that started us."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def spent(who: int) -> float:
    """Processor seconds."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


async def crawl(job: Job) -> None:
    """Do it, and say what it cost."""
    settings = Settings(_env_file=None, DATABASE_URL=job.dsn, EMBEDDING_MODEL="local" if job.local else "")
    async with AsyncExitStack() as closing:
        catalog, corpus, embedder = await _opened(job, settings, closing)
        try:
            source = await catalog.get(job.name)
        except SourceUnknown:
            source = await catalog.add(Source(0, job.name, job.url, allow_private=True))
        begun = spent(resource.RUSAGE_SELF)
        report = await crawl_source(
            source, corpus, embedder, settings, watch=Stages(), connections=job.connections or None
        )
    own, child = spent(resource.RUSAGE_SELF), spent(resource.RUSAGE_CHILDREN)
    say({"report": asdict(report), "begun": begun, "parent": own, "child": child})


async def _opened(job: Job, settings: Settings, closing: AsyncExitStack) -> tuple[Catalog, Corpus, Embedder]:
    if job.local:
        footnote = await closing.enter_async_context(open_footnote(settings))
        return footnote.catalog, footnote.corpus, await footnote.embedder_for_writing()
    database = await closing.enter_async_context(open_database(job.dsn))
    fake = FakeEmbedder()
    await database.use_space(fake.model, fake.dimensions)
    return PostgresCatalog(database), PostgresCorpus(database), fake


if __name__ == "__main__":
    asyncio.run(crawl(Job(**json.loads(sys.argv[1]))))
