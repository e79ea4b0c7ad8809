"""A hundred programs that ask over HTTP without a pause, and people on Slack at the same time: the real `footnote up`.

    calm      people on Slack ask one question every half second
    loaded    the same, while `--clients` programs ask one question after the other, half of them with streams, and
              `--slow` connections send a request byte by byte

    fuzz      10,000 calls at random over all routes: what a token may not see is in no response
    schema    5,000 requests and more of Schemathesis: no server error, and results as the OpenAPI document says

    python -m bench.doors [load] [fuzz] [schema] [--clients 100] [--seconds 60] [--slow 100] [--rounds 2] [--model 2]

Calm and loaded take turns, so that both meet the same machine. The Slack, the model and the programs are this process,
which takes a good part of a processor; with `--model 0` hardly anything but the processor is waited for, which is the
worst case for Slack. Errors are counted by status.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from bench.bars import Bar, machine
from bench.load import CHANNELS, NO_LIMITS, at_percentile, fill, settings_of
from bench.load_people import TOPICS, Burst, calls_of, model
from bench.server import database_in, server
from core.config.settings import Settings
from core.domain import Source
from core.tasks import run_in_background
from core.tokens.port import NewToken
from core.wiring import open_footnote
from tests.bot.api_fuzz import add_closed_sources, fuzz
from tests.bot.api_schema import send_requests
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.served_api import ServedApi, serve_api
from tests.bot.up import Up, slack_settings, up
from tests.servers.openai_server import serve_openai
from tests.servers.ports import own_port
from tests.servers.scripted import ScriptedServer
from tests.servers.slack import serve_slack

EVERY, LONGEST = 0.5, 300.0
"""Seconds between two questions on Slack, and until the last of them must be answered."""


@dataclass(slots=True)
class Programs:
    """What programs met: seconds of each answer, and how often which status came instead."""

    port: int
    token: str
    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    async def ask(self, count: int) -> None:
        """Ask with so many programs at once until cancelled."""
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, connector=limits) as session, asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._ask_on(session, number))

    async def _ask_on(self, session: aiohttp.ClientSession, number: int) -> None:
        accept = {"Accept": "text/event-stream"} if number % 2 else {}
        for nth in range(1_000_000):
            topic = TOPICS[(number + nth) % len(TOPICS)]
            began = time.monotonic()
            try:
                body = {"question": f"What does the {topic} explain, {number}?"}
                async with session.post(f"http://127.0.0.1:{self.port}/v1/ask", json=body, headers=accept) as response:
                    text = await response.text()
                    is_whole = response.status == 200 and '"outcome"' in text
            except aiohttp.ClientError as error:
                self.failed[type(error).__name__] += 1
                await asyncio.sleep(0.5)
                continue
            if is_whole:
                self.seconds.append(time.monotonic() - began)
            else:
                self.failed[str(response.status)] += 1
                await asyncio.sleep(0.5)


async def drip(port: int, count: int) -> None:
    """Hold so many connections that send a request byte by byte, and open each again that is closed."""

    async def one() -> None:
        while True:
            with suppress(OSError):
                await _send_slowly(port)
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())


async def _send_slowly(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for byte in b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)
            if reader.at_eof():
                return
    finally:
        writer.close()


class Costs:
    """Processor seconds of processes, by what went on meanwhile."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._spent: dict[str, list[float]] = {}

    @contextmanager
    def counted(self, name: str) -> Iterator[None]:
        """Add to a name what the block takes."""
        before = self._now()
        yield
        spent = self._spent.setdefault(name, [0.0] * len(before))
        self._spent[name] = [old + now - was for old, now, was in zip(spent, self._now(), before, strict=True)]

    def _now(self) -> list[float]:
        return [sum(process.cpu_times()[:2]) for process in self._processes]

    def __str__(self) -> str:
        return "; ".join(f"{name} {', '.join(f'{each:.1f}' for each in spent)}" for name, spent in self._spent.items())


async def strain(programs: Programs, options: argparse.Namespace) -> None:
    """Ask with all programs, and hold all slow connections, until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(programs.ask(options.clients))
        group.create_task(drip(programs.port, options.slow))


async def chat(asks: Burst, seconds: float) -> list[float]:
    """Let people ask on Slack for so long. -> the seconds to the end of each reply."""
    before = set(asks.asked)
    count = round(seconds / EVERY)
    await asks.ask_within(seconds, [f"U{number}" for number in range(count)], CHANNELS)
    new = [ts for ts in asks.asked if ts not in before]
    async with asyncio.timeout(LONGEST):
        while not all(ts in asks.finals() for ts in new):  # noqa: ASYNC110 - another process answers
            await asyncio.sleep(0.2)
    finals = asks.finals()
    return [finals[ts] for ts in new]


async def prepare(dsn: str, folder: Path, models: ScriptedServer) -> str:
    """Fill the index. -> a token."""
    await fill(dsn, folder, models)
    settings = Settings(_env_file=None, DATABASE_URL=dsn, FOOTNOTE_HOME=folder, **settings_of(models))
    async with open_footnote(settings) as footnote:
        return await footnote.tokens.add(NewToken("bench", minute_limit=0))


@asynccontextmanager
async def serving(seconds: float, dsn: str, folder: Path) -> AsyncIterator[tuple[Up, Burst, Programs]]:
    """Run `footnote up` with a Slack, a model that takes so many seconds, and the API."""
    async with serve_openai() as models, serve_slack() as slack:
        models.otherwise = model(seconds, models.otherwise)
        token = await prepare(dsn, folder, models)
        for channel in CHANNELS:
            slack.channel(channel)
        with own_port() as port:
            settings = (slack_settings(slack), settings_of(models), NO_LIMITS, {"API_ADDRESS": f"127.0.0.1:{port}"})
            async with up(dsn, folder, *settings) as bot:
                yield bot, Burst(slack), Programs(port, token)


async def measure(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Measure calm and loaded in turns. -> the bars."""
    calm, loaded = list[float](), list[float]()
    async with serving(options.model, dsn, folder) as (bot, asks, programs):
        assert bot.process is not None
        costs = Costs((bot.process.pid, os.getpid()))
        await chat(asks, 5)
        for _ in range(options.rounds):
            await take_turn(options, asks, programs, costs, calm, loaded)
        failed = Counter(programs.failed)
        ended = await end(bot, programs, options)
        print(f"\n{len(asks.asked)} questions on Slack, {calls_of(asks.slack)}")
        print(f"{len(programs.seconds)} answers over HTTP; instead of others: {dict(failed) or 'nothing'}")
        print(f"processor s of `up` and of this bench: {costs}; {bot.said.count('Traceback')} tracebacks in the log")
        if "Traceback" in bot.said:
            print(bot.said[bot.said.index("Traceback") - 500 :][:6_000])
        wrong = sum(count for status, count in failed.items() if status != "503")
        return list(_bars(calm, loaded, programs, wrong, ended))


async def take_turn(
    options: argparse.Namespace, asks: Burst, programs: Programs, costs: Costs, calm: list[float], loaded: list[float]
) -> None:
    """Measure calm, then loaded, and add the seconds of both."""
    seconds = options.seconds / options.rounds
    with costs.counted("calm"):
        calm += await chat(asks, seconds)
    async with run_in_background(strain(programs, options)):
        with costs.counted("loaded"):
            loaded += await chat(asks, seconds)


async def end(bot: Up, programs: Programs, options: argparse.Namespace) -> float:
    """Ask the process to end under load. -> the seconds that it took."""
    async with run_in_background(strain(programs, options)):
        await asyncio.sleep(3)
        began = time.monotonic()
        assert await bot.stop() == 0
        return time.monotonic() - began


def _bars(calm: list[float], loaded: list[float], programs: Programs, failed: int, ended: float) -> Iterator[Bar]:
    yield Bar("Slack, calm: final s, median", at_percentile(calm, 50))
    yield Bar("Slack, calm: final s, 95th percentile", at_percentile(calm, 95))
    yield Bar("Slack, loaded: final s, median", at_percentile(loaded, 50))
    yield Bar("Slack, loaded: final s, 95th percentile", at_percentile(loaded, 95))
    yield Bar("Slack, loaded to calm: 95th percentile", at_percentile(loaded, 95) / at_percentile(calm, 95), most=1.3)
    yield Bar("HTTP: answers", len(programs.seconds), least=1)
    yield Bar("HTTP: s, median", at_percentile(programs.seconds, 50))
    yield Bar("HTTP: s, 95th percentile", at_percentile(programs.seconds, 95))
    yield Bar("HTTP: errors but 503", failed, most=0)
    yield Bar("SIGTERM under load: s to the end", ended, most=10)


async def load(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Measure programs next to people on Slack."""
    return await measure(options, await database_in(dsn, "bench_doors"), folder)


@asynccontextmanager
async def filled_api(dsn: str, name: str, folder: Path) -> AsyncIterator[ServedApi]:
    """Serve the API in this process, with one open source and some that are closed."""
    database = await database_in(dsn, name)
    await add_source(database, write_site(folder / name), Source(0, "docs", BASE))
    await add_closed_sources(database, folder)
    settings = Settings(
        _env_file=None, DATABASE_URL=database, FOOTNOTE_HOME=folder, EMBED_THREADS=1, API_ADDRESS_LIMIT=0
    )
    async with open_footnote(settings) as footnote, serve_api(footnote) as api:
        await footnote.database.writers.execute("update token set minute_limit = 0, day_limit = 0")
        yield api


async def look_for_leaks(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Make calls at random."""
    async with filled_api(dsn, "bench_fuzz", folder) as api:
        report = await fuzz(api, options.calls, random.Random(options.seed))
    print(f"\nstatuses {dict(report.statuses)}; found by who may: {sorted(report.seen)}", *report.leaks[:10], sep="\n")
    errors = sum(count for status, count in report.statuses.items() if status >= 500)
    return [
        Bar("fuzz: calls", report.calls, least=options.calls),
        Bar("fuzz: leaks", len(report.leaks), most=0),
        Bar("fuzz: server errors", errors, most=0),
    ]


async def follow_schema(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Send what the document allows and forbids."""
    async with filled_api(dsn, "bench_schema", folder) as api:
        report = await send_requests(api.url, api.token, options.examples, folder)
    print(f"\nstatuses {dict(report.statuses)}", "" if report.code == 0 else report.printed, sep="\n")
    errors = sum(count for status, count in report.statuses.items() if status >= 500)
    return [
        Bar("schema: requests", report.requests, least=5_000),
        Bar("schema: server errors", errors, most=0),
        Bar("schema: exit code of Schemathesis", report.code, most=0),
    ]


PARTS = {"load": load, "fuzz": look_for_leaks, "schema": follow_schema}


def main() -> int:
    """Run the command line. Exit code 0: every bar was held."""
    parser = argparse.ArgumentParser(description="Measures programs that ask over HTTP.")
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), default=["load"], help="default: load")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of both states")
    parser.add_argument("--slow", type=int, default=100, help="connections that send byte by byte")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--model", type=float, default=2.0, help="seconds of the model")
    parser.add_argument("--calls", type=int, default=10_000, help="of fuzz")
    parser.add_argument("--seed", type=int, default=17, help="of fuzz")
    parser.add_argument("--examples", type=int, default=1_200, help="of each operation, of schema")
    options = parser.parse_args()
    print(machine(f"model of {options.model:g} s, {options.clients} clients"))
    with server("", None) as dsn:
        bars = asyncio.run(run(options, dsn))
    print("", machine(), *bars, sep="\n")
    return 0 if all(bar.held for bar in bars) else 1


async def run(options: argparse.Namespace, dsn: str) -> list[Bar]:
    """Run the parts, one after the other."""
    bars: list[Bar] = []
    for part in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            bars += await PARTS[part](options, dsn, Path(folder))
    return bars


if __name__ == "__main__":
    sys.exit(main())
