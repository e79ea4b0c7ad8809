"""What the reply path needs from a chat platform: one port, implemented for Slack and for Discord.

    Face   posts, rewrites, removes and finds the messages of a reply
    Live   the message of an answer that is still being written

An implementation renders rows and answers, keeps to the platform's limits, and raises `TryLater` or `Undeliverable`
but no error of its SDK. It keeps no state that a restart would lose.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from core.domain import Evidence
from core.errors import FootnoteError
from core.inbox.platforms import SharedFile
from core.inbox.port import NewQuestion, Platform, Reply, StoredQuestion

Announce: TypeAlias = Callable[[], Awaitable[None]]
"""Records that a message is about to be sent. Raises `LeaseLost`, `StoreError`: then nothing may be sent."""


class TryLater(FootnoteError):
    """The platform did not take a message. `certain`: it surely did not; otherwise it may have: ask it."""

    def __init__(self, sentence: str, seconds: float, *, certain: bool) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.certain = certain


class Undeliverable(FootnoteError):
    """No message can be posted there: the channel is archived, the bot was removed, the thread is gone."""


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One message of a reply, `number` counted from 0; `content` is the platform's own form of it."""

    number: int
    content: Any


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message of the bot where a reply belongs. `question`, `number`: what it says it is; None: it does not say."""

    ref: str
    question: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Spoken:
    """What somebody wrote in a thread; `at` in seconds of the platform's clock, 0: it does not say."""

    at: float
    text: str


class Live(Protocol):
    """A message that grows while its answer is read. Growing is a courtesy: a fault only ends the growing."""

    @property
    def ref(self) -> str: ...
    @property
    def shows_words(self) -> bool:
        """Whether words of the answer can be read in it by now."""
        ...

    async def append(self, text: str) -> bool:
        """Append one delta. Return False if the reader stopped the answer."""
        ...

    async def close(self, piece: MessagePart) -> bool:
        """Turn the message into the finished piece. Return False if it has to be rewritten instead."""
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
    def names(self) -> Sequence[str]:
        """What people call the bot in plain words."""
        ...

    @property
    def question_characters(self) -> int: ...
    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[MessagePart]:
        """Return the messages that make up a reply, at least one."""
        ...

    async def turn(self, asked: StoredQuestion) -> None:
        """Wait until a message may be posted there, as far as that is known; nothing is recorded before."""
        ...

    async def post(self, asked: StoredQuestion, piece: MessagePart) -> str:
        """Post a piece and return the id of its message."""
        ...

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: MessagePart) -> bool:
        """Replace the content of a message. Return False if there is no such message any more."""
        ...

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        """Remove a message; do nothing if it is gone already."""
        ...

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        """Return the bot's own messages where the reply belongs, younger than the question, oldest first."""
        ...

    async def searching(self, asked: StoredQuestion) -> None:
        """Show that the bot is searching, as far as the platform can; raise nothing."""
        ...

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> Live | None:
        """Start a message that grows; return None if there is too much to do, or the place has no such messages.

        `announce` is awaited right before a message is sent, and not at all if none is sent. `language`: of the fixed
        sentences in it; empty: the install's.
        """
        ...

    async def context(self, asked: StoredQuestion) -> Sequence[Spoken]:
        """Return what others than the bot wrote in the thread before the question, oldest first, as far as known."""
        ...

    async def read_file(self, file: SharedFile) -> str | None:
        """Return the text of a file of a message, from the platform's own hosts alone; None: it cannot be read."""
        ...

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        """Send a sentence to the asker alone, where that is possible."""
        ...

    async def confirm(self, incoming: NewQuestion, sentence: str) -> None:
        """Show the author of a message alone that an order in it was followed; raise nothing."""
        ...

    async def notice(self, channel: str, sentence: str) -> None:
        """Post a sentence in a channel, outside of its threads; raise nothing."""
        ...
