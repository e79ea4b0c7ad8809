"""Claims questions of one platform, renews their leases, and lets go of them early where it must.

inbox ──claim──> Work* ──bot.reply──> done
           │        └─ LeaseLost, TryLater, Undeliverable, StoreError ──> let go, put off, given up
           └─ renewed every 5 s, which also reports edits, deletions and stops

the platform says not now      the row is let go for as long as the platform asks; any process may claim it then
the question is edited         its owner lets go; it is answered again, in the same messages
the process is asked to end    work in hand gets a moment; other processes take what is left
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot.face import TryLater, Undeliverable
from bot.metrics import Metrics
from bot.precedence import ChatFirst
from bot.reply import Replier
from bot.work import Work, clock
from core.errors import ConfigurationError, FootnoteError, StoreError
from core.inbox.conversation import UtteranceKind
from core.inbox.outcome import QuestionOutcome, outcome_of
from core.inbox.port import (
    Lease,
    LeaseLost,
    NewQuestion,
    QuestionState,
    Received,
    Refusal,
    StoredQuestion,
    Visibility,
)
from core.sentences import ENGLISH
from core.tasks import Stopped, run_until, wait_for_event

RENEW_SECONDS, POLL_SECONDS, TIDY_SECONDS = 5.0, 1.0, 30.0
HELD_SECONDS = 3 * RENEW_SECONDS
"""How long a question is surely ours after a claim or a renewal: no longer than the lease in the database."""

GRACE_SECONDS = 5.0
"""Seconds that answers in flight get when the process is asked to end; Docker kills after ten."""

STORE_SECONDS, BUG_SECONDS = 2.0, 5.0
"""Seconds until a question is tried again after Postgres was away, or after a bug of ours."""

NOTICE_SECONDS = 20.0
NOTICE = ENGLISH.answers_take

FIRST_GUESS_SECONDS, WEIGHT = 8.0, 0.1
_log = logging.getLogger(__name__)


class Dispatcher:
    """Answers the questions of one platform, `workers` at a time, until it is asked to end."""

    def __init__(
        self,
        replier: Replier,
        *,
        workers: int = 32,
        retention_days: int = 30,
        counts_days: int = 365,
        meters: Metrics | None = None,
        order: ChatFirst | None = None,
    ) -> None:
        self._replier = replier
        self._inbox = replier.inbox
        self._owner = replier.owner
        self._platform = replier.face.platform
        self.meters = meters or Metrics()
        self.order = order or ChatFirst()
        self._workers = workers
        self._retention_days = retention_days
        self._counts_days = counts_days
        self._working: dict[int, Work] = {}
        self._wake, self._nudge = asyncio.Event(), asyncio.Event()
        self._notices: asyncio.Queue[tuple[str, str, int]] = asyncio.Queue()
        self._confirmed: asyncio.Queue[tuple[NewQuestion, UtteranceKind]] = asyncio.Queue()
        self._seconds = FIRST_GUESS_SECONDS
        self._is_away = False

    @property
    def seconds_each(self) -> float:
        """Seconds that one waiting question costs those behind it."""
        return self._seconds / self._workers

    def wake(self) -> None:
        """Look for new questions now."""
        self._wake.set()

    def nudge(self) -> None:
        """Look at once, not at the next renewal: a question was edited, deleted or stopped."""
        self._nudge.set()
        self._wake.set()

    def note_question(self, received: Received, tenant: str, channel: str) -> None:
        """Count a new question and look for it; notify its channel, once a minute, where answers take a while."""
        self.order.note_step()
        self.wake()
        self.meters.count_question(self._platform)
        seconds = received.ahead * self.seconds_each
        if received.refusal is Refusal.NONE and seconds > NOTICE_SECONDS:
            self._notices.put_nowait((tenant, channel, round(seconds / 10) * 10))

    def confirm(self, incoming: NewQuestion, order: UtteranceKind) -> None:
        """Show the author of an order of quiet that it was followed."""
        self._confirmed.put_nowait((incoming, order))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; work in hand then gets `GRACE_SECONDS`, and others take what is left."""
        async with asyncio.TaskGroup() as group:
            beats = [group.create_task(each) for each in (self._renewing(), *self._courtesies())]
            with suppress(Stopped):
                await run_until(stop, self._dispatch(group))
            for beat in beats[1:]:
                beat.cancel()
            await self._end()
            beats[0].cancel()
        with suppress(FootnoteError):
            await self._inbox.release_all(self._owner)

    async def _end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self._working:
                    self._wake.clear()
                    await self._wake.wait()
        for work in self._working.values():
            work.lost.set()

    async def _dispatch(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            free, until = self._free, clock() + HELD_SECONDS
            claimed = await self._claimed(free) if free else []
            for asked in claimed:
                self._working[asked.id] = work = Work(asked, until, answered=self._measure())
                if asked.stopped:  # before any process worked on it
                    work.stopped.set()
                group.create_task(self._work(work))
            if len(claimed) < max(free, 1):
                await wait_for_event(self._wake, POLL_SECONDS * random.uniform(0.8, 1.2))

    @property
    def _free(self) -> int:
        """Workers with nothing to answer. An answer that waits to be sent takes none."""
        return max(0, self._workers - sum(each.asked.state is QuestionState.QUEUED for each in self._working.values()))

    def _measure(self) -> Callable[[], None]:
        """Return what to call once there is an answer: it frees a worker, and updates the seconds that one takes."""
        began = time.monotonic()

        def answered() -> None:
            self._seconds += WEIGHT * (time.monotonic() - began - self._seconds)
            self._wake.set()

        return answered

    async def _claimed(self, free: int) -> list[StoredQuestion]:
        """Return the questions that were claimed: none while Postgres is away, which is logged once."""
        face = self._replier.face
        try:
            claimed = await self._inbox.claim(self._owner, face.platform, face.tenants, free, list(self._working))
        except FootnoteError as error:  # a changed password as well: it may be changed back
            if not self._is_away:
                _log.warning("Questions wait: %s", error)
            self._is_away = True
            return []
        self._is_away = False
        return claimed

    async def _renewing(self) -> None:
        while True:
            until = clock() + HELD_SECONDS
            hands = list(self._working.values())  # a question claimed during the renewal was not renewed
            try:
                _apply_leases(hands, await self._inbox.renew(self._owner, [work.asked.id for work in hands]), until)
            except FootnoteError as error:
                _log.debug("The lease could not be renewed: %s", error)
            self._nudge.clear()
            await wait_for_event(self._nudge, RENEW_SECONDS)

    async def _noticing(self) -> None:
        face = self._replier.face
        while True:
            tenant, channel, seconds = await self._notices.get()
            with suppress(FootnoteError):
                if await self._inbox.notice_due(face.platform, tenant, channel):
                    sentences = await self._replier.speech.sentences_in_channel(face.platform, tenant, channel)
                    await face.notice(channel, sentences.answers_take.format(seconds=seconds))

    async def _confirming(self) -> None:
        while True:
            incoming, order = await self._confirmed.get()
            with suppress(StoreError):
                sentences = await self._replier.speech.sentences_for(incoming)
                orders = {UtteranceKind.MUTE: sentences.muted, UtteranceKind.UNMUTE: sentences.unmuted}
                if sentence := orders.get(order):
                    await self._replier.face.confirm(incoming, sentence)

    def _courtesies(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what may be cut off at any moment."""
        sampling = (self._replier.sampler.run(),) if self._replier.sampler is not None else ()
        return (self._tidying(), self._noticing(), self._confirming(), *sampling)

    async def _tidying(self) -> None:
        while True:
            await asyncio.sleep(TIDY_SECONDS * random.uniform(0.8, 1.2))
            with suppress(FootnoteError):
                await self._inbox.tidy(self._retention_days, self._counts_days)

    async def _work(self, work: Work) -> None:
        """Work on one claimed question, to its end or to a point where another process can go on."""
        asked = work.asked
        try:
            await run_until(work.lost, self.order.lead(self._settled(work)))
        except (Stopped, LeaseLost):
            await self._let_go(asked)
        except TryLater as later:
            _log.info("Question %d waits %.0f s: %s", asked.id, later.seconds, later)
            self.meters.count_postponed(self._platform)
            await self._let_go(asked, later.seconds)
        except Undeliverable as error:
            _log.warning("Question %d cannot be answered: %s", asked.id, error)
            await self._give_up(work.asked)
        except (StoreError, ConfigurationError) as error:
            _log.warning("Question %d waits for Postgres: %s", asked.id, error)
            await self._let_go(asked, STORE_SECONDS)
        except Exception:  # noqa: BLE001 - a bug of ours ends this try of one question, and no other question
            _log.exception("Question %d failed", asked.id)
            await self._let_go(asked, BUG_SECONDS, failed=True)
        finally:
            self._working.pop(asked.id, None)
            self._wake.set()

    async def _settled(self, work: Work) -> None:
        began = clock()
        waited = work.asked.age_seconds
        await self._replier.settle(work)
        seconds = waited + clock() - began
        outcome = outcome_of(work.asked)
        self.meters.count_ending(self._platform, outcome, seconds)
        _log.info("Question %d ended: %s, after %.1f s", work.asked.id, outcome, seconds)
        if (
            work.asked.reply is not None and work.asked.visibility is not Visibility.SHARED
        ):  # shared: it was counted before
            self.meters.count_answer(self._platform, work.asked.reply.answer)
            first = seconds if work.shown_at is None else waited + work.shown_at - began
            self.meters.count_first_words(self._platform, first)

    async def _let_go(self, asked: StoredQuestion, seconds: float = 0.0, *, failed: bool = False) -> None:
        with suppress(FootnoteError):  # then its lease runs out
            await self._inbox.release(self._owner, asked, seconds, failed=failed)

    async def _give_up(self, asked: StoredQuestion) -> None:
        self.meters.count_ending(self._platform, QuestionOutcome.UNDELIVERABLE, asked.age_seconds)
        over = QuestionState.WITHDRAWN if asked.state is QuestionState.WITHDRAWING else QuestionState.UNDELIVERABLE
        try:
            await self._inbox.finish(self._owner, asked, asked.parts, over)
        except (LeaseLost, FootnoteError):
            await self._let_go(asked)


def _apply_leases(hands: Sequence[Work], held: Mapping[int, Lease], until: float) -> None:
    """Mark work whose question is lost or stopped; the others are held until `until`."""
    for work in hands:
        now = held.get(work.asked.id)
        if now is None or now.revision != work.asked.revision:
            work.lost.set()
            continue
        work.until = until
        if now.stopped:
            work.stopped.set()
