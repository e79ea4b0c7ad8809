"""Hybrid search over Postgres: implements `core.ports.Index` with one statement (core/index/queries.sql, "hybrid").

Chooses between looking at every vector and walking the graph, or neither if there is no graph and too much to look at;
it decides nothing else. What the score means is in `core.index.fusion`, what a term is in `core.index.terms`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial

import asyncpg
import numpy as np
from pgvector import HalfVector

from core.domain import DEFAULT_EDITION, Edition, Hit, Passage, PassageKind, Vector
from core.errors import EditionUnknown, GraphMissing, IndexMoved, SourceUnknown, VectorsUnusable
from core.index.editions import EditionPartition, choose_shelves, list_editions, same_version
from core.index.fusion import CANDIDATES, ROW_BUDGET, Weights
from core.index.synonyms import find_synonyms
from core.index.terms import HIGHEST_WEIGHT, question_words, slot
from core.net.urls import rebase
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements, statements_of_space

_log = logging.getLogger(__name__)

EXACT_ROWS = 20_000
"""Up to this many rows an exact scan is as fast as the graph and loses nothing (1.5 ms, measured)."""

BEARABLE_NUMBERS = 200_000 * 384
"""Up to this many numbers, rows times dimensions, are looked at one by one as long as there is no graph.

That takes 125 ms of a processor core (measured), so 32 searches at once on two cores end within their three seconds.
"""

MANY_SHELVES = 500
"""From this many on, choosing takes longer than the event loop may be held up for one question."""

SHOWN_EDITIONS = 30
"""How many versions a sentence lists at most."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a search looks through: all shelves (`ids` None) or some; `aside`: those not searched by default."""

    ids: list[int] | None
    rows: int
    graph: bool
    space: int | None
    model: str
    dimensions: int
    editions: Mapping[int, Edition]
    aside: AbstractSet[int]

    @property
    def by_graph(self) -> bool:
        return self.graph and not (self.ids is not None and self.rows <= EXACT_ROWS)

    def bears_vectors(self, numbers: int) -> bool:
        """Return whether vectors can be searched in time if at most `numbers` can be looked at one by one."""
        return self.by_graph or self.rows * self.dimensions <= numbers

    @property
    def marks(self) -> str:
        """The tail of the tsquery that keeps rows of these shelves: ` & ('#3' | '#7')`."""
        return "" if self.ids is None else " & (" + " | ".join(f"'#{number}'" for number in self.ids) + ")"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a search was asked for: `names` of sources (empty: all that `audience` sees)."""

    names: frozenset[str]
    edition: Edition
    audience: frozenset[str] | None


class PostgresIndex:
    """Searches what readers see. Safe to share between tasks.

    `model` is the one that makes the vectors of questions; empty: the one that the index was built with. `language` is
    the one that wins if a source has several and names none itself. `bearable`: how many numbers are looked at one by
    one if there is no graph.
    """

    def __init__(
        self,
        database: Database,
        weights: Weights | None = None,
        *,
        model: str = "",
        language: str = "en",
        bearable: int = BEARABLE_NUMBERS,
    ) -> None:
        self._database = database
        self._weights = weights or Weights()
        self._model = model
        self._language = language
        self._bearable = bearable
        self._logged = set[type[VectorsUnusable]]()

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
        """Return hits, best first, at most `limit` (1..200); `vector` None searches by words alone.

        A source that `audience` does not see (None: all are seen) counts as none, in errors as well. Raises
        `SourceUnknown` for a name that is not a source, `EditionUnknown`, `StoreError`, and `VectorsUnusable` if
        another process has moved the index to another model since this one began, or a large index lacks its graph.
        """
        with translate_errors():
            async with self._database.readers.acquire() as connection:
                wanted = _Wanted(frozenset(sources), edition, audience)
                scope, rows = await self._found(connection, wanted, (text, vector, limit))
                if any(row["shelf"] not in scope.editions for row in rows):
                    # A switch between the two statements brought another edition: editions are never mixed.
                    scope, rows = await self._found(connection, wanted, (text, vector, limit))
        # If a switch hits the second try too, those rows are left out: this audience may not be allowed to see them.
        return [_hit(row, scope) for row in rows if row["shelf"] in scope.editions]

    async def _found(
        self, connection: Connection, wanted: _Wanted, asked: tuple[str, Vector | None, int]
    ) -> tuple[_Scope, list[asyncpg.Record]]:
        text, vector, limit = asked
        audience = None if wanted.audience is None else sorted(wanted.audience)
        everything = await connection.fetch(statements()["shelves_to_search"], audience)
        look = partial(self._scope, everything, wanted)
        scope = look() if len(everything) < MANY_SHELVES else await asyncio.to_thread(look)
        if not scope.rows:
            return scope, []
        if vector is not None:
            self._check_vectors(scope)
        statement = self._statement(scope, with_vector=vector is not None)
        return scope, await connection.fetch(statement, *self._arguments(text, vector, scope, limit))

    def _check_vectors(self, scope: _Scope) -> None:
        """Raise `VectorsUnusable` if the index cannot be searched by vector.

        Each kind is logged once: questions are answered meanwhile, though not as well.
        """
        error: VectorsUnusable | None = None
        if self._model not in ("", scope.model):
            error = IndexMoved(
                f"The index now holds vectors of {scope.model}, and questions are embedded with {self._model}: restart "
                f"this footnote (with EMBEDDING_MODEL unset or {scope.model})."
            )
        elif not scope.bears_vectors(self._bearable):
            error = GraphMissing(
                f"The graph over {scope.rows:,} passages is not built yet. `footnote doctor` shows how far it is; if "
                "nobody builds it, the next crawl does."
            )
        if error is None:
            return
        if type(error) not in self._logged:
            _log.warning("Searching by words alone: %s", error)
        self._logged.add(type(error))
        raise error

    def _scope(self, everything: Sequence[asyncpg.Record], wanted: _Wanted) -> _Scope:
        names, edition = wanted.names, wanted.edition
        rows = [row for row in everything if row["seen"]]
        unknown = names - {row["name"] for row in rows}
        if unknown:
            raise SourceUnknown(f"There is no source named {min(unknown)}: `footnote sources list` shows them.")
        stored: dict[str, list[EditionPartition]] = {}
        for row in rows:
            if not names or row["name"] in names:
                stored.setdefault(row["name"], []).append(shelf_of(row))
        preferred = {row["name"]: row["preferred"] or self._language for row in rows}
        searched = _chosen(stored, edition, preferred)
        usual = searched if edition == DEFAULT_EDITION else _chosen(stored, DEFAULT_EDITION, preferred)
        shelves = [each for some in stored.values() for each in some]
        if not searched and any(each.passages for each in shelves) and edition != DEFAULT_EDITION:
            raise EditionUnknown(_unknown(edition, shelves))
        is_all = not names and len(searched) == sum(row["passages"] > 0 for row in everything)
        return _Scope(
            ids=None if is_all else [each.number for each in searched],
            rows=sum(each.passages for each in searched),
            graph=any(row["graph"] for row in rows),
            space=rows[0]["space"] if rows else None,
            model=(rows[0]["model"] or "") if rows else "",
            dimensions=(rows[0]["dimensions"] or 0) if rows else 0,
            editions={each.number: each.edition for each in searched},
            aside={each.number for each in searched} - {each.number for each in usual},
        )

    def _statement(self, scope: _Scope, *, with_vector: bool) -> str:
        assert scope.space is not None, "there are passages, so there is a space"
        sql = statements_of_space(scope.space)
        statement = "nearest_none" if not with_vector else "nearest_by_graph" if scope.by_graph else "nearest_exactly"
        nearest = sql[statement].replace("/* filter */", sql["filter"] if scope.ids is not None else "")
        return sql["hybrid"].replace("/* nearest */", nearest).replace("candidates_a_side", str(CANDIDATES))

    def _arguments(self, text: str, vector: Vector | None, scope: _Scope, limit: int) -> tuple[object, ...]:
        own = list(dict.fromkeys(t for word in question_words(text) for t in (*word.parts, word.joined) if t))
        synonyms = find_synonyms(own)
        terms = [*own, *(synonym for synonym, _ in synonyms)]
        weights = self._weights
        return (
            None if vector is None else to_half_vector(vector),
            terms,
            [slot(term) for term in terms],
            float(scope.rows),
            ROW_BUDGET,
            scope.ids,
            scope.marks,
            limit,
            [weights.vector, weights.words, weights.page, weights.reach * HIGHEST_WEIGHT, weights.synonym],
            [*(None for _ in own), *(term for _, term in synonyms)],
        )


def _chosen(
    stored: Mapping[str, Sequence[EditionPartition]], asked: Edition, preferred: Mapping[str, str]
) -> list[EditionPartition]:
    return [each for name, some in stored.items() for each in choose_shelves(some, asked, preferred[name])]


def shelf_of(row: asyncpg.Record) -> EditionPartition:
    """Return the shelf of a row, without knowing whether it is searched by default."""
    return EditionPartition(row["id"], Edition(row["version"], row["language"], row["place"]), row["passages"])


def _unknown(asked: Edition, shelves: Sequence[EditionPartition]) -> str:
    """Return what an error says: `"There is no version 9.9: there are 2.0 and 1.0."`, and the same of languages."""
    versions, languages = list_editions(shelves)
    if asked.version:
        what, there, none = f"version {asked.version}", versions, "no versions are known of what is searched"
    else:
        what, there, none = f"language {asked.language}", languages, "no languages are known of what is searched"
    if asked.version and asked.language and any(same_version(asked.version, version) for version in versions):
        what, there, none = f"version {asked.version} in the language {asked.language}", languages, ""
    return f"There is no {what}: " + (f"there are {', '.join(there[:SHOWN_EDITIONS])}." if there else f"{none}.")


def to_half_vector(vector: Vector) -> HalfVector:
    """Return a vector in the form that pgvector's codec sends: 16-bit floats.

    It is made without a detour through Python numbers.
    """
    return HalfVector(np.frombuffer(vector, dtype=np.float32))


def _hit(row: asyncpg.Record, scope: _Scope) -> Hit:
    """Return the hit of a row; if its edition is not the default, its title and path always say so."""
    passage, edition = passage_of(row), scope.editions.get(row["shelf"], DEFAULT_EDITION)
    if row["shelf"] in scope.aside:
        mark = f" ({edition})"
        path = (f"{passage.path[0]}{mark}", *passage.path[1:]) if passage.path else ()
        passage = replace(passage, title=f"{passage.title}{mark}", path=path)
    return Hit(
        passage=passage,
        source=row["source"],
        score=row["score"],
        vector_rank=row["vector_rank"],
        lexical_rank=row["lexical_rank"],
        similarity=row["similarity"],
        lexical_score=row["lexical_score"],
        edition=edition,
    )


def passage_of(row: asyncpg.Record) -> Passage:
    """Return the passage of a row with its source's `root_url` and `served_at`; the url is where it is served now."""
    served_at = row["served_at"]
    return Passage(
        url=rebase(row["url"], row["root_url"], served_at) if served_at else row["url"],
        anchor=row["anchor"],
        path=tuple(row["path"]),
        text=row["body"],
        title=row["title"],
        kind=PassageKind(row["kind"]),
        language=row["language"],
        ordinal=row["ordinal"],
    )
