"""Passages that wait for their vectors, in batches that any worker may take: implements `core.index.crawling.Batches`.

share ──> rows of `batch`, and a job for each worker that may help      in one transaction
take ──> held for a while ──finish──> vectors stored, row gone          in one transaction
└─nothing──> somebody else takes it, and storing a vector twice is harmless
"""

from __future__ import annotations

from collections.abc import Sequence

from core.domain import Passage, Vector
from core.index.crawling import Batch
from core.index.search import to_half_vector
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.work.port import EMBED

BATCH_PASSAGES = 64
"""A few seconds of the local model's work; small enough that two workers end at about the same time."""

HELD_SECONDS, IMPATIENT_SECONDS = 120.0, 20.0
"""How long a batch belongs to one worker; and after how long a worker with nothing else to do takes it."""

HELPERS = 16
"""Workers that are woken up for one crawl; each goes on until no batch is left."""


async def share(connection: Connection, database: Database, crawl: int, identities: Sequence[bytes]) -> None:
    """Cut the identities into batches and wake workers up, inside a transaction of the caller."""
    await connection.execute(database.sql["drop_batches"], crawl)
    await connection.execute(database.sql["add_batches"], crawl, list(identities), BATCH_PASSAGES)
    helpers = min(HELPERS, (len(identities) - 1) // BATCH_PASSAGES)
    if helpers > 0:  # with one batch there is nothing to share
        from core.work.queue import put_jobs  # a third of a second to import, which small crawls need not wait for

        await put_jobs(connection, EMBED, [str(crawl).encode()] * helpers)


class PostgresBatches:
    """The batches of one crawl, or (None) of all."""

    def __init__(self, database: Database, crawl: int | None = None) -> None:
        self._database = database
        self._crawl = crawl

    async def take(self, *, impatient: bool = False) -> Batch | None:
        """Return a batch that nobody holds, or has held for too long, or None.

        `impatient`: also one that has been held for a while.
        """
        sql = self._database.sql
        held = IMPATIENT_SECONDS if impatient else HELD_SECONDS
        with translate_errors():
            async with self._database.writers.acquire() as connection:
                row = await connection.fetchrow(sql["take_batch"], self._crawl, HELD_SECONDS, held)
                if row is None:
                    return None
                texts = await connection.fetch(sql["staged_texts"], row["crawl"], row["identities"])
        return Batch(row["id"], tuple((text["identity"], text_of_row(text["path"], text["body"])) for text in texts))

    async def finish(self, batch: Batch, vectors: Sequence[Vector]) -> None:
        """Store the vectors of a batch, which are kept whatever becomes of the crawl, and drop the batch."""
        sql = self._database.sql
        identities = [identity for identity, _ in batch.texts]
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await connection.execute(
                    sql["store_vectors"], identities, [to_half_vector(vector) for vector in vectors]
                )
                await connection.execute(sql["drop_batch"], batch.id)

    async def give_back(self, batch: Batch) -> None:
        """Release a batch, so that another worker may take it at once."""
        with translate_errors():
            await self._database.writers.execute(self._database.sql["free_batch"], batch.id)

    async def remaining(self) -> int:
        """Return how many passages are in batches that are not finished."""
        with translate_errors():
            return int(await self._database.writers.fetchval(self._database.sql["remaining"], self._crawl))


def text_of_row(path: Sequence[str], body: str) -> str:
    """Return the text that the embedder sees of a stored passage."""
    return Passage("", "", tuple(path), body).embedded_text
