"""From a question to the engine's first event, without the time of a language model, stage by stage.

    embed       the local embedder, one thread          real model, real question
    search      the hybrid statement                    --rows made passages in Postgres
    examples    a second search, for those who want code and whose best page has shown none
    evidence    the first event: question accepted, embedded, searched, evidence chosen
    first text  the first sentence that passed the check, read by the extractive reader
    answer      the last event

    python -m bench.answer [--rows 20000] [--questions 200] [--dsn URL | --home DIR]

One client after a warm-up. Passages and vectors are made by `bench.corpus`: each question is embedded for real, and its
made vector is searched with, so that both sides find what a good question finds. Database `bench_answer`.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy

from bench.corpus import Asked, Made, make
from bench.ours import filled, graph_built
from bench.server import database_in, server
from core.answer.engine import Engine
from core.domain import Answer, Delta, Evidence, Question, Vector
from core.index.search import PostgresIndex
from core.minilm.local import LocalEmbedder
from core.postgres.database import open_database
from core.quote.reader import ExtractiveReader

SHOWN = ("embed", "search", "examples", "evidence", "first text", "answer")
_WARM_UP = 20


async def asked(engine: Engine, text: str) -> dict[str, float]:
    """Return milliseconds since the question, by event, and what the engine says its stages took."""
    taken: dict[str, float] = {}
    began = time.perf_counter()
    async for event in engine.ask(Question(text)):
        now = (time.perf_counter() - began) * 1000
        match event:
            case Evidence():
                taken["evidence"] = now
            case Delta():
                taken.setdefault("first text", now)
            case Answer():
                taken["answer"] = now
                taken.update({stage: event.timings_ms[stage] for stage in SHOWN if stage in event.timings_ms})
    return taken


class MadeEmbedder:
    """Takes the time of the real embedder and gives the vector that was made for the question."""

    def __init__(self, real: LocalEmbedder, questions: Sequence[Asked]) -> None:
        self.model, self.dimensions = real.model, real.dimensions
        self._real = real
        self._made = {question.text: question.vector for question in questions}

    async def embed_query(self, text: str) -> Vector:
        """Return the vector made for a question.

        Any other text (a second search for examples) is searched with its real vector.
        """
        embedded = await self._real.embed_query(text)
        return self._made.get(text, embedded)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return real vectors; no passage is embedded here."""
        return await self._real.embed_passages(texts)


async def measured(dsn: str, made: Made, questions: Sequence[Asked]) -> dict[str, list[float]]:
    """Return a figure a question that went through it, by stage."""
    found: dict[str, list[float]] = defaultdict(list)
    async with open_database(dsn) as database, LocalEmbedder(threads=1) as embedder:
        await filled(database, made, embedder.model)
        await graph_built(database)  # in the product, the crawl that brings the rows ends with it
        engine = Engine(PostgresIndex(database), MadeEmbedder(embedder, questions), ExtractiveReader())
        for question in questions[:_WARM_UP]:
            await asked(engine, question.text)
        for question in questions:
            for stage, milliseconds in (await asked(engine, question.text)).items():
                found[stage].append(milliseconds)
    return found


def show(found: dict[str, list[float]]) -> None:
    """Print a line a stage."""
    print(f"{'':12} {'questions':>9} {'p50 ms':>8} {'p95 ms':>8}")
    for stage in SHOWN:
        if found[stage]:
            p50, p95 = numpy.percentile(found[stage], (50, 95))
            print(f"{stage:12} {len(found[stage]):9} {p50:8.2f} {p95:8.2f}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Times the engine from question to first event.")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--dsn", default="")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    print(
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, ",
        end="",
    )
    print(f"Python {platform.python_version()}, {options.rows:,} passages")
    made = make(options.rows)
    with server(options.dsn, options.home) as dsn:
        url = asyncio.run(database_in(dsn, "bench_answer"))
        show(asyncio.run(measured(url, made, made.questions(options.questions))))
    print("load of the machine: " + ", ".join(f"{load:.1f}" for load in os.getloadavg()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
