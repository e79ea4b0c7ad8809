"""Decides whether a message is a question to the bot. Other modules read a platform's message, and store it.

ADDRESSED    yes, except for thanks in a message; a command is always answered
FOLLOW_UP    in a thread that the bot answered in: all but thanks from people who asked there, questions from others
OVERHEARD    where the channel is answered without a mention: questions
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bot.phrases import is_courtesy, is_thanks, looks_like_question
from core.inbox.channels import Channels
from core.inbox.port import Inbox, NewQuestion, Visibility


class Trigger(Enum):
    """Why a message may be a question."""

    ADDRESSED = auto()
    """It mentions the bot, or is written to it alone."""
    FOLLOW_UP = auto()
    """It stands in a thread: a question where the bot is engaged there."""
    OVERHEARD = auto()
    """It stands in a channel, or begins a post: a question where that channel is answered without a mention."""


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """Decides by who is engaged where, which the inbox knows, and by a channel's settings. Raises `StoreError`."""

    inbox: Inbox
    channels: Channels

    async def expects_an_answer(self, incoming: NewQuestion, why: Trigger) -> bool:
        """Return whether a message is to be answered, as the table at the top of the module says."""
        match why:
            case Trigger.ADDRESSED:
                return incoming.way is Visibility.PRIVATE or not is_courtesy(incoming.text)
            case Trigger.FOLLOW_UP:
                return await self._follows_up(incoming)
            case Trigger.OVERHEARD:
                settings = await self.channels.get(incoming.platform, incoming.tenant, incoming.channel)
                return settings.unmentioned and looks_like_question(incoming.text)

    async def _follows_up(self, incoming: NewQuestion) -> bool:
        place = (incoming.platform, incoming.tenant, incoming.channel, incoming.thread)
        engaged = await self.inbox.engagement(*place, incoming.asker)
        if not engaged.thread or is_thanks(incoming.text):
            return False
        return engaged.person or looks_like_question(incoming.text)
