"""Rows of wordings as gaps: those about one thing are gathered, and their figures added. Asks no database."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from heapq import nlargest

import asyncpg

from core.history.gaps import gather_wordings
from core.history.port import DocumentationGap, NearSection

EXAMPLES, MISSING = 3, 3
"""Wordings of a gap that are shown, and words for what is missing."""


def gather_rows(rows: Sequence[asyncpg.Record], limit: int) -> list[list[asyncpg.Record]]:
    """Return the rows of each gap, most frequent wordings first, for the gaps with the most questions and reports."""
    groups: defaultdict[int, list[asyncpg.Record]] = defaultdict(list)
    for group, row in zip(gather_wordings([row["body"] for row in rows]), rows, strict=True):
        groups[group].append(row)
    return nlargest(limit, groups.values(), key=_to_weight)


def _to_weight(group: Sequence[asyncpg.Record]) -> tuple[int, float]:
    """Return what gaps are sorted by: how often, and how lately."""
    return (
        sum(row["questions"] + row["reported"] for row in group),
        max(row["last"] for row in group).timestamp(),
    )


def to_gap(group: Sequence[asyncpg.Record], sections: Sequence[NearSection]) -> DocumentationGap:
    """Return a gap of its wordings and sections."""
    missing = sorted(
        (pair for row in group for pair in zip(row["missing_at"], row["missing"], strict=True)), reverse=True
    )
    return DocumentationGap(
        examples=tuple(row["body"] for row in group[:EXAMPLES]),
        questions=sum(row["questions"] for row in group),
        askers=len({asker for row in group for asker in row["askers"]}),
        first=min(row["first"] for row in group),
        last=max(row["last"] for row in group),
        abstained=sum(row["abstained"] for row in group),
        partly=sum(row["partly"] for row in group),
        down=sum(row["down"] for row in group),
        sections=tuple(sections),
        reported=sum(row["reported"] for row in group),
        missing=tuple(words for _, words in missing[:MISSING]),
    )


def to_near_section(row: asyncpg.Record) -> NearSection:
    """Return a section that came close to the questions of a gap."""
    return NearSection(row["url"], tuple(json.loads(row["path"])), row["source"])
