"""A figure with the bar it has to hold, and the line that says on what it was measured."""

from __future__ import annotations

import datetime
import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and what it has to be."""

    name: str
    measured: float
    least: float | None = None
    most: float | None = None

    @property
    def held(self) -> bool:
        """Return whether the figure holds the bar."""
        return self.measured >= (self.least or 0.0) and (self.most is None or self.measured <= self.most)

    def __str__(self) -> str:
        limits = ((">=", self.least), ("<=", self.most))
        wanted = "  ".join(f"{sign} {limit:,.6g}" for sign, limit in limits if limit is not None)
        return f"{'ok    ' if self.held else 'MISSED'} {self.name:58} {self.measured:10,.2f}  {wanted}"


def machine(*more: str) -> str:
    """Return `"2026-11-25, x86_64, 2 processors, Python 3.11.7, load 0.4 0.6 0.5, ..."`."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    day = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}"
    parts = (day, platform.machine(), f"{os.cpu_count()} processors", f"Python {platform.python_version()}")
    return ", ".join([*parts, f"load {load}", *more])
