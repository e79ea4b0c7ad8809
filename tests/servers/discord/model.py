"""The nouns of the loopback Discord: people, places, messages, interactions and requests.

    Guild ── Place (text, forum, thread) ── Posted (a message) ── Edit
    User  ── Place (direct messages)     ── Posted
    Asked (an interaction) ── Posted (the response, the follow-ups)
    Call (one REST request)      Start (one IDENTIFY or RESUME)

Plain records, for tests to read. `payloads` has their form on the wire; times (`at`) are `time.monotonic()`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, TypeAlias

Json: TypeAlias = Any

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 2, 1 << 5, 1 << 6, 1 << 7, 1 << 15
_LINK = re.compile(r"(?<!<)https?://\S")


class Kind(IntEnum):
    """Kind of a place, with Discord's numbers."""

    TEXT = 0
    DM = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


THREADS = frozenset({Kind.ANNOUNCEMENT_THREAD, Kind.THREAD, Kind.PRIVATE_THREAD})


class Intents(IntFlag):
    """The intents of Discord that this server knows."""

    GUILDS = 1 << 0
    MEMBERS = 1 << 1
    PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    GUILD_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15

    @classmethod
    def privileged(cls) -> Intents:
        """Return the intents that an application must be granted."""
        return cls.MEMBERS | cls.PRESENCES | cls.MESSAGE_CONTENT


class Refused(Exception):
    """What a route answers when it refuses: an HTTP status and Discord's own code."""

    def __init__(self, status: int, code: int, message: str, errors: Json = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors


@dataclass(frozen=True, slots=True)
class User:
    """Somebody; `bot` may be this application or another one."""

    id: int
    name: str
    bot: bool = False


@dataclass(eq=False, slots=True)
class Guild:
    """A server, in Discord's word. It does not record who has which role: tests give permissions where people ask.

    `bot_role`: the one that Discord makes for a bot, with its name; people take it for the bot.
    """

    id: int
    name: str
    owner_id: int
    bot_role: int = 0
    places: list[Place] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Place:
    """Where messages are. `allow` and `deny` are the bits that are overwritten for the bot."""

    id: int
    kind: Kind
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    owner_id: int = 0
    recipient_id: int | None = None
    allow: int = 0
    deny: int = 0
    archived: bool = False
    locked: bool = False
    tags: dict[int, str] = field(default_factory=dict)
    """Of a forum: the tags that posts may have, by id."""
    applied: list[int] = field(default_factory=list)
    """Of a post: the ids of its tags."""
    messages: dict[int, Posted] = field(default_factory=dict)

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of any kind."""
        return self.kind in THREADS


@dataclass(frozen=True, slots=True)
class Edit:
    """The new content of a message, and when it changed."""

    at: float
    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    allowed_mentions: Json


@dataclass(eq=False, slots=True)
class Posted:
    """A message. `allowed_mentions` and `nonce` are as they were sent.

    `pings`: whom its text would notify if its author were allowed all: `"everyone"`, `"user:ID"`, `"role:ID"`. Edits
    ping nobody, but their mentions are added here, so that a test sees each try. The author it replies to is not text.
    """

    id: int
    channel_id: int
    author_id: int
    content: str
    at: float
    type: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    nonce: str | None = None
    reply_to: int | None = None
    mentions: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    forwarded: str = ""
    allowed_mentions: Json = None
    pings: frozenset[str] = frozenset()
    reactions: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    edited: float | None = None
    deleted: float | None = None
    thread: Place | None = None
    asked: Asked | None = None

    @property
    def ephemeral(self) -> bool:
        """Whether only the asker sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """A deferred response without text yet: people see the bot think."""
        return bool(self.flags & LOADING)

    @property
    def spoke(self) -> float | None:
        """When it first had text: a deferred response has it with its first edit, or never."""
        deferred = self.asked is not None and self.asked.original is self and self.asked.response == 5
        if not deferred:
            return self.at
        return self.edits[0].at if self.edits else None

    @property
    def unfurls(self) -> bool:
        """Whether Discord would show a preview of a link in it."""
        return not self.flags & SUPPRESS_EMBEDS and _LINK.search(self.content) is not None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    id: int
    name: str
    data: bytes
    kind: str = ""
    url: str = ""


@dataclass(eq=False, slots=True)
class Asked:
    """An interaction: somebody used a command, a button or a form. `message` has the button, `target` the menu.

    `response`: the number of the callback (4, 5, 6, 7, 8, 9), None until there is one. `original` is what @original
    means. `refusals`: the codes of the callbacks that were refused, such as 40060.
    """

    id: int
    token: str
    kind: int
    name: str
    user_id: int
    channel_id: int
    guild_id: int | None
    at: float
    message: Posted | None = None
    target: Posted | None = None
    response: int | None = None
    acknowledged: float | None = None
    original: Posted | None = None
    followups: list[Posted] = field(default_factory=list)
    choices: list[Json] | None = None
    modal: Json = None
    refusals: list[int] = field(default_factory=list)

    @property
    def ephemeral(self) -> bool:
        """Whether the first response is for the asker alone."""
        return self.original is not None and self.original.ephemeral

    @property
    def shown(self) -> list[Posted]:
        """What the asker sees now: no deleted message, and none that still loads."""
        messages = [self.original, *self.followups] if self.response in (4, 5) else self.followups
        return [each for each in messages if each is not None and each.deleted is None and not each.loading]


@dataclass(frozen=True, slots=True)
class Call:
    """One REST request and its answer; `status` 0 where the answer was dropped or the connection cut."""

    at: float
    route: str
    method: str
    path: str
    body: Json
    status: int
    code: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """One IDENTIFY or RESUME; `outcome` is "ready", "resumed", "invalid" or the close code, such as "4014"."""

    at: float
    what: str
    shard: tuple[int, int]
    intents: Intents
    outcome: str
