"""The calls of models that one piece of work makes, gathered while it runs.

    with collect_calls(Purpose.EMBED, calls):       the engine, around one stage of a question
        await embedder.embed_query(text)  ──record_call──> calls      the adapter, for each request that was answered

A context variable carries the list, so that ports and fakes need no argument for it; work without a list is not
counted. Nothing else is handed over this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from core.domain import TokenUsage


class Purpose(StrEnum):
    """What a model is called for."""

    REWRITE = "rewrite"
    ANSWER = "answer"
    CHECK = "check"
    EMBED = "embed"
    """A question."""
    CRAWL = "crawl"
    """Passages of a crawl."""
    RERANK = "rerank"


WRITING = (Purpose.REWRITE, Purpose.ANSWER, Purpose.CHECK)
"""Calls of models that write: what a cap is about."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request that a model worked on. `units`: searches, as a reranker bills them."""

    model: str
    purpose: Purpose
    usage: TokenUsage
    units: int = 0


@dataclass(frozen=True, slots=True)
class _Collection:
    purpose: Purpose
    calls: list[ModelCall]


_current: ContextVar[_Collection | None] = ContextVar("calls", default=None)


@contextmanager
def collect_calls(purpose: Purpose, calls: list[ModelCall]) -> Iterator[None]:
    """Append the calls that are made in a block to `calls`. The block must not yield: its caller shares the context."""
    token = _current.set(_Collection(purpose, calls))
    try:
        yield
    finally:
        _current.reset(token)


def record_call(model: str, usage: TokenUsage, units: int = 0) -> None:
    """Record a call where somebody collects them."""
    collection = _current.get()
    if collection is not None:
        collection.calls.append(ModelCall(model, collection.purpose, usage, units))
