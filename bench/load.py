"""A burst of questions on Slack, and one person's flood next to others': the real `footnote up` against its promises.

    burst     500 questions in 60 s, 10 channels, 120 askers
    flood     one person asks 300 at once while 100 others ask one each within 60 s, without limits for one person
    limited   the same with the limits that are set by default: the flood is answered in part, and the rest refused

    python -m bench.load [burst] [flood] [limited] [--scale 0.1] [--seconds 8]

The Slack (its own limits: 1 post a second a channel, 20 streams a minute) and the model (8 s an answer, vectors at
once) are served by this process, which takes a good part of the second core; the index has 600 passages with the
scripted model's vectors. Memory is PSS over the process and its children, the most that was seen.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import psutil

from bench.bars import Bar, machine
from bench.load_people import Burst, calls_of, model
from bench.running import pss
from bench.server import database_in, server
from core.config.settings import Settings
from core.domain import Source
from core.tasks import run_in_background
from core.wiring import open_footnote
from ingest.assembly import crawl_source
from tests.bot.fleet import manual
from tests.bot.up import slack_settings, up
from tests.servers.openai_server import serve_openai
from tests.servers.scripted import ScriptedServer
from tests.servers.slack import serve_slack

CHANNELS = tuple(f"C{number}" for number in range(1, 11))
FLOODER = "UFLOOD"
NO_LIMITS = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
LONGEST = 420.0


@dataclass(slots=True)
class Watch:
    """What the process took, in MB and processor seconds."""

    memory: float = 0.0
    processor: float = 0.0

    async def look(self, pid: int) -> None:
        """Sample until cancelled."""
        while True:
            self.memory = max(self.memory, pss(pid))
            times = psutil.Process(pid).cpu_times()
            self.processor = times.user + times.system
            await asyncio.sleep(0.5)


async def burst(asks: Burst, scale: float) -> None:
    """Ask 500 questions within a minute."""
    users = [f"U{number % 120}" for number in range(round(500 * scale))]
    await asks.ask_within(60 * scale, users, CHANNELS)


async def flood(asks: Burst, scale: float) -> None:
    """Ask 300 questions of one person in one channel, and one of each of 100 people."""
    for _ in range(round(300 * scale)):
        await asks.ask(CHANNELS[0], FLOODER)
    await asks.ask_within(60 * scale, [f"U{number}" for number in range(round(100 * scale))], CHANNELS)


Play = Callable[[Burst, float], Awaitable[None]]
PLAYS: Mapping[str, tuple[Play, Mapping[str, str]]] = {
    "burst": (burst, NO_LIMITS),
    "flood": (flood, NO_LIMITS),
    "limited": (flood, {}),
}


def settings_of(models: ScriptedServer) -> dict[str, Any]:
    """Return settings with which everything is remote."""
    return {"OPENAI_BASE_URL": models.base_url, "CHAT_MODEL": "served-model", "EMBEDDING_MODEL": "served-embedder"}


async def fill(dsn: str, folder: Path, with_models: Mapping[str, Any]) -> None:
    """Fill the index with 200 pages of three sections, once."""
    site = folder / "site"
    (site / "docs").mkdir(parents=True)
    for path, page in manual(200, 1).items():
        (site / f"docs/{path.removeprefix('/docs/') or 'index'}.html").write_text(page, "utf-8")
    settings = Settings(_env_file=None, DATABASE_URL=dsn, FOOTNOTE_HOME=folder, **with_models)
    async with open_footnote(settings) as footnote:
        if await footnote.catalog.list():
            return
        served = f"{(site / 'docs').as_uri()}/"
        source = Source(0, "docs", "https://docs.example/", served_at=served, kind="folder")
        stored = await footnote.catalog.add(source)
        embedder = await footnote.embedder_for_writing()
        await crawl_source(stored, footnote.corpus, embedder, settings, watch=lambda _: None)


async def measured(name: str, dsn: str, folder: Path, models: ScriptedServer, scale: float) -> list[Bar]:
    """Run one play, from an empty inbox. -> its bars."""
    play, limits = PLAYS[name]
    watch = Watch()
    async with serve_slack() as slack, up(dsn, folder, slack_settings(slack), settings_of(models), limits) as bot:
        for channel in CHANNELS:
            slack.channel(channel)
        assert bot.process is not None
        asks = Burst(slack)
        async with run_in_background(watch.look(bot.process.pid)):
            await play(asks, scale)
            last = time.monotonic()
            await _drained(asks, limited=not limits)
            drain = time.monotonic() - last
            await asyncio.sleep(3)  # whatever would come twice
        await bot.stop()
        print(f"\n{name}: {len(asks.asked)} questions, drained {drain:.0f} s after the last; {calls_of(slack)}")
        print(f"processor {watch.processor:.1f} s; log {len(bot.logged.splitlines())} lines")
        return list(_bars(name, asks, watch, limited=not limits))


async def _drained(asks: Burst, *, limited: bool) -> None:
    """Wait until each question has its reply, or its asker was refused."""

    def answered() -> bool:
        finals = asks.finals()
        refused = asks.refused_people() if limited else set()
        return all(ts in finals or asks.asked[ts][1] in refused for ts in asks.asked)

    async with asyncio.timeout(LONGEST):
        while not answered():  # noqa: ASYNC110 - another process answers
            await asyncio.sleep(0.5)


def _bars(name: str, asks: Burst, watch: Watch, *, limited: bool) -> Iterator[Bar]:
    finals, acks = asks.finals(), asks.acks()
    theirs = [seconds for ts, seconds in finals.items() if asks.asked[ts][1] != FLOODER]
    lost = [
        ts for ts in asks.asked if ts not in finals and not (limited and asks.asked[ts][1] in asks.refused_people())
    ]
    yield Bar(f"{name}: ack s, median", at_percentile(acks, 50))
    yield Bar(f"{name}: ack s, 99th percentile", at_percentile(acks, 99), most=1.0 if name == "burst" else 2.5)
    yield Bar(f"{name}: ack s, longest", max(acks), most=2.5)
    yield Bar(f"{name}: final s, median", at_percentile(theirs, 50), most=45.0)
    yield Bar(f"{name}: final s, 95th percentile", at_percentile(theirs, 95), most=100.0 if name == "burst" else 35.0)
    yield Bar(f"{name}: final s, longest", max(theirs))
    if name == "flood":
        mine = [seconds for ts, seconds in finals.items() if asks.asked[ts][1] == FLOODER]
        yield Bar(f"{name}: final s of who floods, 95th percentile", at_percentile(mine, 95))
    if limited:
        yield Bar(f"{name}: answered of {len(asks.of(FLOODER))} of who floods", len(finals.keys() & asks.of(FLOODER)))
        notices = sum(each.ephemeral == FLOODER for each in asks.slack.ephemerals())
        yield Bar(f"{name}: notices to who floods", notices, least=1, most=6)
    yield Bar(f"{name}: lost", len(lost), most=0)
    yield Bar(f"{name}: double", asks.double(), most=0)
    yield Bar(f"{name}: memory MB, PSS", watch.memory, most=250)


def at_percentile(figures: Sequence[float], percentile: float) -> float:
    """Return a percentile; not a number where there are no figures."""
    return float(numpy.percentile(figures, percentile)) if figures else float("nan")


Measured = Callable[[str, str, Path, ScriptedServer, float], Awaitable[list[Bar]]]


def run(platform: str, plays: Sequence[str], measured: Measured) -> int:
    """Run the command line of a bench: one play after the other, each in a new database.

    Exit code 0: every bar was held.
    """
    parser = argparse.ArgumentParser(description=f"Measures a burst of questions on {platform}.")
    parser.add_argument("plays", nargs="*", metavar="|".join(plays), default=plays, help="default: all of them")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: a tenth of the questions in a tenth of the time")
    parser.add_argument("--seconds", type=float, default=8.0, help="of the model")
    options = parser.parse_args()

    async def all_of(dsn: str) -> list[Bar]:
        bars: list[Bar] = []
        async with serve_openai() as models:
            models.otherwise = model(options.seconds, models.otherwise)
            for name in options.plays:
                with tempfile.TemporaryDirectory() as folder:
                    database = await database_in(dsn, f"bench_load_{name}")
                    await fill(database, Path(folder), settings_of(models))
                    bars += await measured(name, database, Path(folder), models, options.scale)
        return bars

    print(machine(f"model of {options.seconds:g} s, scale {options.scale:g}"))
    with server("", None) as dsn:
        bars = asyncio.run(all_of(dsn))
    print("", machine(), *bars, sep="\n")
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(run("Slack", list(PLAYS), measured))
