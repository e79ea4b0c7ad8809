"""The pgvector stores of LlamaIndex and LangChain, each behind the same four verbs as ours in `bench.store`.

    ingest(passages, vectors)   rows in, as its documentation says: LlamaIndex makes the graph with the table, before
                                there are rows (`graph_first`), LangChain after them
    build_graph()               HNSW where there is none yet; m 16 and ef_construction 64, the defaults of pgvector
    search(vector, limit)       -> row numbers, nearest first
    width = 40 | 64 | ...       hnsw.ef_search from now on

Asynchronous interfaces of both on asyncpg, single-precision vectors, cosine: the defaults of both. Each
is given a pool as large as ours. Needs the dependency group `bench`, in a separate venv: bench/README.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from uuid import UUID

from langchain_core.embeddings import Embeddings
from langchain_postgres.v2.async_vectorstore import AsyncPGVectorStore
from langchain_postgres.v2.engine import PGEngine
from langchain_postgres.v2.indexes import HNSWIndex, HNSWQueryOptions
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.vector_stores.postgres import PGVectorStore
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.corpus import DIMENSIONS, Floats
from core.domain import Passage, Vector

CLIENTS = 8
BATCH = 1_000
"""Rows an `add`; LlamaIndex's own pipeline hands over 2,048 at a time, which measured the same."""

_CHAIN_TABLE = "data_langchain"  # LlamaIndex puts the same prefix before its own


class LlamaIndex:
    """`llama_index.vector_stores.postgres.PGVectorStore`."""

    name = "LlamaIndex"

    def __init__(self, dsn: str, *, table: str = "llamaindex", graph_first: bool = True) -> None:
        self.width = 40
        self._dsn, self._table = dsn, table
        self._store = self._opened(graph=graph_first)

    def _opened(self, *, graph: bool) -> PGVectorStore:
        url = make_url(self._dsn)
        return PGVectorStore.from_params(
            connection_string=url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False),
            async_connection_string=url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False),
            table_name=self._table,
            embed_dim=DIMENSIONS,
            hnsw_kwargs={"hnsw_m": 16, "hnsw_ef_construction": 64, "hnsw_ef_search": self.width} if graph else None,
            create_engine_kwargs={"pool_size": CLIENTS},
        )

    async def ingest(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """Store nodes with their embeddings, a transaction a batch."""
        for start in range(0, len(passages), BATCH):
            nodes = [
                TextNode(id_=str(start + at), text=passage.text, metadata=_metadata(passage), embedding=vector.tolist())
                for at, (passage, vector) in enumerate(
                    zip(passages[start : start + BATCH], vectors[start : start + BATCH], strict=True)
                )
            ]
            await self._store.async_add(nodes)

    async def build_graph(self) -> None:
        """Build the index: a store that is opened with HNSW arguments builds what is missing at its first use."""
        await self._store.close()
        self._store = self._opened(graph=True)
        await self.search(array("f", [1.0] * DIMENSIONS), 1)

    async def search(self, vector: Vector, limit: int) -> list[int]:
        """Return row numbers, nearest first."""
        query = VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=limit)
        found = await self._store.aquery(query, hnsw_ef_search=self.width)
        return [int(number) for number in found.ids or ()]

    async def close(self) -> None:
        """Give the connections back."""
        await self._store.close()


class LangChain:
    """`langchain_postgres.v2.AsyncPGVectorStore`, which `PGVectorStore` wraps in a thread."""

    name = "LangChain"

    def __init__(self, dsn: str) -> None:
        url = make_url(dsn).set(drivername="postgresql+asyncpg")
        self._pool: AsyncEngine = create_async_engine(url, pool_size=CLIENTS)
        self._engine = PGEngine.from_engine(self._pool)
        self._stores: dict[int, AsyncPGVectorStore] = {}
        self.width = 40

    async def _store(self) -> AsyncPGVectorStore:
        if self.width not in self._stores:
            self._stores[self.width] = await AsyncPGVectorStore.create(
                self._engine, _NoEmbeddings(), _CHAIN_TABLE, index_query_options=HNSWQueryOptions(self.width)
            )
        return self._stores[self.width]

    async def ingest(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """Store texts with their embeddings; it commits each row."""
        await self._engine.ainit_vectorstore_table(_CHAIN_TABLE, DIMENSIONS)
        store = await self._store()
        for start in range(0, len(passages), BATCH):
            some = passages[start : start + BATCH]
            await store.aadd_embeddings(
                [passage.text for passage in some],
                vectors[start : start + BATCH].tolist(),
                [_metadata(passage) for passage in some],
                [str(UUID(int=start + at)) for at in range(len(some))],
            )

    async def build_graph(self) -> None:
        """Build the HNSW index, and update the planner's statistics."""
        await (await self._store()).aapply_vector_index(HNSWIndex())
        async with self._pool.connect() as connection:
            await connection.execute(text(f"analyze {_CHAIN_TABLE}"))
            await connection.commit()

    async def search(self, vector: Vector, limit: int) -> list[int]:
        """Return row numbers, nearest first."""
        found = await (await self._store()).asimilarity_search_by_vector(vector.tolist(), limit)
        return [UUID(str(document.id)).int for document in found]

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.dispose()


class _NoEmbeddings(Embeddings):
    """No embedder: the vectors are made beforehand."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise NotImplementedError

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError


def _metadata(passage: Passage) -> dict[str, str]:
    """Return what a citation needs."""
    return {"url": passage.link, "path": " > ".join(passage.path), "title": passage.title}
