"""Figures of retrieval and abstention over a question set. Pure; runs nothing.

A question's gold is a list of locations (page, or page and anchor); a run is its results, best first.

    recall@k   share of the gold locations among the first k results           (a location counts once)
    nDCG@10    sum of 1/log2(rank + 1) over found locations / the best possible  (Järvelin & Kekäläinen 2002)
    MRR        1 / rank of the first found location, 0 where none is found

Ranks count distinct locations, so that three passages of one section do not take three ranks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Location:
    """A page, or a section of it: `Location("https://a/b.html", "c")`. An empty anchor is the whole page."""

    url: str
    anchor: str = ""

    @property
    def page(self) -> str:
        """The path without what servers add or leave out: `https://a/docs/b/index.html` -> `docs/b`."""
        path = unquote(urlsplit(self.url).path).removesuffix("/index.html").removesuffix(".html")
        return path.strip("/").lower()

    def is_at(self, gold: Location) -> bool:
        """Return whether this location matches a gold one: the same page, and the same section if the gold names one.

        Two pages are the same if one path ends with the other at a slash: a set may be served under another prefix.
        """
        ours, theirs = self.page, gold.page
        same_page = ours == theirs or ours.endswith("/" + theirs) or (bool(ours) and theirs.endswith("/" + ours))
        return same_page and gold.anchor in ("", self.anchor)


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one question, or the mean of many; each 0..1."""

    recall_at_5: float
    recall_at_10: float
    ndcg_at_10: float
    mrr: float


def score(results: Sequence[Location], gold: Sequence[Location]) -> Scores:
    """Return the figures of one question; `gold` must not be empty."""
    distinct = list(dict.fromkeys(results))
    found: list[int | None] = []
    for result in distinct:
        location = next((n for n, wanted in enumerate(gold) if result.is_at(wanted) and n not in found), None)
        if location is not None or not any(result.is_at(wanted) for wanted in gold):
            found.append(location)
    gains = [rank for rank, location in enumerate(found[:10], 1) if location is not None]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(gold), 10) + 1))
    return Scores(
        recall_at_5=sum(location is not None for location in found[:5]) / len(gold),
        recall_at_10=len(gains) / len(gold),
        ndcg_at_10=sum(1 / math.log2(rank + 1) for rank in gains) / ideal,
        mrr=1 / gains[0] if gains else 0.0,
    )


def average_scores(scores: Sequence[Scores]) -> Scores:
    """Return the mean of each figure; zeros if there is no question."""
    count = max(1, len(scores))
    return Scores(
        recall_at_5=sum(each.recall_at_5 for each in scores) / count,
        recall_at_10=sum(each.recall_at_10 for each in scores) / count,
        ndcg_at_10=sum(each.ndcg_at_10 for each in scores) / count,
        mrr=sum(each.mrr for each in scores) / count,
    )
