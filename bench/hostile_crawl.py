"""The process that is measured by `bench.hostile`: crawls, one after the other, and how late its event loop is.

Reads `{"url": ..., "allow_private": ..., "name": ...}` a line, crawls that source into the database named on its
command line, answers what it saw: how late a task of 5 ms was, by how much memory grew, which sockets were dialled that
may not be. Names are looked up by nobody: all of them lead to loopback and 10.0.0.1, some to a public address as well.
Nothing but loopback is ever dialled for real.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.crawled import FakeEmbedder, say
from core.config.settings import Settings
from core.domain import Source
from core.errors import FootnoteError, SourceUnknown
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.postgres.database import Database, open_database
from ingest.assembly import crawl_source

TICK = 0.005
RAISED = "RAISED"
PRIVATE, PUBLIC = ("127.0.0.1", "10.0.0.1"), "93.184.216.34"


class Loop(asyncio.SelectorEventLoop):
    """Knows the addresses of every name, and asks no resolver."""

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> list[Any]:
        addresses = (PUBLIC, *PRIVATE) if str(host).startswith("mixed.") else PRIVATE
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, int(port or 0))) for each in addresses]


class Dials:
    """Every socket that anything in this process connects to an address, by Python's audit events."""

    def __init__(self) -> None:
        self.own: tuple[str, int] = ("", 0)
        self.forbidden: list[str] = []
        sys.addaudithook(self._heard)
        with suppress(ConnectionRefusedError), socket.socket() as trial:
            trial.connect((PRIVATE[1], 9))
        if not self.forbidden:
            raise RuntimeError("dials are not heard here")

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or not isinstance(arguments[1], tuple):
            return  # a path: Postgres
        place = arguments[1][:2]
        if place == self.own:
            return
        if not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global:
            self.forbidden.append(f"{place[0]}:{place[1]}")
        raise ConnectionRefusedError("the bench dials nobody else")


class Watch:
    """How late the loop is, and how much of that its own thread took of the processor: the rest is the machine's."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.own: list[float] = []

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due, spent = loop.time() + TICK, time.thread_time()
            await asyncio.sleep(TICK)
            late = (loop.time() - due) * 1000
            self.late.append(late)
            self.own.append(min(late, (time.thread_time() - spent) * 1000))


def memory(field: str) -> float:
    """Return the MB of this process: `VmRSS` now, `VmHWM` at most since `forget_peak`."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def forget_peak() -> None:
    """Let `VmHWM` begin again at what is held now."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


async def measured(database: Database, dials: Dials, fake: FakeEmbedder, order: dict[str, Any]) -> dict[str, Any]:
    """Run one crawl, and return what was seen."""
    source, parts = await _source(database, order), urlsplit(order["url"])
    dials.own = (parts.hostname or "", parts.port or 0) if order["allow_private"] else ("", 0)
    dials.forbidden.clear()
    settings, watch = Settings(_env_file=None), Watch()
    forget_peak()
    before, began = memory("VmRSS"), asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch.run())
        try:
            corpus = PostgresCorpus(database)
            report = await crawl_source(source, corpus, fake, settings, watch=lambda _: None, connections=4)
            outcome = f"{report.verdict}, {report.pages} pages" + f" ({report.reason})" * bool(report.reason)
        except FootnoteError as error:
            outcome = f"{type(error).__name__}: {error}"
        except (ValueError, TypeError, LookupError, OSError) as error:
            outcome = f"{RAISED} {error!r}"
        watching.cancel()
    return {
        "seconds": asyncio.get_running_loop().time() - began,
        "late": watch.late,
        "own": watch.own,
        "grown": memory("VmHWM") - before,
        "resident": memory("VmRSS"),
        "forbidden": dials.forbidden,
        "outcome": outcome,
    }


async def _source(database: Database, order: dict[str, Any]) -> Source:
    catalog = PostgresCatalog(database)
    try:
        return await catalog.get(order["name"])
    except SourceUnknown:
        return await catalog.add(Source(0, order["name"], order["url"], allow_private=order["allow_private"]))


async def main(dsn: str) -> None:
    """Crawl until standard input ends."""
    dials = Dials()
    async with open_database(dsn) as database:
        fake = FakeEmbedder()
        await database.use_space(fake.model, fake.dimensions)
        while line := await asyncio.to_thread(sys.stdin.readline):
            say(await measured(database, dials, fake, json.loads(line)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main(sys.argv[1]))
