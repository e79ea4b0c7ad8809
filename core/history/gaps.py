"""Gathers questions by their wording: those that share most of their words are about one thing.

`["How do I rotate keys?", "rotating the keys", "What is a page?"]` -> groups 0, 0, 1. No model and no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.index.terms import question_words

NEAR = 0.5
"""The share of their words, of all that either has, which two wordings have in common to be gathered."""


def gather_wordings(wordings: Sequence[str]) -> list[int]:
    """Return the number of each wording's group, in order of first use.

    Each joins the group whose first wording is nearest, so the most frequent wordings come first. Compared are those
    alone that share a word.
    """
    leaders: list[frozenset[str]] = []
    with_term: defaultdict[str, list[int]] = defaultdict(list)
    groups: list[int] = []
    for wording in wordings:
        terms = to_terms(wording)
        near = {number for term in terms for number in with_term[term]}
        best = max(near, key=lambda number: (to_nearness(terms, leaders[number]), -number), default=None)
        if best is None or to_nearness(terms, leaders[best]) < NEAR:
            best = len(leaders)
            leaders.append(terms)
            for term in terms:
                with_term[term].append(best)
        groups.append(best)
    return groups


def to_terms(wording: str) -> frozenset[str]:
    """Return the stems of a wording without stop words; the wording itself where nothing else is left of it."""
    terms = frozenset(part for word in question_words(wording) for part in word.parts)
    return terms or frozenset({wording.strip().casefold()})


def to_nearness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of terms, neither empty: 0..1."""
    return len(one & other) / len(one | other)
