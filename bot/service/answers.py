"""Answers callers through the one engine, and stores each question and its answer as a row like those from chat.

    async with service.answer(caller, question) as answering:
        answering.key                        # the id that its caller gets
        async for event in answering.events: # those of the engine, as they are
            ...

Leaving the block early ends the engine's work: the caller has gone. The row says so, and no process answers it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field

from bot.markup.blocks import known_in
from bot.metrics import Metrics
from bot.precedence import ChatFirst
from bot.questions import to_used_passages
from bot.service.access import Access, AddressLimits
from bot.service.caller import Caller, CallerQuestion
from bot.service.slots import AnswerSlots
from core.answer.engine import Engine
from core.domain import DEFAULT_EDITION, Answer, Citation, Delta, Edition, Event, Evidence, Hit, Source
from core.errors import EditionUnknown, FootnoteError, QuestionRefused, SourceUnknown
from core.inbox.callers import CallerQuestions, NewCallerQuestion
from core.inbox.channels import may_see
from core.inbox.outcome import QuestionOutcome, outcome_of_answer
from core.inbox.port import Feedback, QuestionState, Reply, Thumb
from core.index.port import Catalog
from core.tasks import run_in_background
from core.wiring import Footnote

BEAT_SECONDS, TIDY_BEATS = 10.0, 3
SETTLE_SECONDS = 2.0
"""Seconds that rows get to be closed when the process ends."""

_REFUSALS = (QuestionRefused, SourceUnknown, EditionUnknown)
_log = logging.getLogger(__name__)


class CallerAnswer:
    """One question that is being answered: the engine's events, and what there is of the answer so far."""

    def __init__(self, key: str, events: AsyncGenerator[Event, None]) -> None:
        self.key = key
        self.hits: tuple[Hit, ...] = ()
        self.answer: Answer | None = None
        self.is_refused = False
        self._shown: list[str] = []
        self._citations: tuple[Citation, ...] = ()
        self.events = self._watch(events)

    async def finish(self) -> Answer:
        """Read the events to their end, and return the answer. Raises what the engine raises."""
        async for _ in self.events:
            pass
        assert self.answer is not None, "the engine ends with an Answer"
        return self.answer

    async def _watch(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        try:
            async with aclosing(events):
                async for event in events:
                    self._note(event)
                    yield event
        except _REFUSALS:
            self.is_refused = True
            raise

    def _note(self, event: Event) -> None:
        match event:
            case Evidence(hits):
                self.hits = hits
            case Delta(text, citations):
                self._shown.append(text)
                self._citations = citations or self._citations
            case Answer():
                self.answer = event

    @property
    def reply(self) -> Reply | None:
        """The answer as it is stored; of one that was cut off, what was shown; None: nothing was."""
        answer = self.answer
        if answer is None and self._shown:
            text = "".join(self._shown)
            answer = Answer(text, tuple(each for each in self._citations if f"[{each.number}]" in text))
        if answer is None:
            return None
        return Reply(answer, to_used_passages(self.hits), tuple(sorted(known_in(answer.text, self.hits))))


@dataclass(frozen=True, slots=True)
class _Closing:
    """A question that is over, and whose row is to be closed. `done`: it is."""

    number: int
    answering: CallerAnswer
    done: asyncio.Event = field(default_factory=asyncio.Event)


class AnswerService:
    """Answers callers, `slots` at a time, whatever protocol they speak. Raises `ServiceBusy`, `StoreError`.

    `open_answer_service` makes it.
    """

    def __init__(
        self, engine: Engine, catalog: Catalog, questions: CallerQuestions, slots: AnswerSlots, meters: Metrics
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._questions = questions
        self._slots = slots
        self._meters = meters
        self._owner = str(uuid.uuid4())
        self._open = set[int]()
        self._closing = asyncio.Queue[_Closing]()
        self._closed = asyncio.Event()

    @asynccontextmanager
    async def answer(self, caller: Caller, asked: CallerQuestion) -> AsyncIterator[CallerAnswer]:
        """Answer a question while the block runs. Its events raise `QuestionRefused`, `SourceUnknown`, `StoreError`.

        The row is closed when the block ends: as done after the `Answer` event, as undeliverable before it.
        """
        async with self._slots.take():
            key, began = secrets.token_hex(16), time.monotonic()
            new = NewCallerQuestion(caller.platform, key, caller.name, caller.asker, asked.text, asked.details)
            number = await self._questions.open(self._owner, new)
            self._open.add(number)
            _log.info("Question %d came over %s (%d letters)", number, caller.platform, len(asked.text))
            answering = CallerAnswer(key, self._explained(caller, asked))
            try:
                async with aclosing(answering.events):
                    yield answering
            finally:
                self._count(caller, answering, time.monotonic() - began)
                closing = _Closing(number, answering)
                self._closing.put_nowait(closing)  # it is closed, also where this task is cancelled once more
                await closing.done.wait()

    async def search(
        self,
        caller: Caller,
        text: str,
        limit: int,
        sources: tuple[str, ...] = (),
        edition: Edition = DEFAULT_EDITION,
    ) -> list[Hit]:
        """Return the best passages that the caller may see. Raises `QuestionRefused`, `SourceUnknown`, `StoreError`."""
        async with self._slots.take():
            try:
                return await self._engine.search(text, limit, sources, edition, caller.audience)
            except SourceUnknown:
                raise await self._name_sources(caller, sources) from None

    async def list_sources(self, caller: Caller) -> list[Source]:
        """Return the sources that the caller may see."""
        return [each for each in await self._catalog.list() if may_see(each.visible_to, caller.audience)]

    async def give_feedback(
        self, caller: Caller, key: str, thumb: Thumb, reasons: tuple[str, ...] = (), comment: str = ""
    ) -> bool:
        """Store what a caller thinks of an answer. False: nobody asked that question with the caller's token."""
        feedback = Feedback(caller.asker, thumb, reasons, comment)
        kept = await self._questions.give_feedback(caller.name, key, feedback)
        if kept:
            self._meters.count_thumb(caller.platform, thumb)
        return kept

    async def _explained(self, caller: Caller, asked: CallerQuestion) -> AsyncGenerator[Event, None]:
        """Yield the engine's events; an unknown source is named together with those that the caller sees."""
        try:
            async with aclosing(self._engine.ask(asked.to_question(caller))) as events:
                async for event in events:
                    yield event
        except SourceUnknown:
            raise await self._name_sources(caller, asked.sources) from None

    async def _name_sources(self, caller: Caller, wanted: tuple[str, ...]) -> SourceUnknown:
        there = [each.name for each in await self.list_sources(caller)]
        unknown = next((name for name in wanted if name not in there), "")
        names = f"there are {', '.join(there)}" if there else "there are none"
        return SourceUnknown(f'There is no source named "{unknown[:60]}": {names}.')

    def _count(self, caller: Caller, answering: CallerAnswer, seconds: float) -> None:
        if answering.is_refused:
            return
        self._meters.count_question(caller.platform)
        answer = answering.answer
        outcome = QuestionOutcome.UNDELIVERABLE if answer is None else outcome_of_answer(answer)
        self._meters.count_ending(caller.platform, outcome, seconds)
        if answer is not None:
            self._meters.count_answer(caller.platform, answer)

    async def run(self, retention_days: int, counts_days: int = 365) -> None:
        """Close rows, renew their leases and tidy up, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat(retention_days, counts_days))
            group.create_task(self._slots.watch())
            while True:
                group.create_task(self._close(await self._closing.get()))

    async def _close(self, closing: _Closing) -> None:
        number, answering = closing.number, closing.answering
        try:
            if answering.is_refused:
                await self._questions.discard(number)
            else:
                state = QuestionState.UNDELIVERABLE if answering.answer is None else QuestionState.DONE
                await self._questions.close(number, state, answering.reply)
        except FootnoteError as error:  # its lease runs out, and it is closed then
            _log.warning("Question %d could not be closed: %s", number, error)
        finally:
            self._open.discard(number)
            self._closed.set()
            closing.done.set()

    async def settle(self) -> None:
        """Wait a moment until all rows are closed: those who wait for answers were cut off, and say so soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while self._open:
                    self._closed.clear()
                    await self._closed.wait()

    async def _beat(self, retention_days: int, counts_days: int) -> None:
        beat = 0
        while True:
            with suppress(FootnoteError):
                await self._questions.renew(self._owner, list(self._open))
                if beat % TIDY_BEATS == 0:
                    await self._questions.tidy(retention_days, counts_days)
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)


@dataclass(frozen=True, slots=True)
class OpenService:
    """What a protocol needs to serve callers: who is let in, and what answers them."""

    access: Access
    answers: AnswerService


@asynccontextmanager
async def open_service(
    footnote: Footnote, meters: Metrics | None = None, order: ChatFirst | None = None
) -> AsyncIterator[OpenService]:
    """Open what answers callers, on database connections of its own. `order`: of this process. Raises `StoreError`."""
    settings = footnote.settings
    async with footnote.open_callers() as store:
        meters = meters or Metrics()
        slots = AnswerSlots(settings.api_workers, order)
        answers = AnswerService(store.engine, footnote.catalog, store.questions, slots, meters)
        async with run_in_background(answers.run(settings.retention_days, settings.counts_days)):
            try:
                yield OpenService(Access(store.tokens, AddressLimits(settings.api_address_limit)), answers)
            finally:
                await answers.settle()
