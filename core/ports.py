"""What the engine needs from the world, one small Protocol for each need.

Adapters in the packages of `core` implement them; in `core.wiring` mypy checks that they do. An adapter raises only
`core.errors`. Wide interfaces are split: readers see `Index`, the command line `Catalog` of `core.index.port`, the
crawl `Corpus` of `core.index.crawling`; what processes share with each other is in `core.work.port`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from core.domain import (
    DEFAULT_EDITION,
    Edition,
    Hit,
    Question,
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
