"""What a crawl reads and writes of the index: the nouns, and the ports.

    Corpus ──crawl──> Crawling    one crawl of a source, which holds its lock until it has switched or given up
       └──batches──> Batches     what has no vector yet, for all workers

Implemented by `core.index.corpus` and `core.index.batches`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.domain import Edition, Passage, Source, Vector

READING = 6
"""The number of the rules that make passages of a page. Raise it when they make others of the same page.

Each page keeps the number under which it was read, and is read again once under a newer one, changed or not. A test
holds that it moves (`tests/ingest/test_rereading.py`).
"""


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What is stored of a page from earlier crawls: validators, and its words and links for when it answers 304.

    `says` is what it says about its edition, in the words of `ingest.editions.edition`; `reading` is the number of the
    rules by which it was read (`READING`).
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    links: tuple[str, ...] = ()
    misses: int = 0
    fingerprint: str = ""
    says: str = ""
    reading: int = READING


@dataclass(frozen=True, slots=True)
class StagedPage:
    """A page as this crawl found it; `passages` None: unchanged, readers keep what they have."""

    url: str
    title: str = ""
    etag: str = ""
    last_modified: str = ""
    links: tuple[str, ...] = ()
    passages: tuple[Passage, ...] | None = None
    fingerprint: str = ""
    says: str = ""
    reading: int = READING


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a killed process of this crawl had done: urls of staged pages, and records of visits by url; else empty."""

    staged: frozenset[str] = frozenset()
    visited: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Passages of a source now, and after the switch."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Switched:
    """What the switch did, in passages."""

    added: int
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some passages of one crawl: (identity, text to embed). The worker that took it holds it for a minute or two."""

    id: int
    texts: tuple[tuple[bytes, str], ...]


class Verdict(StrEnum):
    """What became of a crawl: `ok` and `partial` switched what readers see, the others left it as it was."""

    OK = "ok"
    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What one crawl did. `skipped` counts urls by reason; `reason` says in words why the verdict is not ok."""

    source: str
    pages: int
    fetched: int
    not_modified: int
    passages: int
    embedded: int
    removed: int
    dropped_short: int
    skipped: Mapping[str, int]
    verdict: Verdict
    seconds: float
    reason: str = ""


class Crawling(Protocol):
    """One crawl that holds the source's lock. Nothing that readers see changes before `switch`."""

    async def known_pages(self) -> Mapping[str, KnownPage]: ...
    async def resumed(self) -> Resumed: ...
    async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
        """Store pages and the records of the visits that found them, together or not at all. Raises `SourceBusy`."""
        ...

    async def unstage(self, urls: Collection[str]) -> None:
        """Take staged pages back, as if they had not been found."""
        ...

    async def absent(self) -> list[bytes]:
        """Return the identities of staged passages that have no vector yet, shortest text first."""
        ...

    async def texts(self, identities: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """Return (identity, text to embed) of some staged passages."""
        ...

    async def store_vectors(self, vectors: Sequence[tuple[bytes, Vector]]) -> None:
        """Store vectors, which are kept whatever becomes of the crawl; storing one twice is harmless."""
        ...

    async def outlook(self) -> Outlook:
        """Return what the switch would leave readers with."""
        ...

    async def share(self, identities: Sequence[bytes]) -> None:
        """Let any worker take part in embedding these; see `Batches`."""
        ...

    def batches(self) -> Batches:
        """Return the batches of this crawl."""
        ...

    async def switch(
        self, missed: Sequence[str], gone: Sequence[str], editions: Mapping[str, Edition] | None = None
    ) -> Switched:
        """Replace what readers see by what is staged, in one transaction; `gone` leave, `missed` stay and count a miss.

        `editions`: those of all pages by url, of staged and of staying ones; a page that is not there has none.
        """
        ...

    async def finish(self, report: CrawlReport, left_out: Mapping[str, str] | None = None) -> None:
        """Store the report, and why each url in `left_out` is not in the index."""
        ...


@dataclass(frozen=True, slots=True)
class GraphProgress:
    """How far the build of the graph is that large indexes are searched with.

    `step` is what Postgres does, `done` how many of all `rows` are in it.
    """

    step: str
    done: int
    rows: int


class Batches(Protocol):
    """Passages that wait for their vectors, some at a time. Raises `StoreError`."""

    async def take(self, *, impatient: bool = False) -> Batch | None:
        """Return a batch that nobody holds, or has held for too long, or None.

        `impatient`: also one that has been held for a while.
        """
        ...

    async def finish(self, batch: Batch, vectors: Sequence[Vector]) -> None: ...
    async def give_back(self, batch: Batch) -> None: ...
    async def remaining(self) -> int:
        """Return how many passages are in batches that are not finished."""
        ...


class Corpus(Protocol):
    """Where crawls write. Raises `StoreError`."""

    def batches(self) -> Batches:
        """Return the batches of all crawls."""
        ...

    def crawl(self, source: Source) -> AbstractAsyncContextManager[Crawling]:
        """Open a crawl that holds the source's lock. Raises `SourceBusy` while another process crawls the source."""
        ...

    async def build_graph(self, watch: Callable[[GraphProgress], None]) -> None:
        """Build the graph that a large index is searched with by vector, if it is missing; however long that takes.

        Readers and crawls go on meanwhile. Returns at once if another process is building it.
        """
        ...
