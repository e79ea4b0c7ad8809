"""Replies on Slack found again, adopted, rewritten and taken back: the real SDK against a Slack on loopback."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import bot.markup.slack
import bot.reply
from bot.face import MessagePart, Sighting, TryLater, Undeliverable
from bot.markup import slack as markup
from bot.questions import build_sentence_reply
from bot.reply import Replier
from bot.slack.api import open_web_client
from bot.slack.face import SlackFace
from bot.slack.reading import Me
from bot.work import Work
from core.answer.engine import Engine
from core.answer.prompt import SHORTENED
from core.domain import Evidence
from core.inbox.platforms import SlackDetails, SlackSecret
from core.inbox.port import IntakeLimits, NewQuestion, Platform, QuestionState, StoredQuestion, Visibility
from core.inbox.postgres import PostgresInbox, open_inbox
from core.postgres.database import Database
from tests.bot.chat_fakes import FakeChannels
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, hit
from tests.servers.slack import Message, Slack, Tiers, serve_slack

NONE = IntakeLimits(an_asker_open=0, an_asker_a_minute=0)
SAYS = ("The trainer reads pairs of answers [1]. ", "It learns which of both people like better [1].")
EVIDENCE = Evidence((hit("".join(SAYS)),))
LOST = (
    *("chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"),
    *("conversations.replies", "assistant.threads.setStatus"),
)


@pytest.fixture(autouse=True)
def no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the Slack on loopback show at once what it took."""
    monkeypatch.setattr(bot.reply, "SETTLE_SECONDS", 0.0)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serve_slack(tiers=Tiers.none()) as served:
        served.channel("C1")
        yield served


@pytest.fixture
async def face(slack: Slack) -> AsyncIterator[SlackFace]:
    async with open_web_client(slack.bot_token, slack.api_url) as client:
        yield SlackFace(client, Me(slack.bot_user, slack.bot_id, slack.team), post_seconds=0.0)


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(database.dsn) as opened:
        yield opened


class Answering:
    """People who ask, and a bot that answers them one claim after the other."""

    def __init__(self, slack: Slack, face: SlackFace, inbox: PostgresInbox, database: Database) -> None:
        self.slack, self.face, self.inbox, self.database = slack, face, inbox, database
        engine = Engine(FakeIndex(EVIDENCE.hits), FakeEmbedder(), FakeReader(*SAYS))
        self.replier = Replier(str(uuid.uuid4()), inbox, engine, FakeChannels(), face)

    async def ask(self, channel: str = "C1", thread: str | None = None, limits: IntakeLimits = NONE) -> str:
        """Store a question. -> its ts."""
        ts = await self.slack.say(channel, "What does the trainer read?", thread_ts=thread)
        visibility = Visibility.DIRECT if channel.startswith("D") else Visibility.THREAD
        keys = (f"{channel}:{ts}", f"{channel}:{ts}", channel, thread or ts, "U1")
        incoming = NewQuestion(
            Platform.SLACK, self.slack.team, *keys, visibility, "What does it read?", details=SlackDetails(ts=ts)
        )
        assert await self.inbox.receive(incoming, limits, 0.1)
        return ts

    async def claim(self) -> StoredQuestion:
        (asked,) = await self.inbox.claim(self.replier.owner, Platform.SLACK, [self.slack.team], 1)
        return asked

    async def settle(self) -> None:
        """Answer until nothing is open; a question that was put off is taken up at once."""
        async with asyncio.timeout(60):
            while await self.inbox.open_count():
                await self.database.writers.execute("update question set lease = null")
                asked = await self.claim()
                with suppress(TryLater):
                    await self.replier.settle(Work(asked))
                await self.inbox.release(self.replier.owner, asked)

    async def mark(self, **columns: Any) -> None:
        """Set columns of all questions."""
        for name, value in columns.items():
            await self.database.writers.execute(f"update question set {name} = $1", value)  # noqa: S608 - our own names


@pytest.fixture
def answering(slack: Slack, face: SlackFace, inbox: PostgresInbox, database: Database) -> Answering:
    return Answering(slack, face, inbox, database)


async def announce() -> None:
    """Do nothing: nobody records it."""


def piece(text: str = "It reads pairs.", number: int = 0) -> MessagePart:
    return MessagePart(number, markup.render_sentence(text))


async def streaming(face: SlackFace, asked: StoredQuestion) -> str:
    live = await face.begin(asked, EVIDENCE, announce)
    assert live is not None
    assert await live.append("It reads ")
    return live.ref


def finished(slack: Slack, ts: str, channel: str = "C1") -> Message:
    """Return the one reply, which is whole."""
    (reply,) = slack.replies(channel, ts)
    assert not reply.streaming
    assert all(each.strip() in reply.visible for each in SAYS), reply.visible
    return reply


async def test_posted_rewritten_and_streamed_messages_say_which_piece_of_which_question_they_are(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    await answering.ask()
    asked = await answering.claim()
    first = await face.post(asked, piece())
    second = await face.post(asked, piece(number=1))
    assert await face.rewrite(asked, first, piece("It reads letters."))
    live = await face.begin(asked, EVIDENCE, announce)
    assert live is not None
    await live.append("It reads pairs.")
    assert await live.close(piece(number=2))
    assert await face.find(asked) == [
        Sighting(ref, asked.id, number) for number, ref in enumerate((first, second, live.ref))
    ]


async def test_a_stream_that_nobody_ended_is_found_without_a_name_and_nothing_else_is(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    top = await slack.say("C1", "Good morning.")
    before = await answering.ask(thread=top)
    asked = await answering.claim()
    await face.post(replace(asked, thread=top), piece("Older than the question."))
    await answering.ask(thread=top)
    later = replace(asked, id=asked.id + 1, details=SlackDetails(ts=slack.new_ts()))
    await face.notice("C1", "Answers take a while.")
    await slack.say("C1", "I think it reads pairs.", thread_ts=top, user="U2")
    await slack.say("C1", "Another app.", thread_ts=top, user="UOTHER", extra={"bot_id": "BOTHER"})
    half = await streaming(face, later)
    assert await face.find(later) == [Sighting(half)]
    assert before < half


@pytest.mark.parametrize("life", [300.0, 0.0], ids=["open", "over"])
async def test_the_half_stream_of_a_killed_process_becomes_the_reply(
    slack: Slack, answering: Answering, life: float
) -> None:
    slack.stream_life = life
    ts = await answering.ask()
    half = await streaming(answering.face, await answering.claim()) if life else await _expired(answering)
    await answering.mark(sending=(await answering.database.readers.fetchval("select now()")))
    await answering.settle()
    assert finished(slack, ts).ts == half


async def _expired(answering: Answering) -> str:
    live = await answering.face.begin(await answering.claim(), EVIDENCE, announce)
    assert live is not None
    return live.ref


async def test_a_post_whose_id_nobody_wrote_down_is_the_reply(slack: Slack, answering: Answering) -> None:
    ts = await answering.ask()
    asked = await answering.claim()
    await answering.inbox.sending(answering.replier.owner, asked)
    posted = await answering.face.post(asked, piece("".join(SAYS)))
    await answering.settle()
    assert finished(slack, ts).ts == posted


async def test_messages_of_other_questions_are_left_alone(slack: Slack, answering: Answering) -> None:
    top = await slack.say("C1", "Good morning.")
    await answering.ask(thread=top)
    first = await answering.claim()
    named = await answering.face.post(replace(first, id=first.id + 1_000), piece("Another question's."))
    half = await streaming(answering.face, first)
    await answering.inbox.finish(answering.replier.owner, first, [half], QuestionState.DONE)
    await answering.ask(thread=top)
    asked = await answering.claim()
    # It began before the others were posted, as far as timestamps tell.
    await answering.mark(details='{"ts": "1.000001"}', sending=asked.asked_at)
    await answering.settle()
    replies = {each.ts: each for each in slack.replies("C1", top)}
    assert replies[named].visible == "Another question's."
    assert replies[half].streaming
    assert len(replies) == 3


async def test_a_reply_that_somebody_deleted_is_posted_again_when_its_question_is_edited(
    slack: Slack, answering: Answering
) -> None:
    ts = await answering.ask()
    await answering.settle()
    slack.remove(finished(slack, ts))
    assert await answering.inbox.revise(Platform.SLACK, slack.team, f"C1:{ts}", "And now?")
    await answering.settle()
    finished(slack, ts)


async def test_of_a_reply_in_several_messages_all_are_found_and_none_is_posted_twice(
    slack: Slack, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.markup.slack, "MARKDOWN_LIMIT", len(SHORTENED) + 62)
    monkeypatch.setattr(answering.face, "begin", _never)
    ts = await answering.ask()
    slack.faults.drop_next("chat.postMessage", 2)
    await answering.settle()
    parts = slack.replies("C1", ts)
    assert [each.metadata["event_payload"]["number"] for each in parts] == [0, 1]
    assert [say.strip() in part.visible for say, part in zip(SAYS, parts, strict=True)] == [True, True]


async def _never(*_: object) -> None:
    """Start no stream."""


@pytest.mark.parametrize("channel", ["C1", "DU1"])
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "posted"])
@pytest.mark.parametrize("method", LOST)
async def test_whatever_response_is_lost_there_is_one_reply(
    slack: Slack, answering: Answering, monkeypatch: pytest.MonkeyPatch, method: str, streams: bool, channel: str
) -> None:
    if not streams:
        monkeypatch.setattr(answering.face, "begin", _never)
    slack.channel(channel)
    ts = await answering.ask(channel)
    slack.faults.drop_next(method, 2)
    await answering.settle()
    finished(slack, ts, channel)


@pytest.mark.parametrize("method", LOST)
async def test_whatever_call_never_arrives_there_is_one_reply(slack: Slack, answering: Answering, method: str) -> None:
    ts = await answering.ask()
    slack.faults.lose_next(method, 2)
    await answering.settle()
    finished(slack, ts)


@pytest.mark.parametrize("method", LOST)
async def test_whatever_slack_wants_later_there_is_one_reply(slack: Slack, answering: Answering, method: str) -> None:
    ts = await answering.ask()
    slack.faults.refuse(method, "ratelimited", status=429, retry_after="1.5")
    slack.faults.drop_next("chat.stopStream")  # so that there is something to look for, or to rewrite
    await answering.settle()
    finished(slack, ts)


async def test_a_place_without_streams_gets_a_post(slack: Slack, answering: Answering) -> None:
    ts = await answering.ask()
    slack.faults.refuse("chat.startStream", "channel_type_not_supported")
    await answering.settle()
    assert finished(slack, ts).stream is None


async def test_rewriting_tells_what_is_gone_and_ends_what_still_streams(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    ts = await answering.ask()
    asked = await answering.claim()
    half = await streaming(face, asked)
    assert await face.rewrite(asked, half, piece())
    (reply,) = slack.replies("C1", ts)
    assert (reply.streaming, reply.visible) == (False, "It reads pairs.")
    slack.remove(reply)
    assert not await face.rewrite(asked, half, piece())
    assert not await face.rewrite(asked, "1.000001", piece())


async def test_removing_ends_what_still_streams_and_minds_nothing_that_is_gone(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    ts = await answering.ask()
    asked = await answering.claim()
    half = await streaming(face, asked)
    await face.remove(asked, half)
    assert not slack.replies("C1", ts)
    await face.remove(asked, half)
    slack.faults.refuse("chat.delete", "cant_delete_message", times=2)
    await face.remove(asked, await face.post(asked, piece()))


async def test_without_the_right_to_look_a_reply_may_double_but_is_never_lost(
    slack: Slack, answering: Answering
) -> None:
    ts = await answering.ask()
    await answering.inbox.sending(answering.replier.owner, await answering.claim())
    slack.faults.refuse("conversations.replies", "missing_scope")
    await answering.settle()
    finished(slack, ts)


async def test_without_the_right_to_write_a_question_waits(slack: Slack, face: SlackFace, answering: Answering) -> None:
    await answering.ask()
    asked = await answering.claim()
    for method in ("chat.postMessage", "chat.update"):
        slack.faults.refuse(method, "missing_scope")
    with pytest.raises(TryLater):
        await face.post(asked, piece())
    with pytest.raises(TryLater):
        await face.rewrite(asked, "1.000001", piece())
    slack.channel("C1", archived=True)
    with pytest.raises(Undeliverable):
        await face.post(asked, piece())


async def test_a_person_who_asked_too_much_in_direct_messages_is_told_once(slack: Slack, answering: Answering) -> None:
    slack.dm("U1")
    ts = await answering.ask("DU1", limits=IntakeLimits(an_asker_open=0, an_asker_a_minute=1))
    late = await answering.ask("DU1", limits=IntakeLimits(an_asker_open=0, an_asker_a_minute=1))
    await answering.database.writers.execute("update question set asked_at = now() - interval '3 seconds'")
    slack.faults.drop_next("chat.postMessage", 3)
    await answering.settle()
    finished(slack, ts, "DU1")
    (notice,) = slack.replies("DU1", late)
    assert "You ask faster than I can answer" in notice.visible


async def test_a_private_answer_whose_form_slack_refuses_is_told_as_plain_text(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    await answering.ask()
    call = await slack.slash("/ask", "What does it read?", user="U1", channel="C1")
    private = replace(await answering.claim(), visibility=Visibility.PRIVATE)
    slack.faults.refuse("response_url", "invalid_blocks", status=400)
    await face.post(replace(private, details=SlackDetails(secret=SlackSecret(call.response_url))), piece())
    slack.faults.refuse("chat.postEphemeral", "invalid_blocks")
    await face.post(replace(private, details=SlackDetails()), piece())
    shown = [*call.responses, *slack.ephemerals("U1")]
    assert {(each.text, len(each.blocks)) for each in shown} == {(piece().content.text, 0)}


async def test_who_asks_too_much_by_a_shortcut_is_told_there(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    ts = await answering.ask()
    done = await slack.shortcut("answer_this", "C1", ts, user="U1")
    slack.channel("C1", member=False)
    asked = await answering.claim()
    secret = SlackSecret(done.response_url)
    await face.refuse(replace(asked, details=replace(SlackDetails.of(asked.details), secret=secret)), "Slowly.")
    assert [each.visible for each in done.responses] == ["Slowly."]


async def test_a_message_that_slack_does_not_let_us_rewrite_is_posted_again(slack: Slack, answering: Answering) -> None:
    ts = await answering.ask()
    await answering.settle()
    await answering.inbox.revise(Platform.SLACK, slack.team, f"C1:{ts}", "And what else does it read?")
    slack.faults.refuse("chat.update", "block_mismatch")
    await answering.settle()
    finished(slack, ts)


async def test_what_a_killed_process_left_below_a_question_is_taken_away(
    slack: Slack, face: SlackFace, answering: Answering
) -> None:
    ts = await answering.ask(slack.dm("U1").id)
    place = (slack.dm("U1").id, ts)
    asked = await answering.claim()
    await face.searching(asked)
    await answering.inbox.save(answering.replier.owner, asked, build_sentence_reply("".join(SAYS)))
    assert slack.sessions[place]["status"] == "processing"
    async with open_web_client(slack.bot_token, slack.api_url) as client:
        answering.replier = replace(
            answering.replier, owner=str(uuid.uuid4()), face=SlackFace(client, face._me, post_seconds=0.0)
        )
        await answering.settle()
    finished(slack, ts, place[0])
    assert slack.sessions[place]["status"] == "active"


async def test_a_private_answer_waits_for_its_acknowledgement(face: SlackFace, answering: Answering) -> None:
    await answering.ask()
    asked = replace(await answering.claim(), visibility=Visibility.PRIVATE)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await face.turn(replace(asked, asked_at=datetime.now(UTC) + timedelta(hours=1)))
    await face.turn(replace(asked, asked_at=datetime.now(UTC) - timedelta(seconds=2)))


async def test_a_stream_holds_so_many_bytes_as_slack_takes(slack: Slack, face: SlackFace, answering: Answering) -> None:
    ts = await answering.ask()
    live = await face.begin(await answering.claim(), EVIDENCE, announce)
    assert live is not None
    for _ in range(40):
        live._next = 0.0
        assert await live.append("問い" * 100)
    assert not [each for each in slack.calls if not each.answer["ok"]]
    (growing,) = slack.replies("C1", ts)
    assert 6_000 < len(growing.visible.encode()) < 10_600
