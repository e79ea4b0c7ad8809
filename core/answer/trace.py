"""What one question took, stage by stage, and what broke on its way. Knows no stage by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.domain import Fault


def milliseconds_since(begin: float) -> float:
    """Of `time.perf_counter`."""
    return (time.perf_counter() - begin) * 1000


@dataclass(slots=True)
class Trace:
    """What one question took and what broke on its way."""

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Milliseconds of a block."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[stage] = milliseconds_since(begin)

    def reached(self, stage: str) -> None:
        """Milliseconds since the question came, the first time it is called."""
        self.timings_ms.setdefault(stage, milliseconds_since(self.started))
