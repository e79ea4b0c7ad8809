"""Takes questions in from any platform: judges and stores them, and reports each change to the dispatcher.

    message ──"stop"──> answers under way end
       ├─asks the bot? (`bot.triggers`)──> inbox ──> dispatcher
       └─orders quiet──> remembered, and confirmed to that person
    edit, deletion ──known?──> inbox ──> dispatcher

Each platform's `events` module reads payloads and decides what is acknowledged when. Raises `StoreError`.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable
from dataclasses import replace

from bot.attention import Trigger, takes_question_back
from bot.dispatch import Dispatcher
from bot.face import Face
from bot.phrases import is_stop
from bot.reply import Replier
from bot.samples import Engines, IsPublic, Sampler
from bot.status import PlatformContext
from bot.triggers import TriggerRule
from core.inbox.conversation import Utterance, UtteranceKind
from core.inbox.platforms import QuestionDetails
from core.inbox.port import Feedback, Inbox, IntakeLimits, NewQuestion, Platform, Received, StoredQuestion, Visibility

_log = logging.getLogger(__name__)


class Intake:
    """Takes in what people write on one platform. `inbox`: for what they press instead."""

    def __init__(
        self, platform: Platform, inbox: Inbox, judge: TriggerRule, dispatcher: Dispatcher, limits: IntakeLimits
    ) -> None:
        self.inbox = inbox
        self.sampler: Sampler | None = None
        self._platform = platform
        self._judge = judge
        self._dispatcher = dispatcher
        self._limits = limits

    async def accept(self, incoming: NewQuestion, why: Trigger, *, to_people: bool = False) -> NewQuestion | None:
        """Return the question that a message asks the bot; None: it is left alone.

        The word "stop" ends the answers under way; where there are none, it is an order of quiet. Such an order is
        confirmed to its author.
        """
        if is_stop(incoming.text) and incoming.visibility is not Visibility.PRIVATE:
            is_about_all = incoming.visibility is Visibility.DIRECT and not incoming.details.in_thread
            if await self.stop(incoming.tenant, incoming.channel, "" if is_about_all else incoming.thread):
                return None
        verdict = await self._dispatcher.order.lead(self._judge.judge(incoming, why, to_people=to_people))
        if verdict.order is not None:
            self._dispatcher.confirm(incoming, verdict.order)
        return verdict.question

    async def name_whom_to_ask(self, asked: StoredQuestion, person: str) -> None:
        """Name whom to ask below an answer that somebody found bad: once in a thread, where anybody is named."""
        incoming = await self._judge.hand_over_after(asked, person, time.time())
        if incoming is not None:
            self.hand_over(incoming, await self.receive(incoming))

    async def quieten(
        self, tenant: str, place_key: str, ref: str, author: str, at: float, details: QuestionDetails
    ) -> None:
        """Be quiet in the thread of a message that somebody marked so, if the bot has a part in that thread.

        `place_key` and `ref`: the message as a question and as a part of a reply; `details`: where it stands.
        """
        thread = await self.inbox.conversation.find_thread(self._platform, tenant, place_key, ref)
        if thread is None:
            return
        mark = Utterance(f"{place_key}:quiet:{author}:{at:.6f}", frozenset({author}), at, UtteranceKind.MUTE)
        if await self.inbox.conversation.remember(thread, mark):
            key = mark.place_key
            where = (self._platform, tenant, key, key, thread.channel, thread.thread, author)
            incoming = NewQuestion(*where, Visibility.THREAD, "", replace(details, in_thread=True))
            self._dispatcher.confirm(incoming, UtteranceKind.MUTE)

    async def give_feedback(self, tenant: str, number: int, feedback: Feedback) -> bool:
        """Store and count what somebody thinks of an answer. Return False if there is no such question there."""
        kept = await self.inbox.give_feedback(self._platform, tenant, number, feedback)
        if kept and not feedback.reasons and not feedback.comment:  # reasons follow a thumb that was counted
            self._dispatcher.meters.count_thumb(self._platform, feedback.thumb)
        return kept

    async def receive(self, incoming: NewQuestion) -> Received | None:
        """Store a question; return None if it is known already.

        The question is on disk when this returns. The caller then says when it may be answered (`took`).
        """
        received = self.inbox.receive(incoming, self._limits, self._dispatcher.seconds_each)
        return await self._dispatcher.order.lead(received)

    def hand_over(self, incoming: NewQuestion, received: Received | None) -> Received | None:
        """Let the dispatcher answer a question that was stored, and return `received`."""
        if received is not None:
            self._dispatcher.note_question(received, incoming.tenant, incoming.channel)
            _log.info("Question %d came (%d letters, %d ahead)", received.id, len(incoming.text), received.ahead)
        return received

    async def revise(
        self,
        tenant: str,
        place_key: str,
        text: str,
        at: float = 0.0,
        *,
        addressed: bool = True,
        shared: bool = False,
    ) -> bool:
        """Let an edited question be answered again, or withdraw it where it asks nothing any more.

        Return False if it is not known, or says the same. `addressed`: as `takes_question_back` has it.
        """
        if takes_question_back(text, addressed=addressed):
            return self._nudge_if(changed=await self.inbox.withdraw(self._platform, tenant, place_key, edited=True))
        changed = await self.inbox.revise(
            self._platform, tenant, place_key, text, at, shared=shared, limits=self._limits
        )
        return self._nudge_if(changed=changed)

    async def withdraw(self, tenant: str, place_keys: Iterable[str]) -> None:
        """Withdraw the questions of messages that were deleted, and forget those that were left alone."""
        place_keys = list(place_keys)
        for key in place_keys:
            await self.inbox.conversation.forget_message(self._platform, tenant, key)
        self._nudge_if(changed=any([await self.inbox.withdraw(self._platform, tenant, key) for key in place_keys]))

    async def stop(self, tenant: str, channel: str, thread: str) -> bool:
        """End the answers under way in a thread or, where `thread` is "", in a channel. -> whether there were any."""
        return self._nudge_if(changed=await self.inbox.stop(self._platform, tenant, channel, thread))

    def _nudge_if(self, *, changed: bool) -> bool:
        if changed:
            self._dispatcher.nudge()
        return changed


def build_intake(
    host: PlatformContext, face: Face, inbox: Inbox, is_public: IsPublic | None = None
) -> tuple[Intake, Dispatcher]:
    """Build what takes questions in for a platform, and what answers them, as the settings say.

    `is_public`: whether all members of a workspace may read a channel; what was asked is offered to others only then.
    """
    footnote, settings = host.footnote, host.footnote.settings
    limits = IntakeLimits(settings.user_open_limit, settings.user_minute_limit)
    replier = Replier(
        str(uuid.uuid4()),
        inbox,
        footnote.engine,
        footnote.channels,
        face,
        limits,
        footnote.catalog,
        whom=settings.who_to_ask,
        language=settings.answer_language,
        sampler=Sampler(
            footnote.samples, Engines(footnote.engine, footnote.quoting), is_public, settings.answer_language
        ),
    )
    dispatcher = Dispatcher(
        replier,
        workers=settings.workers,
        retention_days=settings.retention_days,
        counts_days=settings.counts_days,
        meters=host.meters,
        order=host.order,
    )
    names = ("footnote", *face.names)
    rule = TriggerRule(inbox, footnote.channels, names, settings.who_to_ask, settings.answer_language)
    intake = Intake(face.platform, inbox, rule, dispatcher, limits)
    intake.sampler = replier.sampler
    return intake, dispatcher
