"""What was asked and what came of it, read from the stored questions: the nouns, and the ports.

    question, feedback ──> QuestionRecord   one stored question with its answer, for a list
                      ├──> QuestionDetail   the same in full: each opinion, and the passages as they are stored now
                      ├──> DocumentationGap what the documentation does not answer, by what the questions are about
                      └──> ActivityFigures  counts over some days; with gaps, an ActivityReport
    ReportedGap ─────────> DocumentationGap what somebody reports as missing, without a question that failed

Only what is stored is counted: what was forgotten or is past RETENTION_DAYS is in no figure. The statements themselves
leave out what a `Viewer` may not see: they see questions that were asked in a place that they belong to, or by
themselves. The command line sees all, also what was asked in private.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from core.domain import Fault, Passage, Turn
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Feedback, Platform, Reply, StoredQuestion, Thumb, Visibility
from core.inbox.viewer import MACHINE, Viewer
from core.plural import format_count


class Withheld(StrEnum):
    """What of a question is counted, but not shown."""

    NOTHING = ""
    PRIVATE = "private"
    """All that anybody wrote, and where: it was asked in private."""
    SOURCES = "sources"
    """The answer: it was read from a source that the reader does not see, or that is gone."""


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions to list; None: any. `text` stands in the question or the answer, upper or lower case.

    `source`: passages of it were found; `cites`: its answer cites one of that source. `days`: asked so lately.
    `reason`: somebody gave it with a thumb. `gaps`: what the documentation did not answer; `subject`: of that, what
    `DocumentationGap.subject` is about. Without an `outcome`, questions that their askers deleted are left out.
    """

    outcome: QuestionOutcome | None = None
    thumb: Thumb | None = None
    reason: str | None = None
    channel: str | None = None
    source: str | None = None
    platform: Platform | None = None
    text: str | None = None
    dropped: bool = False
    days: int | None = None
    gaps: bool = False
    subject: int | None = None
    cites: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionCount:
    """How many questions pass a filter: those that are `listed`, and those that their askers `deleted`, which are not.

    `ups` and `downs` are the thumbs of both.
    """

    listed: int
    deleted: int
    ups: int
    downs: int


@dataclass(frozen=True, slots=True)
class HistoryPosition:
    """Where a list goes on: below the question that was asked then and has that number."""

    asked_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """A stored question. `seconds` from the question to the last message of its reply; None: there is no such reply.

    What is `withheld` is empty here.
    """

    id: int
    platform: Platform
    tenant: str
    channel: str
    asker: str
    visibility: Visibility
    text: str
    asked_at: datetime
    outcome: QuestionOutcome
    seconds: float | None
    reply: Reply | None
    ups: int
    downs: int
    reasons: tuple[str, ...]
    comments: tuple[str, ...]
    withheld: Withheld = Withheld.NOTHING

    @property
    def position(self) -> HistoryPosition:
        """Where the list goes on below it."""
        return HistoryPosition(self.asked_at, self.id)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of `source` as it is stored now; `is_same`: word for word what an answer was read from.

    None: an answer of an earlier version, which did not record it.
    """

    source: str
    passage: Passage
    is_same: bool | None = None


@dataclass(frozen=True, slots=True)
class GivenFeedback:
    """What somebody thought of an answer, and when."""

    feedback: Feedback
    at: datetime


@dataclass(frozen=True, slots=True)
class QuestionDetail:
    """A stored question in full. `asked` is its row, without what is withheld; None: all of it is.

    `sections` has for each passage that its answer was read from the passages of that section which are stored now, the
    same passage first; none where the section or its source is gone, or the reader does not see it.
    """

    record: QuestionRecord
    asked: StoredQuestion | None = None
    answered_at: datetime | None = None
    finished_at: datetime | None = None
    feedback: tuple[GivenFeedback, ...] = ()
    sections: tuple[tuple[StoredPassage, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class NearSection:
    """A section that came close to a question: its link, its heading path and its source."""

    url: str
    path: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class DocumentationGap:
    """Questions in near wordings that were not answered, or whose answers got a thumb down.

    `examples` are wordings, the most frequent first; `abstained`, `partly` and `down` count questions. `reported`
    counts what askers reported as missing, which is no question; `missing` are their latest words for it. Its questions
    are those of `subject` (QuestionFilter).
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
    subject: int | None = None


@dataclass(frozen=True, slots=True)
class GapList:
    """Gaps of some days, those of the most questions first. `questions` counts those of all gaps that there are.

    Of `withheld` of them the text may not be shown: they are in no gap.
    """

    questions: int
    withheld: int
    gaps: tuple[DocumentationGap, ...]


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What there is to choose from: channels, the latest first, with platforms; reasons, the most frequent first."""

    channels: tuple[tuple[Platform, str], ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenTotals:
    """Tokens of the chat model, over `answers` that have them stored; of `estimated` the provider reported none."""

    answers: int
    sent: int
    received: int
    estimated: int


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How many questions came from a channel."""

    platform: Platform
    channel: str
    questions: int


@dataclass(frozen=True, slots=True)
class ActivityFigures:
    """What is counted over the last `days`, of one moment.

    `outcomes` by platform, and `by_day` (UTC; a day without questions is missing). `channels` and `sources` (answers
    that cite each) are those with the most; of `private` questions the channel is withheld. `first_seconds` and
    `last_seconds` have `p50` and `p95` until the first words and to the last message of a reply; empty without any.
    """

    days: int
    outcomes: Mapping[Platform, Mapping[QuestionOutcome, int]]
    by_day: Mapping[date, Mapping[QuestionOutcome, int]]
    channels: tuple[ChannelCount, ...]
    private: int
    sources: Mapping[str, int]
    thumbs: Mapping[Thumb, int]
    first_seconds: Mapping[str, float]
    last_seconds: Mapping[str, float]
    tokens: TokenTotals

    @property
    def questions(self) -> int:
        """The number of questions."""
        return sum(sum(counts.values()) for counts in self.outcomes.values())

    @property
    def by_outcome(self) -> dict[QuestionOutcome, int]:
        """How many questions ended how on all platforms together, in the order of `QuestionOutcome`; none that is 0."""
        total = {name: sum(counts.get(name, 0) for counts in self.outcomes.values()) for name in QuestionOutcome}
        return {name: count for name, count in total.items() if count}


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """The figures of some days, and what the documentation did not answer then, of one moment."""

    figures: ActivityFigures
    gaps: GapList


@dataclass(frozen=True, slots=True)
class ModelTrouble:
    """A part that broke for `answers` of the last hour, and has not worked since. `sentence`: what to mend."""

    part: Fault
    sentence: str
    answers: int
    last: datetime

    def describe(self) -> str:
        """Return the line for operators: the sentence, for how many answers, and when that was last."""
        return f"{self.sentence} ({format_count(self.answers, 'answer')} within the hour, {self.last:%H:%M} UTC)"


class QuestionHistory(Protocol):
    """The questions of an install, as far as a viewer sees them. Raises `StoreError`."""

    async def list_questions(
        self,
        wanted: QuestionFilter,
        limit: int,
        viewer: Viewer = MACHINE,
        below: HistoryPosition | None = None,
    ) -> list[QuestionRecord]:
        """Return the latest questions that pass the filter, newest first; of those `below` a position, if it is set."""
        ...

    async def count_questions(self, wanted: QuestionFilter, viewer: Viewer = MACHINE) -> QuestionCount:
        """Return how many questions pass the filter."""
        ...

    async def get_question(self, number: int, viewer: Viewer = MACHINE) -> QuestionDetail | None:
        """Return a question in full. None: there is none of that number, or the viewer does not see it."""
        ...

    async def get_section(self, source: str, url: str, viewer: Viewer = MACHINE) -> tuple[StoredPassage, ...]:
        """Return the stored passages of the section that a link leads to, in their order.

        None of them where the source is not seen.
        """
        ...

    async def get_turns(self, number: int, limit: int) -> tuple[Turn, ...]:
        """Return the earlier questions of a question's thread that were answered, oldest first."""
        ...

    async def list_choices(self, viewer: Viewer = MACHINE) -> FilterChoices:
        """Return what there is to choose from in a filter."""
        ...

    async def list_gaps(self, days: int, limit: int, viewer: Viewer = MACHINE) -> GapList:
        """Return what the documentation does not answer, at most so many gaps."""
        ...

    async def build_figures(self, days: int, viewer: Viewer = MACHINE) -> ActivityFigures:
        """Return the figures of so many days."""
        ...

    async def build_report(self, days: int, gaps: int, viewer: Viewer = MACHINE) -> ActivityReport:
        """Return the figures of so many days, with at most so many gaps: those of the most questions first."""
        ...

    async def keep_gathered(self) -> None:
        """Gather new gaps from time to time, until cancelled, so that a look at them need not."""
        ...

    async def list_troubles(self) -> list[ModelTrouble]:
        """Return what broke for the latest answers of all processes, one line for each part that is still broken."""
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
