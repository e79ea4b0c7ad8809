"""One crawl in a separate process, as `footnote crawl` runs it: `python -m bench.crawled JSON` (see `Job`).

Writes a line of JSON when it begins (`{"begun": processor seconds of starting up}`), one when a stage does (`{"stage":
"embed"}`) and, at the end, one with the report and all processor seconds of this process and of its children.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sys
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.config.settings import Settings
from core.domain import Source, Vector
from core.errors import SourceUnknown
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import CrawlReport
from core.index.port import Catalog
from core.postgres.database import open_database
from core.wiring import open_footnote
from ingest.assembly import crawl_source
from ingest.perform import crawl_now
from ingest.sync import Progress

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
        """Return one of the vectors."""
        return self._made[len(text) % _VECTORS]

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each passage."""
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
    """Write a line to the process that started us."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def spent(who: int) -> float:
    """Return the processor seconds so far, of this process and its children."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


async def crawl_fake(job: Job) -> CrawlReport:
    """Crawl with made-up vectors. -> the report."""
    async with open_database(job.dsn) as database:
        fake = FakeEmbedder()
        await database.use_space(fake.model, fake.dimensions)
        source = await _source(PostgresCatalog(database), job)
        begun()
        settings, corpus = Settings(_env_file=None), PostgresCorpus(database)
        return await crawl_source(source, corpus, fake, settings, watch=Stages(), connections=job.connections or None)


async def crawl_local(job: Job) -> CrawlReport:
    """Crawl as `footnote crawl` does. -> the report."""
    os.nice(10)
    settings = Settings(_env_file=None, DATABASE_URL=job.dsn, EMBEDDING_MODEL="local")
    async with open_footnote(settings) as footnote:
        source = await _source(footnote.catalog, job)
        begun()
        options = {"connections": job.connections} if job.connections else {}
        return await crawl_now(footnote, source, options, Stages())


async def _source(catalog: Catalog, job: Job) -> Source:
    try:
        return await catalog.get(job.name)
    except SourceUnknown:
        return await catalog.add(Source(0, job.name, job.url, allow_private=True))


def begun() -> None:
    """Write what starting up took."""
    say({"begun": spent(resource.RUSAGE_SELF)})


def main(job: Job) -> None:
    """Crawl, and write what it cost."""
    report = asyncio.run(crawl_local(job) if job.local else crawl_fake(job))
    own, child = spent(resource.RUSAGE_SELF), spent(resource.RUSAGE_CHILDREN)
    say({"report": asdict(report), "parent": own, "child": child})


if __name__ == "__main__":
    main(Job(**json.loads(sys.argv[1])))
