"""The history of questions, on a real Postgres with generated rows: each figure equals a recount in Python."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from core.domain import (
    Abstention,
    Answer,
    AnswerOutcome,
    CheckedUnit,
    Citation,
    Fault,
    TokenUsage,
    UnitVerdict,
)
from core.history.port import QuestionFilter, ReportedGap
from core.history.postgres import PostgresHistory
from core.history.reported import PostgresGapReports
from core.inbox.outcome import QuestionOutcome, outcome_of
from core.inbox.port import Platform, QuestionState, Refusal, Reply, StoredQuestion, Thumb, UsedPassage, Visibility
from core.inbox.postgres import open_inbox
from core.postgres.database import Database
from core.postgres.values import json_of
from core.sentences import ENGLISH, GERMAN

RETENTION, COUNT = 30, 400
NOW = datetime.now(UTC)
REPLY = TypeAdapter(Reply)
SUBJECTS = ("rotate a key", "crawl a PDF", "mute the bot", "set a proxy", "ändern Sprache", "移動 索引")
FORMS = ("How do I {}?", "how can I {}", "{}!", "Is there a way that I can {} please")
PASSAGES = tuple(
    UsedPassage(f"https://{source}.example/{page}#a", (source, f"Page {page}"), source, 1)
    for source in ("guide", "api", "old")
    for page in range(3)
)


@dataclass(frozen=True, slots=True)
class Row:
    """A generated question with the thumbs that its answer got."""

    asked: StoredQuestion
    finished_at: datetime | None
    thumbs: tuple[tuple[str, Thumb, tuple[str, ...], str], ...]

    @property
    def outcome(self) -> QuestionOutcome:
        """How it ended, by the rule that the metrics of a process have."""
        match self.asked.state:
            case QuestionState.QUEUED | QuestionState.ANSWERED:
                return QuestionOutcome.OPEN
            case QuestionState.WITHDRAWN:
                return QuestionOutcome.WITHDRAWN
            case QuestionState.UNDELIVERABLE:
                return QuestionOutcome.UNDELIVERABLE
            case QuestionState.DONE if self.asked.reply is None and self.asked.refusal is Refusal.NONE:
                return QuestionOutcome.FORGOTTEN
            case _:
                return outcome_of(self.asked)

    @property
    def is_kept(self) -> bool:
        """Whether it is not past its time."""
        return self.finished_at is None or self.finished_at >= NOW - timedelta(days=RETENTION)

    @property
    def is_gap(self) -> bool:
        """Whether the documentation did not answer it well."""
        is_down = any(thumb is Thumb.DOWN for _, thumb, _, _ in self.thumbs)
        answers = (QuestionOutcome.ANSWERED, QuestionOutcome.PARTLY, QuestionOutcome.APOLOGY)
        failed = self.outcome in (QuestionOutcome.ABSTAINED, QuestionOutcome.PARTLY)
        return (self.outcome in answers and is_down) or (failed and self.is_own)

    @property
    def is_own(self) -> bool:
        """Whether it is no answer that was given in private before."""
        return self.asked.way is not Visibility.SHARED


def answers(chance: random.Random) -> Answer:
    citations = tuple(Citation(n, each.url, each.path, "") for n, each in enumerate(chance.sample(PASSAGES, 2), 1))
    usage = TokenUsage(chance.randrange(5000), chance.randrange(300), estimated=chance.random() < 0.2)
    dropped = chance.choice((0, 0, 2))
    units = tuple(CheckedUnit(f"Wrong {n}.", UnitVerdict.DROPPED, "no source") for n in range(dropped))
    made = Answer("So it is [1].", citations, dropped=dropped, model="m", units=units, usage=usage)
    return chance.choice(
        (
            replace(made, outcome=AnswerOutcome.ANSWERED),
            replace(made, outcome=AnswerOutcome.PARTLY, not_covered=("the rest",)),
            Answer("Nothing.", abstention=Abstention.NO_CONTEXT, outcome=AnswerOutcome.NOT_ANSWERED, usage=usage),
            replace(made, usage=None, units=None),
            Answer(f"{ENGLISH.apology} It broke."),
            Answer(f"{GERMAN.apology}"),
            replace(made, faults=(Fault.MODEL,)),
            replace(made, faults=(Fault.RERANKER,)),
        )
    )


def generate(count: int, seed: int = 38) -> list[Row]:
    """Return questions of all states, platforms and outcomes, over 40 days."""
    chance = random.Random(seed)
    return [_row(number, chance) for number in range(1, count + 1)]


def _row(number: int, chance: random.Random) -> Row:
    states = (*[QuestionState.DONE] * 12, QuestionState.QUEUED, QuestionState.ANSWERED, QuestionState.SILENT)
    state = chance.choice((*states, QuestionState.WITHDRAWN, QuestionState.UNDELIVERABLE))
    refusal = chance.choice((*[Refusal.NONE] * 10, Refusal.BUSY, Refusal.LIMIT))
    # Hours from each midnight that a test cuts at: the clock goes on between the collection of a test and its queries.
    asked_at = NOW - timedelta(days=int(40 * chance.random() ** 2) + chance.uniform(0.25, 0.75))
    is_open = state in (QuestionState.QUEUED, QuestionState.ANSWERED)
    bare = refusal is not Refusal.NONE or state in (QuestionState.QUEUED, QuestionState.WITHDRAWN)
    found = tuple(replace(each, place=place) for place, each in enumerate(chance.sample(PASSAGES, 5), 1))
    reply = None if bare or chance.random() < 0.05 else Reply(answers(chance), found)
    text = "" if state is QuestionState.WITHDRAWN else chance.choice(FORMS).format(chance.choice(SUBJECTS))
    asked = StoredQuestion(
        number,
        Platform(chance.choice(("slack", "discord", "toy"))),
        "T1",
        f"p{number}",
        chance.choice(("C1", "C2")),
        f"t{number}",
        f"U{chance.randrange(40)}",
        chance.choice(tuple(Visibility)),
        text,
        {},
        state,
        refusal,
        0,
        0,
        stopped=False,
        sending=None,
        parts=(),
        asked_at=asked_at,
        age_seconds=0,
        reply=reply,
    )
    who = chance.sample(range(9), chance.choice((0, 0, 1, 2)))
    thumbs = tuple(
        (f"U{each}", chance.choice(tuple(Thumb)), ("wrong",) if each % 2 else (), "no" if each % 3 else "")
        for each in who
    )
    seconds = chance.uniform(1, 60)
    return Row(asked, None if is_open else asked_at + timedelta(seconds=seconds), thumbs)


async def store(database: Database, rows: Sequence[Row]) -> None:
    asked = [
        (
            *(each.asked.id, each.asked.platform, each.asked.tenant, each.asked.place_key, each.asked.channel),
            *(each.asked.thread, each.asked.asker, each.asked.way.value, each.asked.text, each.asked.refusal.value),
            *(each.asked.state.value, each.asked.asked_at, each.finished_at),
            json_of(REPLY.dump_python(each.asked.reply, mode="json")) if each.asked.reply else None,
        )
        for each in rows
    ]
    await database.writers.executemany(
        "insert into question (id, platform, tenant, event_key, place_key, channel, thread, asker, way, body, refusal, "
        "state, asked_at, finished_at, answer, turn) overriding system value "
        "values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::jsonb, 0)",
        asked,
    )
    await database.writers.executemany(
        "insert into feedback (question, who, thumb, reasons, comment) values ($1, $2, $3, $4, $5)",
        [(row.asked.id, who, thumb.value, list(why), said) for row in rows for who, thumb, why, said in row.thumbs],
    )


@pytest.fixture
async def rows(database: Database) -> list[Row]:
    """Store generated questions. -> those that are not past their time."""
    made = generate(COUNT)
    await store(database, made)
    return [row for row in made if row.is_kept]


@pytest.fixture
def history(database: Database) -> PostgresHistory:
    return PostgresHistory(database, RETENTION)


@pytest.mark.parametrize("days", [7, 365])
async def test_each_figure_of_a_report_equals_a_recount(history: PostgresHistory, rows: list[Row], days: int) -> None:
    mine = [row for row in rows if row.asked.asked_at > NOW - timedelta(days=days)]
    report = await history.build_report(days, 500)
    assert report.questions == len(mine) > 50
    outcomes = Counter((row.asked.platform, row.outcome) for row in mine)
    told = {(name, outcome): n for name, counts in report.outcomes.items() for outcome, n in counts.items()}
    assert told == outcomes
    assert {outcome for _, outcome in outcomes} == set(QuestionOutcome)
    assert report.thumbs == Counter(thumb for row in mine for _, thumb, _, _ in row.thumbs)
    seconds = [
        (row.finished_at - row.asked.asked_at).total_seconds()
        for row in mine
        if row.finished_at
        and row.asked.state is QuestionState.DONE
        and row.asked.refusal is Refusal.NONE
        and row.is_own
    ]
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    assert report.seconds == pytest.approx({"p50": cuts[49], "p95": cuts[94]})
    replies = [row.asked.reply for row in mine if row.asked.reply and row.is_own]
    used = [reply.answer.usage for reply in replies if reply.answer.usage]
    tokens = report.tokens
    assert (tokens.answers, tokens.estimated) == (len(used), sum(each.estimated for each in used))
    assert (tokens.sent, tokens.received) == (sum(each.sent for each in used), sum(each.received for each in used))


async def test_the_sources_of_a_report_are_those_that_answers_cite(history: PostgresHistory, rows: list[Row]) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        if row.asked.reply and row.is_own and row.outcome in (QuestionOutcome.ANSWERED, QuestionOutcome.PARTLY):
            cited = {each.url for each in row.asked.reply.answer.citations}
            counts.update({each.source for each in row.asked.reply.found if each.url in cited})
    report = await history.build_report(365, 0)
    assert report.sources == counts
    assert list(report.sources.values()) == sorted(counts.values(), reverse=True)
    assert len(counts) == 3


async def test_gaps_hold_each_question_that_was_not_answered_well_once(
    history: PostgresHistory, rows: list[Row]
) -> None:
    gaps = [row for row in rows if row.is_gap]
    report = await history.build_report(365, 500)
    assert report.gap_questions == sum(gap.questions for gap in report.gaps) == len(gaps)
    assert len(report.gaps) == len(SUBJECTS)
    for subject in SUBJECTS:
        mine = [row for row in gaps if subject in row.asked.text]
        (gap,) = [each for each in report.gaps if subject in each.examples[0]]
        assert gap.questions == len(mine)
        assert gap.askers == len({(row.asked.platform, row.asked.asker) for row in mine})
        assert gap.first == min(row.asked.asked_at for row in mine)
        assert gap.last == max(row.asked.asked_at for row in mine)
        outcomes = Counter(row.outcome for row in mine)
        assert (gap.abstained, gap.partly) == (outcomes[QuestionOutcome.ABSTAINED], outcomes[QuestionOutcome.PARTLY])
        assert gap.down == sum(any(thumb is Thumb.DOWN for _, thumb, _, _ in row.thumbs) for row in mine)
        near = Counter(each.url for row in mine if row.asked.reply for each in row.asked.reply.found if each.place <= 3)
        first = sorted(near.items(), key=lambda item: (-item[1], item[0]))[:3]
        assert [section.url for section in gap.sections] == [url for url, _ in first]
        assert all(section.path[0] in section.url for section in gap.sections)
    assert [gap.questions for gap in report.gaps] == sorted((gap.questions for gap in report.gaps), reverse=True)
    assert len((await history.build_report(365, 2)).gaps) == 2


async def test_what_is_reported_as_missing_lands_with_the_gaps_and_is_no_question(
    database: Database, history: PostgresHistory, rows: list[Row]
) -> None:
    before = await history.build_report(365, 500)
    reports, subject = PostgresGapReports(database), SUBJECTS[0]
    door = Platform("mcp")
    numbers = [
        await reports.report_gap(ReportedGap(door, "stdio", f"How do I {subject}?", words))
        for words in ("no example", "", "no list\0 of keys\ud800")
    ]
    numbers.append(await reports.report_gap(ReportedGap(door, "other", "Which colour has the moon?")))
    assert len(set(numbers)) == 4
    after = await history.build_report(365, 500)
    assert (after.questions, after.outcomes) == (before.questions, before.outcomes)
    assert after.gap_questions == before.gap_questions
    (old,), (new,) = ([gap for gap in each.gaps if subject in gap.examples[0]] for each in (before, after))
    assert (new.questions, new.askers, new.reported) == (old.questions, old.askers + 1, 3)
    assert new.missing == ("no list of keys\ufffd", "no example")
    assert (after.gaps[-1].examples, after.gaps[-1].questions, after.gaps[-1].reported) == (
        ("Which colour has the moon?",),
        0,
        1,
    )
    await database.writers.execute("update reported_gap set at = now() - interval '40 days'")
    assert await history.build_report(365, 500) == before, "it is past its time"
    async with open_inbox(database.dsn) as inbox:
        await inbox.tidy(RETENTION)
    assert await database.readers.fetchval("select count(*) from reported_gap") == 0


def _has_thumb(row: Row, wanted: Thumb) -> bool:
    return any(thumb is wanted for _, thumb, _, _ in row.thumbs)


def _answer_has(row: Row, text: str) -> bool:
    return row.asked.reply is not None and text in row.asked.reply.answer.text.lower()


FILTERS: Sequence[tuple[QuestionFilter, Callable[[Row], bool]]] = (
    (QuestionFilter(), lambda row: row.outcome is not QuestionOutcome.WITHDRAWN),
    *(
        (QuestionFilter(outcome=each), lambda row, each=each: row.outcome is each)  # type: ignore[misc]  # its default
        for each in QuestionOutcome
    ),
    (QuestionFilter(thumb=Thumb.UP), lambda row: _has_thumb(row, Thumb.UP)),
    (QuestionFilter(thumb=Thumb.DOWN), lambda row: _has_thumb(row, Thumb.DOWN)),
    (QuestionFilter(channel="C2"), lambda row: row.asked.channel == "C2"),
    (QuestionFilter(platform=Platform("toy")), lambda row: row.asked.platform == "toy"),
    (
        QuestionFilter(source="api"),
        lambda row: row.asked.reply is not None and any(each.source == "api" for each in row.asked.reply.found),
    ),
    (QuestionFilter(text="A PROXY"), lambda row: "a proxy" in row.asked.text),
    (QuestionFilter(text="so it"), lambda row: _answer_has(row, "so it")),
    (QuestionFilter(text="100%_"), lambda _: False),
    (
        QuestionFilter(dropped=True),
        lambda row: row.asked.reply is not None and row.asked.reply.answer.dropped > 0,
    ),
    (QuestionFilter(days=3), lambda row: row.asked.asked_at > NOW - timedelta(days=3)),
    (
        QuestionFilter(outcome=QuestionOutcome.ABSTAINED, channel="C1", days=20),
        lambda row: (
            row.outcome is QuestionOutcome.ABSTAINED
            and row.asked.channel == "C1"
            and row.asked.asked_at > NOW - timedelta(days=20)
        ),
    ),
)


async def test_each_filter_finds_what_a_recount_finds_newest_first(history: PostgresHistory, rows: list[Row]) -> None:
    newest = sorted(rows, key=lambda row: row.asked.asked_at, reverse=True)
    for wanted, is_wanted in FILTERS:
        hidden = QuestionOutcome.WITHDRAWN if wanted.outcome is not QuestionOutcome.WITHDRAWN else None
        expected = [row.asked.id for row in newest if row.outcome is not hidden and is_wanted(row)]
        found = [record.id for record in await history.list_questions(wanted, COUNT)]
        assert found == expected, wanted
        assert [record.id for record in await history.list_questions(wanted, 3)] == expected[:3]


async def test_a_record_is_the_question_with_its_answer_and_thumbs(history: PostgresHistory, rows: list[Row]) -> None:
    stored = {row.asked.id: row for row in rows}
    for record in await history.list_questions(QuestionFilter(), COUNT):
        row = stored[record.id]
        assert (record.text, record.reply, record.outcome) == (row.asked.text, row.asked.reply, row.outcome)
        assert (record.ups, record.downs) == tuple(
            sum(thumb is each for _, thumb, _, _ in row.thumbs) for each in (Thumb.UP, Thumb.DOWN)
        )
        assert set(record.reasons) == {reason for _, _, reasons, _ in row.thumbs for reason in reasons}
        assert list(record.comments) == [said for _, _, _, said in row.thumbs if said]


async def test_what_is_past_its_time_or_forgotten_is_nowhere(
    database: Database, history: PostgresHistory, rows: list[Row]
) -> None:
    assert len(rows) < COUNT, "some are past their time, and not deleted yet"
    person = rows[0].asked.asker
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget(person)
    others = [row for row in rows if row.asked.asker != person]
    report = await history.build_report(3650, 500)
    assert report.questions == len(others) < len(rows)
    listed = await history.list_questions(QuestionFilter(), COUNT)
    assert person not in {record.asker for record in listed}
    assert report.thumbs == Counter(thumb for row in others for who, thumb, _, _ in row.thumbs if who != person)


async def test_an_install_without_questions_has_a_report_of_nothing(history: PostgresHistory) -> None:
    report = await history.build_report(7, 10)
    assert (report.questions, report.outcomes, report.seconds, report.sources, report.gaps) == (0, {}, {}, {}, ())
    assert (report.thumbs, report.tokens.answers, report.gap_questions) == ({Thumb.UP: 0, Thumb.DOWN: 0}, 0, 0)
    assert await history.list_questions(QuestionFilter(), 10) == []
