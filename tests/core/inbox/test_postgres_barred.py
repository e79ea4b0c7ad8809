"""What was forgotten is not received again: by no key, from no connection, at no moment; until its bar is lifted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from core.domain import Answer
from core.inbox.platforms import QuestionDetails
from core.inbox.port import (
    IntakeLimits,
    LeaseLost,
    NewQuestion,
    Platform,
    QuestionState,
    Reply,
    StoredQuestion,
    Visibility,
)
from core.inbox.postgres import PostgresInbox, open_inbox
from core.postgres.database import Database
from core.postgres.statements import statements
from tests.core.locks import until_waiting

OWNER = "5f1f4d6e-0000-4000-8000-000000000001"
MESSAGE = NewQuestion(Platform.SLACK, "T1", "Ev1", "C1:1", "C1", "1", "U1", Visibility.THREAD, "How?")


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(database.dsn) as made:
        yield made


async def comes(inbox: PostgresInbox, incoming: NewQuestion) -> bool:
    return await inbox.receive(incoming, IntakeLimits(0, 0), 0.1) is not None


async def answer(
    inbox: PostgresInbox, incoming: NewQuestion, text: str = "So.", *, done: bool = True
) -> StoredQuestion:
    """Store a question and answer it. -> the question as it was saved."""
    assert await comes(inbox, incoming)
    (claimed,) = await inbox.claim(OWNER, incoming.platform, None, 1)
    saved = await inbox.save(OWNER, claimed, Reply(Answer(text)))
    if done:
        await inbox.finish(OWNER, saved, ["m"], QuestionState.DONE)
    return saved


async def test_a_forgotten_message_is_not_received_again_by_any_of_its_keys(inbox: PostgresInbox) -> None:
    await answer(inbox, MESSAGE)
    assert await inbox.forget("U1") == 1
    for event, place in (("Ev1", "C1:1"), ("Ev2", "C1:1"), ("C1:1", "C1:1"), ("Ev1", "C1:2")):
        assert not await comes(inbox, replace(MESSAGE, event_key=event, place_key=place)), (event, place)
        assert not await comes(inbox, replace(MESSAGE, event_key=event, place_key=place, asker="U2")), (
            "asked by another"
        )
    assert not await inbox.revise(Platform.SLACK, "T1", "C1:1", "How now?")
    for other in (replace(MESSAGE, tenant="T2"), replace(MESSAGE, platform=Platform.DISCORD)):
        assert await comes(inbox, other), "keys of another place"
    assert await comes(inbox, replace(MESSAGE, event_key="Ev3", place_key="C1:3")), "they may ask again"


async def test_no_statement_inserts_what_is_barred(inbox: PostgresInbox, database: Database) -> None:
    await answer(inbox, MESSAGE)
    await inbox.forget("U1")
    insert = (
        "insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, turn, state)"
        " values ('slack', 'T1', 'other', 'C1:1', 'C1', '1', 'U1', 'thread', 'How?', 0, 'queued')"
    )
    assert await database.writers.execute(insert) == "INSERT 0 0"


async def test_a_message_that_comes_once_more_while_it_is_forgotten_is_forgotten(
    inbox: PostgresInbox, database: Database
) -> None:
    await answer(inbox, MESSAGE)
    blocker = await asyncpg.connect(database.dsn)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute(
        "insert into barred select hash_key('slack', 'T1', key), now() from (values ('Ev1'), ('C1:1')) keys (key)"
    )
    async with asyncio.TaskGroup() as group:
        forgotten = group.create_task(inbox.forget("U1"))  # has deleted the row, and waits for the blocker
        await until_waiting(database, 1)
        again = group.create_task(comes(inbox, MESSAGE))
        await until_waiting(database, 2)
        await transaction.rollback()
    await blocker.close()
    assert (forgotten.result(), again.result()) == (1, False)
    assert await database.readers.fetchval("select count(*) from question") == 0


async def test_a_bar_is_a_hash_without_content_and_goes_after_two_days(
    inbox: PostgresInbox, database: Database
) -> None:
    await answer(inbox, MESSAGE)
    await inbox.forget("U1")
    rows = await database.readers.fetch("select hash, until - now() > interval '47 hours' as long from barred")
    assert [(len(row["hash"]), row["long"]) for row in rows] == [(32, True)] * 2
    await inbox.tidy(30)
    assert not await comes(inbox, MESSAGE)
    await database.writers.execute("update barred set until = now() - interval '1 second'")
    await inbox.tidy(30)
    assert await database.readers.fetchval("select count(*) from barred") == 0


async def test_no_two_databases_have_the_same_hash_of_a_message(inbox: PostgresInbox, database: Database) -> None:
    await answer(inbox, MESSAGE)
    await inbox.forget("U1")
    plain = "select count(*) from barred where hash = any (array(select sha256(convert_to(key, 'UTF8')) from "
    keys = "(values ('Ev1'), ('C1:1'), ('[\"slack\", \"T1\", \"C1:1\"]')) keys (key)))"
    assert await database.readers.fetchval(plain + keys) == 0


async def test_who_wrote_what_another_asked_is_found(inbox: PostgresInbox) -> None:
    chosen = replace(MESSAGE, asker="U2", details=QuestionDetails(authors=("U1", "U3")))
    await answer(inbox, chosen)
    assert await inbox.forget("U1", Platform.DISCORD) == 0
    assert await inbox.forget("U3") == 1
    assert not await comes(inbox, MESSAGE)


async def test_answers_to_others_that_were_made_with_forgotten_words_go_too(inbox: PostgresInbox) -> None:
    mine = replace(MESSAGE, event_key="Ev2", place_key="C1:2")
    theirs = [replace(MESSAGE, event_key=f"Ev{n}", place_key=f"C1:{n}", asker="U2") for n in (1, 3, 4)]
    elsewhere = replace(MESSAGE, event_key="Ev5", place_key="C1:5", thread="5", asker="U2")
    before = await answer(inbox, theirs[0])
    await answer(inbox, mine)
    after = await answer(inbox, theirs[1])
    other = await answer(inbox, elsewhere)
    sending = await answer(inbox, theirs[2], done=False)
    assert await inbox.forget("U1") == 1
    now = [await inbox.get(Platform.SLACK, "T1", each.id) for each in (before, after, other, sending)]
    assert [each and each.reply is not None for each in now] == [True, False, True, False]
    assert [each and each.state for each in now] == [QuestionState.DONE] * 3 + [QuestionState.QUEUED]
    with pytest.raises(LeaseLost):
        await inbox.finish(OWNER, sending, ["m"], QuestionState.DONE)
    assert await inbox.renew(OWNER, [sending.id]) != {}, "who is at it learns that it changed"


@pytest.mark.parametrize("state", ["withdrawn", "done"])
async def test_what_was_deleted_or_long_over_is_forgotten_as_well(
    inbox: PostgresInbox, database: Database, state: str
) -> None:
    await answer(inbox, MESSAGE)
    if state == "withdrawn":
        assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    assert await inbox.forget("U1") == 1
    assert not await comes(inbox, MESSAGE)
    await database.writers.execute("update question set finished_at = now() - interval '90 days'")
    assert await inbox.tidy(30) == 0


async def test_a_request_is_taken_once_by_all(inbox: PostgresInbox, database: Database) -> None:
    async with open_inbox(database.dsn) as other, asyncio.TaskGroup() as group:
        taken = [group.create_task(each.take_once(b"v0=1")) for each in (inbox, other) * 3]
    assert sorted(each.result() for each in taken) == [False] * 5 + [True]
    assert await inbox.take_once(b"v0=2")
    kept = await database.readers.fetchval("select min(until) - now() > interval '10 minutes' from barred")
    assert kept, "longer than its signature is good, by a clock that is wrong by as much"


async def test_a_message_whose_deletion_came_first_is_not_received(inbox: PostgresInbox, database: Database) -> None:
    async with open_inbox(database.dsn) as other:
        assert not await other.withdraw(Platform.SLACK, "T1", "C1:1")
    assert not await comes(inbox, MESSAGE)
    assert not await comes(inbox, replace(MESSAGE, event_key="Ev2")), "another event of the same message"
    for near in (replace(MESSAGE, place_key="C1:2"), replace(MESSAGE, tenant="T2")):
        assert await comes(inbox, near), "no other message"
    rows = await database.readers.fetch("select until - now() > interval '47 hours' as long from barred")
    assert [row["long"] for row in rows] == [True], "a day and more after it no delivery is repeated"


async def test_a_message_that_asks_nothing_any_more_may_ask_again(inbox: PostgresInbox) -> None:
    assert not await inbox.withdraw(Platform.SLACK, "T1", "C1:1", edited=True)
    assert await comes(inbox, MESSAGE)


async def test_a_deletion_of_what_is_known_leaves_no_bar(inbox: PostgresInbox, database: Database) -> None:
    assert await comes(inbox, MESSAGE)
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    assert not await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    assert await database.readers.fetchval("select count(*) from barred") == 0


INSERT = (
    "insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, turn, state)"
    " values ('slack', 'T1', 'Ev1', 'C1:1', 'C1', '1', 'U1', 'thread', 'How?', 0, 'queued')"
)


async def test_a_deletion_that_crosses_with_its_message_waits_for_it(inbox: PostgresInbox, database: Database) -> None:
    storing = await asyncpg.connect(database.dsn)
    transaction = storing.transaction()
    await transaction.start()
    await storing.execute(INSERT)
    async with asyncio.TaskGroup() as group:
        withdrawn = group.create_task(inbox.withdraw(Platform.SLACK, "T1", "C1:1"))
        await until_waiting(database, 1)
        await transaction.commit()
    await storing.close()
    assert withdrawn.result()
    assert await database.readers.fetchval("select state from question") == "withdrawn"


async def test_a_message_that_crosses_with_its_deletion_is_not_stored(inbox: PostgresInbox, database: Database) -> None:
    deleting = await asyncpg.connect(database.dsn)
    transaction = deleting.transaction()
    await transaction.start()
    await deleting.fetchval(statements()["bar_missing"], "slack", "T1", "C1:1", 48)
    async with asyncio.TaskGroup() as group:
        stored = group.create_task(comes(inbox, MESSAGE))
        await until_waiting(database, 1)
        await transaction.commit()
    await deleting.close()
    assert not stored.result()
