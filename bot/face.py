"""What the reply path needs from a chat platform: one port, kept once for Slack and once for Discord.

    Face   writes, rewrites, removes and finds messages of a reply
    Live   the message of an answer that is still being written

An implementation renders rows and answers, paces itself by the platform's limits, and raises `TryLater` or
`Undeliverable` and nothing of its SDK. It keeps no state that a restart would miss.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from core.domain import Evidence
from core.errors import FootnoteError
from core.inbox.port import Platform, Reply, StoredQuestion

Announce: TypeAlias = Callable[[], Awaitable[None]]
"""Writes down that a message is about to be sent. Raises `LeaseLost`, `StoreError`: then nothing may be sent."""


class TryLater(FootnoteError):
    """The platform did not take a message. `certain`: it surely did not; else it may have, and is to be asked."""

    def __init__(self, sentence: str, seconds: float, *, certain: bool) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.certain = certain


class Undeliverable(FootnoteError):
    """Nobody can write there: the channel is archived, the bot was removed, the thread is gone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a reply, `number` counted from 0; `content` is the platform's own form of it."""

    number: int
    content: Any


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message of the bot in the place of a reply. `question` and `number`: what it says it is; None: it does not."""

    ref: str
    question: int | None = None
    number: int = 0


class Live(Protocol):
    """A message that grows while its answer is read. Growing is a courtesy: faults only end it."""

    @property
    def ref(self) -> str: ...
    async def append(self, text: str) -> bool:
        """One delta. False: its reader stopped it."""
        ...

    async def close(self, piece: Piece) -> bool:
        """Make it the finished piece. False: it has to be rewritten."""
        ...


class Face(Protocol):
    """A chat platform. Raises `TryLater` and `Undeliverable`."""

    @property
    def platform(self) -> Platform: ...
    @property
    def tenants(self) -> Sequence[str] | None:
        """The workspaces it answers in; None: all of its platform."""
        ...

    @property
    def question_characters(self) -> int: ...
    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[Piece]:
        """The messages that a reply is, one at least."""
        ...

    async def turn(self, asked: StoredQuestion) -> None:
        """Wait until a message may be posted there, as far as that is known: nothing is written down before."""
        ...

    async def post(self, asked: StoredQuestion, piece: Piece) -> str:
        """-> the id of the message."""
        ...

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: Piece) -> bool:
        """False: there is no such message any more."""
        ...

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        """No matter whether it is there."""
        ...

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        """The bot's own messages where the reply belongs, younger than the question, oldest first."""
        ...

    async def searching(self, asked: StoredQuestion) -> None:
        """Show that the bot is at it, as far as that can be done; raises nothing."""
        ...

    async def begin(self, asked: StoredQuestion, evidence: Evidence, announce: Announce) -> Live | None:
        """Start a message that grows; None: there is too much to do, or the place has no such thing.

        `announce` is awaited right before a message is sent, and by nobody who sends none.
        """
        ...

    async def context(self, asked: StoredQuestion) -> Sequence[str]:
        """What people said in the thread before the bot was asked there, oldest first, as far as that can be known."""
        ...

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        """Tell the asker alone, where that is possible."""
        ...

    async def notice(self, channel: str, sentence: str) -> None:
        """Tell a channel, outside of its threads; raises nothing."""
        ...
