"""The bad inputs of ../shared against a real crawl: `python -m bench.hostile [--only PREFIX ...]`.

    this process ──url──> bench.hostile_crawl   the crawl and its event loop, real Postgres, real parse child
         └──────id──────> bench.hostile_sites   the site of an input, 20 good pages next to the bad one

Prints for each input of the surfaces `ingest.*`, and for all: how late a task of 5 ms was at the 99th percentile and at
worst, how much of that the loop's own thread took of the processor at most (the rest is the machine's), by how much
the crawl's memory grew (peak of the input over its start) and the parse child's peak, and how many
sockets were dialled to an address that is neither public nor the site's own. A bad url is met three times: as the root
of a source, as a link and as a redirect. Exit code 1: a bar was missed. About six minutes, most of it deadlines that
are waited for (net-006, net-012, robots-004). It takes the venv of the tests, as it uses their sites.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import selectors
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy
import psutil

from bench.bars import Bar, machine
from bench.hostile_crawl import RAISED
from bench.hostile_sites import Bad, ingest_inputs
from bench.served import ROOT, SITES
from bench.server import database_in, server

LAG_MS, GROWTH_MB, CHILD_MB = 100, 32, 512
TWICE = frozenset({"trap-011", "trap-012"})
"""Inputs whose effect only a second crawl can show."""

HEADER = "       input        seconds  p99 ms  max ms  own ms grown MB held MB child MB dials"

NOT_MET = frozenset({"redir-010"})
"""A redirect from https to http: no site here speaks TLS. `tests.bad.test_network` has it."""


@dataclass(slots=True)
class Seen:
    """What was seen of one input, over its crawls. `resident` is what the process holds at its end."""

    name: str
    seconds: float = 0.0
    late: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    grown: float = 0.0
    resident: float = 0.0
    child: float = 0.0
    forbidden: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def add(self, report: dict[str, Any], child: float) -> None:
        """Add one more crawl."""
        self.seconds += report["seconds"]
        self.late += report["late"]
        self.own += report["own"]
        self.grown = max(self.grown, report["grown"])
        self.resident = report["resident"]
        self.child = max(self.child, child)
        self.forbidden += report["forbidden"]
        self.outcomes.append(report["outcome"])

    @property
    def p99(self) -> float:
        """The 99th percentile of how late the task was, in milliseconds."""
        return float(numpy.percentile(self.late, 99)) if self.late else 0.0

    @property
    def over(self) -> bool:
        """Return whether it misses a bar."""
        memory = self.grown > GROWTH_MB or self.child > CHILD_MB
        return memory or self.p99 > LAG_MS or bool(self.forbidden) or bool(self.raised)

    @property
    def raised(self) -> list[str]:
        """The exceptions that left a crawl where a value or a sentence should have."""
        return [each for each in self.outcomes if each.startswith(RAISED)]

    def __str__(self) -> str:
        late = f"{self.p99:7.1f} {max([0.0, *self.late]):7.1f} {max([0.0, *self.own]):7.1f}"
        figures = f"{late} {self.grown:8.1f} {self.resident:7.1f} {self.child:8.0f}"
        held = "MISSED" if self.over else "ok    "
        return f"{held} {self.name:12} {self.seconds:7.2f} {figures} {len(self.forbidden):5}"


class Talk:
    """A process that answers each line with a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        self.pid = process.pid
        self._to: IO[str] = process.stdin
        self._from: IO[str] = process.stdout
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._from, selectors.EVENT_READ)

    def say(self, line: object) -> None:
        """Write one line; `None`: an empty one."""
        self._to.write(("" if line is None else json.dumps(line)) + "\n")
        self._to.flush()

    def ask(self, line: object) -> dict[str, Any]:
        """Write a line, and wait for the answer."""
        self.say(line)
        return self.heard()

    def heard(self) -> dict[str, Any]:
        """Return the next line that it answers. Raises `RuntimeError` where it ends instead."""
        answer = self._from.readline()
        if not answer:
            raise RuntimeError(f"process {self.pid} ended")
        found: dict[str, Any] = json.loads(answer)
        return found

    def silent(self, seconds: float) -> bool:
        """Return whether it has written nothing for this many seconds."""
        return not self._ready.select(seconds)


@contextmanager
def talking(*command: str) -> Iterator[Talk]:
    """Run one of our modules, and end it when the block ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, **pipes) as process:  # type: ignore[call-overload]  # as one
        try:
            yield Talk(process)
        except BaseException:
            process.kill()  # it may be in the middle of a crawl
            raise
        process.stdin.close()


def crawled(crawl: Talk, order: dict[str, Any], seen: Seen) -> None:
    """Run one crawl, and look at the child meanwhile."""
    crawl.say(order)
    child = 0.0
    while crawl.silent(0.03):
        child = max(child, _peak_of_children(crawl.pid))
    seen.add(crawl.heard(), child)


def _peak_of_children(pid: int) -> float:
    """Return the most that one child has held, in MB."""
    return max((_peak(child.pid) for child in psutil.Process(pid).children()), default=0.0)


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def meet(bad: Bad, crawl: Talk, sites: Talk) -> Seen:
    """Run the crawls that one input takes."""
    seen = Seen(bad.id)
    if bad.surface == "ingest.url":
        crawled(crawl, {"name": f"{bad.id}-root", "url": bad.text, "allow_private": False}, seen)
    if bad.text.startswith("DNS:"):
        name = "mixed.example" if "public" in bad.text else "docs.example"
        crawled(crawl, {"name": bad.id, "url": f"https://{name}/docs/", "allow_private": False}, seen)
        return seen
    url = sites.ask({"id": bad.id})["url"]
    order = {"name": bad.id, "url": f"{url}/docs/", "allow_private": True}
    crawled(crawl, order, seen)
    if bad.id in TWICE:
        sites.ask({"again": True})
        crawled(crawl, order, seen)
    sites.say(None)
    seen.forbidden += ["the secret site"] * sites.heard()["secret"]
    return seen


def bars(found: Sequence[Seen], start: float) -> Iterator[Bar]:
    """Yield the bars over all inputs."""
    late = [each for seen in found for each in seen.late]
    own = max(each for seen in found for each in seen.own)
    yield Bar("event loop late, ms, 99th percentile of all", float(numpy.percentile(late, 99)), most=LAG_MS)
    yield Bar("event loop late, ms, 99th percentile of the worst input", max(each.p99 for each in found), most=LAG_MS)
    yield Bar("event loop late by its own processor time, ms, at most", own, most=LAG_MS)
    yield Bar("parent grown by, MB, at its peak, worst input", max(each.grown for each in found), most=GROWTH_MB)
    yield Bar("parent grown by, MB, after all of them", max(0.0, found[-1].resident - start), most=GROWTH_MB)
    yield Bar("parse child, MB at most", max(each.child for each in found), most=CHILD_MB)
    yield Bar("errors that left a crawl", sum(len(each.raised) for each in found), most=0)
    yield Bar("sockets dialled to forbidden addresses", sum(len(each.forbidden) for each in found), most=0)
    print(
        f"\nworst lateness of all: {max(late):.1f} ms; median growth {statistics.median(s.grown for s in found):.1f} MB"
    )


def measured(dsn: str, wanted: Sequence[Bad], *, verbose: bool) -> list[Bar]:
    """Meet all inputs, after one crawl that loads what any crawl loads. -> the bars."""
    database = asyncio.run(database_in(dsn, f"bench_hostile_{os.getpid()}"))
    with ExitStack() as closing:
        sites = closing.enter_context(talking("bench.hostile_sites"))
        crawl = closing.enter_context(talking("bench.hostile_crawl", database))
        start = _warm(crawl, sites).resident
        print(HEADER)
        found = []
        for bad in wanted:
            seen = meet(bad, crawl, sites)
            print(seen, *(seen.outcomes if verbose or seen.over else ()), sep="  ", flush=True)
            found.append(seen)
    return list(bars(found, start))


def _warm(crawl: Talk, sites: Talk) -> Seen:
    seen = Seen("warm-up")
    url = sites.ask({"id": "html-025"})["url"]
    crawled(crawl, {"name": "warm-up", "url": f"{url}/docs/", "allow_private": True}, seen)
    sites.say(None)
    sites.heard()
    return seen


def main() -> int:
    """Measure and print. -> exit code: 0 where every bar was held, or the inputs are not here."""
    parser = argparse.ArgumentParser(description="Measures what hostile input costs a crawl.")
    parser.add_argument("--only", nargs="+", default=[], metavar="PREFIX", help="inputs whose id begins so")
    parser.add_argument("--verbose", action="store_true", help="what each crawl came to")
    parser.add_argument("--dsn", default="")
    options = parser.parse_args()
    every = [each for each in ingest_inputs() if each.id not in NOT_MET]
    wanted = [each for each in every if not options.only or each.id.startswith(tuple(options.only))]
    if not wanted:
        print(f"Nothing measured: {SITES.parent} is not here, or no input is named so.")
        return 0
    print(machine(f"{len(wanted)} inputs"))
    with server(options.dsn, None) as dsn:
        found = measured(dsn, wanted, verbose=options.verbose)
    print("", machine(), *found, sep="\n")
    return 0 if all(bar.held for bar in found) else 1


if __name__ == "__main__":
    sys.exit(main())
