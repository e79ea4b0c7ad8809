"""What one question took and came to, stage by stage, and what broke meanwhile.

The engine fills a trace while it answers. A caller may pass one in, and read it when the answer is there: the words
that were searched for, what both sides found, the order behind the reranker, the prompt, the draft.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from core.calls import WRITING, ModelCall, Purpose, collect_calls
from core.domain import Fault, FaultCause, Hit, SpendCap, TokenUsage
from core.ports import DraftPiece, DraftRestarted, GateRuling, PromptSent

_log = logging.getLogger(__name__)


def milliseconds_since(begin: float) -> float:
    """Return the milliseconds since `begin`, a value of `time.perf_counter`."""
    return (time.perf_counter() - begin) * 1000


PARTS = {Fault.MODEL: "chat model", Fault.EMBEDDER: "embedding model", Fault.RERANKER: "reranker"}
"""What a part is called in sentences for operators."""


@dataclass(slots=True)
class Trace:
    """What one question took and came to, stage by stage, and what broke meanwhile.

    `found` are the hits of the search, best first, `ranked` the same behind the reranker, `evidence` those that were
    read. `prompt` is the last one that was sent, `draft` what the reader wrote, before the check.
    """

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)
    causes: list[FaultCause] = field(default_factory=list)
    calls: list[ModelCall] = field(default_factory=list)
    cap: SpendCap | None = None
    _reported: TokenUsage | None = None
    searched_for: str = ""
    found: tuple[Hit, ...] = ()
    ranked: tuple[Hit, ...] = ()
    evidence: tuple[Hit, ...] = ()
    prompt: PromptSent | None = None
    gate: GateRuling | None = None
    draft: str = ""

    def note_piece(self, piece: DraftPiece) -> None:
        """Note what a reader yields: its draft, and news about it."""
        match piece:
            case str():
                self.draft += piece
            case DraftRestarted():
                self.draft = ""
            case PromptSent():
                self.prompt = piece
            case GateRuling():
                self.gate = piece
            case TokenUsage():
                pass

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What broke, each part once, in the order in which it did."""
        return tuple(dict.fromkeys(each.part for each in self.causes))

    def record_fault(self, part: Fault, error: Exception) -> None:
        """Record what broke, and why; log it, unless its adapter did."""
        sentence, kind = str(error), getattr(error, "kind", "unavailable")
        if isinstance(error, TimeoutError) or not sentence:
            sentence = f"The {PARTS[part]} did not answer in time."
        if not getattr(error, "is_logged", False):
            _log.warning("%s", sentence)
        self.causes.append(FaultCause(part, kind, sentence))

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
