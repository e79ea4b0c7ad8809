"""Counts the tokens that crawls take to embed passages. Everything else passes through."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from core.calls import ModelCall, Purpose, collect_calls
from core.domain import OPERATOR, Vector
from core.errors import StoreError
from core.ports import Embedder
from core.spend.port import SpendLedger

_log = logging.getLogger(__name__)


class CountedEmbedder:
    """Implements the port `Embedder`. A question's own embedding is counted by the engine, for who asked it."""

    def __init__(self, embedder: Embedder, ledger: SpendLedger) -> None:
        self._embedder = embedder
        self._ledger = ledger

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._embedder.model

    @property
    def dimensions(self) -> int:
        """The length of its vectors; 0: not known yet."""
        return self._embedder.dimensions

    async def embed_query(self, text: str) -> Vector:
        """Return the vector of one short text."""
        return await self._embedder.embed_query(text)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of many texts; what was sent is counted, also where a request fails in the end."""
        calls: list[ModelCall] = []
        try:
            with collect_calls(Purpose.CRAWL, calls):
                return await self._embedder.embed_passages(texts)
        finally:
            if calls:
                await self._count(calls)

    async def _count(self, calls: Sequence[ModelCall]) -> None:
        """Count calls for nobody; what Postgres does not take now, it gets with the next."""
        try:
            await self._ledger.record(OPERATOR, calls)
        except StoreError as error:
            _log.warning("What embedding took is counted later: %s", error)
