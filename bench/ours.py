"""Our store as the benches use it: loaded through the real crawl, and asked with vectors alone.

load     stage ─> store_vectors ─> switch ─> finish, each timed; the steps of `ingest.sync`, without a site
filled   the same unless a kept database holds the rows already
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from uuid import uuid4

from bench.corpus import DIMENSIONS, SITE, Made, vector_of
from bench.race import LIMIT
from core.domain import Passage, Source, Vector
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCrawling
from core.index.crawling import Crawling, CrawlReport, GraphProgress, StagedPage, Verdict
from core.index.fusion import Weights
from core.index.graph import build_graph, look_at_graph
from core.index.search import PostgresIndex, to_half_vector
from core.postgres.database import Database

_STAGE_PAGES, _VECTORS = 20, 512
"""How much one call takes, about as much as in the real crawl."""
_COLUMNS = "passage.url, passage.anchor, passage.path, passage.body, passage.title, passage.ordinal, source.name"


class Clock:
    """Seconds by name: `with clock("copy"): ...`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


class Ours:
    """The vector half of the hybrid statement alone, with the columns of a passage: what the peers do.

    The product never searches like this. It takes this half's hundred nearest and scores them by words and page, too;
    `Whole` is that, asked without words. `databases` are one by the width that their connections search with.
    """

    name = "footnote"

    def __init__(self, databases: Mapping[int, Database], made: Made) -> None:
        self.width = 100  # what the product sets
        self._databases = databases
        database = databases[self.width]
        nearest = database.sql["nearest_by_graph"].replace("/* filter */", "").replace("candidates_a_side", str(LIMIT))
        self._statement = f"""select {_COLUMNS}, nearest.distance from ({nearest}) nearest
            join passage on passage.id = nearest.passage join source on source.id = passage.source
            order by nearest.distance, passage.id"""
        self._rows = {(each.url, each.ordinal): row for row, each in enumerate(made.passages)}

    async def search(self, vector: Vector, limit: int) -> list[int]:
        """Return row numbers, nearest first."""
        assert limit == LIMIT, "which is written into the statement"
        async with self._databases[self.width].readers.acquire() as connection:
            found = await connection.fetch(self._statement, to_half_vector(vector))
        passages = [Passage(row["url"], row["anchor"], tuple(row["path"]), row["body"], row["title"]) for row in found]
        return [self._rows[passage.url, row["ordinal"]] for passage, row in zip(passages, found, strict=True)]


class Whole:
    """The product's search, asked with a vector and no words; the bonus for pages is left out, to compare recall."""

    name = "(whole)"
    width = 100

    def __init__(self, database: Database, made: Made) -> None:
        self._index = PostgresIndex(database, Weights(vector=1, words=0, page=0))
        self._rows = {(each.url, each.ordinal): row for row, each in enumerate(made.passages)}

    async def search(self, vector: Vector, limit: int) -> list[int]:
        """Return row numbers, nearest first."""
        hits = await self._index.search("", vector, limit=limit)
        return [self._rows[hit.passage.url, hit.passage.ordinal] for hit in hits]


async def filled(database: Database, made: Made, model: str = "made") -> dict[str, float]:
    """Load what is not there yet. -> seconds of each step; nothing where it was kept."""
    held, rows = (await database.versions()).passages, len(made.passages)
    if held not in (0, rows):
        raise SystemExit(f"The database holds {held} rows of another run: choose another --home.")
    return {} if held else await load(database, made, model)


async def load(database: Database, made: Made, model: str = "made") -> dict[str, float]:
    """Load the rows through the real crawl. -> seconds of each step."""
    clock = Clock()
    await database.use_space(model, DIMENSIONS)
    source = await PostgresCatalog(database).add(Source(0, "made", SITE))
    holder = uuid4()
    number = await database.writers.fetchval(database.sql["begin_crawl"], source.id, "[]", holder)
    crawling = _Prepared(database, source, number, holder)
    with clock("terms"):
        crawling.prepare(made.pages)
    await _fill(crawling, made, clock)
    with clock("switch"):
        await crawling.switch((), ())
    with clock("finish"):
        await crawling.finish(_report(len(made.passages)))
    return clock.seconds


async def graph_built(database: Database) -> float:
    """Build the graph where it is missing, and print how. -> seconds, 0 where it was kept."""
    clock, seen = Clock(), set[str]()

    def watch(progress: GraphProgress) -> None:
        line = f"{progress.step}, {10 * (10 * progress.done // max(1, progress.rows))} %"
        if line not in seen:
            print(f"  graph: {line}", flush=True)
        seen.add(line)

    with clock("graph"):
        built = await build_graph(database, watch)
    state = await look_at_graph(database)
    if state is not None and state.size is not None:
        seconds = f"{clock.seconds['graph']:.1f} s" if built else "kept from an earlier run"
        print(f"  {'graph: HNSW':50} {seconds}, {state.size >> 20:,} MB {state.shortage}")
    return clock.seconds["graph"] if built else 0.0


class _Prepared(PostgresCrawling):
    """The real crawling with its rows made beforehand, so that the two halves of `stage` are timed apart."""

    def prepare(self, pages: Sequence[StagedPage]) -> None:
        self._made = {page.url: super(_Prepared, self)._passage_rows(page) for page in pages}

    def _passage_rows(self, page: StagedPage) -> list[tuple[object, ...]]:
        return self._made[page.url]


async def _fill(crawling: Crawling, made: Made, clock: Clock) -> None:
    vectors = [(each.identity, vector_of(row)) for each, row in zip(made.passages, made.vectors, strict=True)]
    with clock("stage"):
        pages = iter(made.pages)
        while batch := list(islice(pages, _STAGE_PAGES)):
            await crawling.stage(batch)
    with clock("vectors"):
        for start in range(0, len(vectors), _VECTORS):
            await crawling.store_vectors(vectors[start : start + _VECTORS])


def _report(rows: int) -> CrawlReport:
    return CrawlReport(
        source="made",
        pages=0,
        fetched=0,
        not_modified=0,
        passages=rows,
        embedded=rows,
        removed=0,
        dropped_short=0,
        skipped={},
        verdict=Verdict.OK,
        seconds=0.0,
    )
