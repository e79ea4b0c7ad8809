"""What the console costs `footnote up` while nobody looks: `python -m bench.console --idle`.

A process with the console and one without, in turns: memory (PSS in MB, its children included) once it has started, and
the transactions that Postgres sees of it in half a minute. The medians are compared.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.bars import Bar
from bench.running import pss
from bench.server import database_in
from core.postgres.database import Database, open_database
from tests.bot.up import slack_settings, up
from tests.servers.ports import own_port
from tests.servers.slack import Tiers, serve_slack

ROUNDS = 3
SETTLE_SECONDS, WATCH_SECONDS = 15.0, 30.0
MOST_MB, MOST_TRANSACTIONS = 5.0, 2.0
"""What the console may add. The process's own timers are not in step: two transactions are none."""

_TRANSACTIONS = (
    "select pg_stat_clear_snapshot(), xact_commit + xact_rollback as n from pg_stat_database where datname = $1"
)


@dataclass(frozen=True, slots=True)
class Idle:
    """What an idle process took: MB, and transactions in `WATCH_SECONDS`."""

    memory: float
    transactions: int


async def measure_idle(dsn: str) -> list[Bar]:
    """Start processes with the console and without it, and compare what they take."""
    seen: dict[bool, list[Idle]] = {True: [], False: []}
    filled = await database_in(dsn, "bench_idle")
    async with open_database(dsn) as watching:
        for _ in range(ROUNDS):
            for served in seen:
                seen[served].append(await _watch_idle(filled, watching, served=served))
    memory = [statistics.median(each.memory for each in seen[served]) for served in (True, False)]
    asked = [statistics.median(each.transactions for each in seen[served]) for served in (True, False)]
    more = [max(0.0, with_it - without) for with_it, without in (memory, asked)]
    return [
        Bar(f"MB of an idle console ({memory[0]:.1f} and {memory[1]:.1f})", more[0], most=MOST_MB),
        Bar(f"its transactions ({asked[0]:.0f} and {asked[1]:.0f})", more[1], most=MOST_TRANSACTIONS),
    ]


async def _watch_idle(dsn: str, watching: Database, *, served: bool) -> Idle:
    with own_port() as port, tempfile.TemporaryDirectory() as folder:
        console = {"CONSOLE_ADDRESS": f"127.0.0.1:{port}" if served else "off"}
        async with (
            serve_slack(tiers=Tiers.none()) as slack,
            up(dsn, Path(folder), slack_settings(slack), console) as bot,
        ):
            assert bot.process is not None
            await asyncio.sleep(SETTLE_SECONDS)
            before = await _count_transactions(watching)
            await asyncio.sleep(WATCH_SECONDS)
            after = await _count_transactions(watching)
            return Idle(await asyncio.to_thread(pss, bot.process.pid), after - before)


async def _count_transactions(watching: Database) -> int:
    """Return the transactions in the database of the processes; those of the watching one are in another."""
    row = await watching.readers.fetchrow(_TRANSACTIONS, "bench_idle")
    assert row is not None
    return int(row["n"])
