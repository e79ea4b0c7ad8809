"""Questions from chat, kept until each has its one visible reply: the nouns, and the port that keeps them.

    receive ──> QUEUED ──claim, engine──> ANSWERED ──send──> DONE
                  ^                          │ └─ nobody may write there ─> UNDELIVERABLE
                  └─────────── edited ───────┴───────────────────────────────┘
    deleted ──> WITHDRAWING ──claim, take the reply back──> WITHDRAWN

Whoever claims a question owns it for a lease, which is renewed while the work goes on; every write is fenced by owner
and revision, and raises `LeaseLost` where they are another's. The row says that a message is being sent before it is,
so that another process knows to look for it. Kept by `core.inbox.postgres`; what is done with a claimed question is
`bot.reply`'s, and no platform is known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.domain import Answer, Turn


class Platform(StrEnum):
    """Where people chat."""

    SLACK = "slack"
    DISCORD = "discord"


class Visibility(StrEnum):
    """Who sees the answer, and so how it is sent."""

    THREAD = "thread"
    """Everybody in the channel, in the thread of the question."""
    DIRECT = "direct"
    """The asker, in a conversation with the bot."""
    PRIVATE = "private"
    """The asker alone, in a channel; at least once."""
    SHARED = "shared"
    """Everybody in the channel: an answer that was private, whose asker shares it."""


class QuestionState(StrEnum):
    """Where a question is; the drawing is at the top of the module."""

    QUEUED = "queued"
    ANSWERED = "answered"
    WITHDRAWING = "withdrawing"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"


class Refusal(StrEnum):
    """Why a question is not answered but told so."""

    NONE = ""
    BUSY = "busy"
    """Too many wait already: told at once."""
    LIMIT = "limit"
    """The asker has too many open, or asked too many within a minute: told together, once a minute."""


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question as it came. Of one `place_key` (one message) or one `event_key` (one delivery) one is kept.

    `thread` is where the answer goes; one question of a thread is answered at a time. `reply` is there where the answer
    is known already (`Visibility.SHARED`). `details` is what the platform needs to answer after a restart, as JSON;
    these of its keys mean the same everywhere: `sources` (names of those that are asked alone), `in_thread`, `around`
    (where a thread is a channel of its own), `edited` (when, by the platform's clock), `secret` (goes with the
    question), `authors` (ids of others whose words the text holds), `shared` (whether people of other workspaces read
    the channel, where that is known or supposed).
    """

    platform: Platform
    tenant: str
    event_key: str
    place_key: str
    channel: str
    thread: str
    asker: str
    way: Visibility
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class UsedPassage:
    """A passage that an answer was read from, for who asks why; places count from 1, None: not found by that side."""

    url: str
    path: tuple[str, ...]
    source: str
    place: int
    vector_rank: int | None = None
    lexical_rank: int | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question gets: the answer, the evidence in its order, and addresses in the answer that stand in it."""

    answer: Answer
    found: tuple[UsedPassage, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question as it is kept, and as its owner sees it. `parts` are the ids of the messages of its reply so far.

    `sending`: a message may have been sent whose id is not among `parts`. `tries` counts claims but for those
    let go because something was away. `stopped`: its asker wants no more of the answer.
    """

    id: int
    platform: Platform
    tenant: str
    place_key: str
    channel: str
    thread: str
    asker: str
    way: Visibility
    text: str
    details: Mapping[str, Any]
    state: QuestionState
    refusal: Refusal
    revision: int
    tries: int
    stopped: bool
    sending: datetime | None
    parts: tuple[str, ...]
    asked_at: datetime
    age_seconds: float
    reply: Reply | None = None
    rank: int = 0
    """How many its asker had open when it came: the fair order."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken on (measured). `an_asker_open` and `an_asker_a_minute` 0: no limit for one asker."""

    an_asker_open: int = 5
    an_asker_a_minute: int = 10
    open: int = 1_000
    wait_seconds: float = 540.0


@dataclass(frozen=True, slots=True)
class Received:
    """A new question; `ahead` counts those that wait before it."""

    id: int
    refusal: Refusal
    ahead: int


@dataclass(frozen=True, slots=True)
class Lease:
    """What became of a question that somebody works at: its revision now, and whether its asker wants it to end."""

    revision: int
    stopped: bool
    state: QuestionState


class Thumb(StrEnum):
    """What a person thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's word about an answer; the last one counts."""

    who: str
    thumb: Thumb
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the bot has to do with a thread: whether it answered there, and whether this person asked it there."""

    thread: bool = False
    person: bool = False


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who asked in a thread, first `since` then, and `lately` (seconds since 1970).

    `external`: whether other workspaces read that channel; None: unknown.
    """

    channel: str
    thread: str
    person: str
    since: float
    lately: float
    external: bool | None = None


class LeaseLost(Exception):
    """The question is another's now: its lease ran out, or it was edited or deleted. Whoever meets this lets go."""


class Inbox(Protocol):
    """Questions and their replies, for any number of processes. Raises `StoreError`; writes of an owner also
    `LeaseLost`.
    """

    # what comes from a platform
    async def receive(self, incoming: NewQuestion, limits: Limits, seconds_each: float) -> Received | None:
        """On disk when it returns. None: it is known. `seconds_each`: what one that waits costs those behind it."""
        ...

    async def revise(
        self, platform: Platform, tenant: str, place_key: str, text: str, at: float = 0.0, *, shared: bool = False
    ) -> bool:
        """Answer it once more, in the same messages: its asker edited it. False: not known, or says the same.

        `at`: when, in seconds of the platform's clock. An edit that is told late changes nothing. `shared`: as in
        `Incoming.details`, by now.
        """
        ...

    async def withdraw(self, platform: Platform, tenant: str, place_key: str) -> bool:
        """Its asker deleted it: its text goes at once, its reply soon. False: not known."""
        ...

    async def stop(self, platform: Platform, tenant: str, channel: str, thread: str) -> bool:
        """End the answers that are under way in a thread, or with "" in a channel, with what there is of them.

        False: none is.
        """
        ...

    async def engagement(
        self, platform: Platform, tenant: str, channel: str, thread: str, person: str
    ) -> Engagement: ...

    async def give_feedback(self, platform: Platform, tenant: str, number: int, feedback: Feedback) -> bool:
        """False: there is no such question in that workspace."""
        ...

    async def get(self, platform: Platform, tenant: str, number: int) -> StoredQuestion | None: ...

    async def notice_due(self, platform: Platform, tenant: str, channel: str) -> bool:
        """Whether a channel may be told now that answers take a while: once a minute, whichever process asks."""
        ...

    async def take_once(self, key: bytes) -> bool:
        """Return whether nobody took this request before, in any process, within half an hour."""
        ...

    # what an owner does
    async def claim(
        self, owner: str, platform: Platform, tenants: Sequence[str] | None, limit: int, in_hand: Collection[int] = ()
    ) -> list[StoredQuestion]:
        """The next ones of these workspaces (None: of all), in fair order.

        Those come first whose asker had the fewest open ones when they came. `in_hand`: what this owner works at
        already, which it must not claim once more where the lease has run out (the process was frozen, or Postgres).
        """
        ...

    async def renew(self, owner: str, numbers: Collection[int]) -> Mapping[int, Lease]:
        """Hold these for one lease more, and none that it let go or does not know of. -> what is still held."""
        ...

    async def turns(self, asked: StoredQuestion, limit: int) -> tuple[Turn, ...]:
        """Earlier questions of its thread that were answered, oldest first."""
        ...

    async def save(self, owner: str, asked: StoredQuestion, reply: Reply) -> StoredQuestion: ...
    async def sending(self, owner: str, asked: StoredQuestion) -> StoredQuestion:
        """A message of the reply is about to be sent."""
        ...

    async def sent(self, owner: str, asked: StoredQuestion, parts: Sequence[str]) -> StoredQuestion:
        """No message is on its way; these are there. Written down also where the question was edited meanwhile."""
        ...

    async def finish(self, owner: str, asked: StoredQuestion, parts: Sequence[str], state: QuestionState) -> None: ...
    async def finish_refused(self, owner: str, asked: StoredQuestion) -> int:
        """All refusals of this asker that were told together. -> how many."""
        ...

    async def release(self, owner: str, asked: StoredQuestion, seconds: float = 0.0, *, failed: bool = False) -> None:
        """Let go of it for so many seconds, and of the try unless it `failed`. Stays held if it may have sent."""
        ...

    async def release_all(self, owner: str) -> None:
        """Of all, when its process ends."""
        ...

    async def unknown(self, asked: StoredQuestion, refs: Collection[str]) -> list[str]:
        """Those of these messages of its channel that belong to no other question."""
        ...

    async def conversations(self, platform: Platform, limit: int) -> list[str]:
        """The channels in which somebody talked with the bot alone, outside of every workspace; the latest first."""
        ...

    async def participants(self, platform: Platform, tenant: str, limit: int) -> list[Participant]:
        """Of the threads of that many latest questions of a workspace; where somebody asked last, first."""
        ...

    # what is done now and then
    async def open_count(self) -> int:
        """Those that wait or are being answered."""
        ...

    async def tidy(self, retention_days: int) -> int:
        """Drop what is over for so long, and acts of administrators after a year at least. -> questions."""
        ...

    async def forget(self, person: str, platform: Platform | None = None) -> int:
        """Drop everything that a person asked or judged, and what others asked in their words. -> questions.

        Their messages are not received again for two days, by any delivery.
        """
        ...
