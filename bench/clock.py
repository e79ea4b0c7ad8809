"""What thousands of sources cost a process that answers questions: `python -m bench.clock`.

    footnote up --no-worker ── lag of its event loop, /metrics ── SIGTERM, after a while and at once
    footnote sources list, and with --json

    python -m bench.clock [--sources 10000] [--seconds 70] [--against DIR]

`--against DIR` first runs the same from another checkout, with its own `.venv`: on a machine that others use, only
the ratio means something. The sources have a cron line each, 1,440 distinct ones, 20 pages and 30 slots that were
fired. Lag is that of a caller who comes at any moment: where a loop stands still for a second, all who come within it
wait; the processor's part of it holds on a busy machine, too. Nobody asks anything, and nothing is crawled.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
import numpy
from numpy.typing import NDArray

from bench.bars import Bar, machine
from bench.lagging import EVERY, FLUSH
from bench.server import server
from core.postgres.dsn import parse_dsn
from tests.bot.install import Install
from tests.servers.ports import own_port

FloatArray: TypeAlias = NDArray[numpy.float64]

HERE = Path(__file__).resolve().parent.parent
LONGEST = 240.0
"""Seconds until something is given up, and counted as this long."""

NOWHERE = asyncio.subprocess.DEVNULL
BARS: Mapping[str, float] = {
    "lag of the loop ms, 99th percentile": 50.0,
    "sources list s": 2.0,
    "SIGTERM obeyed after s": 5.0,
    "SIGTERM at once obeyed after s": 5.0,
}
FILL = """
insert into source (name, root_url, schedule, passages, added_at)
select 'docs-' || n, 'https://docs.example/' || n || '/', n % 60 || ' ' || n / 60 % 24 || ' * * *', 120,
       now() - interval '40 days'
from generate_series(1, SOURCES) n;
insert into shelf (id, source, passages) select id, id, passages from source;
insert into page (source, url, title, crawl) select id, root_url || p, 'Page', 1 from source, generate_series(1, 20) p;
insert into crawl (source, finished_at, report) select id, now() - interval '1 day', '{"verdict": "ok"}' from source;
insert into schedule_slot
select id, date_trunc('hour', now()) - make_interval(days => d) from source, generate_series(1, 30) d;
analyze
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with footnote and its `.venv`, and a database for it."""

    folder: Path
    dsn: str
    scratch: Path
    port: int

    async def start(self, *command: str | Path) -> asyncio.subprocess.Process:
        """Start one of its programs, with its output thrown away."""
        address = f"127.0.0.1:{self.port}"
        install = Install(self.scratch, {"DATABASE_URL": self.dsn, "HEALTH_ADDRESS": address})
        program, *arguments = command
        return await asyncio.create_subprocess_exec(
            self.folder / ".venv/bin" / program,
            *arguments,
            cwd=self.folder,
            env=install.environment,
            stdout=NOWHERE,
            stderr=NOWHERE,
        )

    async def run(self, *arguments: str) -> float:
        """Run `footnote` to its end. -> seconds."""
        began = time.monotonic()
        return await _ended(await self.start("footnote", *arguments), began)

    async def up(self, samples: Path) -> asyncio.subprocess.Process:
        """Start the clock, with a sampler on its loop, and wait until it answers."""
        process = await self.start("python", HERE / "bench/lagging.py", samples, "up", "--no-worker")
        while not await self.asks("/healthz"):  # noqa: ASYNC110 - another process begins
            await asyncio.sleep(0.02)
        return process

    async def asks(self, path: str) -> bool:
        """Return whether the process answers there within `LONGEST`."""
        timeout = aiohttp.ClientTimeout(total=LONGEST)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"http://127.0.0.1:{self.port}{path}") as answer,
            ):
                return bool(await answer.read())
        except (aiohttp.ClientConnectionError, TimeoutError):
            return False


async def _ended(process: asyncio.subprocess.Process, began: float) -> float:
    try:
        await asyncio.wait_for(process.wait(), LONGEST)
    except TimeoutError:
        process.kill()
        await process.wait()
    return time.monotonic() - began


async def _time_to_stop(process: asyncio.subprocess.Process) -> float:
    process.send_signal(signal.SIGTERM)
    return await _ended(process, time.monotonic())


def lags(file: Path, began: float, ended: float) -> dict[str, float]:
    """Return the waits of callers who come every `EVERY` seconds between two moments.

    By the clock, and by the processor.
    """
    samples = numpy.loadtxt(file, ndmin=2).reshape(-1, 2)  # none at all, where the loop stood still from the start
    samples = samples[(samples[:, 0] > began) & (samples[:, 0] < ended)]
    late = _waits(numpy.diff([began, *samples[:, 0], ended]) - EVERY)
    busy = _waits(numpy.diff(samples[:, 1])) if len(samples) > 1 else numpy.array([numpy.nan])
    return {
        "lag of the loop ms, 99th percentile": float(numpy.percentile(late, 99)),
        "lag of the loop ms, longest": float(late.max()),
        "of it processor ms, 99th percentile": float(numpy.percentile(busy, 99)),
        "of it processor ms, longest": float(busy.max()),
    }


def _waits(gaps: FloatArray) -> FloatArray:
    """Return the waits of all callers who come while the loop stands still: `[0.012]` -> 12, 7 and 2 ms."""
    waits = [numpy.arange(gap, 0.0, -EVERY) if gap > EVERY else numpy.array([max(gap, 0.0)]) for gap in gaps]
    return numpy.concatenate(waits) * 1000


async def measured(checkout: Checkout, sources: int, seconds: float) -> dict[str, float]:
    """Return all figures of one checkout, whose database is made and filled first."""
    await checkout.run("sources", "list")
    connection = await asyncpg.connect(**parse_dsn(checkout.dsn))
    await connection.execute(FILL.replace("SOURCES", str(sources)))
    await connection.close()
    samples = checkout.scratch / "samples"
    process = await checkout.up(samples)
    began = time.monotonic()
    await asyncio.sleep(seconds)
    lag = lags(samples, began, time.monotonic() - FLUSH)
    began = time.monotonic()
    await checkout.asks("/metrics")
    scraped = time.monotonic() - began
    stopped = await _time_to_stop(process)
    return lag | {
        "/metrics s": scraped,
        "SIGTERM obeyed after s": stopped,
        "SIGTERM at once obeyed after s": await _time_to_stop(await checkout.up(checkout.scratch / "again")),
        "sources list s": await checkout.run("sources", "list"),
        "sources list --json s": await checkout.run("sources", "list", "--json"),
    }


async def _database(dsn: str, name: str) -> str:
    connection = await asyncpg.connect(**parse_dsn(dsn))
    await connection.execute(f"create database {name}")
    await connection.close()
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def compared(dsn: str, against: Path | None, sources: int, seconds: float) -> list[dict[str, float]]:
    """Return the figures of the other checkout, if there is one, and of this one."""
    found = []
    for number, folder in enumerate([against, HERE] if against else [HERE]):
        with tempfile.TemporaryDirectory() as scratch, own_port() as port:
            database = await _database(dsn, f"bench_clock_{number}")
            found.append(await measured(Checkout(folder, database, Path(scratch), port), sources, seconds))
            print(machine(str(folder.name)), flush=True)
    return found


def main() -> int:
    """Print the figures. -> exit code: 1 where a bar is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sources", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=70.0)
    options.add_argument("--against", type=Path)
    chosen = options.parse_args()
    against = chosen.against.resolve() if chosen.against else None
    with server("", None) as dsn:
        *others, ours = asyncio.run(compared(dsn, against, chosen.sources, chosen.seconds))
    bars = [Bar(name, figure, most=BARS.get(name)) for name, figure in ours.items()]
    for bar in bars:
        before = "".join(f"  before {other[bar.name]:,.2f}" for other in others)
        print(f"{bar}{before}")
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
