"""The nouns of the loopback Slack: its state, and the exact record that tests judge by.

    Channel ── Message* ── Edit*, Stream ── Piece*         what people see
    Envelope ── Sent*                                      what was sent to the app, when, and whether it was acked
    Interaction ── Envelope, Message*                      a command, press, shortcut or submit, and what came back
    Call                                                   one request of the app, with its answer

`at` is always `time.monotonic()`, in seconds; `ts` is Slack's own: unique within the server, and it sorts as text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tests.servers.slack.blocks import text_of

Json: TypeAlias = Any
Kind: TypeAlias = Literal["events_api", "slash_commands", "interactive"]
Place: TypeAlias = Literal["channel", "group", "im", "mpim"]


class Refused(Exception):
    """The answer {"ok": false, "error": ...} to a call. `extra` goes into the answer, `headers` next to it."""

    def __init__(self, error: str, status: int = 200, headers: dict[str, str] | None = None, **extra: Json) -> None:
        super().__init__(error)
        self.status, self.headers = status, headers or {}
        self.answer: Json = {"ok": False, "error": error, **extra}


@dataclass(slots=True)
class Edit:
    """The text of a message before it was changed."""

    at: float
    text: str
    blocks: list[Json]


@dataclass(slots=True)
class Stream:
    """A message that is written piece by piece. `ended` is None while it is open, unless its life is over."""

    started: float
    life: float
    mode: Literal["text", "chunks"] | None = None
    pieces: list[tuple[float, Json]] = field(default_factory=list)
    ended: Literal["stopped", "stopped_by_user"] | None = None

    @property
    def state(self) -> Literal["open", "stopped", "stopped_by_user", "expired"]:
        if self.ended is not None:
            return self.ended
        return "open" if time.monotonic() < self.started + self.life else "expired"


@dataclass(slots=True, eq=False)
class Message:
    """One message of a channel. `bot_id` is None for people; `ephemeral` names the only one who sees it.

    `at` is when it came, `changed_at` when it last changed (None: never), so the second is the time of a final answer.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    bot_id: str | None = None
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    metadata: Json = None
    subtype: str | None = None
    team: str | None = None
    extra: dict[str, Json] = field(default_factory=dict)
    ephemeral: str | None = None
    deleted: bool = False
    edited: Json = None
    edits: list[Edit] = field(default_factory=list)
    stream: Stream | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)
    changed_at: float | None = None

    @property
    def visible(self) -> str:
        """What a person reads: the blocks where there are any, else the text; nothing of a deleted message."""
        if self.deleted:
            return ""
        return text_of(self.blocks) or self.text

    @property
    def streaming(self) -> bool:
        return self.stream is not None and self.stream.state == "open"

    @property
    def root(self) -> str:
        """The ts of the thread that this message is in, or would start."""
        return self.thread_ts or self.ts

    def rewrite(self, text: str, blocks: list[Json]) -> None:
        """Replace the text and blocks, and keep the old ones."""
        self.edits.append(Edit(self.at if self.changed_at is None else self.changed_at, self.text, self.blocks))
        self.text, self.blocks, self.changed_at = text, blocks, time.monotonic()


@dataclass(slots=True, eq=False)
class Channel:
    """A conversation. `member`: the bot is in it; `shared`: it is shared with another workspace (Slack Connect)."""

    id: str
    kind: Place
    name: str
    member: bool = True
    archived: bool = False
    shared: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)


@dataclass(slots=True)
class Sent:
    """One time that an envelope was sent. `socket` is the number of the socket, None over HTTP."""

    envelope_id: str
    attempt: int
    reason: str
    socket: int | None
    sent_at: float
    acked_at: float | None = None


@dataclass(slots=True, eq=False)
class Envelope:
    """What is sent to the app: an event, a command or an interaction, with every time that it was sent.

    `error` is what a person would read where nobody acked a command or a press in time; `given_up`: Slack will not try
    again.
    """

    kind: Kind
    body: Json
    sends: list[Sent] = field(default_factory=list)
    answer: Json = None
    error: str | None = None
    given_up: bool = False
    answered: Callable[[Json], None] | None = None
    retries: int = 0
    timer: asyncio.TimerHandle | None = None

    @property
    def acked_at(self) -> float | None:
        """When it was first acked; None: never."""
        return min((sent.acked_at for sent in self.sends if sent.acked_at is not None), default=None)

    @property
    def waited(self) -> float | None:
        """Seconds from the first sending to the first ack; None: never acked."""
        return None if self.acked_at is None else self.acked_at - self.sends[0].sent_at


@dataclass(slots=True, eq=False)
class Interaction:
    """What a person did to the app: a command, a shortcut, a press or a submit.

    `responses`: the messages shown in return, through the ack or the response_url (not by chat.postMessage).
    `original`: the message of replace_original and delete_original, which was pressed; a command has none.
    """

    user: str
    channel: str
    trigger_id: str
    response_url: str
    envelope: Envelope
    at: float = field(default_factory=time.monotonic)
    uses_left: int = 5
    trigger_used: bool = False
    original: Message | None = None
    responses: list[Message] = field(default_factory=list)

    @property
    def acked(self) -> bool:
        return self.envelope.acked_at is not None


SlashCall: TypeAlias = Interaction


@dataclass(slots=True, eq=False)
class View:
    """A modal or a home tab. `errors`: why the last submit was refused; `open`: a person sees it."""

    id: str
    user: str
    body: Json
    hash: str
    open: bool = True
    errors: Json = None


@dataclass(slots=True, eq=False)
class Call:
    """One request to the Web API or a response_url. `cut`: the answer never reached the app."""

    method: str
    args: Json
    at: float
    answer: Json = None
    status: int = 200
    cut: bool = False
