"""The platforms that questions come from, and what each keeps with a question to answer it after a restart.

    QuestionDetails    what means the same on every platform
      ├── SlackDetails
      ├── DiscordDetails
      └── CallerDetails    of the API, MCP and the widget

They are the column `question.details`, which `core.inbox.rows` writes and reads as JSON; a few statements of the SQL
look into it. A platform without details of its own has `QuestionDetails`. Names no SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Self


class Platform(str):
    """The name of a chat platform, as rows, places and ids of people have it: `slack:U1`.

    The set is open, so that a platform can be added without a change here; `KNOWN_PLATFORMS` are those that people may
    name. Ids of Slack are upper case, and all others are kept as they are.
    """

    __slots__ = ()
    SLACK: ClassVar[Platform]
    DISCORD: ClassVar[Platform]

    def spell(self, id_: str) -> str:
        """Return an id in its one spelling."""
        return id_.upper() if self == Platform.SLACK else id_


Platform.SLACK, Platform.DISCORD = Platform("slack"), Platform("discord")
KNOWN_PLATFORMS = (Platform.SLACK, Platform.DISCORD)
API, MCP, WIDGET = Platform("api"), Platform("mcp"), Platform("widget")
CALLER_PLATFORMS = (API, MCP, WIDGET)


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file of a message. `kind` is its media type, `url` where the platform has it; each may be empty."""

    name: str
    kind: str = ""
    url: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class QuestionDetails:
    """What every platform keeps with a question. A field that has its default is not stored.

    `at` and `edited`: when the message was written and edited, in seconds of the platform's clock, 0: it does not say.
    `in_thread`: the message stands in a thread. `around`: that thread, where a thread is itself a channel. `sources`:
    names of the only ones to be asked. `authors`: ids of others whose words the text holds. `files`: of the message.
    `if_cited`: nobody addressed it to the bot, so without a cited answer it stays unsaid. `shared`: whether people of
    other workspaces read the channel, None: it is not known. `by`: the name of who shares a private answer.
    """

    at: float = 0.0
    edited: float = 0.0
    in_thread: bool = False
    around: str = ""
    sources: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    files: tuple[SharedFile, ...] = ()
    if_cited: bool = False
    shared: bool | None = None
    by: str = ""

    PLACE_FIELDS: ClassVar[tuple[str, ...]] = ("around", "in_thread")
    """The fields that say where a message stands."""

    @classmethod
    def of(cls, details: QuestionDetails) -> Self:
        """Return details as those of this platform; of another's, what means the same on both."""
        if isinstance(details, cls):
            return details
        return cls(**{name: getattr(details, name) for name in QuestionDetails.__slots__})

    def keep_place(self, at: float) -> Self:
        """Return what is true of every message in the same place, for one that is written `at`."""
        return type(self)(at=at, **{name: getattr(self, name) for name in self.PLACE_FIELDS})

    def without_secret(self) -> Self:
        """Return the details without what lets their holder write in somebody's name."""
        return self


@dataclass(frozen=True, slots=True)
class SlackSecret:
    """The url by which a command, a shortcut or a button is answered in private."""

    response_url: str = ""


@dataclass(frozen=True, slots=True)
class SlackDetails(QuestionDetails):
    """What Slack keeps as well: the `ts` of the message, and the `team` of its author."""

    ts: str = ""
    team: str = ""
    secret: SlackSecret | None = None

    PLACE_FIELDS: ClassVar[tuple[str, ...]] = (*QuestionDetails.PLACE_FIELDS, "team", "ts")

    def without_secret(self) -> Self:
        """Return the details without the url."""
        return replace(self, secret=None)


@dataclass(frozen=True, slots=True)
class DiscordSecret:
    """The token of an interaction."""

    token: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class DiscordDetails(QuestionDetails):
    """What Discord keeps as well: the id of the `message`, and of the `place`, the channel or thread it stands in.

    `start`: a thread is made from the message. `answers`: the message that it replies to. `hint`: why less was read
    than was written.
    """

    place: str = ""
    message: str = ""
    start: bool = False
    answers: str = ""
    hint: str = ""
    secret: DiscordSecret | None = None

    PLACE_FIELDS: ClassVar[tuple[str, ...]] = (*QuestionDetails.PLACE_FIELDS, "message", "place", "start")

    def without_secret(self) -> Self:
        """Return the details as if the question had been asked by a message."""
        return replace(self, secret=None)


@dataclass(frozen=True, slots=True)
class CallerDetails(QuestionDetails):
    """What is kept of a caller's question as well: the edition that it wants, and how many turns came before."""

    version: str = ""
    language: str = ""
    previous: int = 0


DETAILS: Mapping[str, type[QuestionDetails]] = MappingProxyType(
    {Platform.SLACK: SlackDetails, Platform.DISCORD: DiscordDetails, **dict.fromkeys(CALLER_PLATFORMS, CallerDetails)}
)
"""What the platforms keep that keep more than all do."""
