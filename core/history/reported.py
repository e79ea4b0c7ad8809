"""What is reported as missing, in Postgres. Implements the port `core.history.port.GapReports`."""

from __future__ import annotations

from core.history.port import ReportedGap
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of


class PostgresGapReports:
    """One row for each report; it goes with its reporter, and with RETENTION_DAYS."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report_gap(self, gap: ReportedGap) -> int:
        """Store a report and return its number."""
        words = [text_of(each) for each in (gap.platform, gap.asker, gap.question, gap.missing)]
        with translate_errors():
            return int(await self._database.writers.fetchval(statements()["report_gap"], *words))
