"""What is remembered of a thread: who spoke, in order, without texts; the questions to the bot among the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.platforms import QuestionDetails
from core.inbox.port import IntakeLimits, NewQuestion, Platform, QuestionState, Visibility
from core.inbox.postgres import PostgresInbox, open_inbox
from core.postgres.database import Database

THREAD = ThreadKey(Platform.SLACK, "T1", "C1", "a")
OWNER = "00000000-0000-0000-0000-000000000001"
NONE = IntakeLimits(0, 0)


@pytest.fixture
async def inbox(database: Database, dsn: str) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(dsn) as opened:
        yield opened


def utterance(number: int, author: str = "U2", kind: UtteranceKind = UtteranceKind.REMARK) -> Utterance:
    return Utterance(f"C1:{number}", frozenset({author}), float(number), kind)


def question(number: int, asker: str = "U1", thread: str = "a", authors: tuple[str, ...] = ()) -> NewQuestion:
    key = f"C1:{number}"
    return NewQuestion(
        *(Platform.SLACK, "T1", key, key, "C1", thread, asker, Visibility.THREAD, "How?"),
        QuestionDetails(at=float(number), authors=authors),
    )


async def kinds(inbox: PostgresInbox, before: float = 99.0) -> list[tuple[str, str]]:
    return [(each.place_key, each.kind.value) for each in await inbox.conversation.heard(THREAD, before)]


async def test_a_thread_is_heard_in_the_order_in_which_it_was_written(inbox: PostgresInbox) -> None:
    await inbox.conversation.remember(THREAD, utterance(3))
    await inbox.receive(question(1, authors=("U7",)), NONE, 1.0)
    await inbox.conversation.remember(THREAD, utterance(2, kind=UtteranceKind.ASKS))
    assert await kinds(inbox) == [("C1:1", "question"), ("C1:2", "asks"), ("C1:3", "remark")]
    assert await kinds(inbox, before=3.0) == [("C1:1", "question"), ("C1:2", "asks")]
    assert (await inbox.conversation.heard(THREAD, 2.0))[0].authors == {"U1", "U7"}


async def test_a_message_is_left_alone_once_and_not_if_it_is_a_question(inbox: PostgresInbox) -> None:
    assert await inbox.conversation.remember(THREAD, utterance(2))
    assert not await inbox.conversation.remember(THREAD, utterance(2, kind=UtteranceKind.MUTE)), (
        "another process was first"
    )
    assert await inbox.conversation.is_left_alone("slack", "T1", "C1:2")
    await inbox.receive(question(3), NONE, 1.0)
    assert not await inbox.conversation.remember(THREAD, utterance(3))
    assert not await inbox.conversation.is_left_alone("slack", "T1", "C1:3")


async def test_a_question_that_stayed_unsaid_was_a_remark(inbox: PostgresInbox) -> None:
    await inbox.receive(question(1), NONE, 1.0)
    (asked,) = await inbox.claim(OWNER, Platform.SLACK, ["T1"], 1)
    await inbox.finish(OWNER, asked, (), QuestionState.SILENT)
    assert await kinds(inbox) == [("C1:1", "remark")]
    assert not await inbox.claim(OWNER, Platform.SLACK, ["T1"], 1)


async def test_a_conversation_with_one_person_is_all_threads_of_a_day(inbox: PostgresInbox) -> None:
    for number, thread in ((1, "x"), (100_000, "y"), (100_001, "z")):
        await inbox.receive(question(number, thread=thread), NONE, 1.0)
    heard = await inbox.conversation.heard(THREAD, 100_002.0, all_threads=True)
    assert [each.place_key for each in heard] == ["C1:100000", "C1:100001"]


async def test_what_was_left_alone_goes_with_its_message_its_author_and_its_time(
    inbox: PostgresInbox, database: Database
) -> None:
    for number, author in ((1, "U2"), (2, "U3"), (3, "U4")):
        await inbox.conversation.remember(THREAD, utterance(number, author))
    await inbox.conversation.forget_message("slack", "T1", "C1:1")
    await inbox.forget("U3")
    assert await kinds(inbox) == [("C1:3", "remark")]
    await database.writers.execute("update utterance set stored_at = now() - interval '31 days'")
    await inbox.tidy(30)
    assert await kinds(inbox) == []


@pytest.mark.parametrize("gone", ["message", "author"])
async def test_an_order_of_quiet_outlives_its_message_and_its_author(inbox: PostgresInbox, gone: str) -> None:
    await inbox.receive(question(1), NONE, 1.0)
    await inbox.conversation.remember(THREAD, utterance(2, "U2"))
    await inbox.conversation.remember(THREAD, utterance(3, "U2", UtteranceKind.MUTE))
    if gone == "message":
        await inbox.conversation.forget_message("slack", "T1", "C1:3")
    else:
        await inbox.forget("U2")
    heard = await inbox.conversation.heard(THREAD, 99.0)
    assert heard[-1].kind is UtteranceKind.MUTE
    if gone == "author":
        assert [each.kind for each in heard] == [UtteranceKind.QUESTION, UtteranceKind.MUTE]
        assert heard[-1].authors == {"somebody"}
        assert heard[-1].place_key != "C1:3"


async def test_nothing_of_a_thread_is_left_where_nobody_else_asked(inbox: PostgresInbox) -> None:
    await inbox.receive(question(1, "U2"), NONE, 1.0)
    await inbox.conversation.remember(THREAD, utterance(3, "U2", UtteranceKind.MUTE))
    await inbox.forget("U2")
    assert await inbox.conversation.heard(THREAD, 99.0) == []
