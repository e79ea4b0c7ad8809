"""Rows of gaps as gaps. Asks no database."""

from __future__ import annotations

import json
from collections.abc import Sequence

import asyncpg

from core.history.port import DocumentationGap, NearSection


def to_gap(row: asyncpg.Record, sections: Sequence[NearSection]) -> DocumentationGap:
    """Return a gap of its row and its sections."""
    return DocumentationGap(
        examples=tuple(row["examples"]),
        questions=row["questions"],
        askers=row["askers"],
        first=row["first"],
        last=row["last"],
        abstained=row["abstained"],
        partly=row["partly"],
        down=row["down"],
        sections=tuple(sections),
        reported=row["reported"],
        missing=tuple(row["missing"]),
        subject=row["subject"],
    )


def to_near_section(row: asyncpg.Record) -> NearSection:
    """Return a section that came close to the questions of a gap."""
    return NearSection(row["url"], tuple(json.loads(row["path"])), row["source"])
