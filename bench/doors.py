"""What programs, editors and web pages ask: next to people in chat, at random, and by the document of the API.

load      100 programs ask without a pause while people ask on Slack and Discord (bench/doors_load.py)
fuzz      10,000 calls at random over all doors: what a token may not see is in no response
schema    5,000 requests and more of Schemathesis: no server error, and results as the OpenAPI document says

python -m bench.doors [load] [parity] [fuzz] [schema] [--clients 100] [--seconds 60] [--rounds 2] [--model 2]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.bars import Bar, machine
from bench.doors_load import load
from bench.doors_parity import find_parity
from bench.server import database_in, server
from core.config.settings import Settings
from core.domain import Source
from core.wiring import open_footnote
from tests.bot.api_fuzz import add_closed_sources, fuzz
from tests.bot.api_schema import send_requests
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.mcp.test_leaks import hunt
from tests.bot.served_api import ServedApi, serve_api


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
    leaks, seen = await hunt(await database_in(dsn, "bench_hunt"), folder, options.calls, options.seed)
    print(f"over MCP {seen} words were seen by those who may", *leaks[:10], sep="\n")
    return [
        Bar("fuzz: calls of MCP", options.calls),
        Bar("fuzz: leaks over MCP", len(leaks), most=0),
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


PARTS = {"load": load, "parity": find_parity, "fuzz": look_for_leaks, "schema": follow_schema}


def main() -> int:
    """Run the command line. Exit code 0: every bar was held."""
    parser = argparse.ArgumentParser(description="Measures programs that ask over HTTP.")
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), default=["load"], help="default: load")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of both states")
    parser.add_argument("--slow", type=int, default=100, help="connections that send byte by byte")
    parser.add_argument("--rounds", type=int, default=2, help="of load; each has both states")
    parser.add_argument("--keyless", action="store_true", help="load: without any model behind an API")
    parser.add_argument("--model", type=float, default=2.0, help="seconds of the model")
    parser.add_argument("--questions", type=int, default=100, help="of parity")
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
