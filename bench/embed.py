"""Passages a second, and processor time a passage, of the local embedder compared with onnxruntime called bare.

    ours      LocalEmbedder.embed_passages: tokenizer, pipe, child process, threads, frames
    bare      the same graph on the same ids, made beforehand, in this process, on as many threads
    shipped   the model file as its package ships it, in padded batches of 8, on as many threads

    python -m bench.embed [--passages 96] [--rounds 5]

Rounds are interleaved and medians shown; ours should take at most 10 % more processor time than bare (exit code 1 if
not). Run it on an idle machine: the child only takes time that nobody else wants. The passages are invented here.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import random
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import numpy
import psutil

from core.minilm.embed_process import count_processors
from core.minilm.encoder import Encoder
from core.minilm.files import find_model_file
from core.minilm.local import LocalEmbedder
from core.minilm.onnx_session import VERSION, open_shipped

WORDS = re.findall(
    r"\w+",
    "the a of and to in is for with that this when each every value default option setting file folder server client "
    "request response index query table column row page section link token worker queue thread process memory cache "
    "build install run start stop restart configure deploy version release error warning message timeout retry limit "
    "user role permission password certificate network address port host proxy header body stream event handler "
    "function class method argument parameter return type module package import export test example result output",
)
TYPICAL = 1000
"""Characters of a passage."""

BATCH = 8
ALLOWED = 1.10


def passage(seed: int) -> str:
    """Return about 1,000 characters that look like documentation to a tokenizer."""
    chance = random.Random(seed)
    sentences: list[str] = []
    while sum(map(len, sentences)) < TYPICAL:
        words = chance.choices(WORDS, k=chance.randint(6, 18))
        words[-1] = f"`{words[-1]}_{chance.choice(WORDS)}`"
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)[:TYPICAL]


class Shipped:
    """The shipped file as any user of onnxruntime would run it."""

    def __init__(self, threads: int) -> None:
        self._session = open_shipped(find_model_file(), threads)

    def run(self, rows: list[list[int]]) -> None:
        """Turn ids of texts into states, which are thrown away."""
        rows = sorted(rows, key=len)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            ids = numpy.zeros((len(batch), max(map(len, batch))), numpy.int64)
            mask = numpy.zeros_like(ids)
            for number, row in enumerate(batch):
                ids[number, : len(row)], mask[number, : len(row)] = row, 1
            inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
            self._session.run(None, inputs)


def bare(encoder: Encoder, rows: list[list[int]], threads: int) -> None:
    """Run the graph and nothing else."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(encoder.run, rows))


def spent(pid: int | None) -> float:
    """Return processor seconds of this process, and of the child while there is one."""
    times = psutil.Process(pid).cpu_times() if pid else None
    return time.process_time() + (times.user + times.system if times else 0.0)


async def measure(work: Callable[[], Awaitable[object]], pid: int | None) -> tuple[float, float]:
    """Return seconds and processor seconds."""
    before, began = spent(pid), time.perf_counter()
    await work()
    return time.perf_counter() - began, spent(pid) - before


async def rounds(count: int, passages: int) -> dict[str, list[tuple[float, float]]]:
    """Run every contender once a round, `count` times."""
    threads, texts = count_processors(), [passage(seed) for seed in range(passages)]
    encoder, shipped = Encoder(), Shipped(threads)
    rows = [encoder.tokenize(text) for text in texts]
    print(
        f"{passages} passages of {TYPICAL} characters, {statistics.mean(map(len, rows)):.0f} tokens, {threads} threads"
    )
    async with LocalEmbedder(threads=threads) as embedder:
        await embedder.embed_passages(texts[:BATCH])
        works: dict[str, tuple[Callable[[], Awaitable[object]], int | None]] = {
            "ours": (lambda: embedder.embed_passages(texts), embedder.child_pid),
            "bare": (lambda: asyncio.to_thread(bare, encoder, rows, threads), None),
            "shipped": (lambda: asyncio.to_thread(shipped.run, rows), None),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(count):
            for name, (work, pid) in works.items():
                taken[name].append(await measure(work, pid))
    return taken


def report(taken: dict[str, list[tuple[float, float]]], passages: int) -> float:
    """Print the table. -> processor time of ours as a multiple of bare, median of the rounds."""
    machine = f"{platform.machine()}, {os.cpu_count()} processors, onnxruntime {VERSION}"
    print(f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}")
    for name, figures in taken.items():
        speed = statistics.median(passages / seconds for seconds, _ in figures)
        cost = statistics.median(processor * 1000 / passages for _, processor in figures)
        print(f"{name:8} {speed:7.1f} passages/s {cost:7.1f} ms of processor a passage")
    ratios = {
        name: statistics.median(own[1] / other[1] for own, other in zip(taken["ours"], taken[name], strict=True))
        for name in ("bare", "shipped")
    }
    print(f"ours / bare {ratios['bare']:.3f} (allowed {ALLOWED:.2f}), ours / shipped {ratios['shipped']:.3f}")
    return ratios["bare"]


def main() -> int:
    """Measure and print. -> exit code: 0 where ours is within what is allowed."""
    parser = argparse.ArgumentParser(description="Measures the local embedder next to bare onnxruntime.")
    parser.add_argument("--passages", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    taken = asyncio.run(rounds(options.rounds, options.passages))
    return 0 if report(taken, options.passages) <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
