"""The history of questions, on a real Postgres with generated rows: each figure equals a recount in Python."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bench.recount import recount
from core.history.paging import stream_questions
from core.history.port import GapList, QuestionCount, QuestionFilter, QuestionRecord, ReportedGap, Withheld
from core.history.postgres import LATEST, PostgresHistory
from core.history.reported import PostgresGapReports
from core.inbox.channels import may_see
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, QuestionState, Refusal, Thumb
from core.inbox.postgres import open_inbox
from core.inbox.viewer import MACHINE, Viewer
from core.postgres.database import Database
from tests.made_history import (
    NOW,
    PRIVATE,
    REASONS,
    RETENTION,
    SOURCES,
    SUBJECTS,
    MadeQuestion,
    make_history,
    store_history,
)

COUNT = 600


def look(
    platform: str, tenant: str, user: str, channel: str, around: str = "", *, shows_private: bool = False
) -> Viewer:
    """Return somebody who looks from a channel."""
    return Viewer(Platform(platform), tenant, user, channel, around, shows_private)


VIEWERS = (
    MACHINE,
    look("slack", "T1", "U1", "C1"),
    look("slack", "T1", "U2", "C2"),
    look("slack", "T1", "U3", "C3", shows_private=True),
    look("slack", "T2", "U1", "C1"),
    look("discord", "G1", "U1", "D1", "D2"),
    look("discord", "G1", "U99", "D7"),
    look("discord", "", "U2", "DU2"),
    look("toy", "T9", "U1", "C1"),
)


@pytest.fixture
async def rows(database: Database) -> list[MadeQuestion]:
    """Store generated questions. -> those that are not past their time."""
    made = make_history(COUNT)
    await store_history(database, made)
    return [row for row in made if row.is_kept]


@pytest.fixture
def history(database: Database) -> PostgresHistory:
    return PostgresHistory(database, RETENTION)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("days", [7, 365])
async def test_each_figure_of_a_report_equals_a_recount(
    history: PostgresHistory, rows: list[MadeQuestion], days: int, viewer: Viewer
) -> None:
    mine = [row for row in rows if row.asked.asked_at > NOW - timedelta(days=days) and row.is_seen(viewer)]
    report = (await history.build_report(days, 500, viewer)).figures
    assert report.questions == len(mine)
    outcomes = Counter((row.asked.platform, row.outcome) for row in mine)
    counted = {(name, outcome): n for name, counts in report.outcomes.items() for outcome, n in counts.items()}
    assert counted == outcomes
    assert Counter(report.thumbs) == Counter(thumb for row in mine for _, thumb, _, _ in row.thumbs)
    times = [
        ((row.first_shown_at or row.finished_at, row.finished_at), row.asked.asked_at)
        for row in mine
        if row.finished_at
        and row.asked.state is QuestionState.DONE
        and row.asked.refusal is Refusal.NONE
        and row.is_own
    ]
    for place, figures in enumerate((report.first_seconds, report.last_seconds)):
        seconds = [(ends[place] - asked_at).total_seconds() for ends, asked_at in times]
        if len(seconds) > 1:
            cuts = statistics.quantiles(seconds, n=100, method="inclusive")
            assert figures == pytest.approx({"p50": cuts[49], "p95": cuts[94]})
    replies = [row.asked.reply for row in mine if row.asked.reply and row.is_own]
    used = [reply.answer.usage for reply in replies if reply.answer.usage]
    tokens = report.tokens
    assert (tokens.answers, tokens.estimated) == (len(used), sum(each.estimated for each in used))
    assert (tokens.sent, tokens.received) == (sum(each.sent for each in used), sum(each.received for each in used))


@pytest.mark.parametrize("viewer", [MACHINE, VIEWERS[1], VIEWERS[-2]])
async def test_each_figure_equals_a_recount_in_sql_of_its_own(
    database: Database, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    """`python -m bench.console --recount` does so over 100,000 questions."""
    assert len(rows) > 100
    counted = [each async for each in recount(database, viewer, RETENTION)]
    assert [str(each) for each in counted if not each.is_same] == []
    assert len(counted) == 15


def test_the_history_has_all_outcomes_and_readers_of_all_kinds() -> None:
    rows = [row for row in make_history(COUNT) if row.is_kept]
    assert {row.outcome for row in rows} == set(QuestionOutcome)
    assert {row.withheld(viewer) for viewer in VIEWERS for row in rows if row.is_seen(viewer)} == set(Withheld)
    seen = [sum(row.is_seen(viewer) for row in rows) for viewer in VIEWERS]
    assert seen[0] == len(rows) > max(seen[1:])
    assert [count > 0 for count in seen] == [True] * 8 + [False]


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_each_figure_of_some_days_equals_a_recount(
    history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    mine = [row for row in rows if row.asked.asked_at > NOW - timedelta(days=14) and row.is_seen(viewer)]
    figures = await history.build_figures(14, viewer)
    assert figures.questions == len(mine)
    days = Counter((row.asked.asked_at.date(), row.outcome) for row in mine)
    assert {(day, name): n for day, counts in figures.by_day.items() for name, n in counts.items()} == days
    assert list(figures.by_day) == sorted(figures.by_day)
    shown = [row for row in mine if row.withheld(viewer) is not Withheld.PRIVATE]
    channels = Counter((row.asked.platform, row.asked.channel) for row in shown)
    assert figures.private == len(mine) - len(shown)
    counted = {(each.platform, each.channel): each.questions for each in figures.channels}
    assert list(counted.values()) == [n for _, n in channels.most_common(20)]
    assert all(channels[place] == n for place, n in counted.items())
    first = [row.first_seconds for row in mine if row.first_seconds is not None]
    if len(first) > 1:
        cuts = statistics.quantiles(first, n=100, method="inclusive")
        assert figures.first_seconds == pytest.approx({"p50": cuts[49], "p95": cuts[94]}, rel=1e-4)
    assert (await history.build_report(14, 0, viewer)).figures == figures
    assert figures.by_outcome == Counter(row.outcome for row in mine)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_the_sources_of_a_report_are_those_that_answers_cite(
    history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        if not row.is_seen(viewer) or row.withheld(viewer) is not Withheld.NOTHING:
            continue
        if row.asked.reply and row.is_own and row.outcome in (QuestionOutcome.ANSWERED, QuestionOutcome.PARTLY):
            cited = {each.url for each in row.asked.reply.answer.citations}
            counts.update({each.source for each in row.asked.reply.found if each.url in cited})
    report = (await history.build_report(365, 0, viewer)).figures
    assert report.sources == counts
    assert list(report.sources.values()) == sorted(counts.values(), reverse=True)
    assert viewer is not MACHINE or set(counts) == {*SOURCES, "gone"}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_gaps_hold_each_question_that_was_not_answered_well_once(
    history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    gaps = [row for row in rows if row.is_gap and row.is_seen(viewer)]
    shown = [row for row in gaps if row.withheld(viewer) is not Withheld.PRIVATE]
    found = await history.list_gaps(365, 500, viewer)
    assert (found.questions, found.withheld) == (len(gaps), len(gaps) - len(shown))
    assert sum(gap.questions for gap in found.gaps) == len(shown)
    assert len(found.gaps) == sum(any(subject in row.asked.text for row in shown) for subject in SUBJECTS)
    for gap in found.gaps:
        (subject,) = [each for each in SUBJECTS if each in gap.examples[0]]
        mine = [row for row in shown if subject in row.asked.text]
        assert gap.questions == len(mine)
        assert set(gap.examples) <= {row.asked.text for row in mine}
        assert gap.askers == len({(row.asked.platform, row.asked.asker) for row in mine})
        assert gap.first == min(row.asked.asked_at for row in mine)
        assert gap.last == max(row.asked.asked_at for row in mine)
        outcomes = Counter(row.outcome for row in mine)
        assert (gap.abstained, gap.partly) == (outcomes[QuestionOutcome.ABSTAINED], outcomes[QuestionOutcome.PARTLY])
        assert gap.down == sum(any(thumb is Thumb.DOWN for _, thumb, _, _ in row.thumbs) for row in mine)
        nearest = find_nearest([row for row in mine if row.withheld(viewer) is Withheld.NOTHING])
        assert [section.url for section in gap.sections] == nearest
        assert all(section.path[0] == section.source in section.url for section in gap.sections)
    assert [gap.questions for gap in found.gaps] == sorted((gap.questions for gap in found.gaps), reverse=True)
    report = await history.build_report(365, 2, viewer)
    assert report.gaps == replace(found, gaps=found.gaps[:2])


async def test_what_is_reported_as_missing_lands_with_the_gaps_and_is_no_question(
    database: Database, history: PostgresHistory, rows: list[MadeQuestion]
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
    assert after.figures == before.figures
    assert after.gaps.questions == before.gaps.questions
    (old,), (new,) = ([gap for gap in each.gaps.gaps if subject in gap.examples[0]] for each in (before, after))
    assert (new.questions, new.askers, new.reported) == (old.questions, old.askers + 1, 3)
    assert new.missing == ("no list of keys\ufffd", "no example")
    last = after.gaps.gaps[-1]
    assert (last.examples, last.questions, last.reported) == (("Which colour has the moon?",), 0, 1)
    viewer = Viewer(Platform.SLACK, "T1", "U1", "C1", shows_private=True)
    assert not any(gap.reported for gap in (await history.list_gaps(365, 500, viewer)).gaps)
    await database.writers.execute("update reported_gap set at = now() - interval '40 days'")
    assert await history.build_report(365, 500) == before, "it is past its time"
    async with open_inbox(database.dsn) as inbox:
        await inbox.tidy(RETENTION)
    assert await database.readers.fetchval("select count(*) from reported_gap") == 0


def _has_thumb(row: MadeQuestion, wanted: Thumb) -> bool:
    return any(thumb is wanted for _, thumb, _, _ in row.thumbs)


def _answer_has(row: MadeQuestion, text: str) -> bool:
    return row.asked.reply is not None and text in row.asked.reply.answer.text.lower()


FILTERS: Sequence[tuple[QuestionFilter, Callable[[MadeQuestion], bool]]] = (
    (QuestionFilter(), lambda _: True),
    *(
        (QuestionFilter(outcome=each), lambda row, each=each: row.outcome is each)  # type: ignore[misc]  # its default
        for each in QuestionOutcome
    ),
    (QuestionFilter(thumb=Thumb.UP), lambda row: _has_thumb(row, Thumb.UP)),
    (QuestionFilter(thumb=Thumb.DOWN), lambda row: _has_thumb(row, Thumb.DOWN)),
    *(
        (QuestionFilter(reason=each), lambda row, each=each: any(each in why for _, _, why, _ in row.thumbs))  # type: ignore[misc]  # as above
        for each in REASONS
    ),
    (QuestionFilter(channel="C2"), lambda row: row.asked.channel == "C2"),
    (QuestionFilter(platform=Platform("toy")), lambda row: row.asked.platform == "toy"),
    (
        QuestionFilter(source="api"),
        lambda row: row.asked.reply is not None and any(each.source == "api" for each in row.asked.reply.found),
    ),
    (QuestionFilter(text="A PROXY"), lambda row: "a proxy" in row.asked.text or _answer_has(row, "a proxy")),
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


def find_nearest(rows: Sequence[MadeQuestion]) -> list[str]:
    """Return the three sections that most often came first to third lately, of as many the one that came earlier."""
    near, places = Counter[str](), Counter[str]()
    latest = sorted((row for row in rows if row.asked.reply), key=lambda row: row.asked.asked_at, reverse=True)[:LATEST]
    for used in (used for row in latest if row.asked.reply for used in row.asked.reply.found if used.place <= 3):
        near[used.url] += 1
        places[used.url] += used.place
    return sorted(near, key=lambda url: (-near[url], places[url], url))[:3]


def is_found(row: MadeQuestion, wanted: QuestionFilter, is_wanted: Callable[[MadeQuestion], bool]) -> bool:
    """Return whether the machine's own list has a question."""
    return is_wanted(row) and (row.outcome is wanted.outcome or row.outcome is not QuestionOutcome.WITHDRAWN)


async def test_each_filter_finds_what_a_recount_finds_newest_first(
    history: PostgresHistory, rows: list[MadeQuestion]
) -> None:
    newest = sorted(rows, key=lambda row: row.asked.asked_at, reverse=True)
    for wanted, is_wanted in FILTERS:
        expected = [row.asked.id for row in newest if is_found(row, wanted, is_wanted)]
        found = await history.list_questions(wanted, COUNT)
        assert [record.id for record in found] == expected, wanted
        passing = [row for row in newest if is_wanted(row)]
        thumbs = Counter(thumb for row in passing for _, thumb, _, _ in row.thumbs)
        count = QuestionCount(len(found), len(passing) - len(found), thumbs[Thumb.UP], thumbs[Thumb.DOWN])
        assert await history.count_questions(wanted) == count, wanted
        for before, after in pairwise(found):
            below = await history.list_questions(wanted, 1, below=before.position)
            assert [each.id for each in below] == [after.id]
            break
        assert [each.id async for each in stream_questions(history, wanted)] == expected


async def test_a_long_list_is_read_in_pages_without_a_gap(
    database: Database, history: PostgresHistory, rows: list[MadeQuestion]
) -> None:
    await database.writers.execute("update question set asked_at = date_trunc('day', asked_at)")  # many at one time
    (whole,) = [[each.id for each in await history.list_questions(QuestionFilter(), COUNT)]]
    assert [each.id async for each in stream_questions(history, QuestionFilter())] == whole
    for limit in (0, 1, 250, 251, 500):
        assert [each.id async for each in stream_questions(history, QuestionFilter(), limit=limit)] == whole[:limit]


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_a_record_is_the_question_as_far_as_it_is_seen(
    history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    stored = {row.asked.id: row for row in rows if row.is_seen(viewer)}
    records = await history.list_questions(QuestionFilter(), COUNT, viewer)
    shown = {number for number, row in stored.items() if row.outcome is not QuestionOutcome.WITHDRAWN}
    assert {record.id for record in records} == shown
    for record in records:
        check_record(record, stored[record.id], viewer)
    for row in rows:
        detail = await history.get_question(row.asked.id, viewer)
        assert (detail is None) == (row.asked.id not in stored)
        if detail is not None:
            check_record(detail.record, row, viewer)


def check_record(record: QuestionRecord, row: MadeQuestion, viewer: Viewer) -> None:
    """Check that a record holds all of a question that may be seen, and nothing else."""
    assert row.is_seen(viewer)
    withheld = row.withheld(viewer)
    assert (record.withheld, record.outcome) == (withheld, row.outcome)
    assert record.reply == (row.asked.reply if withheld is Withheld.NOTHING else None)
    assert (record.ups, record.downs) == tuple(
        sum(thumb is each for _, thumb, _, _ in row.thumbs) for each in (Thumb.UP, Thumb.DOWN)
    )
    assert set(record.reasons) == {reason for _, _, reasons, _ in row.thumbs for reason in reasons}
    if withheld is Withheld.PRIVATE:
        assert (record.text, record.channel, record.asker, record.comments) == ("", "", "", ())
    else:
        assert (record.text, record.channel, record.asker) == (row.asked.text, row.asked.channel, row.asked.asker)
        assert sorted(record.comments) == sorted(comment for _, _, _, comment in row.thumbs if comment)


async def test_no_filter_finds_what_is_withheld(history: PostgresHistory, rows: list[MadeQuestion]) -> None:
    for viewer in VIEWERS[1:]:
        for wanted, is_wanted in FILTERS:
            found = await history.list_questions(wanted, COUNT, viewer)
            passing = {row.asked.id for row in rows if row.is_seen(viewer) and is_found(row, wanted, is_wanted)}
            assert {record.id for record in found} <= passing
            withheld = {record.withheld for record in found}
            assert not (wanted.text or wanted.channel) or Withheld.PRIVATE not in withheld
            assert not wanted.source or withheld <= {Withheld.NOTHING}


_SPOTS = (("slack", "T1"), ("slack", "T2"), ("slack", "T3"), ("discord", "G1"), ("discord", "G2"), ("discord", ""))


def draw_viewer(chance: random.Random) -> Viewer:
    """Return somebody who looks from somewhere; they may be nobody, and nowhere."""
    channels = chance.sample(["C1", "C2", "C3", "D1", "D2", "DU3", ""], 2)
    return look(*chance.choice(_SPOTS), f"U{chance.randrange(45)}", *channels, shows_private=chance.random() < 0.2)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_filters_offer_what_the_viewer_sees(
    history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer
) -> None:
    shown = [row for row in rows if row.is_seen(viewer) and row.withheld(viewer) is not Withheld.PRIVATE]
    latest = dict[tuple[Platform, str], datetime]()
    for row in sorted(shown, key=lambda row: row.asked.asked_at):
        if row.is_own:
            latest[row.asked.platform, row.asked.channel] = row.asked.asked_at
    reasons = Counter(reason for row in shown for _, _, given, _ in row.thumbs for reason in given)
    choices = await history.list_choices(viewer)
    assert list(choices.channels) == sorted(latest, key=lambda each: latest[each], reverse=True)[:100]
    assert set(choices.reasons) == set(reasons)
    assert [reasons[each] for each in choices.reasons] == sorted(reasons.values(), reverse=True)


async def look_at_gaps(history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer) -> None:
    found = await history.list_gaps(365, 500, viewer)
    mine = [row for row in rows if row.is_gap and row.is_seen(viewer)]
    texts = {row.asked.text for row in mine if row.withheld(viewer) is not Withheld.PRIVATE}
    assert {each for gap in found.gaps for each in gap.examples} <= texts
    assert found.questions == len(mine)
    names = {section.source for gap in found.gaps for section in gap.sections}
    assert all(may_see(SOURCES.get(name, ()), viewer.audience) for name in names)


async def look_at_one(history: PostgresHistory, rows: list[MadeQuestion], viewer: Viewer, number: int) -> None:
    detail = await history.get_question(number, viewer)
    row = next((row for row in rows if row.asked.id == number), None)
    assert (detail is not None) == (row is not None and row.is_seen(viewer))
    if detail is not None and row is not None:
        check_record(detail.record, row, viewer)
        assert (detail.asked is None) == (row.withheld(viewer) is Withheld.PRIVATE)
        assert PRIVATE not in str(detail) or row.withheld(viewer) is not Withheld.PRIVATE


@pytest.mark.parametrize("requests", [500, pytest.param(10_000, marks=pytest.mark.long)])
async def test_no_reader_sees_what_is_not_theirs_whatever_they_request(
    history: PostgresHistory, rows: list[MadeQuestion], requests: int
) -> None:
    chance, stored, seen = random.Random(47), {row.asked.id: row for row in rows}, 0
    for _ in range(requests):
        viewer = draw_viewer(chance)
        match chance.randrange(20):
            case 0:
                await look_at_gaps(history, rows, viewer)
            case 1:
                choices = await history.list_choices(viewer)
                known = {(row.asked.platform, row.asked.channel) for row in rows if row.is_seen(viewer)}
                assert set(choices.channels) <= known
            case 2 | 3 | 4:
                wanted, is_wanted = chance.choice(FILTERS)
                for record in await history.list_questions(wanted, 10, viewer):
                    check_record(record, stored[record.id], viewer)
                    assert is_found(stored[record.id], wanted, is_wanted)
                    seen += 1
            case _:
                await look_at_one(history, rows, viewer, chance.randrange(COUNT + 20))
    assert seen > requests // 5, "there was much to see"


async def test_what_is_past_its_time_or_forgotten_is_nowhere(
    database: Database, history: PostgresHistory, rows: list[MadeQuestion]
) -> None:
    assert len(rows) < COUNT, "some are past their time, and not deleted yet"
    person = rows[0].asked.asker
    mine = [row.asked.id for row in rows if row.asked.asker == person]
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget(person)
    others = [row for row in rows if row.asked.asker != person]
    report = (await history.build_report(3650, 500)).figures
    assert report.questions == len(others) < len(rows)
    listed = await history.list_questions(QuestionFilter(), COUNT)
    assert person not in {record.asker for record in listed}
    assert [await history.get_question(number) for number in mine] == [None] * len(mine)
    assert report.thumbs == Counter(thumb for row in others for who, thumb, _, _ in row.thumbs if who != person)


async def test_an_install_without_questions_has_a_report_of_nothing(history: PostgresHistory) -> None:
    report = await history.build_report(7, 10)
    figures = report.figures
    assert (figures.questions, figures.outcomes, figures.last_seconds, figures.sources) == (0, {}, {}, {})
    assert (figures.thumbs, figures.tokens.answers) == ({Thumb.UP: 0, Thumb.DOWN: 0}, 0)
    assert report.gaps == GapList(0, 0, ())
    assert await history.list_questions(QuestionFilter(), 10) == []
