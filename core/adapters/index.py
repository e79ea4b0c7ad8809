"""Hybrid search over Postgres: keeps the port `core.ports.Index` with one statement (core/sql/queries.sql, "hybrid").

Chooses between looking at every vector and walking the graph, and nothing else; what the score means is in
`core.fusion`, what a term is in `core.terms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
from pgvector import HalfVector

from core.adapters.postgres import Database
from core.adapters.statements import statements, statements_of_space
from core.adapters.store_errors import translated
from core.domain import Hit, Kind, Passage, Vector
from core.errors import SourceUnknown, StoreError
from core.fusion import CANDIDATES, ROW_BUDGET, Weights
from core.terms import question_words, slot
from core.urls import rebase

EXACT_ROWS = 20_000
"""Up to so many rows an exact scan is as fast as the graph and loses nothing (1.5 ms: facts/storage.md)."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a search looks through: all sources (`ids` None) or some."""

    ids: list[int] | None
    rows: int
    graph: bool
    space: int | None

    @property
    def by_graph(self) -> bool:
        return self.graph and not (self.ids is not None and self.rows <= EXACT_ROWS)

    @property
    def marks(self) -> str:
        """The tail of the tsquery that keeps rows of the named sources: ` & ('#3' | '#7')`."""
        return "" if self.ids is None else " & (" + " | ".join(f"'#{number}'" for number in self.ids) + ")"


class PostgresIndex:
    """Searches what readers see. Safe to share between tasks.

    `model` is the one that makes the vectors it is asked with; empty: whatever the index was built with.
    """

    def __init__(self, database: Database, weights: Weights | None = None, *, model: str = "") -> None:
        self._database = database
        self._weights = weights or Weights()
        self._model = model

    async def search(self, text: str, vector: Vector | None, *, limit: int, sources: Sequence[str] = ()) -> list[Hit]:
        """Best first, at most `limit` (1..200); `vector` None searches by words alone.

        Raises `SourceUnknown` for a name that is not a source, `StoreError`, also when another process has moved the
        index to another model since this one began.
        """
        with translated():
            async with self._database.readers.acquire() as connection:
                rows = await connection.fetch(statements()["sources_to_search"])
                scope = self._scope(rows, sources)
                if not scope.rows:
                    return []
                if vector is not None and self._model not in ("", rows[0]["model"]):
                    raise StoreError(_moved(rows[0]["model"], self._model))
                statement = self._statement(scope, with_vector=vector is not None)
                rows = await connection.fetch(statement, *self._arguments(text, vector, scope, limit))
        return [_hit(row) for row in rows]

    def _scope(self, rows: Sequence[asyncpg.Record], names: Sequence[str]) -> _Scope:
        unknown = set(names) - {row["name"] for row in rows}
        if unknown:
            raise SourceUnknown(f"There is no source named {min(unknown)}: `footnote sources list` shows them.")
        named = [row for row in rows if not names or row["name"] in names]
        return _Scope(
            ids=[row["id"] for row in named] if names else None,
            rows=sum(row["passages"] for row in named),
            graph=any(row["graph"] for row in rows),
            space=rows[0]["space"] if rows else None,
        )

    def _statement(self, scope: _Scope, *, with_vector: bool) -> str:
        assert scope.space is not None, "there are passages, so there is a space"
        sql = statements_of_space(scope.space)
        way = "nearest_none" if not with_vector else "nearest_by_graph" if scope.by_graph else "nearest_exactly"
        nearest = sql[way].replace("/* filter */", sql["filter"] if scope.ids is not None else "")
        return sql["hybrid"].replace("/* nearest */", nearest).replace("candidates_a_side", str(CANDIDATES))

    def _arguments(self, text: str, vector: Vector | None, scope: _Scope, limit: int) -> tuple[object, ...]:
        terms = list(dict.fromkeys(t for word in question_words(text) for t in (*word.parts, word.joined) if t))
        weights = self._weights
        return (
            None if vector is None else half(vector),
            terms,
            [slot(term) for term in terms],
            float(scope.rows),
            ROW_BUDGET,
            scope.ids,
            scope.marks,
            limit,
            [weights.vector, weights.words, weights.page],
        )


def _moved(now: str, ours: str) -> str:
    return (
        f"The index now holds vectors of {now}, and questions are embedded with {ours}: restart this footnote"
        f" (with EMBEDDING_MODEL unset or {now})."
    )


def half(vector: Vector) -> HalfVector:
    """In the form that pgvector's codec sends: 16-bit floats, without a detour through Python numbers."""
    return HalfVector(np.frombuffer(vector, dtype=np.float32))


def _hit(row: asyncpg.Record) -> Hit:
    return Hit(
        passage=passage_of(row),
        source=row["source"],
        score=row["score"],
        vector_rank=row["vector_rank"],
        lexical_rank=row["lexical_rank"],
        similarity=row["similarity"],
        lexical_score=row["lexical_score"],
    )


def passage_of(row: asyncpg.Record) -> Passage:
    """A row of `passage` with its source's `root_url` and `served_at`; the url is where it is served just now."""
    served_at = row["served_at"]
    return Passage(
        url=rebase(row["url"], row["root_url"], served_at) if served_at else row["url"],
        anchor=row["anchor"],
        path=tuple(row["path"]),
        text=row["body"],
        title=row["title"],
        kind=Kind(row["kind"]),
        language=row["language"],
        ordinal=row["ordinal"],
    )
