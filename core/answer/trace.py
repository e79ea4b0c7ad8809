"""How long one question took, stage by stage, and what broke meanwhile. Knows no stage by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.domain import Fault, TokenUsage


def milliseconds_since(begin: float) -> float:
    """Return the milliseconds since `begin`, a value of `time.perf_counter`."""
    return (time.perf_counter() - begin) * 1000


@dataclass(slots=True)
class Trace:
    """How long one question took, stage by stage, and what broke meanwhile."""

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    usage: TokenUsage | None = None

    def count_tokens(self, usage: TokenUsage | None) -> None:
        """Add what a call of a model took."""
        if usage is not None:
            self.usage = usage.plus(self.usage)

    @contextmanager
    def measure_stage(self, stage: str) -> Iterator[None]:
        """Measure a block and store its milliseconds under `stage`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[stage] = milliseconds_since(begin)

    def record_stage(self, stage: str) -> None:
        """Store the milliseconds since the question came, the first time this is called for a stage."""
        self.timings_ms.setdefault(stage, milliseconds_since(self.started))
