"""Questions during a crawl: windows of questions while nothing else runs, and while a crawl does.

    idle, [crawl begins] fetching, embedding [crawl ends], idle, ...      --rounds times

One engine stays open in this process, as in a running bot: local embedder, extractive reader, questions one after the
other. The crawl is what `footnote crawl` runs (bench/crawled.py), of the whole site with a new word in every paragraph
(bench/edits.py), so that every page is fetched and every passage embedded; it is ended in the middle of embedding, and
its passages are never seen. The library that is asked is the site as it is, indexed once.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Self

import asyncpg
import numpy

from bench.bars import Bar
from bench.crawled import Job
from bench.served import ROOT, Served
from core.answer.engine import Engine
from core.config.settings import Settings
from core.domain import Question
from core.postgres.dsn import parse_dsn
from core.wiring import Footnote, open_footnote

ALLOWED = 1.5
_WARM_UP = 30
_DISTINCT = 600
"""More questions than the embedder remembers (256), so that each is embedded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`questions` a window; `latency_ms` of the site that is crawled, `connections` 0: as the settings say."""

    questions: int = 200
    rounds: int = 3
    latency_ms: float = 50
    connections: int = 0

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Build a plan from the command line."""
        return cls(options.questions, max(3, options.rounds), options.latency_ms, options.connections)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the part `ask`."""
    parser.add_argument("--questions", type=int, default=200, help="ask: a window")
    parser.add_argument("--latency-ms", type=float, default=50, help="ask: of the crawled site's answers")
    parser.add_argument("--connections", type=int, default=0, help="ask: of the crawl; 0: CRAWL_CONNECTIONS")


@dataclass(slots=True)
class Round:
    """Milliseconds of each question, by what went on."""

    before: list[float]
    fetching: list[float]
    embedding: list[float]


async def measured(dsn: str, site: Served, plan: Plan) -> list[Bar]:
    """Measure the windows of all rounds. -> their bars."""
    print(
        f"\nask: windows of {plan.questions} questions, {plan.rounds} rounds, answers of the site {plan.latency_ms} ms"
    )
    await _fill(dsn, site)
    site.step_back()
    settings = Settings(_env_file=None, DATABASE_URL=dsn, EMBEDDING_MODEL="local", CHAT_MODEL="extractive")
    async with open_footnote(settings) as footnote:
        questions = itertools.cycle(await _questions(footnote))
        await _window(footnote.engine, questions, _WARM_UP)
        rounds = [await _round(footnote.engine, questions, dsn, site, plan, number) for number in range(plan.rounds)]
        idle = [*(each.before for each in rounds), await _window(footnote.engine, questions, plan.questions)]
    site.edit("")
    return list(_bars(rounds, idle))


async def _round(engine: Engine, questions: Iterator[str], dsn: str, site: Served, plan: Plan, number: int) -> Round:
    before = await _window(engine, questions, plan.questions)
    site.edit("salted", f"round{number}x{os.getpid()}")
    site.reset(plan.latency_ms)
    async with _crawling(Job(dsn, f"busy-{os.getpid()}-{number}", site.start, plan.connections, local=True)) as stages:
        await _until(stages, "crawl")
        fetching = await _window(engine, questions, plan.questions)
        done = len(site.asked().pages)
        await _until(stages, "embed")
        embedding = await _window(engine, questions, plan.questions)
    print(
        f"  p95 ms: idle {_p95(before):.1f}, fetching {_p95(fetching):.1f} ({done} of {site.pages} pages by the end), "
        f"embedding {_p95(embedding):.1f}; medians {_p50(before):.1f}, {_p50(fetching):.1f}, {_p50(embedding):.1f}"
    )
    return Round(before, fetching, embedding)


async def _window(engine: Engine, questions: Iterator[str], count: int) -> list[float]:
    taken = []
    for question in itertools.islice(questions, count):
        began = time.perf_counter()
        async for _ in engine.ask(Question(question)):
            pass
        taken.append((time.perf_counter() - began) * 1000)
    return taken


async def _questions(footnote: Footnote) -> list[str]:
    """Return one question for each of some sections of the library."""
    rows = await footnote.database.readers.fetch(
        "select distinct path[cardinality(path)] as section, title from passage where title <> '' order by 1, 2"
    )
    asked = [f"How does {row['section']} work in {row['title']}?" for row in rows]
    return asked[:: max(1, len(asked) // _DISTINCT)][:_DISTINCT]


async def _fill(dsn: str, site: Served) -> None:
    """Index the site once; a kept database has it already."""
    connection = await asyncpg.connect(**parse_dsn(dsn))
    have = await connection.fetchval("select count(*) from passage")
    await connection.close()
    if have:
        print(f"  {have:,} passages are kept from an earlier run")
        return
    began = time.monotonic()
    site.reset()
    async with _crawling(Job(dsn, "library", site.start, 10, local=True)) as stages:
        await _until(stages, "end")
    print(f"  {site.pages} pages indexed in {time.monotonic() - began:.0f} s")


@asynccontextmanager
async def _crawling(job: Job) -> AsyncIterator[asyncio.StreamReader]:
    """Run a crawl in its own process group until the block ends. -> what it writes, a line a stage."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.crawled", json.dumps(asdict(job))),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _until(stages: asyncio.StreamReader, wanted: str) -> None:
    """Wait for a stage to begin, or, for "end", for the report."""
    async for line in stages:
        document = json.loads(line)
        if document.get("stage") == wanted or (wanted == "end" and "report" in document):
            return
    raise RuntimeError(f"the crawl ended before its stage {wanted!r}")


def _bars(rounds: Sequence[Round], idle: Sequence[Sequence[float]]) -> Iterator[Bar]:
    """Yield each busy window as a multiple of the idle ones before and after it; the median of the rounds."""
    for name in ("fetching", "embedding"):
        times = [
            _p95(getattr(each, name)) / _p95([*idle[number], *idle[number + 1]]) for number, each in enumerate(rounds)
        ]
        print(f"  {name}: " + ", ".join(f"{each:.2f}" for each in times) + " times the idle p95")
        yield Bar(f"p95 of a question while {name}, times its idle p95", statistics.median(times), most=ALLOWED)


def _p95(taken: Sequence[float]) -> float:
    return float(numpy.percentile(taken, 95))


def _p50(taken: Sequence[float]) -> float:
    return float(numpy.percentile(taken, 50))
