"""What was asked and what came of it, read from the stored questions: the nouns, and the ports.

    question, feedback ──> QuestionRecord   one stored question with its answer, for a list
                      └──> ActivityReport   counts over some days, and what the documentation does not answer
    ReportedGap ───────────────^            what somebody reports as missing, without a question that failed

Only what is stored is counted: what was forgotten or is past RETENTION_DAYS is in no figure. Nothing here decides who
may see it: the command line sees all, also what was asked in private.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Reply, Thumb, Visibility


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions to list; None: any. `text` stands in the question or the answer, upper or lower case.

    `source`: passages of it were found. `days`: asked within so many days. Without an `outcome`, questions that their
    askers deleted are left out.
    """

    outcome: QuestionOutcome | None = None
    thumb: Thumb | None = None
    channel: str | None = None
    source: str | None = None
    platform: Platform | None = None
    text: str | None = None
    dropped: bool = False
    days: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """A stored question. `seconds` from the question to the last message of its reply; None: there is no such reply."""

    id: int
    platform: Platform
    tenant: str
    channel: str
    asker: str
    way: Visibility
    text: str
    asked_at: datetime
    outcome: QuestionOutcome
    seconds: float | None
    reply: Reply | None
    ups: int
    downs: int
    reasons: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearSection:
    """A section that came close to a question: its link and its heading path."""

    url: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentationGap:
    """Questions in near wordings that were not answered, or whose answers got a thumb down.

    `examples` are wordings, the most frequent first; `abstained`, `partly` and `down` count questions. `reported`
    counts what askers reported as missing, which is no question; `missing` are their latest words for it.
    """

    examples: tuple[str, ...]
    questions: int
    askers: int
    first: datetime
    last: datetime
    abstained: int
    partly: int
    down: int
    sections: tuple[NearSection, ...] = ()
    reported: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenTotals:
    """Tokens of the chat model, over `answers` that have them stored; of `estimated` the provider reported none."""

    answers: int
    sent: int
    received: int
    estimated: int


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """Figures of the last `days`.

    `outcomes` by platform. `seconds` has `p50` and `p95` to the last message of a reply; empty without any. `sources`:
    answers that cite each, the most frequent first. `gap_questions` counts all questions of gaps, also of those beyond
    the list, and no reports.
    """

    days: int
    questions: int
    outcomes: Mapping[Platform, Mapping[QuestionOutcome, int]]
    thumbs: Mapping[Thumb, int]
    seconds: Mapping[str, float]
    sources: Mapping[str, int]
    tokens: TokenTotals
    gap_questions: int
    gaps: tuple[DocumentationGap, ...]


class QuestionHistory(Protocol):
    """The questions of an install. Raises `StoreError`."""

    async def list_questions(self, wanted: QuestionFilter, limit: int) -> list[QuestionRecord]:
        """Return the latest questions that pass the filter, newest first."""
        ...

    async def build_report(self, days: int, gaps: int) -> ActivityReport:
        """Return the figures of so many days, with at most so many gaps: those of the most questions first."""
        ...

    async def open_count(self) -> int:
        """Return the number of questions that wait or are being answered."""
        ...


@dataclass(frozen=True, slots=True)
class ReportedGap:
    """What somebody misses in the documentation: the `question` that it should answer, and what is not there."""

    platform: Platform
    asker: str
    question: str
    missing: str = ""


class GapReports(Protocol):
    """Where programs report what the documentation lacks; it is read with the gaps of the history."""

    async def report_gap(self, gap: ReportedGap) -> int:
        """Store a report and return its number. Raises `StoreError`."""
        ...
