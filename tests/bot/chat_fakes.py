"""A chat in memory that keeps the port `bot.face.Face`, and a wrapper that kills its process at the nth call."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.face import Announce, MessagePart, Sighting, Spoken, TryLater
from core.domain import Evidence
from core.inbox.channels import ChannelSettings
from core.inbox.platforms import SharedFile
from core.inbox.port import NewQuestion, Platform, Reply, StoredQuestion

PART = 60
"""Characters of a message in this chat."""


class Killed(BaseException):
    """The process is gone: nothing of ours catches it."""


@dataclass(slots=True)
class Message:
    """One message: what it shows, and its metadata."""

    text: str
    question: int | None = None
    number: int = 0


@dataclass(slots=True)
class FakeLive:
    """A message that grows."""

    ref: str
    face: FakeFace
    question: int
    shows_words: bool = False

    async def append(self, text: str) -> bool:
        self.face.messages[self.ref].text += text
        self.shows_words = True
        return True

    async def close(self, piece: MessagePart) -> bool:
        self.face.messages[self.ref] = Message(piece.content, self.question, piece.number)
        return True


@dataclass(slots=True)
class FakeFace:
    """A chat in which everybody talks in one thread.

    `faults` are raised by posts, in order; "dropped": posted, but the answer is lost.
    """

    is_calm: bool = False
    faults: list[Exception | str | None] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    confirmed: list[tuple[str, str]] = field(default_factory=list)
    utterances: Sequence[str] = ()
    platform: Platform = Platform.SLACK
    tenants: Sequence[str] | None = ("T1",)
    names: Sequence[str] = ("footnote",)
    question_characters: int = 4_000
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def visible(self) -> list[str]:
        return [each.text for each in self.messages.values()]

    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[MessagePart]:
        text = reply.answer.text
        return [MessagePart(n, text[at : at + PART]) for n, at in enumerate(range(0, max(1, len(text)), PART))]

    async def read_file(self, file: SharedFile) -> str | None:
        return None

    async def turn(self, asked: StoredQuestion) -> None:
        return None

    async def post(self, asked: StoredQuestion, piece: MessagePart) -> str:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        ref = self._put(Message(piece.content, asked.id, piece.number))
        if fault == "dropped":
            raise TryLater("No answer came.", 0.0, certain=False)
        return ref

    def _put(self, message: Message) -> str:
        ref = f"m{next(self.numbers)}"
        self.messages[ref] = message
        return ref

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: MessagePart) -> bool:
        if ref not in self.messages:
            return False
        self.messages[ref] = Message(piece.content, asked.id, piece.number)
        return True

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        self.messages.pop(ref, None)

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        return [Sighting(ref, each.question, each.number) for ref, each in self.messages.items()]

    async def searching(self, asked: StoredQuestion) -> None:
        return None

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> FakeLive | None:
        if not self.is_calm:
            return None
        await announce()
        return FakeLive(self._put(Message("")), self, asked.id)

    async def context(self, asked: StoredQuestion) -> Sequence[Spoken]:
        return [Spoken(at, text) for at, text in enumerate(self.utterances, 1)]

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        self.refused.append(sentence)

    async def confirm(self, incoming: NewQuestion, sentence: str) -> None:
        self.confirmed.append((incoming.place_key, sentence))

    async def notice(self, channel: str, sentence: str) -> None:
        self.notices.append((channel, sentence))


@dataclass(slots=True)
class FakeChannels:
    """One channel's settings for all."""

    settings: ChannelSettings = field(default_factory=ChannelSettings)

    async def get(self, platform: str, tenant: str, channel: str) -> ChannelSettings:
        return self.settings

    async def put(self, platform: str, tenant: str, channel: str, settings: ChannelSettings) -> None:
        self.settings = settings


class Deadly:
    """Works like the object it wraps, until the `at`th call of all that share the count: then the process is gone.

    `late`: after the call had its effect, as where a response is lost together with the process that asked.
    """

    def __init__(self, wrapped: object, count: itertools.count[int], at: int, *, late: bool) -> None:
        self._wrapped, self._count, self._at, self._late = wrapped, count, at, late

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._wrapped, name)
        if not callable(value) or name == "pieces":
            return value

        async def call(*arguments: Any) -> Any:
            dies = next(self._count) == self._at
            if dies and not self._late:
                raise Killed
            result = await value(*arguments)
            if dies:
                raise Killed
            return result

        return call
