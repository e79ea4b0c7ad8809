"""Questions from chat, kept until each has its one visible reply: the nouns, and the port that keeps them.

    receive ──> QUEUED ──claim, engine──> ANSWERED ──send──> DONE
                  ^                          │ ├─ nobody may write there ─> UNDELIVERABLE
                  │                          │ └─ nothing to say to what nobody addressed ─> SILENT
                  └─────────── edited ───────┴───────────────────────────────┘
    deleted ──> WITHDRAWING ──claim, take the reply back──> WITHDRAWN

The process that claims a question owns it for a lease, which is renewed while the work goes on; every write is fenced
by owner and revision, and raises `LeaseLost` where they have changed. The row records that a message is being sent
before it is, so that another process knows to look for it. Implemented by `core.inbox.postgres`; `bot.reply` works at
claimed questions. No platform is known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.domain import Answer, Turn
from core.inbox.conversation import Conversation
from core.inbox.platforms import KNOWN_PLATFORMS as KNOWN_PLATFORMS
from core.inbox.platforms import Platform as Platform
from core.inbox.platforms import QuestionDetails


class Visibility(StrEnum):
    """Who sees the answer, and so how it is sent."""

    THREAD = "thread"
    """Everybody in the channel, in the thread of the question."""
    DIRECT = "direct"
    """The asker, in a conversation with the bot."""
    PRIVATE = "private"
    """The asker alone, in a channel; sent at least once."""
    SHARED = "shared"
    """Everybody in the channel: an answer that was private, and that its asker shares."""


class QuestionState(StrEnum):
    """The state of a question; the drawing is at the top of the module."""

    QUEUED = "queued"
    ANSWERED = "answered"
    WITHDRAWING = "withdrawing"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"
    SILENT = "silent"


class Refusal(StrEnum):
    """Why a question is refused instead of answered."""

    NONE = ""
    BUSY = "busy"
    """Too many wait already: refused at once."""
    LIMIT = "limit"
    """The asker has too many open, or asked too many within a minute: refused together, once a minute."""


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question as it came in. Each `place_key` (one message) and each `event_key` (one delivery) is kept once.

    `thread` is where the answer goes; one question of a thread is answered at a time. `reply` is set where the answer
    is known already (`Visibility.SHARED`). `details` is what its platform needs to answer after a restart.
    """

    platform: Platform
    tenant: str
    event_key: str
    place_key: str
    channel: str
    thread: str
    asker: str
    visibility: Visibility
    text: str
    details: QuestionDetails = field(default_factory=QuestionDetails)
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class UsedPassage:
    """A passage that an answer was read from, to explain it; places count from 1, None: not found by that side.

    `place` is that after reranking, `score` the fused one before it; `identity` is that of the passage, in hexadecimal
    digits. Answers of earlier versions have neither.
    """

    url: str
    path: tuple[str, ...]
    source: str
    place: int
    vector_rank: int | None = None
    lexical_rank: int | None = None
    similarity: float | None = None
    score: float | None = None
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question gets: the answer, the evidence in its order, and the answer's addresses that are in it.

    `whom`: whom to ask instead, as an administrator wrote it; named once in a thread. `unread`: the names
    of files of the message that were not read. `language`: of the fixed sentences around it; empty: the install's.
    """

    answer: Answer
    found: tuple[UsedPassage, ...] = ()
    known: tuple[str, ...] = ()
    whom: str = ""
    unread: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question as it is stored, and as its owner sees it. `parts` are the ids of the messages of its reply so far.

    `sending`: a message may have been sent whose id is not among `parts`. `tries` counts claims, except those released
    because something was away. `stopped`: the asker wants no more of the answer.
    """

    id: int
    platform: Platform
    tenant: str
    place_key: str
    channel: str
    thread: str
    asker: str
    visibility: Visibility
    text: str
    details: QuestionDetails
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
    """How many questions its asker had open when it came in: the fair order."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """How many questions are taken on (measured). `an_asker_open` and `an_asker_a_minute` 0: no limit for one asker."""

    an_asker_open: int = 5
    an_asker_a_minute: int = 10
    open: int = 1_000
    wait_seconds: float = 540.0


@dataclass(frozen=True, slots=True)
class Received:
    """A new question; `ahead` counts the questions that wait before it."""

    id: int
    refusal: Refusal
    ahead: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The present state of a question that is worked at: its revision, and whether its asker wants it to end."""

    revision: int
    stopped: bool
    state: QuestionState


class Thumb(StrEnum):
    """What a person thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's opinion of an answer; the last one counts."""

    who: str
    thumb: Thumb
    reasons: tuple[str, ...] = ()
    comment: str = ""


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
    """The question is no longer the owner's: its lease ran out, or it was edited or deleted. The owner lets go."""


class Inbox(Protocol):
    """Questions and their replies, for any number of processes.

    Raises `StoreError`; writes of an owner also raise `LeaseLost`. `conversation`: who speaks to whom in threads.
    """

    @property
    def conversation(self) -> Conversation: ...

    # what comes from a platform
    async def receive(self, incoming: NewQuestion, limits: IntakeLimits, seconds_each: float) -> Received | None:
        """Store a question, on disk on return. None: it is known. `seconds_each`: the cost of each for later ones."""
        ...

    async def revise(  # noqa: PLR0913 - the message by its key, what it says now, and what its asker may
        self,
        platform: Platform,
        tenant: str,
        place_key: str,
        text: str,
        at: float = 0.0,
        *,
        shared: bool = False,
        limits: IntakeLimits | None = None,
    ) -> bool:
        """Have an edited question answered once more, in the same messages.

        False: not known, the text is the same, or a limit of its asker is reached: an edit counts as a question does.
        `at`: when it was edited, in seconds of the platform's clock; a late report of an older edit changes nothing.
        `shared`: as in `QuestionDetails`, by now.
        """
        ...

    async def withdraw(self, platform: Platform, tenant: str, place_key: str, *, edited: bool = False) -> bool:
        """Withdraw a question, even one yet to come, unless its message was only `edited`. False: it is not known."""
        ...

    async def stop(self, platform: Platform, tenant: str, channel: str, thread: str) -> bool:
        """End the answers under way in a thread, or with "" in a channel; what there is of them stays.

        False: there is none.
        """
        ...

    async def give_feedback(self, platform: Platform, tenant: str, number: int, feedback: Feedback) -> bool:
        """Store a person's feedback. False: there is no such question in that workspace."""
        ...

    async def get(self, platform: Platform, tenant: str, number: int) -> StoredQuestion | None: ...

    async def notice_due(self, platform: Platform, tenant: str, channel: str) -> bool:
        """Return whether a channel may get a notice now that answers take long: once a minute, over all processes."""
        ...

    async def take_once(self, key: bytes) -> bool:
        """Return whether nobody took this request before, in any process, within half an hour."""
        ...

    # what an owner does
    async def claim(
        self, owner: str, platform: Platform, tenants: Sequence[str] | None, limit: int, in_hand: Collection[int] = ()
    ) -> list[StoredQuestion]:
        """Claim the next questions of these workspaces (None: of all), and return them in fair order.

        Questions whose asker had the fewest open ones when they came in are first. `in_hand`: what this owner works at
        already, and must not claim again where the lease has run out (the process was frozen, or Postgres).
        """
        ...

    async def renew(self, owner: str, numbers: Collection[int]) -> Mapping[int, Lease]:
        """Hold these for one lease more, and none that the owner let go or does not know of. -> what is still held."""
        ...

    async def turns(self, asked: StoredQuestion, limit: int) -> tuple[Turn, ...]:
        """Return the earlier questions of its thread that were answered, oldest first."""
        ...

    async def save(
        self, owner: str, asked: StoredQuestion, reply: Reply, shown_for: float | None = None
    ) -> StoredQuestion:
        """Store the reply. `shown_for`: seconds for which words of it can be read; None: there are none yet."""
        ...

    async def sending(self, owner: str, asked: StoredQuestion) -> StoredQuestion:
        """Record that a message of the reply is about to be sent."""
        ...

    async def sent(self, owner: str, asked: StoredQuestion, parts: Sequence[str]) -> StoredQuestion:
        """Record that no message is on its way and `parts` are there; also where the question was edited meanwhile."""
        ...

    async def finish(self, owner: str, asked: StoredQuestion, parts: Sequence[str], state: QuestionState) -> None: ...
    async def finish_refused(self, owner: str, asked: StoredQuestion) -> int:
        """Finish all refusals of this asker, which were sent together. -> their number."""
        ...

    async def release(self, owner: str, asked: StoredQuestion, seconds: float = 0.0, *, failed: bool = False) -> None:
        """Let go of it for so many seconds, and of the try unless it `failed`. It stays held if it may have sent."""
        ...

    async def release_all(self, owner: str) -> None:
        """Let go of all that `owner` holds, when its process ends."""
        ...

    async def unknown(self, asked: StoredQuestion, refs: Collection[str]) -> list[str]:
        """Return those of these messages of its channel that belong to no other question."""
        ...

    async def conversations(self, platform: Platform, limit: int) -> list[str]:
        """Return the channels where somebody talked with the bot alone, outside every workspace; latest first."""
        ...

    async def participants(self, platform: Platform, tenant: str, limit: int) -> list[Participant]:
        """Return the askers in the threads of the `limit` latest questions of a workspace, the latest asker first."""
        ...

    # what is done now and then
    async def open_count(self) -> int:
        """Return the number of questions that wait or are being answered."""
        ...

    async def tidy(self, retention_days: int, counts_days: int = 365) -> int:
        """Drop questions that are over for so long, and acts of administrators after a year at least. -> questions.

        Counts of what models took lose their people and channels as well; by day they stay for `counts_days`.
        """
        ...

    async def forget(self, person: str, platform: Platform | None = None) -> int:
        """Drop everything that a person asked or judged, and what others asked in their words. -> questions.

        Their messages are not received again for two days, by any delivery.
        """
        ...
