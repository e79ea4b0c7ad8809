"""One question, one visible reply: the reply path on a real inbox, with a chat in memory."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import bot.dispatch
import bot.reply
from bot.dispatch import Dispatcher
from bot.face import Announce, Sighting, TryLater, Undeliverable
from bot.questions import NOTHING
from bot.reply import BUSY, STOPPED, Replier
from bot.work import Work
from core.answer.engine import Engine
from core.answer.prompt import APOLOGY, HELP, REFUSALS, SENTENCES
from core.domain import Abstention, Evidence, Source
from core.errors import StoreUnavailable
from core.inbox.channels import ChannelSettings
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.platforms import QuestionDetails
from core.inbox.port import IntakeLimits, NewQuestion, Platform, QuestionState, StoredQuestion, Visibility
from core.inbox.postgres import PostgresInbox, open_inbox
from core.ports import DraftPiece, Reading
from core.postgres.database import Database
from core.sentences import ENGLISH
from tests.bot.chat_fakes import Deadly, FakeChannels, FakeFace, FakeLive, Killed, Message
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, hit

pytestmark = pytest.mark.flaky(reruns=0)  # what is killed has no second chance (docs/decisions/0018)

NONE = IntakeLimits(an_asker_open=0, an_asker_a_minute=0)
SAYS = ("The trainer reads pairs of answers [1]. ", "It learns which of both people like better [1].")
ANSWER = "".join(SAYS)


@pytest.fixture(autouse=True)
def no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the chat in memory show at once what it took."""
    monkeypatch.setattr(bot.reply, "SETTLE_SECONDS", 0.0)


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(database.dsn) as opened:
        yield opened


def engine(reader: FakeReader | None = None) -> Engine:
    return Engine(FakeIndex([hit(ANSWER.replace(" [1]", ""))]), FakeEmbedder(), reader or FakeReader(*SAYS))


def question(number: int = 1, text: str = "What does the trainer read?", **more: object) -> NewQuestion:
    made = NewQuestion(
        Platform.SLACK, "T1", f"E{number}", f"C1:{number}", "C1", f"t{number}", "U1", Visibility.THREAD, text
    )
    return replace(made, **more)  # type: ignore[arg-type]  # named as the fields are


def replier(inbox: Any, face: Any, reader: FakeReader | None = None, **more: Any) -> Replier:
    return Replier(str(uuid.uuid4()), inbox, engine(reader), FakeChannels(), face, **more)


async def settle(inbox: PostgresInbox, replier: Replier) -> list[StoredQuestion]:
    """Claim all open questions, and bring them to their end, one after the other. -> those that were claimed."""
    claimed = await inbox.claim(replier.owner, Platform.SLACK, ["T1"], 10)
    for asked in claimed:
        await replier.settle(Work(asked))
    return claimed


async def states(database: Database) -> list[str]:
    return [row["state"] for row in await database.readers.fetch("select state from question order by id")]


@pytest.mark.parametrize("is_calm", [False, True])
async def test_a_question_gets_one_reply_in_as_many_messages_as_it_needs(
    database: Database, inbox: PostgresInbox, *, is_calm: bool
) -> None:
    face = FakeFace(is_calm=is_calm)
    await inbox.receive(question(), NONE, 0.1)
    (asked,) = await settle(inbox, replier(inbox, face))
    assert "".join(face.visible) == ANSWER
    assert [(each.question, each.number) for each in face.messages.values()] == [(asked.id, 0), (asked.id, 1)]
    assert await states(database) == ["done"]


@pytest.mark.parametrize("is_calm", [False, True])
async def test_it_is_stored_when_the_first_words_could_be_read(
    database: Database, inbox: PostgresInbox, *, is_calm: bool
) -> None:
    await inbox.receive(question(), NONE, 0.1)
    await settle(inbox, replier(inbox, FakeFace(is_calm=is_calm)))
    (row,) = await database.readers.fetch("select asked_at, first_shown_at, finished_at from question")
    if is_calm:
        assert row["asked_at"] < row["first_shown_at"] < row["finished_at"]
    else:
        assert row["first_shown_at"] is None, "with the last ones"
    assert await inbox.revise(Platform.SLACK, "T1", question().place_key, "Another one?")
    assert await database.readers.fetchval("select first_shown_at from question") is None


async def killed_at(database: Database, inbox: PostgresInbox, face: FakeFace, at: int, *, late: bool) -> bool:
    """Let a process die at its nth call, and another one take over. -> whether the first lived long enough to die."""
    count = itertools.count()
    doomed = replier(Deadly(inbox, count, at, late=late), Deadly(face, count, at, late=late))
    dead = False
    try:
        await settle(inbox, doomed)
    except Killed:
        dead = True
    except BaseExceptionGroup as group:
        dead = bool(group.subgroup(Killed))
    await database.writers.execute("update question set lease = now() - interval '1 second' where lease is not null")
    await settle(inbox, replier(inbox, face))
    return dead


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("is_calm", [False, True])
async def test_wherever_a_process_is_killed_another_brings_the_reply_to_its_end(
    database: Database, inbox: PostgresInbox, *, is_calm: bool, late: bool
) -> None:
    for at in itertools.count():
        face = FakeFace(is_calm=is_calm)
        await inbox.receive(question(at), NONE, 0.1)
        died = await killed_at(database, inbox, face, at, late=late)
        assert "".join(face.visible) == ANSWER, at
        assert (await states(database))[-1] == "done", at
        if not died:
            break
    assert at > 8, "nobody was killed where it matters"


async def test_a_lost_response_is_no_second_message(database: Database, inbox: PostgresInbox) -> None:
    face = FakeFace(faults=["dropped", None])
    await inbox.receive(question(), NONE, 0.1)
    ours = replier(inbox, face)
    (asked,) = await inbox.claim(ours.owner, Platform.SLACK, ["T1"], 1)
    with pytest.raises(TryLater):
        await ours.settle(Work(asked))
    await database.writers.execute("update question set lease = null")
    await settle(inbox, replier(inbox, face))
    assert "".join(face.visible) == ANSWER


class Blind(FakeFace):
    """A chat that refuses the first looks and reports so, as Slack does by 429."""

    looks = 1

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        if self.looks:
            self.looks -= 1
            raise TryLater("Slack wants a pause of conversations_replies.", 0.0, certain=True)
        return await super().find(asked)


async def test_a_look_that_is_put_off_leaves_the_mark_that_something_may_be_out(
    database: Database, inbox: PostgresInbox
) -> None:
    face = Blind(faults=["dropped", None])
    await inbox.receive(question(), NONE, 0.1)
    ours = replier(inbox, face)
    (asked,) = await inbox.claim(ours.owner, Platform.SLACK, ["T1"], 1)
    for _ in range(2):
        with pytest.raises(TryLater):
            await ours.settle(Work(asked))
        (asked,) = await again(database, inbox, ours)
        assert asked.sending is not None
    await ours.settle(Work(asked))
    assert "".join(face.visible) == ANSWER


async def again(database: Database, inbox: PostgresInbox, ours: Replier) -> list[StoredQuestion]:
    """Let the lease run out, and claim the question once more."""
    await database.writers.execute("update question set lease = null")
    return await inbox.claim(ours.owner, Platform.SLACK, ["T1"], 1)


class Cut(Blind):
    """A chat whose streams begin, but the answer to their start is lost."""

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> FakeLive | None:
        if await super().begin(asked, evidence, announce) is not None:
            raise TryLater("No answer came.", 0.0, certain=False)
        return None


async def test_a_fault_of_the_chat_is_nobodys_answer(database: Database, inbox: PostgresInbox) -> None:
    face = Cut(is_calm=True)
    await inbox.receive(question(), NONE, 0.1)
    ours = replier(inbox, face)
    (asked,) = await inbox.claim(ours.owner, Platform.SLACK, ["T1"], 1)
    with pytest.raises(TryLater):
        await ours.settle(Work(asked))
    assert face.visible == [""]
    (asked,) = await again(database, inbox, ours)
    await ours.settle(Work(asked))
    assert "".join(face.visible) == ANSWER


async def test_where_the_first_message_is_gone_the_whole_reply_is_written_again_in_its_order(
    database: Database, inbox: PostgresInbox
) -> None:
    face = FakeFace()
    await inbox.receive(question(), NONE, 0.1)
    await settle(inbox, replier(inbox, face))
    del face.messages[next(iter(face.messages))]
    await inbox.revise(Platform.SLACK, "T1", "C1:1", "And on Windows?")
    await settle(inbox, replier(inbox, face))
    assert "".join(face.visible) == ANSWER
    assert [each.number for each in face.messages.values()] == [0, 1]


async def test_the_half_message_of_an_earlier_answer_is_not_taken_for_this_one(
    database: Database, inbox: PostgresInbox
) -> None:
    face = FakeFace()
    face.messages["old"] = Message("Some other answer.")
    await inbox.receive(question(1), NONE, 0.1)
    await inbox.receive(question(2), NONE, 0.1)
    first, second = await inbox.claim(str(uuid.uuid4()), Platform.SLACK, ["T1"], 2)
    await database.writers.execute(
        "update question set parts = '{old}', state = 'done', owner = null where id = $1", first.id
    )
    await database.writers.execute("update question set sending = now(), lease = null where id = $1", second.id)
    await settle(inbox, replier(inbox, face))
    assert face.visible[0] == "Some other answer."
    assert "".join(face.visible[1:]) == ANSWER


async def test_an_edited_question_is_answered_in_the_same_messages(inbox: PostgresInbox) -> None:
    face = FakeFace()
    await inbox.receive(question(), NONE, 0.1)
    await settle(inbox, replier(inbox, face))
    refs = list(face.messages)
    assert await inbox.revise(Platform.SLACK, "T1", "C1:1", "And on Windows?")
    await settle(inbox, replier(inbox, face, FakeReader("The trainer reads pairs of answers [1].")))
    assert list(face.messages) == refs[:1]
    assert face.visible == ["The trainer reads pairs of answers [1]."]


async def test_a_deleted_question_takes_its_reply_with_it(database: Database, inbox: PostgresInbox) -> None:
    face = FakeFace()
    await inbox.receive(question(), NONE, 0.1)
    await settle(inbox, replier(inbox, face))
    assert await inbox.withdraw(Platform.SLACK, "T1", "C1:1")
    await settle(inbox, replier(inbox, face))
    assert not face.messages
    assert await states(database) == ["withdrawn"]


async def test_what_waited_too_long_gets_an_apology(database: Database, inbox: PostgresInbox) -> None:
    face = FakeFace()
    await inbox.receive(question(), NONE, 0.1)
    await database.writers.execute("update question set asked_at = now() - interval '11 minutes'")
    await settle(inbox, replier(inbox, face))
    assert face.visible == [APOLOGY]


async def test_a_refusal_says_why_and_asks_no_model(database: Database, inbox: PostgresInbox) -> None:
    face, reader = FakeFace(), FakeReader(*SAYS)
    await inbox.receive(question(), replace(NONE, open=0), 0.1)
    await inbox.receive(question(2, asker="U2"), NONE, 0.1)
    for number in (3, 4):
        await inbox.receive(question(number, asker="U2"), IntakeLimits(an_asker_open=1), 0.1)
    await database.writers.execute("update question set asked_at = now() - interval '3 seconds'")
    await settle(inbox, replier(inbox, face, reader, limits=IntakeLimits(an_asker_open=1)))
    assert "".join(face.visible[:2]) == BUSY
    assert len(reader.readings) == 1
    assert len(face.refused) == 1
    assert "1 open questions and 10 questions a minute" in face.refused[0]
    assert await states(database) == ["done"] * 4


async def test_an_empty_question_gets_help_and_a_long_one_loses_its_middle(inbox: PostgresInbox) -> None:
    face, reader = FakeFace(question_characters=20), FakeReader(*SAYS)
    await inbox.receive(question(1, "???"), NONE, 0.1)
    await inbox.receive(question(2, "long " * 10), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    assert "Ask me a question" in face.visible[0]
    assert [each.question.text for each in reader.readings] == ["long lon […] ng long"]


class Listed:
    """A catalog of two sources, one of which is visible only elsewhere."""

    def __init__(self, passages: int) -> None:
        self._passages = passages

    async def list(self) -> list[Source]:
        elsewhere = Source(2, "vault", "https://b.example/", visible_to=("slack:T2",), passages=9)
        return [Source(1, "guide", "https://a.example/", passages=self._passages), elsewhere]


@pytest.mark.parametrize(
    ("passages", "says"), [(7, f"I answer from the documentation that I have read: guide. {HELP}"), (0, NOTHING)]
)
async def test_a_greeting_is_told_what_may_be_asked_there(inbox: PostgresInbox, passages: int, says: str) -> None:
    face, reader = FakeFace(), FakeReader(*SAYS)
    ours = replier(inbox, face, reader, catalog=Listed(passages))
    await inbox.receive(question(1, "What can you answer?"), NONE, 0.1)
    await settle(inbox, ours)
    assert "".join(face.visible) == says
    assert not reader.readings


@pytest.mark.parametrize(("passages", "says"), [(7, SENTENCES[Abstention.NO_CONTEXT]), (0, NOTHING)])
async def test_where_nothing_is_indexed_yet_a_question_is_told_so(
    inbox: PostgresInbox, passages: int, says: str
) -> None:
    face, empty = FakeFace(), Engine(FakeIndex([]), FakeEmbedder(), FakeReader(*SAYS))
    ours = Replier(str(uuid.uuid4()), inbox, empty, FakeChannels(), face, catalog=Listed(passages))  # type: ignore[arg-type]  # lists
    await inbox.receive(question(1), NONE, 0.1)
    await settle(inbox, ours)
    assert "".join(face.visible) == says


async def test_a_sign_below_what_was_said_points_at_it(inbox: PostgresInbox) -> None:
    face, reader = FakeFace(utterances=["What does the trainer read?"]), FakeReader(*SAYS)
    await inbox.receive(question(1, ":point_up:"), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    assert reader.readings[0].question.text == "What does the trainer read?"


async def test_what_people_said_in_the_thread_is_context_until_the_bot_has_answered_there(inbox: PostgresInbox) -> None:
    face, reader = FakeFace(utterances=["We train with DPO.", "It works."]), FakeReader(*SAYS)
    await inbox.receive(question(1, thread="t"), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    await inbox.receive(question(2, thread="t"), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    first, second = [[(turn.question, turn.answer) for turn in each.question.turns] for each in reader.readings]
    assert first == [("We train with DPO.\nIt works.", "")]
    assert second == [("What does the trainer read?", ANSWER)]


class Quoting(FakeReader):
    """A reader without a model, which finds nothing where people's chatter is among the words."""

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        self.generative, self.pieces = False, SAYS
        if any("pizza" in turn.question for turn in reading.question.turns):
            self.readings.append(reading)
            yield REFUSALS[Abstention.DOES_NOT_KNOW]
            return
        async for piece in super().read(reading):
            yield piece


async def test_chatter_since_the_last_answer_does_not_keep_a_follow_up_from_its_answer(inbox: PostgresInbox) -> None:
    face, reader = FakeFace(), Quoting()
    reader.generative = False
    await inbox.receive(question(1, thread="t", details=QuestionDetails(at=0.5)), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    face.utterances = ["pizza again?", "always pizza"]
    thread = ThreadKey(Platform.SLACK, "T1", "C1", "t")
    await inbox.conversation.remember(thread, Utterance("C1:x", frozenset({"U9"}), 0.8, UtteranceKind.REMARK))
    await inbox.receive(question(2, thread="t", details=QuestionDetails(at=10.0)), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    asked = [[turn.question for turn in each.question.turns] for each in reader.readings]
    assert asked[-2][0].endswith("always pizza")
    assert asked[-1] == ["What does the trainer read?"]
    assert "".join(face.visible) == 2 * ANSWER


async def test_settings_are_those_of_the_channel_that_a_thread_hangs_on(inbox: PostgresInbox) -> None:
    class TonedChannels(FakeChannels):
        async def get(self, platform: str, tenant: str, channel: str) -> ChannelSettings:
            return ChannelSettings(tone=f"as in {channel}")

    reader, index = FakeReader(*SAYS), FakeIndex([hit(ANSWER.replace(" [1]", ""))])
    await inbox.receive(question(1, channel="C1", details=QuestionDetails(around="T9")), NONE, 0.1)
    ours = Replier(str(uuid.uuid4()), inbox, Engine(index, FakeEmbedder(), reader), TonedChannels(), FakeFace())
    await settle(inbox, ours)
    assert reader.readings[0].question.tone == "as in C1"
    assert index.audiences[0] == frozenset({"slack:T1", "slack:T1/C1", "slack:T1/T9"})


async def test_a_mention_without_words_asks_what_was_said_last(inbox: PostgresInbox) -> None:
    face, reader = FakeFace(utterances=["Hello.", "What does the trainer read?"]), FakeReader(*SAYS)
    await inbox.receive(question(1, ""), NONE, 0.1)
    await settle(inbox, replier(inbox, face, reader))
    assert reader.readings[0].question.text == "What does the trainer read?"
    assert reader.readings[0].question.turns[0].question == "Hello."


async def running(dispatcher: Dispatcher, stop: asyncio.Event, until: Callable[[], Awaitable[bool]]) -> None:
    """Run the dispatcher until something is true, then end it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run(stop))
        with ending(stop):
            await seen(until)


@contextmanager
def ending(stop: asyncio.Event) -> Iterator[None]:
    try:
        yield
    finally:
        stop.set()


async def seen(until: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await until():  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.02)


async def test_a_stopped_answer_ends_with_what_there_is_of_it(database: Database, inbox: PostgresInbox) -> None:
    face = FakeFace(is_calm=True)
    dispatcher = Dispatcher(replier(inbox, face, FakeReader(*SAYS, " And so", hangs=True)))
    await inbox.receive(question(), NONE, 0.1)

    async def stopped() -> bool:
        if any("pairs" in text for text in face.visible):
            await inbox.stop(Platform.SLACK, "T1", "C1", "t1")
            dispatcher.nudge()
        return await states(database) == ["done"]

    await running(dispatcher, asyncio.Event(), stopped)
    assert "".join(face.visible) == f"{SAYS[0].strip()}\n\n{STOPPED}"


async def test_a_question_that_is_stopped_before_anybody_is_at_it_asks_no_model(
    database: Database, inbox: PostgresInbox
) -> None:
    face, reader = FakeFace(), FakeReader(*SAYS)
    await inbox.receive(question(), NONE, 0.1)
    assert await inbox.stop(Platform.SLACK, "T1", "C1", "t1")

    async def done() -> bool:
        return await states(database) == ["done"]

    await running(Dispatcher(replier(inbox, face, reader)), asyncio.Event(), done)
    assert face.visible == [STOPPED]
    assert not reader.readings


async def test_an_edit_while_the_answer_is_written_ends_the_old_answer(
    database: Database, inbox: PostgresInbox
) -> None:
    face = FakeFace(is_calm=True)
    reader = FakeReader(*SAYS, " And so", hangs=True)
    dispatcher = Dispatcher(replier(inbox, face, reader))
    await inbox.receive(question(), NONE, 0.1)

    async def edited() -> bool:
        if face.visible and reader.readings and reader.hangs:
            reader.hangs = False
            await inbox.revise(Platform.SLACK, "T1", "C1:1", "And now?")
            dispatcher.nudge()
        return await states(database) == ["done"]

    await running(dispatcher, asyncio.Event(), edited)
    assert "".join(face.visible) == f"{ANSWER}\n\n{ENGLISH.left_out_one}"
    assert [each.question.text for each in reader.readings] == ["What does the trainer read?", "And now?"]


async def test_what_cannot_be_sent_now_is_sent_later_and_what_never_can_is_given_up(
    database: Database, inbox: PostgresInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.dispatch, "STORE_SECONDS", 0.1)
    monkeypatch.setattr(bot.dispatch, "BUG_SECONDS", 0.1)
    later = TryLater("Slack wants a pause.", 0.1, certain=True)
    face = FakeFace(faults=[later, StoreUnavailable("away"), ValueError("a bug")])
    await inbox.receive(question(1), NONE, 0.1)

    async def done() -> bool:
        return "done" in await states(database)

    await running(Dispatcher(replier(inbox, face)), asyncio.Event(), done)
    assert "".join(face.visible) == ANSWER
    face.faults = [Undeliverable("The channel is archived.")]
    await inbox.receive(question(2), NONE, 0.1)

    async def given_up() -> bool:
        return (await states(database))[-1] == QuestionState.UNDELIVERABLE.value

    await running(Dispatcher(replier(inbox, face)), asyncio.Event(), given_up)


async def test_what_is_in_hand_when_the_process_ends_is_another_ones_at_once(
    database: Database, inbox: PostgresInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.dispatch, "GRACE_SECONDS", 0.1)
    face, stop = FakeFace(), asyncio.Event()
    reader = FakeReader(hangs=True)
    await inbox.receive(question(), NONE, 0.1)

    async def reading() -> bool:
        return bool(reader.readings)

    await running(Dispatcher(replier(inbox, face, reader)), stop, reading)
    await settle(inbox, replier(inbox, face))
    assert "".join(face.visible) == ANSWER


async def test_a_channel_is_told_when_answers_take_long(inbox: PostgresInbox) -> None:
    face = FakeFace()
    dispatcher = Dispatcher(replier(inbox, face), workers=1)
    for number in range(5):
        got = await inbox.receive(question(number), NONE, dispatcher.seconds_each)
        assert got is not None
        dispatcher.note_question(got, "T1", "C1")

    async def is_noticed() -> bool:
        return bool(face.notices)

    await running(dispatcher, asyncio.Event(), is_noticed)
    assert face.notices[0] == ("C1", ENGLISH.answers_take.format(seconds=20))


class Slow(FakeFace):
    """A chat in which nobody may post before everybody has an answer."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.all_wait, self.left = asyncio.Event(), number

    async def turn(self, asked: StoredQuestion) -> None:
        self.left -= 1
        if not self.left:
            self.all_wait.set()
        await self.all_wait.wait()


async def test_what_waits_for_its_turn_to_be_sent_takes_no_worker(database: Database, inbox: PostgresInbox) -> None:
    face = Slow(4)
    for number in range(4):
        await inbox.receive(question(number), NONE, 0.1)

    async def done() -> bool:
        return await states(database) == ["done"] * 4

    await running(Dispatcher(replier(inbox, face, FakeReader("It reads [1].")), workers=1), asyncio.Event(), done)
    assert face.visible == ["It reads [1]."] * 4
