"""Whether what was found is about the question at all: the gate of the reader that has no model to ask.

    evidence = similarity of the best hit (cosine) + share of the question's words that the best hit holds

No single cosine is a safe threshold (facts/retrieval): a question in other words than the page's has few shared words
and a high cosine, one about another subject that happens to share words the reverse. The weighted sum separates them.
How the constants were found, and on what: docs/decisions/0005. Near misses (right subject, wrong detail) often pass;
the citation lets the asker see that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain import Hit
from core.terms import Word, tokens

LOOKED_AT = 5
"""How many of the best hits are looked at."""

SIMILARITY_WEIGHT, COVERAGE_WEIGHT, THRESHOLD = 1.0, 0.35, 0.48
"""For all-MiniLM-L6-v2 (docs/decisions/0005); a model with other cosines needs its own."""

COVERAGE_ALONE = 0.4
"""Where there are no cosines (the embedder failed), this share of the words must be in one passage."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the gate sees: the best cosine (None: not computed) and the best coverage, 0..1."""

    similarity: float | None
    coverage: float

    @property
    def score(self) -> float:
        return SIMILARITY_WEIGHT * (self.similarity or 0.0) + COVERAGE_WEIGHT * self.coverage


def relevant(question: Sequence[Word], hits: Sequence[Hit]) -> bool:
    """Whether an answer may be quoted from `hits` (best first). A question without any word that counts may not."""
    if not question or not hits:
        return False
    seen = signals(question, hits)
    if seen.similarity is None:
        return seen.coverage >= COVERAGE_ALONE
    return seen.score >= THRESHOLD


def signals(question: Sequence[Word], hits: Sequence[Hit]) -> Signals:
    """The numbers behind the verdict, for calibration and logs."""
    best = hits[:LOOKED_AT]
    similarities = [hit.similarity for hit in best if hit.similarity is not None]
    held = [frozenset(tokens(f"{' '.join(hit.passage.path)}\n{hit.passage.text}")) for hit in best]
    weights = {word: _weight(word, held) for word in question}
    total = sum(weights.values())
    shares = [sum(weight for word, weight in weights.items() if _holds(terms, word)) / total for terms in held]
    return Signals(max(similarities, default=None), max(shares, default=0.0))


def _holds(terms: frozenset[str], word: Word) -> bool:
    return word.joined in terms if word.joined else all(part in terms for part in word.parts)


def _weight(word: Word, held: Sequence[frozenset[str]]) -> float:
    """Words that fewer of the hits hold say more: 1 where all do, 1 + log 2 and up where some do not."""
    return 1.0 + math.log((len(held) + 1) / (sum(_holds(terms, word) for terms in held) + 1))
