"""Reorders hits with a cross-encoder from a folder, on this machine's processor. Implements the port `Reranker`.

    hits, best first ──a thread each──> scores, for as long as there is time ──> scored hits by score, then the rest

A question does not wait for a better order: what is not scored within `seconds` keeps its place behind the scored.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from core.domain import Hit
from core.errors import ConfigurationError, ModelUnavailable
from core.minilm.embed_process import count_processors
from core.minilm.folder import ModelFolder
from core.models.ranking import reorder_hits

if TYPE_CHECKING:
    from core.minilm.folder_encoder import FolderScorer

_MOST_THREADS = 4
_log = logging.getLogger(__name__)


class FolderReranker:
    """Loads the model when it is first needed. `seconds`: how long scoring may take, loading apart."""

    def __init__(self, folder: ModelFolder, *, seconds: float = 1.5) -> None:
        self.model = folder.name
        self._folder, self._seconds = folder, seconds
        self._pool = ThreadPoolExecutor(min(_MOST_THREADS, count_processors()), thread_name_prefix="rerank")
        self._scorer: FolderScorer | None = None
        self._loading = asyncio.Lock()

    async def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return all of the hits, those that were scored first. Raises `ModelError`."""
        if not hits:
            return []
        loop = asyncio.get_running_loop()
        scorer = await self._load()
        deadline = time.monotonic() + self._seconds
        scores = await asyncio.shield(
            loop.run_in_executor(None, self._score_all, scorer, question, list(hits), deadline)
        )
        return reorder_hits(hits, scores)

    async def aclose(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _load(self) -> FolderScorer:
        async with self._loading:
            if self._scorer is None:
                from core.minilm.folder_encoder import (
                    FolderScorer,
                )  # numpy and onnxruntime, which start-up need not load

                try:
                    self._scorer = await asyncio.to_thread(FolderScorer, self._folder)
                except ConfigurationError as error:
                    _log.warning("%s", error)
                    raise ModelUnavailable(str(error)) from error
        return self._scorer

    def _score_all(self, scorer: FolderScorer, question: str, hits: list[Hit], deadline: float) -> dict[int, float]:
        """Return the scores by the hit's number, of as many from the front as there was time for."""

        def score(numbered: tuple[int, Hit]) -> tuple[int, float] | None:
            number, hit = numbered
            if number and time.monotonic() > deadline:
                return None
            return number, scorer.score(question, hit.passage.embedded_text)

        return dict(filter(None, self._pool.map(score, enumerate(hits))))
