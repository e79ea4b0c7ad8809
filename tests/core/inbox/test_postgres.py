"""Questions from chat, on a real Postgres: kept once, in fair order, one of a thread at a time, fenced."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.domain import Abstention, Answer, AnswerOutcome, CheckedUnit, Citation, Fault, TokenUsage, UnitVerdict
from core.inbox.channels import AuditEntry
from core.inbox.channels_postgres import PostgresAudit
from core.inbox.platforms import SlackDetails
from core.inbox.port import (
    Feedback,
    IntakeLimits,
    LeaseLost,
    NewQuestion,
    Platform,
    QuestionState,
    Refusal,
    Reply,
    StoredQuestion,
    Thumb,
    UsedPassage,
    Visibility,
)
from core.inbox.postgres import PostgresInbox, open_inbox
from core.postgres.database import Database

NONE = IntakeLimits(an_asker_open=0, an_asker_a_minute=0)
ONE, TWO = str(uuid.uuid4()), str(uuid.uuid4())
REPLY = Reply(
    Answer(
        "It is so [1].",
        citations=(Citation(1, "https://a/b#c", ("A", "B"), "A", "It is so.", "https://a/b#c:~:text=It%20is%20so"),),
        faults=(Fault.RERANKER,),
        model="m",
        timings_ms={"total": 1.5},
        outcome=AnswerOutcome.PARTLY,
        not_covered=("why it is so",),
        units=(
            CheckedUnit("It is so [1].", UnitVerdict.SHOWN, "", "It is so.", ("https://a/b#c",)),
            CheckedUnit("It is 12.", UnitVerdict.DROPPED, "not in its source: 12"),
        ),
        usage=TokenUsage(900, 40),
    ),
    (UsedPassage("https://a/b#c", ("A", "B"), "docs", 1, vector_rank=2),),
)


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(database.dsn) as opened:
        yield opened


def question(number: int, *, asker: str = "U1", thread: str = "", text: str = "How?", **more: object) -> NewQuestion:
    made = NewQuestion(
        Platform.SLACK, "T1", f"E{number}", f"C1:{number}", "C1", thread or str(number), asker, Visibility.THREAD, text
    )
    return replace(made, **more)  # type: ignore[arg-type]  # named as the fields are


async def received(inbox: PostgresInbox, *questions: NewQuestion, limits: IntakeLimits = NONE) -> list[int]:
    got = [await inbox.receive(each, limits, 1.0) for each in questions]
    return [each.id for each in got if each is not None]


async def claimed(inbox: PostgresInbox, owner: str = ONE, limit: int = 10) -> list[StoredQuestion]:
    return await inbox.claim(owner, Platform.SLACK, ["T1"], limit)


async def test_a_reply_that_an_earlier_version_stored_reads_as_not_recorded(
    inbox: PostgresInbox, database: Database
) -> None:
    await received(inbox, question(1))
    (mine,) = await claimed(inbox)
    await inbox.save(ONE, mine, REPLY)
    newer = "#- '{answer,outcome}' #- '{answer,not_covered}' #- '{answer,units}' #- '{answer,usage}'"
    older = f"{newer} #- '{{answer,citations,0,quote}}' #- '{{answer,citations,0,href}}'"
    await database.writers.execute(f"update question set answer = answer {older}")  # noqa: S608  # no value in it
    stored = await inbox.get(Platform.SLACK, "T1", mine.id)
    assert stored is not None
    assert stored.reply is not None
    answer = stored.reply.answer
    assert (answer.outcome, answer.units, answer.usage, answer.not_covered) == (None, None, None, ())
    assert (answer.citations[0].quote, answer.citations[0].target) == (None, "https://a/b#c")


async def test_one_message_is_kept_once_who_tells_of_it(inbox: PostgresInbox) -> None:
    assert len(await received(inbox, question(1), question(1))) == 1
    assert not await received(inbox, question(1, event_key="other event, same message"))
    assert not await received(inbox, question(1, place_key="same event, other message"))
    assert len(await claimed(inbox)) == 1


async def test_what_is_claimed_comes_back_as_it_was_asked(inbox: PostgresInbox) -> None:
    await received(
        inbox, question(1, text="nul \0 and half \ud800", details=SlackDetails(team="T1", authors=("U2 \0\ud800",)))
    )
    (asked,) = await claimed(inbox)
    assert (asked.text, asked.details, asked.state, asked.tries) == (
        "nul  and half \ufffd",
        SlackDetails(team="T1", authors=("U2 \ufffd",)),
        QuestionState.QUEUED,
        1,
    )
    assert (await inbox.save(ONE, asked, REPLY)).reply == REPLY


async def test_who_has_fewer_open_questions_goes_first(inbox: PostgresInbox) -> None:
    await received(inbox, *(question(number, asker="greedy") for number in range(4)), question(9, asker="modest"))
    assert [each.asker for each in await claimed(inbox, limit=2)] == ["greedy", "modest"]


async def test_one_question_of_a_thread_is_answered_at_a_time_and_in_order(inbox: PostgresInbox) -> None:
    await received(inbox, question(1, thread="a"), question(2, thread="a"), question(3, thread="b"))
    first = await claimed(inbox)
    assert [each.place_key for each in first] == ["C1:1", "C1:3"]
    assert not await claimed(inbox, TWO)
    await inbox.finish(ONE, first[0], ["m1"], QuestionState.DONE)
    assert [each.place_key for each in await claimed(inbox, TWO)] == ["C1:2"]


async def test_processes_that_claim_at_once_never_share_a_question(inbox: PostgresInbox) -> None:
    await received(inbox, *(question(number) for number in range(40)))
    owners = [str(uuid.uuid4()) for _ in range(8)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(claimed(inbox, owner, 3)) for owner in owners]
    got = [each.id for task in tasks for each in task.result()]
    assert len(got) == len(set(got)) == 24


async def expire(database: Database) -> None:
    await database.writers.execute("update question set lease = now() - interval '1 second' where lease is not null")


async def test_a_lease_that_ran_out_is_another_ones_and_its_old_owner_is_told(
    database: Database, inbox: PostgresInbox
) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    assert not await claimed(inbox, TWO)
    await expire(database)
    assert [each.tries for each in await claimed(inbox, TWO)] == [2]
    with pytest.raises(LeaseLost):
        await inbox.save(ONE, asked, REPLY)
    assert await inbox.renew(ONE, [1, 2]) == {}


async def test_a_try_that_waited_for_something_does_not_count(database: Database, inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    await inbox.release(ONE, asked)
    (asked,) = await claimed(inbox)
    assert asked.tries == 1
    await inbox.release(ONE, asked, failed=True)
    (asked,) = await claimed(inbox)
    assert asked.tries == 2
    await inbox.revise(Platform.SLACK, "T1", "C1:1", "Why?")
    await inbox.release(ONE, asked)  # what was edited meanwhile begins again
    (asked,) = await claimed(inbox)
    assert asked.tries == 1


async def test_what_may_be_on_its_way_is_taken_over_before_anything_else_of_its_thread(
    database: Database, inbox: PostgresInbox
) -> None:
    await received(inbox, question(1, thread="a"), question(2, thread="a"))
    (first,) = await claimed(inbox)
    await inbox.sending(ONE, first)
    await inbox.release(ONE, first)
    await inbox.revise(Platform.SLACK, "T1", "C1:2", "Another?")
    (again,) = await claimed(inbox, TWO)
    assert again.id == first.id
    assert again.sending is not None


async def test_what_is_in_hand_is_not_claimed_once_more_when_its_lease_ran_out(
    database: Database, inbox: PostgresInbox
) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    await expire(database)
    assert await inbox.claim(ONE, Platform.SLACK, None, 9, [asked.id]) == []
    assert set(await inbox.renew(ONE, [asked.id])) == {asked.id}
    await expire(database)
    assert [each.id for each in await inbox.claim(TWO, Platform.SLACK, None, 9)] == [asked.id]


async def test_what_was_let_go_while_it_may_be_on_its_way_is_held_by_no_renewal(
    database: Database, inbox: PostgresInbox
) -> None:
    await received(inbox, question(1), question(2))
    first, second = await claimed(inbox)
    await inbox.sending(ONE, first)
    await inbox.release(ONE, first)
    assert set(await inbox.renew(ONE, [second.id])) == {second.id}
    assert [each.id for each in await claimed(inbox, TWO)] == [first.id]


async def test_an_edit_fences_the_answer_to_the_old_text_and_keeps_the_messages(inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    await inbox.sent(ONE, await inbox.sending(ONE, asked), ["m1"])
    assert await inbox.revise(Platform.SLACK, "T1", "C1:1", "Why?")
    assert not await inbox.revise(Platform.SLACK, "T1", "C1:1", "Why?")
    assert (await inbox.renew(ONE, [asked.id]))[asked.id].revision == 1
    with pytest.raises(LeaseLost):
        await inbox.save(ONE, asked, REPLY)
    await inbox.release(ONE, asked)
    (again,) = await claimed(inbox)
    assert (again.text, again.parts, again.reply) == ("Why?", ("m1",), None)


async def test_what_nobody_could_be_told_is_asked_again_by_an_edit(inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    await inbox.finish(ONE, asked, [], QuestionState.UNDELIVERABLE)
    assert await inbox.revise(Platform.SLACK, "T1", "C1:1", "Why?")
    assert [each.text for each in await claimed(inbox)] == ["Why?"]


async def test_nothing_is_kept_about_an_answer_whose_question_was_deleted(inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    bad = Feedback("U7", Thumb.DOWN, comment="It repeats my secret.")
    assert await inbox.give_feedback(Platform.SLACK, "T1", asked.id, bad)
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    assert not await inbox.give_feedback(Platform.SLACK, "T1", asked.id, bad)


async def test_of_questions_that_come_at_once_no_more_are_taken_than_the_limit(inbox: PostgresInbox) -> None:
    limits = IntakeLimits(an_asker_open=1, an_asker_a_minute=0)
    for asker in map(str, range(50)):
        pair = (question(int(asker) * 2 + at, asker=asker) for at in range(2))
        async with asyncio.TaskGroup() as group:
            both = [group.create_task(inbox.receive(each, limits, 0.0)) for each in pair]
        got = [each.result() for each in both]
        assert sum(each is not None and not each.refusal for each in got) == 1


async def test_edits_count_to_the_limits_of_an_asker(inbox: PostgresInbox, database: Database) -> None:
    limits = IntakeLimits(an_asker_open=0, an_asker_a_minute=3)
    place = (Platform.SLACK, "T1", "C1:1")
    await received(inbox, question(1), question(9, asker="U9"), limits=limits)
    edits = [await inbox.revise(*place, f"The edit {number}?", limits=limits) for number in range(4)]
    assert edits == [True, True, False, False]
    assert await inbox.revise(Platform.SLACK, "T1", "C1:9", "Of another?", limits=limits)
    await database.writers.execute("update question set asked_at = now() - interval '2 minutes'")
    assert await inbox.revise(*place, "Later?", limits=limits)


async def test_what_was_refused_is_not_taken_on_by_an_edit_while_the_limit_is_reached(inbox: PostgresInbox) -> None:
    limits = IntakeLimits(an_asker_open=1, an_asker_a_minute=0)
    await received(inbox, question(1), question(2), limits=limits)
    assert not await inbox.revise(Platform.SLACK, "T1", "C1:2", "Now?", limits=limits)
    assert await inbox.revise(Platform.SLACK, "T1", "C1:1", "Another?", limits=limits)
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    assert await inbox.revise(Platform.SLACK, "T1", "C1:2", "Now?", limits=limits)


async def test_an_edit_that_is_told_late_changes_nothing(inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    place = (Platform.SLACK, "T1", "C1:1")
    assert await inbox.revise(*place, "The second?", 20.0)
    assert not await inbox.revise(*place, "The first?", 10.0)
    assert await inbox.revise(*place, "The third?", 30.0)
    assert (await claimed(inbox))[0].text == "The third?"


async def test_a_deleted_question_loses_its_text_at_once_and_its_reply_is_to_be_taken_back(
    inbox: PostgresInbox,
) -> None:
    await received(inbox, question(1), question(2))
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:2")
    (asked,) = await claimed(inbox)
    await inbox.finish(ONE, await inbox.save(ONE, asked, REPLY), ["m1"], QuestionState.DONE)
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    (withdrawn,) = await claimed(inbox)
    assert (withdrawn.state, withdrawn.text, withdrawn.parts) == (QuestionState.WITHDRAWING, "", ("m1",))
    assert not await inbox.withdraw(Platform.SLACK, "T1", "C1:1")


async def test_the_thread_s_answered_questions_are_its_turns(inbox: PostgresInbox) -> None:
    for number in (1, 2):
        await received(inbox, question(number, thread="a", text=f"Question {number}?"))
        (asked,) = await claimed(inbox)
        answer = REPLY.answer if number == 1 else replace(REPLY.answer, abstention=Abstention.NO_CONTEXT)
        saved = await inbox.save(ONE, asked, replace(REPLY, answer=answer))
        await inbox.finish(ONE, saved, [f"m{number}"], QuestionState.DONE)
    await received(inbox, question(3, thread="a"))
    (asked,) = await claimed(inbox)
    turns = await inbox.turns(asked, 5)
    assert [(turn.question, turn.answer) for turn in turns] == [
        ("Question 1?", "It is so [1]."),
        ("Question 2?", "(no_context)"),
    ]
    assert await inbox.turns(asked, 1) == turns[1:]


async def test_a_stopped_question_is_told_to_its_owner(inbox: PostgresInbox) -> None:
    await received(inbox, question(1))
    (asked,) = await claimed(inbox)
    assert await inbox.stop(Platform.SLACK, "T1", "C1", "1")
    assert (await inbox.renew(ONE, [asked.id]))[asked.id].stopped
    assert not await inbox.stop(Platform.SLACK, "T1", "C1", "no such thread")


async def test_one_asker_s_excess_is_refused_and_told_together_once_a_minute(
    database: Database, inbox: PostgresInbox
) -> None:
    limits = IntakeLimits(an_asker_open=2, an_asker_a_minute=10)
    got = [await inbox.receive(question(number), limits, 1.0) for number in range(6)]
    assert [each.refusal for each in got if each] == [Refusal.NONE] * 2 + [Refusal.LIMIT] * 4
    await database.writers.execute("update question set asked_at = now() - interval '3 seconds'")
    refused = [each for each in await claimed(inbox) if each.refusal is Refusal.LIMIT]
    assert await inbox.finish_refused(ONE, refused[0]) == 4
    await inbox.receive(question(7), limits, 1.0)
    await database.writers.execute("update question set asked_at = now() - interval '3 seconds'")
    assert not await claimed(inbox, TWO)
    await database.writers.execute("update question set finished_at = now() - interval '61 seconds'")
    assert len(await claimed(inbox, TWO)) == 1


async def test_who_asked_too_much_within_a_minute_is_refused_though_all_is_answered(inbox: PostgresInbox) -> None:
    limits = IntakeLimits(an_asker_open=0, an_asker_a_minute=2)
    got = [await inbox.receive(question(number), limits, 1.0) for number in range(3)]
    assert [each.refusal for each in got if each] == [Refusal.NONE, Refusal.NONE, Refusal.LIMIT]
    other = await inbox.receive(question(9, asker="U2"), limits, 1.0)
    assert other is not None
    assert other.refusal is Refusal.NONE


async def test_what_would_wait_too_long_is_told_so_before_all_others(inbox: PostgresInbox) -> None:
    limits = replace(NONE, wait_seconds=20.0)
    got = [await inbox.receive(question(number), limits, 8.0) for number in range(5)]
    assert [each.refusal for each in got if each] == [Refusal.NONE] * 3 + [Refusal.BUSY] * 2
    assert [each.ahead for each in got if each] == [0, 1, 2, 3, 3]
    assert (await claimed(inbox, limit=1))[0].refusal is Refusal.BUSY


async def test_a_channel_is_told_to_wait_once_a_minute(database: Database, inbox: PostgresInbox) -> None:
    before, notices = await minute(database), dict[str, int]()
    for channel in ("C1", "C1", "C1", "C2"):
        notices[channel] = notices.get(channel, 0) + await inbox.notice_due(Platform.SLACK, "T1", channel)
    ended = await minute(database) - before  # as many minutes as ended meanwhile, there may be one more notice
    assert 1 <= notices["C1"] <= 1 + ended
    assert notices["C2"] == 1


async def minute(database: Database) -> int:
    """Return the present minute by Postgres's clock."""
    return int(await database.readers.fetchval("select extract(epoch from date_trunc('minute', now()))::int / 60"))


async def test_feedback_counts_in_its_own_workspace_alone(database: Database, inbox: PostgresInbox) -> None:
    (number,) = await received(inbox, question(1))
    assert await inbox.give_feedback(Platform.SLACK, "T1", number, Feedback("U2", Thumb.UP))
    assert await inbox.give_feedback(Platform.SLACK, "T1", number, Feedback("U2", Thumb.DOWN, ("wrong",), "No."))
    assert not await inbox.give_feedback(Platform.SLACK, "T2", number, Feedback("U2", Thumb.UP))
    rows = await database.readers.fetch("select who, thumb, reasons, comment from feedback")
    assert [tuple(row) for row in rows] == [("U2", "down", ["wrong"], "No.")]


async def test_a_reply_that_is_known_already_is_only_to_be_sent(inbox: PostgresInbox) -> None:
    await received(inbox, question(1, visibility=Visibility.SHARED, reply=REPLY), limits=IntakeLimits(open=0))
    (asked,) = await claimed(inbox)
    assert (asked.state, asked.reply) == (QuestionState.ANSWERED, REPLY)


async def test_only_messages_that_no_other_question_has_are_unknown(inbox: PostgresInbox) -> None:
    await received(inbox, question(1), question(2))
    first, second = await claimed(inbox)
    await inbox.sent(ONE, first, ["m1", "m2"])
    assert await inbox.unknown(second, ["m1", "m3"]) == ["m3"]
    assert await inbox.unknown(first, ["m1", "m3"]) == ["m1", "m3"]


async def test_what_is_long_over_and_what_a_person_asked_goes(database: Database, inbox: PostgresInbox) -> None:
    await received(inbox, question(1, text="canary"), question(2, asker="U2"), question(3))
    first, second, _ = await claimed(inbox)
    await inbox.finish(ONE, first, ["m1"], QuestionState.DONE)
    await inbox.finish(ONE, second, ["m2"], QuestionState.DONE)
    await inbox.give_feedback(Platform.SLACK, "T1", second.id, Feedback("U1", Thumb.UP))
    await database.writers.execute(
        "update question set finished_at = now() - interval '31 days' where id = $1", first.id
    )
    assert await inbox.tidy(30) == 1
    assert await inbox.forget("U1", Platform.SLACK) == 1
    assert await database.readers.fetchval("select count(*) from feedback") == 0
    assert [row["asker"] for row in await database.readers.fetch("select asker from question")] == ["U2"]


async def test_acts_are_kept_for_a_year_or_as_long_as_questions(database: Database, inbox: PostgresInbox) -> None:
    audit = PostgresAudit(database)
    for days in (1_000, 400, 364):
        number = await audit.begin(AuditEntry(Platform.SLACK, "T1", "U1", "C1", f"{days} days ago"))
        await database.writers.execute(
            "update audit set at = now() - make_interval(days => $2) where id = $1", number, days
        )
    for retention_days, kept in ((500, ["364", "400"]), (1, ["364"])):
        await inbox.tidy(retention_days)
        assert [each.act.split()[0] for each in await audit.recent(9)] == kept


async def test_conversations_are_those_outside_of_a_workspace_and_the_latest_come_first(inbox: PostgresInbox) -> None:
    for number, (tenant, channel) in enumerate((("", "D1"), ("", "D2"), ("G1", "C1"), ("", "D1"))):
        limited = question(number, platform=Platform.DISCORD, tenant=tenant, channel=channel, place_key=str(number))
        await received(inbox, limited)
    assert await inbox.conversations(Platform.DISCORD, 10) == ["D1", "D2"]
    assert await inbox.conversations(Platform.DISCORD, 1) == ["D1"]
    assert await inbox.conversations(Platform.SLACK, 10) == []
