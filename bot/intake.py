"""How questions come in, whichever platform they come from: judged, stored, and the dispatcher told of each change.

    message ──"stop"──> what is under way ends
       └─asks? (`bot.triggers`)──> inbox ──> dispatcher
    edit, deletion ──known?──> inbox ──> dispatcher

What a payload means, and what is acknowledged when, is for the doors of each platform. Raises `StoreError`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from bot.dispatch import Dispatcher
from bot.face import Face
from bot.phrases import is_stop
from bot.reply import Replier
from bot.status import PlatformContext
from bot.triggers import Trigger, TriggerRule
from core.inbox.port import Inbox, Limits, NewQuestion, Platform, Received, Visibility

_log = logging.getLogger(__name__)


class Intake:
    """Takes in what is said on one platform. `inbox`: for what is not said but pressed."""

    def __init__(
        self, platform: Platform, inbox: Inbox, judge: TriggerRule, dispatcher: Dispatcher, limits: Limits
    ) -> None:
        self.inbox = inbox
        self._platform = platform
        self._judge = judge
        self._dispatcher = dispatcher
        self._limits = limits

    async def is_asked(self, incoming: NewQuestion, why: Trigger) -> bool:
        """Whether anybody expects an answer. What is addressed to the bot is a question, but for the word "stop"."""
        if is_stop(incoming.text) and incoming.way is not Visibility.PRIVATE:
            is_about_all = incoming.way is Visibility.DIRECT and not incoming.details.get("in_thread")
            await self.stop(incoming.tenant, incoming.channel, "" if is_about_all else incoming.thread)
            return False
        return await self._judge.expects_an_answer(incoming, why)

    async def receive(self, incoming: NewQuestion) -> Received | None:
        """On disk when it returns; whoever calls says when it may be answered (`took`). None: it is known."""
        return await self.inbox.receive(incoming, self._limits, self._dispatcher.seconds_each)

    def took(self, incoming: NewQuestion, received: Received | None) -> Received | None:
        """It is answered soon."""
        if received is not None:
            self._dispatcher.received(received, incoming.tenant, incoming.channel)
            _log.info("Question %d came (%d letters, %d ahead)", received.id, len(incoming.text), received.ahead)
        return received

    async def revise(self, tenant: str, place_key: str, text: str, at: float = 0.0, *, shared: bool = False) -> bool:
        """Return whether a message is known and says something else now: then it is answered once more."""
        changed = await self.inbox.revise(self._platform, tenant, place_key, text, at, shared=shared)
        return self._told(changed=changed)

    async def withdraw(self, tenant: str, place_keys: Iterable[str]) -> None:
        """Messages are gone; what they asked goes, too."""
        self._told(changed=any([await self.inbox.withdraw(self._platform, tenant, key) for key in place_keys]))

    async def stop(self, tenant: str, channel: str, thread: str) -> None:
        """End the answers that are under way in a thread, or with "" in a channel."""
        self._told(changed=await self.inbox.stop(self._platform, tenant, channel, thread))

    def _told(self, *, changed: bool) -> bool:
        if changed:
            self._dispatcher.nudge()
        return changed


def build_intake(host: PlatformContext, face: Face, inbox: Inbox) -> tuple[Intake, Dispatcher]:
    """What takes questions in for a platform, and what answers them, as the settings say."""
    footnote, settings = host.footnote, host.footnote.settings
    limits = Limits(settings.user_open_limit, settings.user_minute_limit)
    replier = Replier(str(uuid.uuid4()), inbox, footnote.engine, footnote.channels, face, limits, footnote.catalog)
    dispatcher = Dispatcher(
        replier, workers=settings.workers, retention_days=settings.retention_days, meters=host.meters
    )
    return Intake(face.platform, inbox, TriggerRule(inbox, footnote.channels), dispatcher, limits), dispatcher
