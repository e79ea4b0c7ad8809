"""The scores of a reranker, checked, and hits in their order. Never drops, doubles or invents a hit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.domain import Hit
from core.errors import ModelMisbehaved


def check_scores(pairs: Iterable[tuple[object, object]], count: int) -> dict[int, float]:
    """Return {index: score} of what a server answered. Raises `ModelMisbehaved`.

    An index points nowhere or twice, or a score is not a number: an order that is wrong in one place cannot be trusted
    in the others.
    """
    scores: dict[int, float] = {}
    for index, score in pairs:
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise ModelMisbehaved("The reranker answered with a score that is not a number.")
        if not isinstance(index, int) or not 0 <= index < count or index in scores:
            raise ModelMisbehaved("The reranker answered with an order of other documents than it was sent.")
        scores[index] = float(score)
    return scores


def reorder_hits(hits: Sequence[Hit], scores: Mapping[int, float]) -> list[Hit]:
    """Return the scored hits by falling score, then the others in their old order and below all scores."""
    order = sorted(scores, key=lambda index: -scores[index])
    lowest = min(0.0, *scores.values()) if scores else 0.0
    best = [replace(hits[index], score=scores[index]) for index in order]
    return best + [replace(hit, score=lowest) for index, hit in enumerate(hits) if index not in scores]
