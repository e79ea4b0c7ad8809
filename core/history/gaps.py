"""Gathers questions by their wording: those that share most of their words are about one subject.

`["How do I rotate keys?", "rotating the keys", "What is a page?"]` -> subjects 0, 0, 1. No model and no database.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from hashlib import blake2b

from core.index.terms import question_words

NEAR = 0.5
"""The share of their words, of all that either has, which two wordings have in common to be about one subject."""


COURTESIES = frozenset(
    re.findall(
        r"\w+",
        "anybodi anyon better easi easili explain hello help hey hi know like need pleas possibl question say somebodi "
        "someon tell thank trick tri want way wonder",
    )
)
"""Stems of what people wrap any question into."""


class SubjectIndex:
    """Subjects by the terms of the wording that each began with. A wording is about the nearest one."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._ids: list[int] = []
        self._with_term: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, subject: int, terms: frozenset[int]) -> None:
        """Add a subject."""
        for term in terms:
            self._with_term[term].append(len(self._ids))
        self._ids.append(subject)
        self._sizes.append(len(terms))

    def find(self, terms: frozenset[int]) -> int | None:
        """Return the subject that is nearest to terms, by Jaccard similarity; of as near ones the one added first.

        None: none is near enough. Compared are those alone that share a term.
        """
        shared = Counter(place for term in terms for place in self._with_term.get(term, ()))
        nearness = {place: n / (len(terms) + self._sizes[place] - n) for place, n in shared.items()}
        best = max(nearness, key=lambda place: (nearness[place], -place), default=None)
        return self._ids[best] if best is not None and nearness[best] >= NEAR else None


def to_terms(wording: str) -> frozenset[int]:
    """Return hashes of the stems of a wording without stop words; of the wording where nothing else is left of it.

    Hashes of 64 bits with a sign, as Postgres has them: what is stored of a wording says nothing.
    """
    terms = {part for word in question_words(wording) for part in word.parts} or {wording.strip().casefold()}
    return frozenset(map(_to_hash, terms - COURTESIES or terms))


def _to_hash(term: str) -> int:
    return int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
