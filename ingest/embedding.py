"""Gives passages their vectors, a batch at a time, while any number of other processes do the same.

    take ──> embed ──> finish ──> take ...        until no batch is free
    the crawl's process waits for batches that others hold, and embeds them itself when they take too long

The crawl decides which passages these are. Two processes may embed the same batch: that does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from core.errors import StoreError
from core.index.crawling import Batch, Batches
from core.ports import Embedder

WAIT_SECONDS = 0.2
"""Between two looks at batches that other processes hold."""


async def embed_batches(batches: Batches, embedder: Embedder) -> None:
    """Embed batches until none is free. A batch that fails is given back. Raises `ModelError`, `StoreError`."""
    while batch := await batches.take():
        await _embed(batches, embedder, batch)


async def embed_all(batches: Batches, embedder: Embedder, watch: Callable[[int], None]) -> None:
    """Embed, or wait for other processes, until all passages have vectors. `watch` gets the number of those left.

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
