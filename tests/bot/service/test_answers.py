"""Answers for callers: the engine's own events, a row for each question, limits, and callers that go away."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.documents import answer_to_document
from bot.service.access import AddressLimits, to_network
from bot.service.answers import OpenService, open_service
from bot.service.caller import Caller, CallerQuestion
from bot.service.slots import AnswerSlots
from core.domain import Answer, Asker, Delta, Evidence, Question, Turn
from core.errors import AccessTokenRefused, CallsExceeded, OriginRefused, QuestionRefused, ServiceBusy, SourceUnknown
from core.health import check_tokens
from core.history.port import QuestionFilter, QuestionRecord
from core.inbox.callers import API, CALLER_PLATFORMS, MCP, WIDGET, NewCallerQuestion, asker_of, hash_user
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, QuestionState, Thumb
from core.tokens.port import NewToken
from core.wiring import Footnote
from tests.bot.called import call
from tests.bot.install import Install

OWNER = "5f1f4d6e-0000-4000-8000-000000000001"
ASKED = CallerQuestion("What does the beta parameter say?")
CALLER = Caller(API, "ci", frozenset({"token:ci"}))


@pytest.fixture
async def service(footnote: Footnote) -> AsyncIterator[OpenService]:
    async with open_service(footnote) as opened:
        yield opened


async def records(footnote: Footnote) -> list[QuestionRecord]:
    return await footnote.history.list_questions(QuestionFilter(), 100)


def without_times(answer: Answer) -> dict[str, object]:
    return answer_to_document(replace(answer, timings_ms={}))


async def test_a_caller_gets_the_engines_events_and_the_answer_is_a_row(
    footnote: Footnote, service: OpenService
) -> None:
    async with service.answers.answer(CALLER, ASKED) as answering:
        events = [event async for event in answering.events]
    alone = [event async for event in footnote.engine.ask(Question(ASKED.text, audience=CALLER.audience))]
    assert [type(event) for event in events] == [type(event) for event in alone]
    assert [event for event in events if isinstance(event, Evidence | Delta)] == alone[:-1]
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert isinstance(alone[-1], Answer)
    assert without_times(answer) == without_times(alone[-1])
    (record,) = await records(footnote)
    assert (record.platform, record.tenant, record.channel, record.asker) == (API, "", "ci", "token:ci")
    assert (record.text, record.outcome) == (ASKED.text, QuestionOutcome.ANSWERED)
    assert record.reply is not None
    assert record.reply.answer.text == answer.text
    assert {each.source for each in record.reply.found} == {"docs"}
    assert await footnote.history.open_count() == 0


async def test_a_question_whose_caller_goes_is_closed_with_what_was_shown(
    footnote: Footnote, service: OpenService
) -> None:
    async with service.answers.answer(CALLER, ASKED) as answering:
        async for event in answering.events:
            if isinstance(event, Delta):
                assert await footnote.history.open_count() == 1
                break
    (record,) = await records(footnote)
    assert record.outcome is QuestionOutcome.UNDELIVERABLE
    assert record.reply is not None
    assert record.reply.answer.text
    assert await footnote.history.open_count() == 0


async def test_a_cancelled_caller_leaves_no_open_question_and_no_work(footnote: Footnote, service: OpenService) -> None:
    begun = asyncio.Event()

    async def ask() -> None:
        async with service.answers.answer(CALLER, ASKED) as answering:
            async for _ in answering.events:
                begun.set()
                await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask())
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # while its row is being closed
    await service.answers.settle()
    (record,) = await records(footnote)
    assert record.outcome is QuestionOutcome.UNDELIVERABLE


async def test_no_chat_platform_claims_it_and_a_dead_process_does_not_leave_it_open(footnote: Footnote) -> None:
    async with footnote.open_callers() as store, footnote.open_inbox() as inbox:
        for platform in CALLER_PLATFORMS:
            key = secrets.token_hex(16)
            await store.questions.open(OWNER, NewCallerQuestion(platform, key, "ci", "token:ci", "How?"))
        for platform in (Platform.SLACK, Platform.DISCORD):
            assert await inbox.claim(OWNER, platform, None, 10) == []
        assert await inbox.open_count() == 3
        await inbox.tidy(30)
        assert await inbox.open_count() == 3  # held
        await footnote.database.writers.execute("update question set lease = now() - interval '1 second'")
        assert await inbox.claim(OWNER, Platform.SLACK, None, 10) == []
        await inbox.tidy(30)
        assert await inbox.open_count() == 0
    assert {record.outcome for record in await records(footnote)} == {QuestionOutcome.UNDELIVERABLE}


async def test_a_frozen_process_still_stores_its_answer_and_a_forgotten_question_stays_away(
    footnote: Footnote, service: OpenService
) -> None:
    async with service.answers.answer(CALLER, ASKED) as answering:
        await footnote.database.writers.execute("update question set lease = now() - interval '1 second'")
        async with footnote.open_inbox() as inbox:
            await inbox.tidy(30)
        await answering.finish()
    assert [record.outcome for record in await records(footnote)] == [QuestionOutcome.ANSWERED]
    async with service.answers.answer(CALLER, ASKED) as answering:
        async with footnote.open_inbox() as inbox:
            assert await inbox.forget("token:ci") == 2
        await answering.finish()
    assert await records(footnote) == []


@pytest.mark.parametrize("asked", [CallerQuestion(" "), CallerQuestion("x" * 5_000), replace(ASKED, sources=("gone",))])
async def test_a_refused_question_is_no_row(footnote: Footnote, service: OpenService, asked: CallerQuestion) -> None:
    with pytest.raises((QuestionRefused, SourceUnknown)):
        async with service.answers.answer(CALLER, asked) as answering:
            await answering.finish()
    assert await records(footnote) == []


async def test_an_unknown_source_is_named_with_those_that_the_caller_sees(
    footnote: Footnote, service: OpenService
) -> None:
    docs = await footnote.catalog.get("docs")
    await footnote.catalog.change(replace(docs, visible_to=("token:ci", "slack:T1")))
    with pytest.raises(SourceUnknown, match=r'no source named "gone": there are docs\.'):
        await service.answers.search(CALLER, "beta", 5, ("gone",))
    other = Caller(API, "other", frozenset({"token:other"}))
    for name in ("gone", "docs"):
        with pytest.raises(SourceUnknown, match=f'no source named "{name}": there are none'):
            await service.answers.search(other, "beta", 5, (name,))
    assert await service.answers.search(other, "beta", 5) == []
    given = Caller(API, "given", frozenset({"token:given", "slack:T1"}))
    assert await service.answers.search(given, "beta", 5)
    assert [each.name for each in await service.answers.list_sources(other)] == []
    assert [each.name for each in await service.answers.list_sources(Caller.operator())] == ["docs"]


async def test_feedback_is_stored_for_the_token_that_asked_alone(footnote: Footnote, service: OpenService) -> None:
    caller = replace(CALLER, user="alice")
    async with service.answers.answer(caller, ASKED) as answering:
        await answering.finish()
    other = Caller(API, "c", frozenset({"token:c"}))
    give = service.answers.give_feedback
    assert not await give(other, answering.key, Thumb.DOWN)
    assert not await give(caller, "0" * 32, Thumb.DOWN)
    assert await give(caller, answering.key, Thumb.DOWN, ("wrong",), "It is not.")
    assert await give(caller, answering.key, Thumb.UP)
    (record,) = await records(footnote)
    assert (record.ups, record.downs, record.asker) == (1, 0, f"token:ci:{hash_user('ci', 'alice')}")


async def test_tokens_are_let_in_by_their_secret_origin_and_limits(footnote: Footnote, service: OpenService) -> None:
    origin = "https://docs.example.org"
    secret = await footnote.tokens.add(NewToken("ci", ("slack:T1",), minute_limit=2))
    public = await footnote.tokens.add(NewToken("web", origins=(origin,), minute_limit=50, day_limit=50))
    caller = await service.access.admit(secret, API, user="alice")
    assert (caller.platform, caller.audience) == (API, frozenset({"token:ci", "slack:T1"}))
    assert caller.asker == asker_of("ci", "alice")
    assert (await service.access.admit(secret, MCP)).platform == MCP
    with pytest.raises(CallsExceeded, match="no calls left this minute") as exceeded:
        await service.access.admit(secret, API)
    assert 0 <= exceeded.value.seconds <= 60
    for wrong in ("", "footnote_wrong", secret + "x"):
        with pytest.raises(AccessTokenRefused):
            await service.access.admit(wrong, API)
    assert (await service.access.admit(public, API, origin=origin)).platform == WIDGET
    nearly = (f"{origin}.evil.example", "http://docs.example.org", f"{origin}:8443", origin.upper(), f"{origin}/")
    for wrong in ("", "null", "https://evil.example", *nearly):
        with pytest.raises(OriginRefused):
            await service.access.admit(public, API, origin=wrong)
    assert await service.access.is_known_origin(origin)
    assert not await service.access.is_known_origin("https://evil.example")
    await footnote.tokens.revoke("web")
    with pytest.raises(AccessTokenRefused, match="revoked"):
        await service.access.admit(public, API, origin=origin)


async def test_doctor_names_pages_whose_key_is_good_no_more_until_they_have_another(footnote: Footnote) -> None:
    await footnote.tokens.add(NewToken("site", origins=("https://docs.example.org",)))
    assert [each async for each in check_tokens(footnote)] == []
    await footnote.tokens.revoke("site")
    (check,) = [each async for each in check_tokens(footnote)]
    assert check.subject == "token site"
    assert "the widget on pages of https://docs.example.org gets no answers" in check.says
    await footnote.tokens.add(NewToken("site2", origins=("https://docs.example.org",)))
    assert [each async for each in check_tokens(footnote)] == []


def test_one_address_is_counted_by_its_network() -> None:
    assert to_network("::ffff:192.0.2.7") == "192.0.2.7"
    assert to_network("2001:db8:0:1:2:3:4:5") == to_network("2001:db8:0:1::") == "2001:db8:0:1::"
    assert to_network("fe80::1%eth0") == "fe80::"
    limits = AddressLimits(2)
    assert [limits.count("192.0.2.7", 0.0) for _ in range(2)] == [None, None]
    assert limits.count("192.0.2.7", 15.0) == 45.0
    assert limits.count("192.0.2.8", 15.0) is None
    assert limits.count("192.0.2.7", 61.0) is None
    assert {AddressLimits(0).count("192.0.2.7", 0.0) for _ in range(50)} == {None}


async def test_so_many_run_at_a_time_some_wait_and_more_are_refused() -> None:
    slots, running, most = AnswerSlots(2, waiting=3), 0, 0
    release = asyncio.Event()

    async def run() -> str:
        nonlocal running, most
        try:
            async with slots.take():
                running += 1
                most = max(most, running)
                await release.wait()
                running -= 1
        except ServiceBusy:
            return "busy"
        return "done"

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run()) for _ in range(8)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        release.set()
    assert sorted(task.result() for task in tasks) == ["busy"] * 3 + ["done"] * 5
    assert most == 2
    hasty = AnswerSlots(1, seconds=0.0)
    async with hasty.take():
        with pytest.raises(ServiceBusy):
            await hasty.take().__aenter__()


async def test_who_gives_up_waiting_leaves_its_turn_to_the_next() -> None:
    slots = AnswerSlots(1)
    order: list[str] = []

    async def run(name: str) -> None:
        async with slots.take():
            order.append(name)

    async with asyncio.TaskGroup() as group:
        async with slots.take():
            tasks = [group.create_task(run(name)) for name in "abc"]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
        tasks[1].cancel()  # it has been given the slot, and has not run yet
    assert order == ["c"]
    await run("d")
    assert order == ["c", "d"]


def test_previous_turns_are_bounded() -> None:
    turns = tuple(Turn(f"{number}" * 9_000, "a" * 9_000) for number in range(9))
    question = replace(ASKED, previous=turns).to_question(CALLER)
    assert question.asker == Asker(API, "", "token:ci", "ci")
    assert [turn.question[0] for turn in question.turns] == ["4", "5", "6", "7", "8"]
    assert max(len(turn.question) + len(turn.answer) for turn in question.turns) <= 8_000


async def test_forget_a_user_of_a_token_and_a_whole_token(filled: str, tmp_path: Path, footnote: Footnote) -> None:
    async with footnote.open_callers() as store:
        for name, user in (("ci", "alice"), ("ci", "bob"), ("ci", ""), ("ci2", "alice"), ("c", "")):
            key = secrets.token_hex(16)
            number = await store.questions.open(OWNER, NewCallerQuestion(API, key, name, asker_of(name, user), "How?"))
            await store.questions.close(number, QuestionState.DONE, None)
    install = Install(tmp_path, {"DATABASE_URL": filled})
    assert (await call(install, "forget", "token:ci:alice", "--json")).json["questions"] == 1
    assert (await call(install, "forget", f"token:ci:{hash_user('ci', 'bob')}", "--json")).json["questions"] == 1
    assert (await call(install, "forget", "Token:CI", "--json")).json["questions"] == 1
    assert {record.asker for record in await records(footnote)} == {asker_of("ci2", "alice"), "token:c"}
    assert (await call(install, "forget", "token:")).code == 2
