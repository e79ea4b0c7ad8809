"""How long one question took, stage by stage, and what broke meanwhile. Knows no stage by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from core.calls import WRITING, ModelCall, Purpose, collect_calls
from core.domain import Fault, SpendCap, TokenUsage


def milliseconds_since(begin: float) -> float:
    """Return the milliseconds since `begin`, a value of `time.perf_counter`."""
    return (time.perf_counter() - begin) * 1000


@dataclass(slots=True)
class Trace:
    """How long one question took, stage by stage, what broke meanwhile, and which calls of models it made."""

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[ModelCall] = field(default_factory=list)
    cap: SpendCap | None = None
    _reported: TokenUsage | None = None

    def count_tokens(self, usage: TokenUsage | None) -> None:
        """Add what a reader reports that its call took."""
        if usage is not None:
            self._reported = usage.plus(self._reported)

    @property
    def usage(self) -> TokenUsage | None:
        """What the calls of models that write took; where none was recorded, what their reader reports."""
        total: TokenUsage | None = None
        for call in self.calls:
            total = call.usage.plus(total) if call.purpose in WRITING else total
        return total or self._reported

    def part(self) -> Trace:
        """Return a trace for a part of the work: its calls count here, its stages and faults do not."""
        return Trace(calls=self.calls)

    def collect(self, purpose: Purpose) -> AbstractContextManager[None]:
        """Collect the calls of a block, which must not yield."""
        return collect_calls(purpose, self.calls)

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
