"""Our Postgres store: how fast it is filled and asked, alone and compared with those of LlamaIndex and LangChain.

    1  hybrid    --rows (80,000) through the real crawl, then the real hybrid search, one client: p50, p95; of more rows
                 than can be looked at, also what it is before there is a graph: by words
    2  peers     --peer-rows (20,000), vectors alone, 8 clients: footnote, LlamaIndex and LangChain on the same rows in
                 the same database; rounds are interleaved, medians shown, recall against exact search

    python -m bench.store [--rows 80000] [--peer-rows 20000] [--rounds 5] [--seconds 3] [--dsn URL | --home DIR]

Each searches with the least hnsw.ef_search that finds .98 of the exact ten nearest; the product itself always sets 100.
Rows are made by `bench.corpus`, nothing is embedded. Without --dsn and --home a Postgres is made and removed; a --home
is kept, and loaded once. Databases `bench_hybrid` and `bench_peers` are used in either. Exit code 1: a figure of BARS
was missed. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

import asyncpg
import numpy

from bench.bars import Bar, machine
from bench.corpus import DIMENSIONS, Asked, Made, make
from bench.ours import Clock, Ours, Whole, filled, graph_built
from bench.race import CLIENTS, LIMIT, RECALL, WIDTHS, Peer, Store, nearest, race, recall, settle
from bench.server import database_in, server
from core.index.graph import look_at_graph
from core.index.search import PostgresIndex
from core.postgres.database import open_database
from core.postgres.dsn import parse_dsn

try:
    from bench.peers import LangChain, LlamaIndex
except ModuleNotFoundError:  # the venv of the tests: part 2 then says what to install
    PEERS: tuple[Callable[[str], Peer], ...] = ()
else:
    PEERS = (LlamaIndex, LangChain)

QUESTIONS, RECALL_QUESTIONS, BARE_ROWS = 400, 200, 5_000
STEPS = {
    "terms": "terms: tokens, tsvector literal, BM25 weights",
    "stage": "stage: COPY of pages and passages",
    "vectors": "vectors, content-addressed",
    "switch": "switch: one transaction, then vacuum and analyze",
}
"""The steps of a load: bench/ours.py."""


async def hybrid(dsn: str, rows: int) -> list[Bar]:
    """Measure part 1."""
    made = make(rows)
    print(f"\n1. hybrid: {rows:,} passages, {DIMENSIONS} dimensions, {_mean_length(made):.0f} characters")
    async with open_database(dsn) as database:
        found = await database.versions()
        print(f"  Postgres {found.postgres}, pgvector {found.pgvector}")
        seconds = await filled(database, made)
        bars = show_load(seconds, rows)
        index = PostgresIndex(database)
        state = await look_at_graph(database)
        if state is not None and state.is_awaited:
            await _timed(index, made, "before the graph, by words", by_words=True)
        await graph_built(database)
        p50, p95 = await _timed(index, made, "one client")
    return [*bars, Bar("hybrid, one client, p50 ms", p50, most=6.0), Bar("hybrid, one client, p95 ms", p95, most=20.0)]


def show_load(seconds: dict[str, float], rows: int) -> list[Bar]:
    """Print the steps of a load."""
    if not seconds:
        print("  the rows were kept from an earlier run")
        return []
    for name, says in STEPS.items():
        print(f"  {says:50} {seconds[name]:8.2f} s {rows / max(1e-9, seconds[name]):10,.0f} rows/s")
    for says, taken in (
        ("bulk load = stage + vectors", bulk(seconds)),
        ("= all until readers see them", visible(seconds)),
    ):
        print(f"  {says:50} {taken:8.2f} s {rows / taken:10,.0f} rows/s")
    return [Bar("bulk load, rows/s", rows / bulk(seconds), least=15_000)]


def bulk(seconds: dict[str, float]) -> float:
    """Return seconds to bring prepared rows and their vectors into the database."""
    return seconds["stage"] + seconds["vectors"]


def visible(seconds: dict[str, float]) -> float:
    """Return seconds from passages and vectors to rows that readers find by words and by vector, before the graph."""
    return seconds["terms"] + bulk(seconds) + seconds["switch"]


def _mean_length(made: Made) -> float:
    return statistics.mean(len(passage.text) for passage in made.passages)


async def _timed(index: PostgresIndex, made: Made, says: str, *, by_words: bool = False) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds, after as many other questions: each is asked once."""
    for question in made.questions(QUESTIONS, seed=3):
        await _milliseconds(index, question, by_words=by_words)
    taken = [await _milliseconds(index, question, by_words=by_words) for question in made.questions(QUESTIONS)]
    p50, p95 = map(float, numpy.percentile(taken, (50, 95)))
    print(f"  {says}, {QUESTIONS} questions: p50 {p50:.2f} ms, p95 {p95:.2f} ms, worst {max(taken):.1f} ms")
    return p50, p95


async def _milliseconds(index: PostgresIndex, question: Asked, *, by_words: bool) -> float:
    began = time.perf_counter()
    await index.search(question.text, None if by_words else question.vector, limit=LIMIT)
    return (time.perf_counter() - began) * 1000


async def peers(dsn: str, rows: int, rounds: int, seconds: float) -> list[Bar]:
    """Measure part 2."""
    made = make(rows)
    asked = made.questions(RECALL_QUESTIONS)
    print(f"\n2. vectors alone: {rows:,} rows, {CLIENTS} clients, {rounds} rounds of {seconds:.0f} s")
    async with AsyncExitStack() as opened:
        widths = [(width, open_database(dsn, connections=CLIENTS, reading=_searching(width))) for width in WIDTHS]
        databases = {width: await opened.enter_async_context(database) for width, database in widths}
        taken = await filled(databases[100], made)
        show_load(taken, rows)
        await graph_built(databases[100])
        ours, whole = Ours(databases, made), Whole(databases[100], made)
        others = [peer(dsn) for peer in PEERS]
        stores: list[Store] = [ours, whole, *others]
        try:
            ingest = [await _ingested(peer, made, dsn) for peer in others]
            if any(ingest):
                await _graph_later(dsn, made)
            exact = nearest(made.vectors, asked)
            for store in (ours, *others):
                await settle(store, asked, exact)
            found = [await recall(store, asked, exact) for store in stores]
            speeds = await race(stores, asked, rounds, seconds)
        finally:
            for peer in others:
                await peer.close()
    show_race(stores, found, speeds)
    return [*_race_bars(speeds, found, others), *_ingest_bars(taken, others, ingest)]


def _searching(width: int) -> dict[str, str]:
    return {"hnsw.ef_search": str(width)}


async def _ingested(peer: Peer, made: Made, dsn: str) -> float:
    """Fill a store. -> seconds, 0 where the rows were kept from an earlier run."""
    clock = Clock()
    connection = await asyncpg.connect(**parse_dsn(dsn))
    kept = await connection.fetchval("select to_regclass($1)", f"data_{peer.name.lower()}")
    await connection.close()
    if not kept:
        with clock("ingest"):
            await peer.ingest(made.passages, made.vectors)
    with clock("graph"):
        await peer.build_graph()
    taken, rows = clock.seconds.get("ingest", 0.0), len(made.passages)
    speed = f"{rows / taken:10,.0f} rows/s" if taken else "kept from an earlier run"
    print(f"  {peer.name + ': ingest':50} {taken:8.2f} s {speed}, then {clock.seconds['graph']:.1f} s for the graph")
    return taken


async def _graph_later(dsn: str, made: Made) -> None:
    """Fill LlamaIndex once more, with some rows, for a figure without the graph: not what its documentation does."""
    peer, rows = LlamaIndex(dsn, table="llamaindex_bare", graph_first=False), min(BARE_ROWS, len(made.passages))
    clock = Clock()
    with clock("ingest"):
        await peer.ingest(made.passages[:rows], made.vectors[:rows])
    await peer.close()
    taken = clock.seconds["ingest"]
    print(f"  {f'(LlamaIndex: {rows:,} rows, no graph':50} {taken:8.2f} s {rows / taken:10,.0f} rows/s)")


def show_race(stores: Sequence[Store], found: Sequence[float], speeds: dict[str, list[float]]) -> None:
    """Print a line a store."""
    for store, share in zip(stores, found, strict=True):
        rounds = ", ".join(f"{speed:.0f}" for speed in speeds[store.name])
        median = statistics.median(speeds[store.name])
        print(f"  {store.name:12} ef_search {store.width:3}  recall {share:.3f}  {median:6.0f} queries/s  ({rounds})")


def _race_bars(speeds: dict[str, list[float]], found: Sequence[float], others: Sequence[Peer]) -> Iterator[Bar]:
    yield Bar("least recall of all", min(found), least=RECALL)
    for peer in others:
        times = statistics.median(speeds[Ours.name]) / statistics.median(speeds[peer.name])
        yield Bar(f"queries/s, times {peer.name}'s", times, least=2.5)


def _ingest_bars(ours: dict[str, float], others: Sequence[Peer], taken: Sequence[float]) -> Iterator[Bar]:
    for peer, seconds in zip(others, taken, strict=True):
        if ours and seconds:
            yield Bar(f"bulk load, rows/s, times {peer.name}'s ingest", seconds / bulk(ours), least=20)
            print(f"  all until readers see them, times {peer.name}'s ingest: {seconds / visible(ours):.1f}")


async def measured(dsn: str, options: argparse.Namespace) -> list[Bar]:
    """Measure the parts that are wanted."""
    bars: list[Bar] = []
    if options.rows:
        bars += await hybrid(await database_in(dsn, "bench_hybrid", options.tries), options.rows)
    if options.peer_rows and not PEERS:
        print("\n2. the peers are not installed here: bench/README.md says how")
    elif options.peer_rows:
        url = await database_in(dsn, "bench_peers", options.tries)
        bars += await peers(url, options.peer_rows, options.rounds, options.seconds)
    return bars


def main() -> int:
    """Measure and print. -> exit code: 0 where every bar was held."""
    parser = argparse.ArgumentParser(description="Measures the store, alone and next to its peers.")
    parser.add_argument("--rows", type=int, default=80_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--dsn", default="")
    parser.add_argument("--try", dest="tries", action="append", default=[], metavar="SQL", help="run before the load")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    names = ("asyncpg", "pgvector", *(("llama-index-vector-stores-postgres", "langchain-postgres") if PEERS else ()))
    print(machine(*(f"{name} {version(name)}" for name in names)))
    with server(options.dsn, options.home) as dsn:
        bars = asyncio.run(measured(dsn, options))
    print("\nload of the machine: " + ", ".join(f"{load:.1f}" for load in os.getloadavg()))
    print("", *bars, sep="\n")
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
