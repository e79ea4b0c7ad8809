"""Who speaks to whom: the messages of a thread as they are remembered, and the port that keeps them.

A message that the bot leaves alone is stored without its text, so that no restart and no other process answers it. The
bot's own questions stand among them. Implemented by `core.inbox.conversation_postgres`; `bot.attention` reads them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class UtteranceKind(StrEnum):
    """What a message of a thread is to the conversation, without its text."""

    QUESTION = "question"
    """The bot answers it."""
    CALL = "call"
    """It is addressed to the bot, and asks nothing."""
    ASKS = "asks"
    """It asks, or names, a person."""
    REMARK = "remark"
    NOISE = "noise"
    """It takes no turn: emoji, a +1, a notice, a command for another bot."""
    MUTE = "mute"
    UNMUTE = "unmute"
    HAND_OVER = "hand_over"
    """It calls for a person, or people were named to ask."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message of a thread as it is remembered: who spoke, when by the platform's clock, of which kind; no text.

    `authors`: who wrote it, and for a question also whose words it holds.
    """

    place_key: str
    authors: frozenset[str]
    at: float
    kind: UtteranceKind


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """A thread; `thread` empty: the channel itself, outside of threads."""

    platform: str
    tenant: str
    channel: str
    thread: str

    @property
    def roots(self) -> Collection[str]:
        """The place keys that its first message may have: in its channel, or (a post on Discord) in itself."""
        return (f"{self.channel}:{self.thread}", f"{self.thread}:{self.thread}")


class Conversation(Protocol):
    """What is remembered of threads. Raises `StoreError`."""

    async def heard(self, thread: ThreadKey, before: float, *, all_threads: bool = False) -> list[Utterance]:
        """Return the utterances of a thread before a time, oldest first.

        `all_threads`: of all threads of its channel, within a day: a conversation with one person is one.
        """
        ...

    async def remember(self, thread: ThreadKey, utterance: Utterance) -> bool:
        """Remember a message that is left alone. Return False if it is known already, also as a question."""
        ...

    async def claim_hand_over(self, thread: ThreadKey, author: str, at: float) -> bool:
        """Return whether the message of this moment, and no other of its thread, names whom to ask, however often."""
        ...

    async def find_thread(self, platform: str, tenant: str, place_key: str, ref: str) -> ThreadKey | None:
        """Return the thread of a question or of a part of a reply; None: the message is neither."""
        ...

    async def is_left_alone(self, platform: str, tenant: str, place_key: str) -> bool:
        """Return whether a message was left alone before."""
        ...

    async def forget_message(self, platform: str, tenant: str, place_key: str) -> None:
        """Forget a message that was deleted."""
        ...
