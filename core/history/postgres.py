"""The history of questions in Postgres. Implements the port `core.history.port.QuestionHistory`; writes nothing.

A report reads all its figures in one snapshot, so that they agree with each other. Counting is done by Postgres; only
the distinct wordings of gaps, at most `WORDINGS`, are compared here (`core.history.gaps`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

import asyncpg
from pydantic import TypeAdapter

from core.history.gaps import gather_wordings
from core.history.port import (
    ActivityReport,
    DocumentationGap,
    NearSection,
    QuestionFilter,
    QuestionRecord,
    TokenTotals,
)
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Reply, Thumb, Visibility
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of
from core.sentences import ENGLISH, GERMAN

WORDINGS, SOURCES, EXAMPLES = 500, 20, 3
ANY_DAYS = 36_500

_REPLY = TypeAdapter(Reply)


class PostgresHistory:
    """Reads over the pool of long statements: over 100,000 stored answers a report may take longer than a search."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_days = retention_days

    async def list_questions(self, wanted: QuestionFilter, limit: int) -> list[QuestionRecord]:
        """Return the latest questions that pass the filter, newest first."""
        arguments = (
            wanted.outcome,
            wanted.thumb,
            wanted.channel,
            wanted.source,
            wanted.platform,
            text_of(wanted.text) if wanted.text else None,
            wanted.dropped,
            limit,
        )
        with translate_errors():
            async with self._database.writers.acquire() as connection:
                rows = await self._fetch(connection, "history_list", wanted.days or ANY_DAYS, *arguments)
        return [_to_record(row) for row in rows]

    async def build_report(self, days: int, gaps: int) -> ActivityReport:
        """Return the figures of so many days, read in one snapshot."""
        with translate_errors():
            async with (
                self._database.writers.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await self._report(connection, days, gaps)

    async def open_count(self) -> int:
        """Return the number of questions that wait or are being answered."""
        with translate_errors():
            number: int = await self._database.readers.fetchval(statements()["open_count"])
        return number

    async def _report(self, connection: Connection, days: int, gaps: int) -> ActivityReport:
        outcomes = _to_outcomes(await self._fetch(connection, "history_outcomes", days))
        thumbs = await self._fetch(connection, "history_thumbs", days)
        sources = await self._fetch(connection, "history_sources", days, SOURCES)
        (totals,) = await self._fetch(connection, "history_totals", days)
        wordings = await self._fetch(connection, "history_wordings", days, WORDINGS)
        return ActivityReport(
            days=days,
            questions=sum(sum(counts.values()) for counts in outcomes.values()),
            outcomes=outcomes,
            thumbs={Thumb.UP: 0, Thumb.DOWN: 0} | {Thumb(row["thumb"]): row["thumbs"] for row in thumbs},
            seconds={name: totals[name] for name in ("p50", "p95") if totals[name] is not None},
            sources={row["source"]: row["answers"] for row in sources},
            tokens=TokenTotals(totals["answers"], totals["sent"], totals["received"], totals["estimated"]),
            gap_questions=wordings[0]["gaps"] if wordings else 0,
            gaps=await self._gaps(connection, days, wordings, gaps),
        )

    async def _gaps(
        self, connection: Connection, days: int, wordings: Sequence[asyncpg.Record], limit: int
    ) -> tuple[DocumentationGap, ...]:
        """Return the gaps with the most questions and reports; of as many, the latest first."""
        groups = gather_wordings([row["body"] for row in wordings])
        gathered = ([row["wording"] for row in wordings], groups)
        examples: defaultdict[int, list[str]] = defaultdict(list)
        for group, row in zip(groups, wordings, strict=True):
            examples[group].append(row["body"])
        sections: defaultdict[int, list[NearSection]] = defaultdict(list)
        for row in await self._fetch(connection, "history_gap_sections", days, *gathered):
            sections[row["place"]].append(NearSection(row["url"], tuple(json.loads(row["path"]))))
        rows = await self._fetch(connection, "history_gaps", days, *gathered)
        rows.sort(key=lambda row: (row["questions"] + row["reported"], row["last"]), reverse=True)
        return tuple(_to_gap(row, examples[row["place"]][:EXAMPLES], sections[row["place"]]) for row in rows[:limit])

    async def _fetch(self, connection: Connection, name: str, days: int, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows of a statement over the questions of so many days."""
        asked, gap = statements()["history_rows"], statements()["history_gap_rows"]
        sql = f"with asked as ({asked}), gap as ({gap}) {statements()[name]}"
        apologies = [ENGLISH.apology, GERMAN.apology]
        return await connection.fetch(sql, self._retention_days, apologies, days, *arguments)


def _to_outcomes(rows: Sequence[asyncpg.Record]) -> Mapping[Platform, Mapping[QuestionOutcome, int]]:
    outcomes: defaultdict[Platform, dict[QuestionOutcome, int]] = defaultdict(dict)
    for row in rows:
        outcomes[Platform(row["platform"])][QuestionOutcome(row["outcome"])] = row["questions"]
    return outcomes


def _to_gap(row: asyncpg.Record, examples: Sequence[str], sections: Sequence[NearSection]) -> DocumentationGap:
    names = ("questions", "askers", "first", "last", "abstained", "partly", "down", "reported")
    counts = {name: row[name] for name in names}
    return DocumentationGap(tuple(examples), sections=tuple(sections), missing=tuple(row["missing"]), **counts)


def _to_record(row: asyncpg.Record) -> QuestionRecord:
    return QuestionRecord(
        id=row["id"],
        platform=Platform(row["platform"]),
        tenant=row["tenant"],
        channel=row["channel"],
        asker=row["asker"],
        way=Visibility(row["way"]),
        text=row["body"],
        asked_at=row["asked_at"],
        outcome=QuestionOutcome(row["outcome"]),
        seconds=row["seconds"],
        reply=_REPLY.validate_json(row["answer"]) if row["answer"] else None,
        ups=row["ups"],
        downs=row["downs"],
        reasons=tuple(row["reasons"]),
        comments=tuple(row["comments"]),
    )
