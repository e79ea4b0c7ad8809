"""How the two sides of a search become one rank. Pure; `core/index/queries.sql` ("hybrid") is the same formula in SQL.

    alone = vector * minmax(similarity) + words * lexical_score / max(best lexical_score, reach * attainable)
    score = alone + page * (sum of the page's three best alone)

`attainable` is what a passage that consists of the question's terms alone would get. So the best of weak matches does
not count as if it were a good one: a question in other words than the page's is left to the vectors (decision 0034).
Every candidate is scored on both sides, whichever found it. A page that answers with several passages is more likely to
be the right one; counting only its three best keeps long pages from winning by their length. A test compares the SQL
with this file. A synonym of a question's term adds to the lexical score, not to what is attainable:
`synonym * its passages / (its passages + those of the term)` of what it would add as a term (decision 0047).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CANDIDATES = 100
"""How many candidates each side brings: wide, then fuse (docs/decisions/0005)."""

ROW_BUDGET = 1_000
"""How many rows the rarest question terms may bring to be scored by BM25; 2,000 find no more (docs/decisions/0005)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts. Tuned on one question set, reported on the other: docs/decisions/0005-retrieval.md."""

    vector: float = 0.5
    words: float = 0.5
    page: float = 0.1
    reach: float = 0.4
    synonym: float = 0.5


PAGE_BEST = 3
"""How many candidates of a page count for it; `core/index/queries.sql` has the same number."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one side or both found, with its score on both."""

    page: str
    similarity: float
    lexical_score: float


def fuse(candidates: Sequence[Candidate], weights: Weights, attainable: float = 0.0) -> list[float]:
    """Return the fused score of each candidate, in the order given.

    `attainable` is the sum of the inverse document frequencies of the question's terms times `HIGHEST_WEIGHT`; a term
    that no passage holds counts as well.
    """
    if not candidates:
        return []
    low = min(candidate.similarity for candidate in candidates)
    span = max(candidate.similarity for candidate in candidates) - low
    best = max(weights.reach * attainable, *(candidate.lexical_score for candidate in candidates))
    alone = [
        (weights.vector * (candidate.similarity - low) / span if span else 0.0)
        + (weights.words * candidate.lexical_score / best if best else 0.0)
        for candidate in candidates
    ]
    of_page: dict[str, list[float]] = {}
    for candidate, score in zip(candidates, alone, strict=True):
        of_page.setdefault(candidate.page, []).append(score)
    best_of = {page: sum(sorted(scores, reverse=True)[:PAGE_BEST]) for page, scores in of_page.items()}
    return [score + weights.page * best_of[each.page] for each, score in zip(candidates, alone, strict=True)]
