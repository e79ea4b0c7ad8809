"""Finds for each gap what it is about, once: the subject of a question, or of a report, is stored with it.

    gap without a subject ──terms──> nearest of the stored subjects, or a new one ──> question_summary.subject

A subject is made of the first question about it and goes with that question: what it gathered is gathered once more.
What is stored of its words are hashes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import asyncpg

from core.history.gaps import SubjectIndex, to_terms
from core.postgres.database import Connection, Database
from core.postgres.statements import statements

BATCH = 2_000
"""Gaps that one transaction gathers."""


async def gather_gaps(database: Database) -> None:
    """Give each gap that has none its subject. One process does so at a time; without new gaps it is one look."""
    if not await database.readers.fetchval(statements()["gaps_waiting"]):
        return
    is_more = True
    while is_more:
        async with database.writers.acquire() as connection, connection.transaction():
            await connection.execute(statements()["gaps_lock"])
            is_more = await _gather_some(connection)


async def _gather_some(connection: Connection) -> bool:
    """Gather the next gaps, and return whether there may be more."""
    rows = await connection.fetch(statements()["gaps_new"], BATCH)
    rows += await connection.fetch(statements()["gaps_new_reports"], BATCH - len(rows))
    known = await connection.fetch(statements()["gap_subjects"])
    found, new = await asyncio.to_thread(_find_subjects, rows, known)
    added = [
        {"question": rows[place]["question"], "report": rows[place]["report"], "terms": [*map(str, terms)]}
        for place, terms in new.items()
    ]
    stored = await connection.fetch(statements()["gap_subjects_add"], json.dumps(added))
    numbers = {(row["question"], row["report"]): row["id"] for row in stored}
    # The subject that begins with row n is -1 - n until it is stored.
    subjects = [each if each >= 0 else numbers[_to_key(rows[-1 - each])] for each in found]
    for name, column in (("gaps_gather", "question"), ("gaps_gather_reports", "report")):
        pairs = [(row[column], subject) for row, subject in zip(rows, subjects, strict=True) if row[column] is not None]
        if pairs:
            await connection.execute(statements()[name], *map(list, zip(*pairs, strict=True)))
    return len(rows) == BATCH


def _to_key(row: asyncpg.Record) -> tuple[int | None, int | None]:
    return row["question"], row["report"]


def _find_subjects(
    rows: Sequence[asyncpg.Record], known: Sequence[asyncpg.Record]
) -> tuple[list[int], dict[int, frozenset[int]]]:
    """Return the subject of each row, and the terms of each row that a new one begins with, by the row's place."""
    index, new, found = SubjectIndex(), dict[int, frozenset[int]](), list[int]()
    for row in known:
        index.add(row["id"], frozenset(row["terms"]))
    for place, row in enumerate(rows):
        terms = to_terms(row["body"])
        subject = index.find(terms)
        if subject is None:
            subject, new[place] = -1 - place, terms
            index.add(subject, terms)
        found.append(subject)
    return found, new
