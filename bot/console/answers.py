"""An answer as a page shows it: its blocks as people saw them in the chat, its sources, and what each unit rests on.

Nothing is made into markup here; templates escape all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.markup.blocks import parse_blocks, split_spans
from core.domain import Answer, CheckedUnit
from core.inbox.port import UsedPassage

STAGES = ("rewrite", "embed", "search", "rerank", "examples", "read_first", "read", "verify", "total")
"""The stages of an answer in their order, which Postgres does not keep."""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A paragraph as (text, is code) in turn, or the whole of a code block."""

    spans: tuple[tuple[str, bool], ...]
    code: bool


@dataclass(frozen=True, slots=True)
class ShownUnit:
    """A unit of a draft and its passages: the place in the evidence, and whether that passage is known."""

    unit: CheckedUnit
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer with what a page draws of it. `units` is None where they were not stored; `times` in milliseconds."""

    answer: Answer
    blocks: tuple[ShownBlock, ...]
    units: tuple[ShownUnit, ...] | None
    cited: frozenset[str]
    times: tuple[tuple[str, float], ...]


def show_answer(answer: Answer, known: Collection[str], found: Sequence[UsedPassage]) -> ShownAnswer:
    """Return an answer as it was shown: without links that are not in `known`."""
    blocks = tuple(
        ShownBlock(((block.text, True),) if block.code else tuple(split_spans(block.text)), block.code)
        for block in parse_blocks(answer.text, known)
    )
    units = None if answer.units is None else tuple(_show_unit(unit, len(found)) for unit in answer.units)
    times = sorted(answer.timings_ms.items(), key=lambda item: (_order(item[0]), item[0]))
    return ShownAnswer(answer, blocks, units, frozenset(each.url for each in answer.citations), tuple(times))


def _order(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else len(STAGES)


def _show_unit(unit: CheckedUnit, passages: int) -> ShownUnit:
    return ShownUnit(unit, tuple(number for number in unit.passages if 1 <= number <= passages))
