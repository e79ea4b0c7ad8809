"""The history of questions in Postgres. Implements the port `core.history.port.QuestionHistory`.

A report reads all its figures in one snapshot, so that they agree with each other. All that is counted here is counted
by Postgres, over the narrow rows of `question_summary`. Before gaps are listed, new ones are gathered
(`core.history.gathering`); nothing else is written.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg

from core.domain import Fault, Turn
from core.errors import StoreError
from core.history.gap_rows import to_gap, to_near_section
from core.history.gathering import gather_gaps
from core.history.port import (
    ActivityFigures,
    ActivityReport,
    FilterChoices,
    GapList,
    HistoryPosition,
    ModelTrouble,
    NearSection,
    QuestionCount,
    QuestionDetail,
    QuestionFilter,
    QuestionRecord,
    StoredPassage,
)
from core.history.records import (
    to_arguments,
    to_feedback,
    to_figures,
    to_record,
    to_stored_passage,
    to_stored_place,
    to_stored_question,
)
from core.inbox.port import Platform, UsedPassage
from core.inbox.rows import to_turn
from core.inbox.viewer import MACHINE, Viewer
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of

SOURCES, CHOICES, LATEST = 20, 100, 10
ANY_DAYS, CHOSEN_FROM = 36_500, 5_000
FIRST_GATHER_SECONDS, GATHER_SECONDS = 60.0, 600.0
"""Until `keep_gathered` gathers gaps for the first time, and again: one small query, where there are no new ones."""


class PostgresHistory:
    """Reads over the pool of long statements: over 100,000 stored answers a report may take longer than a search."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_days = retention_days

    async def list_questions(
        self,
        wanted: QuestionFilter,
        limit: int,
        viewer: Viewer = MACHINE,
        below: HistoryPosition | None = None,
    ) -> list[QuestionRecord]:
        """Return the latest questions that pass the filter, newest first; of those `below` a position, if it is set."""
        async with self._reading(viewer) as read:
            return await read.list_questions(wanted, limit, below)

    async def count_questions(self, wanted: QuestionFilter, viewer: Viewer = MACHINE) -> QuestionCount:
        """Return how many questions pass the filter."""
        async with self._reading(viewer) as read:
            return await read.count_questions(wanted)

    async def get_question(self, number: int, viewer: Viewer = MACHINE) -> QuestionDetail | None:
        """Return a question in full. None: there is none of that number, or the viewer does not see it."""
        async with self._reading(viewer, whole=True) as read:
            found = await read.list_questions(QuestionFilter(), 1, None, number)
            return await read.add_detail(found[0]) if found else None

    async def get_section(self, source: str, url: str, viewer: Viewer = MACHINE) -> tuple[StoredPassage, ...]:
        """Return the stored passages of the section that a link leads to, in their order."""
        async with self._reading(viewer, whole=True) as read:
            (section,) = await read.get_sections([UsedPassage(text_of(url), (), text_of(source), 1)])
        return section

    async def get_turns(self, number: int, limit: int) -> tuple[Turn, ...]:
        """Return the earlier questions of a question's thread that were answered, oldest first."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["turns"], number, limit)
        return tuple(to_turn(row) for row in reversed(rows))

    async def list_choices(self, viewer: Viewer = MACHINE) -> FilterChoices:
        """Return what there is to choose from in a filter."""
        async with self._reading(viewer) as read:
            rows = await read.fetch("history_choices", ANY_DAYS, CHOICES, CHOSEN_FROM)
        channels = [row["choice"].split(" ", 1) for row in rows if row["kind"] == "channel"]
        return FilterChoices(
            tuple((Platform(platform), channel) for platform, channel in channels),
            tuple(row["choice"] for row in rows if row["kind"] == "reason"),
        )

    async def list_gaps(self, days: int, limit: int, viewer: Viewer = MACHINE) -> GapList:
        """Return what the documentation does not answer, at most so many gaps."""
        await self._gather()
        async with self._reading(viewer, whole=True) as read:
            return await read.list_gaps(days, limit)

    async def build_figures(self, days: int, viewer: Viewer = MACHINE) -> ActivityFigures:
        """Return the figures of so many days; one statement reads them all."""
        async with self._reading(viewer) as read:
            return await read.build_figures(days)

    async def build_report(self, days: int, gaps: int, viewer: Viewer = MACHINE) -> ActivityReport:
        """Return the figures of so many days, read in one snapshot."""
        await self._gather()
        async with self._reading(viewer, whole=True) as read:
            return await read.build_report(days, gaps)

    async def list_troubles(self) -> list[ModelTrouble]:
        """Return what broke for the latest answers, one line for each part that is still broken."""
        with translate_errors():
            rows = await self._database.readers.fetch(statements()["history_troubles"])
        return [ModelTrouble(Fault(row["part"]), row["sentence"], row["answers"], row["last"]) for row in rows]

    async def open_count(self) -> int:
        """Return the number of questions that wait or are being answered."""
        with translate_errors():
            number: int = await self._database.readers.fetchval(statements()["open_count"])
        return number

    async def keep_gathered(self) -> None:
        """Gather new gaps from time to time, until cancelled: a look at them then waits for the latest alone."""
        seconds = FIRST_GATHER_SECONDS
        while True:
            await asyncio.sleep(seconds * random.uniform(0.8, 1.2))
            seconds = GATHER_SECONDS
            with suppress(StoreError):
                await self._gather()

    async def _gather(self) -> None:
        with translate_errors():
            await gather_gaps(self._database)

    @asynccontextmanager
    async def _reading(self, viewer: Viewer, *, whole: bool = False) -> AsyncIterator[_Reading]:
        """Hold a connection; `whole`: all that is read is of one moment."""
        with translate_errors():
            async with self._database.writers.acquire() as connection:
                read = _Reading(connection, self._retention_days, viewer)
                if not whole:
                    yield read
                    return
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield read


class _Reading:
    """What one viewer reads over one connection."""

    def __init__(self, connection: Connection, retention_days: int, viewer: Viewer) -> None:
        self._connection = connection
        self._retention_days = retention_days
        self._viewer = to_arguments(viewer)

    async def fetch(self, name: str, days: int, *arguments: object, before: str = "") -> list[asyncpg.Record]:
        """Return the rows of a statement over the questions of so many days; `before`: the tables that precede it."""
        tables = (
            f"with asked as not materialized ({statements()['history_rows']}) {statements()[before] if before else ''}"
        )
        sql = f"{tables} {statements()[name]}"
        return await self._connection.fetch(sql, self._retention_days, days, *self._viewer, *arguments)

    async def list_questions(
        self, wanted: QuestionFilter, limit: int, below: HistoryPosition | None, number: int | None = None
    ) -> list[QuestionRecord]:
        """Return the latest questions that pass the filter; the one of a `number` even if it was deleted."""
        position = (below.asked_at, below.id) if below else (None, None)
        return [to_record(row) for row in await self._pass("history_list", wanted, number, limit, *position)]

    async def count_questions(self, wanted: QuestionFilter) -> QuestionCount:
        """Return how many questions pass the filter."""
        (row,) = await self._pass("history_count", wanted, None)
        return QuestionCount(**row)

    async def _pass(
        self, name: str, wanted: QuestionFilter, number: int | None, *arguments: object
    ) -> list[asyncpg.Record]:
        """Return the rows of a statement over the questions that pass the filter."""
        return await self.fetch(
            name,
            wanted.days or ANY_DAYS,
            wanted.outcome,
            wanted.thumb,
            *(text_of(each) if each else None for each in (wanted.reason, wanted.channel, wanted.source)),
            *(text_of(each) if each else None for each in (wanted.platform, wanted.text)),
            wanted.dropped,
            number,
            wanted.gaps,
            wanted.subject,
            text_of(wanted.cites) if wanted.cites else None,
            *arguments,
            before="history_passing",
        )

    async def add_detail(self, record: QuestionRecord) -> QuestionDetail:
        """Return a question in full: nothing more, where its text is withheld."""
        rows = await self.fetch("history_question", ANY_DAYS, record.id)
        if not rows:
            return QuestionDetail(record)
        (row,) = rows
        return QuestionDetail(
            record,
            to_stored_question(row, record.withheld),
            row["answered_at"],
            row["finished_at"],
            to_feedback(row["opinions"]),
            await self.get_sections(record.reply.found) if record.reply else (),
        )

    async def get_sections(self, used: Sequence[UsedPassage]) -> tuple[tuple[StoredPassage, ...], ...]:
        """Return for each passage what is stored of its section now, as far as the viewer sees the source."""
        names = [each.source for each in used]
        rows = await self._connection.fetch(statements()["history_roots"], names)
        roots = {row["name"]: row for row in rows}
        places = [to_stored_place(each.url, roots.get(each.source)) for each in used]
        identities = [bytes.fromhex(each.identity) or None for each in used]
        urls, anchors = [url for url, _ in places], [anchor for _, anchor in places]
        audience = self._viewer[0]
        found = await self._connection.fetch(
            statements()["history_sections"], audience, names, urls, anchors, identities
        )
        sections: defaultdict[int, list[StoredPassage]] = defaultdict(list)
        for row in found:
            sections[row["nth"]].append(to_stored_passage(row))
        return tuple(tuple(sections[nth]) for nth in range(1, len(used) + 1))

    async def build_figures(self, days: int) -> ActivityFigures:
        """Return the figures of so many days."""
        return to_figures(days, await self.fetch("history_figures", days, SOURCES))

    async def build_report(self, days: int, gaps: int) -> ActivityReport:
        """Return the figures of so many days, with gaps."""
        return ActivityReport(await self.build_figures(days), await self.list_gaps(days, gaps))

    async def list_gaps(self, days: int, limit: int) -> GapList:
        """Return the gaps with the most questions and reports; of as many, the latest first."""
        rows = await self.fetch("history_gaps", days, limit)
        withheld = sum(row["questions"] for row in rows if row["subject"] is None)
        shown = [row for row in rows if row["subject"] is not None][:limit]
        sections: defaultdict[int, list[NearSection]] = defaultdict(list)
        subjects = [row["subject"] for row in shown]
        for row in await self.fetch("history_gap_sections", days, subjects, LATEST) if shown else ():
            sections[row["subject"]].append(to_near_section(row))
        gaps = tuple(to_gap(row, sections[row["subject"]]) for row in shown)
        return GapList(rows[0]["questions_in_all"] if rows else 0, withheld, gaps)
