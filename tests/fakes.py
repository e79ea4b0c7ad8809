"""Fakes of our ports: a few lines each, no behaviour beyond what a test asks for."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Sequence

from core.domain import DEFAULT_EDITION, Edition, Hit, Passage, Question, TokenUsage, Vector
from core.errors import ModelError, ModelUnavailable
from core.ports import DraftPiece, Reading, StandaloneQuestion


def hit(text: str, *, url: str = "https://docs.example/guide", anchor: str = "a", similarity: float = 0.8) -> Hit:
    """Return a passage found by both sides."""
    passage = Passage(url, anchor, ("Guide", "Training"), text, "Guide")
    return Hit(passage, "docs", 1.0, 1, 1, similarity, 5.0)


class FakeEmbedder:
    """Counts its calls; fails or hangs when a test wants it to."""

    model, dimensions = "fake", 2

    def __init__(self, *, fails: bool = False, hangs: bool = False) -> None:
        self.fails, self.hangs, self.asked = fails, hangs, list[str]()

    async def embed_query(self, text: str) -> Vector:
        self.asked.append(text)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise ModelUnavailable("The embedder is not there.")
        return array("f", [1.0, 0.0])

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [array("f", [1.0, 0.0]) for _ in texts]


class FakeIndex:
    """Finds the same hits for every question and remembers what it was asked."""

    def __init__(self, hits: Sequence[Hit], *, hangs: bool = False) -> None:
        self.hits, self.hangs = list(hits), hangs
        self.asked: list[tuple[str, Vector | None, int, tuple[str, ...]]] = []
        self.editions: list[Edition] = []
        self.audiences: list[frozenset[str] | None] = []

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
        self.asked.append((text, vector, limit, tuple(sources)))
        self.editions.append(edition)
        self.audiences.append(audience)
        if self.hangs:
            await asyncio.Event().wait()
        return self.hits[:limit]


class FakeReranker:
    """Reverses the order, or fails."""

    model = "fake-reranker"

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    async def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        if self.fails:
            raise ModelUnavailable("The reranker is not there.")
        return list(reversed(hits))


class FakeReader:
    """Writes the given pieces, then fails or hangs when a test wants it to; knows whether its stream was closed."""

    model = "fake-reader"

    def __init__(
        self, *pieces: DraftPiece, then: ModelError | None = None, hangs: bool = False, rewrites: str | None = None
    ) -> None:
        self.pieces, self.then, self.hangs, self.rewrites = pieces, then, hangs, rewrites
        self.generative, self.closed, self.readings = True, False, list[Reading]()

    async def standalone(self, question: Question) -> StandaloneQuestion:
        if self.rewrites is None:
            raise ModelUnavailable("No rewriting today.")
        return StandaloneQuestion(self.rewrites, TokenUsage(50, 5))

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        self.readings.append(reading)
        try:
            for piece in self.pieces:
                yield piece
            if self.hangs:
                await asyncio.Event().wait()
            if self.then:
                raise self.then
        finally:
            self.closed = True
