"""One crawl that ends with the hashes of its passages: `python -m bench.hashed JSON` (see `bench.crawled.Job`).

What a crawler does and a store does not: fetch, parse, split, hash; no terms, no COPY, no vectors. This is the crawl
that is compared with Scrapy, which keeps nothing either. Writes the lines that `bench.crawled` writes.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from array import array
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from core.config.settings import Settings
from core.domain import Source, Vector
from core.index.crawling import Batch, CrawlReport, KnownPage, Outlook, Resumed, StagedPage, Switched
from ingest.assembly import crawl_source


class Hashed:
    """A corpus, its crawl and its batches in one: keeps the identities of passages, and has a vector for each."""

    model, dimensions = "none", 1

    def __init__(self) -> None:
        self.identities: dict[str, list[bytes]] = {}

    @asynccontextmanager
    async def crawl(self, _source: Source) -> AsyncIterator[Hashed]:
        """Yield itself as the crawl."""
        yield self

    def batches(self) -> Hashed:
        """Return itself: there are no batches."""
        return self

    async def known_pages(self) -> Mapping[str, KnownPage]:
        """Return none."""
        return {}

    async def resumed(self) -> Resumed:
        """Return nothing to resume."""
        return Resumed()

    async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
        """Hash the passages."""
        for page in pages:
            self.identities[page.url] = [passage.identity for passage in page.passages or ()]

    async def unstage(self, urls: Collection[str]) -> None:
        """Forget them."""
        for url in urls:
            del self.identities[url]

    async def outlook(self) -> Outlook:
        """Return an outlook in which every passage is new."""
        return Outlook(0, self._count)

    async def absent(self) -> list[bytes]:
        """Return nothing: no passage lacks a vector."""
        return []

    async def switch(self, *_args: object) -> Switched:
        """Return a switch of all passages, although there are no readers."""
        return Switched(self._count, 0, 0)

    async def finish(self, _report: CrawlReport, _left_out: Mapping[str, str] | None = None) -> None:
        """Do nothing: there is nothing to tidy."""

    async def build_graph(self, _watch: object) -> None:
        """Do nothing: nothing is searched."""

    async def take(self, *, impatient: bool = False) -> Batch | None:
        """Return no batch."""
        return None

    async def embed_query(self, _text: str) -> Vector:
        """Return a vector of one number."""
        return array("f", [1.0])

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the same vector for each."""
        return [await self.embed_query(text) for text in texts]

    @property
    def _count(self) -> int:
        return sum(map(len, self.identities.values()))


def spent(who: int) -> float:
    """Return the processor seconds so far."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def say(line: object) -> None:
    """Write a line to the process that started us."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")


def main(job: dict[str, Any]) -> None:
    """Crawl, and write what it cost."""
    say({"begun": spent(resource.RUSAGE_SELF)})
    hashed: Any = Hashed()
    source = Source(0, str(job["name"]), str(job["url"]), allow_private=True)
    settings, connections = Settings(_env_file=None), job["connections"] or None
    report = asyncio.run(crawl_source(source, hashed, hashed, settings, watch=lambda _: None, connections=connections))
    say({"report": asdict(report), "parent": spent(resource.RUSAGE_SELF), "child": spent(resource.RUSAGE_CHILDREN)})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
