"""A changed embedding model: embed every stored passage with it into a new space, then swap.

    spare_<new> fills batch by batch (kept when cut short) ──> vector_<new> ──> live, in one transaction

Readers use the old space until the swap. Fetches nothing: the text of every passage is stored.
"""

from __future__ import annotations

from collections.abc import Callable

from core.domain import Passage
from core.index.corpus import store_vectors, tend
from core.ports import Embedder
from core.postgres.database import Connection, Database, Space, make_space
from core.postgres.errors import translate_errors
from core.postgres.statements import statements, statements_of_space

BATCH = 256


async def reembed(database: Database, embedder: Embedder, dimensions: int, watch: Callable[[int, int], None]) -> int:
    """Embed all stored passages with another model, and return how many; 0 if its space is live already.

    A crawl may switch meanwhile: what it adds is embedded in another round before the swap. Raises `ModelError`,
    `StoreError`.
    """
    if database.space is not None and database.space.model == embedder.model:
        return 0
    space = await _space(database, embedder.model, dimensions)
    done = await _embed(database, embedder, space, watch)
    while not await _swapped(database, space):
        done += await _embed(database, embedder, space, watch)
    with translate_errors():
        async with database.writers.acquire() as connection:
            await tend(database, connection, changed=done)
    return done


async def _space(database: Database, model: str, dimensions: int) -> Space:
    """Return the model's space, from an earlier attempt or new."""
    with translate_errors():
        async with database.writers.acquire() as connection, connection.transaction():
            await connection.execute(statements()["switch_lock"])
            rows = await connection.fetch(statements()["spaces"])
            earlier = [Space(row["id"], row["model"], row["dimensions"]) for row in rows if row["model"] == model]
            return earlier[0] if earlier else await make_space(connection, model, dimensions, live=False)


async def _embed(database: Database, embedder: Embedder, space: Space, watch: Callable[[int, int], None]) -> int:
    sql = statements_of_space(space.id)
    with translate_errors():
        identities = [row["identity"] for row in await database.writers.fetch(sql["unembedded"])]
    for start in range(0, len(identities), BATCH):
        with translate_errors():
            rows = await database.writers.fetch(sql["stored_texts"], identities[start : start + BATCH])
        texts = [Passage("", "", tuple(row["path"]), row["body"]).embedded_text for row in rows]
        vectors = await embedder.embed_passages(texts)
        pairs = [(row["identity"], vector) for row, vector in zip(rows, vectors, strict=True)]
        await store_vectors(database, pairs, space=space.id)
        watch(start + len(rows), len(identities))
    return len(identities)


async def _swapped(database: Database, space: Space) -> bool:
    """Fill the vector table and swap; return False if a crawl added passages meanwhile."""
    with translate_errors():
        async with database.writers.acquire() as connection, connection.transaction():
            if not await _fill(connection, space):
                return False
            await connection.execute(statements_of_space(space.id)["fill_used"])
            await connection.execute(statements()["retire_spaces"])
            await connection.execute(statements()["enliven_space"], space.id)
        await database.load_space()
    return True


async def _fill(connection: Connection, space: Space) -> bool:
    sql = statements_of_space(space.id)
    await connection.execute(sql["switch_lock"])
    await connection.execute(sql["forget_graph"])
    await connection.execute(sql["empty_space"])
    await connection.execute(sql["fill_space"])
    return not await connection.fetchval(sql["rows_without_vector"])
