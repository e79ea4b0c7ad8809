"""What the engine and the crawl need from the world, one small Protocol for each need.

Adapters in the packages of `core` implement them; in `core.wiring` mypy checks that they do. An adapter raises only
`core.errors`. Wide interfaces are split: readers see `Index`, the command line `Catalog`, the crawl `Corpus`; what
processes share with each other is in `core.work.port`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, runtime_checkable

from core.domain import (
    DEFAULT_EDITION,
    READING,
    CrawlReport,
    Edition,
    EditionPartition,
    Hit,
    Passage,
    Question,
    Source,
    TokenUsage,
    Vector,
)


class Embedder(Protocol):
    """Text -> vectors of length one. Raises `ModelError`."""

    @property
    def model(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    async def embed_query(self, text: str) -> Vector:
        """Return the vector of one short text, as fast as possible."""
        ...

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of many texts, in the order given, without slowing queries."""
        ...


class Index(Protocol):
    """Hybrid search over what readers see. Raises `StoreError`."""

    async def search(
        self,
        text: str,
        vector: Vector | None,
        *,
        limit: int,
        sources: Sequence[str] = (),
        edition: Edition = DEFAULT_EDITION,
        audience: frozenset[str] | None = None,
    ) -> list[Hit]:
        """Return hits, best first.

        `vector` None: lexical search alone. `sources` empty: all that `audience` sees (None: all). Raises
        `EditionUnknown` if none of them has that version or language.
        """
        ...


class Reranker(Protocol):
    """Reorders hits by reading them. Raises `ModelError`; the engine then keeps the order it had."""

    @property
    def model(self) -> str: ...
    async def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader works from: the question, the evidence in order, [n] meaning `hits[n - 1]`.

    `found` is all that the search found, to judge by and not to cite.
    """

    question: Question
    hits: tuple[Hit, ...]
    found: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptSent:
    """How many passages, from the front, the model was given: no mark of its draft may mean another one.

    `tokens` of the whole prompt, by estimate. `messages` are the prompt: (role, text) each.
    """

    passages: int
    tokens: int = 0
    messages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GateRuling:
    """How sure the reader without a model is that its best section answers: `sure`, `unsure` or `far`.

    The score comes from `similarity` (None: not computed) and `coverage`, each of the best passage, and must reach
    `least`. `missing` are the names of the question that nothing found holds.
    """

    confidence: str
    score: float
    least: float
    similarity: float | None
    coverage: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftRestarted:
    """What came before was no draft: a thought, or the answer to a prompt that was cut. The draft begins again.

    `unless_shown`: where a part of it was shown already, that is the answer, and the reader need not go on.
    """

    unless_shown: bool = False


DraftPiece: TypeAlias = str | PromptSent | DraftRestarted | GateRuling | TokenUsage
"""What a reader yields: text of its draft, or news about it. The usage of a prompt comes behind its draft."""


@dataclass(frozen=True, slots=True)
class StandaloneQuestion:
    """A question that can be searched for without its thread, and what it took to rewrite it."""

    text: str
    usage: TokenUsage | None = None


class Reader(Protocol):
    """Writes the answer's draft. Raises `ModelError`, also in the middle of the stream."""

    @property
    def model(self) -> str: ...
    @property
    def generative(self) -> bool:
        """Whether follow-ups are rewritten and sentences checked against their passages."""
        ...

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the question rewritten so that it can be searched for without its thread."""
        ...

    def read(self, reading: Reading) -> AsyncIterator[DraftPiece]:
        """Yield pieces of markdown with [n] marks, or exactly one of the refusals in `core.answer.prompt`.

        A refusal may be followed by the marks of the closest passages, best first: `"DOES_NOT_KNOW [3][1]"`. The last
        lines may be `NOT_FOUND: what was asked and is not there` and `SEE_ALSO: [4][2]`, further sections.
        """
        ...


@runtime_checkable
class HasRemarks(Protocol):
    """A reader that can say what it found out about its server."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator should know of the server's habits, each the end of a sentence about the server."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """A unit of an answer that is not word for word from its page, and what the page says."""

    text: str
    quote: str


class Verifier(Protocol):
    """A second opinion on an answer: a chat model, or a model of entailment. Raises `ModelError`."""

    async def doubt(self, statements: Sequence[Statement]) -> frozenset[int]:
        """Return the places, from 0, of the statements that their quote does not bear out."""
        ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A url that the last crawl of a source did not keep, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What is counted of a source. `last_crawl` None: there was none yet, and the `verdict` is empty."""

    source: str
    pages: int
    passages: int
    last_crawl: datetime | None
    verdict: str


class Catalog(Protocol):
    """The sources, as people manage them. Raises `StoreError`, `SourceUnknown`."""

    async def add(self, source: Source) -> Source: ...
    async def list(self) -> list[Source]: ...
    async def figures(self) -> Sequence[SourceFigures]:
        """Return the figures of every source, by name: less to read than `list`."""
        ...

    async def get(self, name: str) -> Source: ...
    async def remove(self, name: str) -> int:
        """Remove a source, and return how many passages went with it."""
        ...

    async def move(self, name: str, served_at: str) -> Source: ...
    async def change(self, source: Source) -> Source:
        """Store its licence, include, exclude, schedule, language, render, visible_to and paused under its name."""
        ...

    async def left_out(self, name: str) -> Sequence[LeftOut]:
        """Return the urls that the last crawl did not keep, by reason and url."""
        ...

    def passages(self, name: str) -> AsyncGenerator[Passage, None]:
        """Yield all that readers see, page by page, in the order of each page; urls as they are served now.

        Holds a few at a time, however many there are; close the generator.
        """
        ...

    async def editions(self, name: str) -> Sequence[EditionPartition]:
        """Return the versions and languages of a source, the default ones first; one without a label if it has none."""
        ...


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What is stored of a page from earlier crawls: validators, and its words and links for when it answers 304.

    `says` is what it says about its edition, in the words of `ingest.editions.edition`; `reading` is the number of the
    rules by which it was read (`core.domain.READING`).
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
