"""Gathers questions by their wording: those that share most of their words are about one thing.

`["How do I rotate keys?", "rotating the keys", "What is a page?"]` -> groups 0, 0, 1. No model and no database.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.index.terms import question_words

NEAR = 0.5
"""The share of their words, of all that either has, which two wordings have in common to be gathered."""


def gather_wordings(wordings: Sequence[str]) -> list[int]:
    """Return the number of each wording's group, in order of first use.

    Each joins the group whose first wording is nearest, so the most frequent wordings come first. Quadratic in groups:
    500 wordings are 125,000 comparisons at most.
    """
    leaders: list[frozenset[str]] = []
    groups: list[int] = []
    for wording in wordings:
        terms = to_terms(wording)
        near, group = max(
            ((to_nearness(terms, leader), -number) for number, leader in enumerate(leaders)), default=(0.0, 0)
        )
        if near < NEAR:
            leaders.append(terms)
            group = 1 - len(leaders)
        groups.append(-group)
    return groups


def to_terms(wording: str) -> frozenset[str]:
    """Return the stems of a wording without stop words; the wording itself where nothing else is left of it."""
    terms = frozenset(part for word in question_words(wording) for part in word.parts)
    return terms or frozenset({wording.strip().casefold()})


def to_nearness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of terms, neither empty: 0..1."""
    return len(one & other) / len(one | other)
