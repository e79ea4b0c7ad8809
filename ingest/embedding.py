"""Gives passages their vectors, a batch at a time, beside any number of others who do the same.

    take ──> embed ──> finish ──> take ...        until no batch is free
    the crawl's own process waits for what others hold, and does it itself when they take too long

Which passages those are is the crawl's matter; that no two store the same twice does not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from core.errors import StoreError
from core.ports import Batch, Batches, Embedder

WAIT_SECONDS = 0.2
"""Between two looks at batches that others hold."""


async def embed_batches(batches: Batches, embedder: Embedder) -> None:
    """Until none is free. Raises `ModelError`, `StoreError`; a batch under way is given back."""
    while batch := await batches.take():
        await _embed(batches, embedder, batch)


async def embed_all(batches: Batches, embedder: Embedder, watch: Callable[[int], None]) -> None:
    """Until all have their vectors, whoever made them. `watch` is told how many passages are left.

    Raises as `embed_batches` does.
    """
    while left := await batches.remaining():
        watch(left)
        batch = await batches.take() or await batches.take(impatient=True)
        if batch is None:
            await asyncio.sleep(WAIT_SECONDS)
        else:
            await _embed(batches, embedder, batch)
    watch(0)


async def _embed(batches: Batches, embedder: Embedder, batch: Batch) -> None:
    try:
        vectors = await embedder.embed_passages([text for _, text in batch.texts])
    except BaseException:
        with suppress(StoreError):
            await batches.give_back(batch)
        raise
    await batches.finish(batch, vectors)
