"""Starts a crawl of ours or of Scrapy in a separate process, and looks at its memory while it runs.

Memory is PSS, so that a page that parent and child share counts once, summed over the process and its children.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from bench.crawled import Job
from bench.served import ROOT

_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """What a crawl of ours cost. Processor seconds; `memory`: MB of PSS, the most that was seen."""

    report: dict[str, Any]
    begun: float
    parent: float
    child: float
    memory: float

    @property
    def cpu(self) -> float:
        """All processor seconds, starting up included."""
        return self.parent + self.child


@dataclass(frozen=True, slots=True)
class ScrapyCost:
    """What a crawl of Scrapy cost."""

    pages: int
    cpu: float


def has_scrapy() -> bool:
    """Return whether Scrapy is installed."""
    return find_spec("scrapy") is not None


def run_ours(job: Job, module: str = "bench.crawled") -> Cost:
    """Run a crawl of ours in a separate process, and wait for it. Raises `RuntimeError` where it fails."""
    memory = 0.0

    def look(pid: int) -> None:
        nonlocal memory
        memory = max(memory, pss(pid))

    lines = _run([sys.executable, "-m", module, json.dumps(asdict(job))], look)
    return Cost(**next(line for line in lines if "begun" in line), **lines[-1], memory=memory)


def run_scrapy(start: str, connections: int) -> ScrapyCost:
    """Run a crawl of Scrapy in a separate process, and wait for it."""
    lines = _run([sys.executable, "-m", "bench.spider", start, str(connections)], lambda _: None)
    return ScrapyCost(**lines[-1])


def _run(command: list[str], look: Callable[[int], None]) -> list[dict[str, Any]]:
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            look(process.pid)
            time.sleep(_EVERY)
        lines = [json.loads(line) for line in process.stdout or ()]
    if process.returncode or not lines:
        raise RuntimeError(f"{command[2]} ended with {process.returncode}")
    return lines


def pss(pid: int) -> float:
    """Return the MB of PSS of a process and all its children; 0 when it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(_own_pss(each.pid) for each in (process, *process.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0.0


def _own_pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
