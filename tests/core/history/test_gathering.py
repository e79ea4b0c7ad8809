"""Gaps are gathered as they come, and what is kept of a question with it follows whatever changes it."""

from __future__ import annotations

import asyncio

import pytest

from core.domain import Abstention, Answer, AnswerOutcome
from core.history import postgres
from core.history.gathering import gather_gaps
from core.history.port import QuestionFilter
from core.history.postgres import PostgresHistory
from core.inbox.port import Feedback, IntakeLimits, NewQuestion, Platform, QuestionState, Reply, Thumb, Visibility
from core.inbox.postgres import open_inbox
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from core.tasks import run_in_background
from tests.core.inbox.test_postgres_forget import OWNER
from tests.core.index.helpers import is_over
from tests.made_history import RETENTION

REFUSED = Answer("Nothing.", abstention=Abstention.NO_CONTEXT, outcome=AnswerOutcome.NOT_ANSWERED)
ANSWERED = Answer("So it is.", outcome=AnswerOutcome.ANSWERED)
KEYS = ("How do I rotate the API keys?", "rotating API keys", "please rotate an api key")


async def store(database: Database, *texts: str, asker: str = "U1", answer: Answer = REFUSED) -> list[int]:
    """Store answered questions of one asker. -> their numbers."""
    numbers = []
    async with open_inbox(database.dsn) as inbox:
        for number, text in enumerate(texts):
            key = f"{asker}{number}{text}"
            question = NewQuestion(Platform.SLACK, "T1", key, key, "C1", key, asker, Visibility.THREAD, text)
            assert await inbox.receive(question, IntakeLimits(0, 0), 0.1)
            (claimed,) = await inbox.claim(OWNER, Platform.SLACK, None, 1)
            saved = await inbox.save(OWNER, claimed, Reply(answer))
            await inbox.finish(OWNER, saved, [key], QuestionState.DONE)
            numbers.append(claimed.id)
    return numbers


@pytest.fixture
def history(database: Database) -> PostgresHistory:
    return PostgresHistory(database, RETENTION)


async def test_new_gaps_join_the_subjects_that_there_are(database: Database, history: PostgresHistory) -> None:
    await store(database, KEYS[0], "What is a passage?")
    assert [gap.questions for gap in (await history.list_gaps(30, 10)).gaps] == [1, 1]
    await store(database, *KEYS[1:], asker="U2")
    keys, passage = (await history.list_gaps(30, 10)).gaps
    assert (keys.questions, keys.askers, set(keys.examples)) == (3, 2, set(KEYS))
    assert (passage.questions, passage.examples) == (1, ("What is a passage?",))
    listed = await history.list_questions(QuestionFilter(gaps=True, subject=keys.subject), 10)
    assert {record.text for record in listed} == set(KEYS)
    assert len(await history.list_questions(QuestionFilter(gaps=True), 10)) == 4


async def test_gaps_are_gathered_before_somebody_looks(
    database: Database, history: PostgresHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "FIRST_GATHER_SECONDS", 0.0)
    monkeypatch.setattr(postgres, "GATHER_SECONDS", 0.01)
    async with run_in_background(history.keep_gathered()):
        for text in KEYS[:2]:
            await store(database, text)
            await is_over(database, "select from question_summary where subject is null")
    assert await database.readers.fetchval("select count(distinct subject) from question_summary") == 1


async def test_what_a_forgotten_question_gathered_is_gathered_once_more(
    database: Database, history: PostgresHistory
) -> None:
    await store(database, KEYS[0])
    await store(database, *KEYS[1:], asker="U2")
    await gather_gaps(database)
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget("U1")
    assert await database.readers.fetchval("select count(*) from gap_subject") == 0, "its words are gone with it"
    await store(database, "rotate API key", asker="U3")
    (gap,) = (await history.list_gaps(30, 10)).gaps
    assert (gap.questions, gap.askers) == (3, 2)
    assert KEYS[0] not in gap.examples


async def test_two_processes_gather_each_gap_once(database: Database, history: PostgresHistory) -> None:
    await store(database, *KEYS)
    await asyncio.gather(*(gather_gaps(database) for _ in range(4)))  # noqa: TID251 - all of them return
    assert await database.readers.fetchval("select count(*) from gap_subject") == 1
    assert [gap.questions for gap in (await history.list_gaps(30, 10)).gaps] == [3]


async def test_an_answer_becomes_a_gap_with_a_thumb_down_and_none_when_it_is_turned(
    database: Database, history: PostgresHistory
) -> None:
    (number,) = await store(database, KEYS[0], answer=ANSWERED)
    async with open_inbox(database.dsn) as inbox:
        for thumb, gaps in ((Thumb.UP, 0), (Thumb.DOWN, 1), (Thumb.UP, 0), (Thumb.DOWN, 1)):
            assert await inbox.give_feedback(Platform.SLACK, "T1", number, Feedback("U9", thumb))
            assert len((await history.list_gaps(30, 10)).gaps) == gaps
            (record,) = await history.list_questions(QuestionFilter(thumb=thumb), 10)
            assert record.ups + record.downs == 1
        await inbox.forget("U9")
    assert (await history.list_gaps(30, 10)).gaps == ()


async def test_gaps_that_are_not_gathered_yet_are_gaps_of_their_wording(database: Database) -> None:
    await store(database, KEYS[0], KEYS[0].upper(), KEYS[1])
    async with PostgresHistory(database, RETENTION)._reading(Viewer(Platform.SLACK, "T1", "U1", "C1")) as read:
        found = await read.list_gaps(30, 10)
    assert [gap.questions for gap in found.gaps] == [2, 1]


async def test_summaries_hold_what_a_count_of_the_questions_holds(database: Database) -> None:
    numbers = await store(database, *KEYS, answer=ANSWERED)
    async with open_inbox(database.dsn) as inbox:
        await inbox.give_feedback(Platform.SLACK, "T1", numbers[0], Feedback("U9", Thumb.DOWN))
        assert await inbox.revise(Platform.SLACK, "T1", f"U10{KEYS[0]}", "Other?", 1.0)
    before = await database.readers.fetch("select * from question_summary order by question")
    texts = await database.readers.fetch("select * from question_text order by question")
    assert [row["outcome"] for row in before] == ["open", "answered", "answered"]
    assert [row["body"] for row in texts] == ["other?", *(key.lower() for key in KEYS[1:])]
    await database.writers.execute("select summarize_questions(null)")
    assert await database.readers.fetch("select * from question_summary order by question") == before
