"""Vectors alone, several stores on the same rows of one database, clients at once, rounds interleaved.

Each store searches with its least width that finds enough of the exact nearest; a store that does not find enough is
shown with what it finds.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Protocol

import numpy

from bench.corpus import Asked, Floats
from core.domain import Passage, Vector

CLIENTS, LIMIT, RECALL = 8, 10, 0.98
WIDTHS = (40, 64, 100, 200)
"""hnsw.ef_search; 40 is pgvector's default."""


class Store(Protocol):
    """A store that is raced."""

    name: str
    width: int

    async def search(self, vector: Vector, limit: int) -> list[int]:
        """Return row numbers, nearest first."""
        ...


class Peer(Store, Protocol):
    """A store that is also filled here."""

    async def ingest(self, passages: Sequence[Passage], vectors: Floats) -> None: ...
    async def build_graph(self) -> None: ...
    async def close(self) -> None: ...


def nearest(vectors: Floats, asked: Sequence[Asked]) -> list[set[int]]:
    """Return the exact nearest of each question, by looking at all rows."""
    scores = numpy.array([each.vector for each in asked], numpy.float32) @ vectors.T
    return [set(row) for row in numpy.argpartition(-scores, LIMIT, axis=1)[:, :LIMIT].tolist()]


async def recall(store: Store, asked: Sequence[Asked], exact: Sequence[set[int]]) -> float:
    """Return the mean share of the exact nearest that it finds."""
    return statistics.mean(
        [
            len(wanted.intersection(await store.search(each.vector, LIMIT))) / LIMIT
            for each, wanted in zip(asked, exact, strict=True)
        ]
    )


async def settle(store: Store, asked: Sequence[Asked], exact: Sequence[set[int]]) -> None:
    """Give the store the least width that finds enough."""
    for width in WIDTHS:
        store.width = width
        if await recall(store, asked, exact) >= RECALL:
            return


async def race(stores: Sequence[Store], asked: Sequence[Asked], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return queries a second by store, one figure a round; who begins changes from round to round."""
    speeds: dict[str, list[float]] = {store.name: [] for store in stores}
    for number in range(rounds):
        for at in range(len(stores)):
            store = stores[(at + number) % len(stores)]
            speeds[store.name].append(await _speed(store, asked, seconds))
    return speeds


async def _speed(store: Store, asked: Sequence[Asked], seconds: float) -> float:
    vectors = itertools.cycle([each.vector for each in asked])
    answered = 0
    began = time.perf_counter()

    async def client() -> None:
        nonlocal answered
        while time.perf_counter() < began + seconds:
            await store.search(next(vectors), LIMIT)
            answered += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(client())
    return answered / (time.perf_counter() - began)
