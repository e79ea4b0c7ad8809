"""The bench's side of `bench.serve`: starts it, asks what was asked of it, and has it change its pages."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SITES = ROOT.parent / "shared" / "sites"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a site was asked in one crawl. `pages`: path -> requests; `seconds`: first request to last answer."""

    pages: Mapping[str, int]
    lists: Mapping[str, int]
    missing: Mapping[str, int]
    bodies: int
    not_modified: int
    peak: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Pages a second."""
        return len(self.pages) / self.seconds if self.seconds else 0.0

    @property
    def most(self) -> int:
        """Requests of the page that was asked for most often."""
        return max([0, *self.pages.values(), *self.missing.values()])


@dataclass(frozen=True, slots=True)
class Served:
    """A site that is being served at `url`, from `folder`."""

    url: str
    folder: Path

    @property
    def start(self) -> str:
        """The url of its start page."""
        return f"{self.url}/index.html"

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return sum(1 for _ in self.folder.rglob("*.html"))

    def asked(self) -> Asked:
        """Return what was asked since the last reset."""
        return Asked(**self._order("count"))

    def reset(self, latency_ms: float = 0) -> None:
        """Set the counters to zero."""
        self._order("reset", latency_ms=str(latency_ms))

    def edit(self, kind: str, word: str = "1") -> int:
        """Edit the pages (bench/edits.py). -> how many changed."""
        return int(self._order("edit", kind=kind, word=word)["pages"])

    def step_back(self) -> None:
        """Let it take only processor time that nobody else wants from now on: a real site runs elsewhere."""
        self._order("nice")

    def _order(self, name: str, **query: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/__{name}?{urllib.parse.urlencode(query)}") as answer:
            found: dict[str, Any] = json.load(answer)
            return found


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the site of a folder until the block ends."""
    command = [sys.executable, "-m", "bench.serve", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("a server without pipes")
        try:
            yield Served(server.stdout.readline().strip(), folder)
        finally:
            server.stdin.close()
