"""What the console's pages cost over a long history: `python -m bench.console [--questions 100000] [--rounds 40]`.

    --recount   compare each figure with one that is counted in SQL of its own (bench/recount.sql)
    --idle      what the console costs `up` while nobody looks (bench/idle.py)

Each page, as two readers have it (who sees all, and who sees one workspace), next to a plain `select` of the rows that
it shows, in turns within one run. On a machine that others use, only the ratio means something, and the processor's
time: that of this process, with the client in it, and of Postgres. The history is generated (tests/made_history.py).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy
import psutil

from bench.bars import Bar, machine
from bench.idle import measure_idle
from bench.recount import recount
from bench.server import database_in, server
from bot.console.screens.registry import SCREENS
from core.inbox.viewer import Viewer
from core.postgres.database import Database, open_database
from tests.bot.console.served import ADMIN, MACHINE, ConsoleClient, ServedConsole, serve_app
from tests.made_history import RETENTION, make_history, store_history

DATABASE = "bench_console"
MOST_MS = 150.0
"""A page, for 95 of 100 requests."""

RECENT = "asked_at > now() - interval '30 days'"
NEWEST = "order by asked_at desc, id desc limit 50"
FIGURES = (
    "select platform, outcome, count(*), percentile_cont(0.95) within group (order by finished_at - asked_at) "
    f"from question where {RECENT} group by 1, 2"
)
SELECTS: Mapping[str, str] = {
    "/": FIGURES,
    "/questions": f"select * from question {NEWEST}",
    "/questions?outcome=abstained": f"select * from question where outcome = 'abstained' {NEWEST}",
    "/questions?thumb=down": "select * from question where id in (select question from feedback where thumb = 'down') "
    + NEWEST,
    "/questions?dropped=1": f"select * from question where dropped > 0 {NEWEST}",
    "/questions?source=guide": f"select * from question where read_from ? 'guide' {NEWEST}",
    "/questions?channel=C1": f"select * from question where channel = 'C1' {NEWEST}",
    "/questions?text=proxy": f"select * from question where strpos(lower(body), 'proxy') > 0 {NEWEST}",
    "/questions?text=nobody+says+this": f"select * from question where strpos(lower(body), 'nobody') > 0 {NEWEST}",
    "/questions/99999": "select * from question where id = 99999",
    "/gaps": f"select lower(body), count(*) from question where outcome in ('abstained', 'partly') and {RECENT} "
    "group by 1 order by 2 desc limit 500",
    "/sources": "select * from source order by name limit 50",
    "/channels": "select * from channel limit 50",
    "/crawl": "select * from request where state in ('waiting', 'running') limit 50",
}
NOTHING = "select 1"
"""Next to pages that show no stored rows."""

_SPEND = """
insert into spend (day, platform, tenant, person, channel, model, purpose, calls, sent, received, estimated, units)
select (now() at time zone 'utc')::date - d, 'slack', 'T1', 'U' || p, 'C' || p % 9, 'm', purpose, 3, 9000, 300, 0, 0
from generate_series(0, 29) d, generate_series(1, 300) p, unnest(array['answer', 'embed', 'check']) purpose;
analyze
"""

_VARIED = """
update question set body = body || ' for ' || words[1 + id * 7919 % 40] || ' and ' || words[1 + id * 104729 % 37]
from (select array(select w || p from unnest(array['proxy', 'token', 'cluster', 'replica', 'backup', 'cache', 'queue',
  'schema']) w, unnest(array['', 's', ' timeout', ' limit', ' size']) p) as words) known
where body <> '' and id % 3 > 0 and state <> 'withdrawn'
"""
"""Most people word a question as nobody else does."""


async def fill(dsn: str, questions: int) -> None:
    """Store the history, and what models took for it, unless they are there."""
    async with open_database(dsn) as database:
        if not await database.readers.fetchval("select exists (select from question)"):
            await store_history(database, make_history(questions))
            await database.writers.execute(_SPEND)
            await database.writers.execute(_VARIED)
            await database.writers.execute("vacuum analyze")


@dataclass(frozen=True, slots=True)
class Compared:
    """Milliseconds of a page and of the plain statement, 95 of 100 took no longer; and the processor's, on average.

    `first`: the page when it was asked for first, before anything was kept of it.
    """

    page: float
    select: float
    first: float
    page_processor: float
    select_processor: float


async def compare(client: ConsoleClient, database: Database, path: str, select: str, rounds: int) -> Compared:
    """Ask for a page and for the rows in turns."""
    pages, selects = Clock(), Clock()
    for _ in range(rounds + 1):
        with pages.measured():
            answer = await client.get(path)
        with selects.measured():
            await database.readers.fetch(select)
        assert answer.status in (200, 404), (path, answer.status)  # a number may be past its time
    return Compared(pages.p95, selects.p95, pages.spans[0], pages.processor, selects.processor)


@dataclass(slots=True)
class Clock:
    """What is measured of one kind of work, in milliseconds; the first time counts for itself."""

    spans: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure a block."""
        spent, began = processor_seconds(), time.perf_counter()
        yield
        self.spans.append((time.perf_counter() - began) * 1000)
        self.spent.append((processor_seconds() - spent) * 1000)

    @property
    def p95(self) -> float:
        """The time that 95 of 100 did not exceed."""
        return float(numpy.percentile(self.spans[1:], 95))

    @property
    def processor(self) -> float:
        """The processor's time, on average."""
        return sum(self.spent[1:]) / len(self.spent[1:])


def processor_seconds() -> float:
    """Return the processor's time of this process and of all Postgres below it or of its user."""
    total = time.process_time()
    for process in psutil.process_iter(["name", "cpu_times", "cmdline"]):
        if "postgres" in (process.info["name"] or "") and DATABASE in " ".join(process.info["cmdline"] or ()):
            total += process.info["cpu_times"].user + process.info["cpu_times"].system
    return total


async def measure(served: ServedConsole, viewer: Viewer, chosen: argparse.Namespace) -> list[Bar]:
    """Measure every page as one reader has it."""
    bars = []
    paths = dict.fromkeys((*(screen.path for screen in SCREENS), *SELECTS))
    async with served.client(viewer) as client, open_database(served.console.footnote.database.dsn) as database:
        for path in chosen.only or paths:
            both = await compare(client, database, path, SELECTS.get(path, NOTHING), chosen.rounds)
            bars.append(Bar(f"{viewer.name} {path} ms p95", both.page, most=MOST_MS))
            say(
                f"{bars[-1]}  first {both.first:8.1f}  select {both.select:8.1f}, ratio {both.page / both.select:6.1f}"
                f"  processor {both.page_processor:6.1f} and {both.select_processor:6.1f}"
            )
    return bars


async def run(chosen: argparse.Namespace) -> int:
    """Fill a database, measure, and return the exit code."""
    with server(chosen.dsn, chosen.home) as dsn, tempfile.TemporaryDirectory() as folder:
        filled = await database_in(dsn, DATABASE)
        await fill(filled, chosen.questions)
        say(machine(f"{chosen.questions:,} questions, {chosen.rounds} rounds"))
        if chosen.recount or chosen.idle:
            return await (run_recount(filled) if chosen.recount else run_idle(dsn))
        async with serve_app(filled, Path(folder)) as served:
            bars = [bar for viewer in (MACHINE, ADMIN) for bar in await measure(served, viewer, chosen)]
    return 0 if all(bar.held for bar in bars) else 1


async def run_recount(dsn: str) -> int:
    """Count every figure twice, as some readers see it, and return the exit code."""
    differ = 0
    async with open_database(dsn) as database:
        for viewer in (MACHINE, ADMIN, replace(ADMIN, shows_private=True)):
            async for figure in recount(database, viewer, RETENTION):
                say(figure)
                differ += not figure.is_same
    say(f"{differ} figures differ")
    return 1 if differ else 0


async def run_idle(dsn: str) -> int:
    """Measure what an idle console costs, and return the exit code."""
    bars = await measure_idle(dsn)
    for bar in bars:
        say(bar)
    return 0 if all(bar.held for bar in bars) else 1


def say(line: object) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Read the arguments, and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", action="append", default=[], help="this path alone; may be repeated")
    parser.add_argument("--recount", action="store_true", help="compare each figure with one counted in other SQL")
    parser.add_argument("--idle", action="store_true", help="measure what the console costs while nobody looks")
    parser.add_argument("--dsn", default="", help="a Postgres to use, in place of one of its own")
    parser.add_argument("--home", type=Path, help="a folder that keeps the Postgres for the next run")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
