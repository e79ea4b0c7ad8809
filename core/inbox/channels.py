"""The ports for what administrators set for a channel and do from chat, and the places that may see a source.

    slack:T0001          everybody of that workspace        discord:8814          everybody of that guild
    slack:T0001/C0123    one of its channels                discord:8814/9921     one of its channels
    token:ci             who asks with that access token (`core.tokens`)

A source names such places in `visible_to`, a question the places that it was asked in; one in common is enough
(`may_see`). Implemented by `core.inbox.channels_postgres`; the commands of administrators are in `bot.commands`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.errors import UsageError
from core.inbox.port import KNOWN_PLATFORMS, Platform

_PLACE = re.compile(rf"(?P<platform>{'|'.join(KNOWN_PLATFORMS)}):(?P<rest>\w{{1,40}}(?:/\w{{1,40}})?)\Z", re.IGNORECASE)
_TOKEN = re.compile(r"token:[a-z0-9][a-z0-9_-]{0,39}", re.IGNORECASE)
_EVERYBODY = frozenset({"all", "everybody"})


def build_audience(platform: Platform, tenant: str, *channels: str, shared: bool = False) -> frozenset[str]:
    """Return the audience of a question: `(Platform.SLACK, "T1", "C1")` -> `{"slack:T1", "slack:T1/C1"}`.

    `channels`: where it was asked, and for a thread that is itself a channel also its parent. A message outside of all
    workspaces and guilds (`tenant` empty) is asked in its channel alone; so is one in a channel `shared` with other
    workspaces, whose people are not of `tenant`.
    """
    inside = {f"{platform}:{tenant}/{channel}" for channel in channels if channel}
    return frozenset(inside | ({f"{platform}:{tenant}"} if tenant and not shared else set()))


def may_see(visible_to: Collection[str] | None, audience: frozenset[str] | None) -> bool:
    """Return whether an audience sees a source.

    `visible_to` None: everybody does; `audience` None: the operator, who does.
    """
    return visible_to is None or audience is None or not audience.isdisjoint(visible_to)


def may_manage(platform: Platform, tenant: str, channel: str, audience: frozenset[str] | None) -> bool:
    """Return whether somebody in these places (None: the operator) sees and sets how a channel is answered.

    They do in their places and in the channels of their workspaces, but not in somebody else's conversation with the
    bot. The statements of `ChannelDirectory` say the same.
    """
    if audience is None or f"{platform}:{tenant}/{channel}" in audience:
        return True
    is_direct = platform == Platform.SLACK and channel.startswith("D")
    return bool(tenant) and f"{platform}:{tenant}" in audience and not is_direct


def parse_places(texts: Iterable[str]) -> tuple[str, ...] | None:
    """Return places as they are stored, from texts with commas; None where they say `all`. Raises `UsageError`."""
    words = [word for text in texts for word in text.replace(",", " ").split()]
    if not words:
        raise UsageError("Name who may see it: workspaces and channels such as slack:T0001/C0123, or all.")
    if _EVERYBODY.issuperset(word.lower() for word in words):
        return None
    return tuple(sorted({_spell_place(word) for word in words}))


def _spell_place(word: str) -> str:
    """Return a place in its one spelling: `"Slack:t1/c1"` -> `"slack:T1/C1"`. Raises `UsageError`."""
    if _TOKEN.fullmatch(word):
        return word.lower()
    match = _PLACE.match(word)
    if match is None:
        raise UsageError(
            f'"{word[:60]}" is no place: write slack:WORKSPACE, slack:WORKSPACE/CHANNEL, discord:GUILD, '
            "discord:GUILD/CHANNEL with their ids, token:NAME, or all alone."
        )
    platform = Platform(match["platform"].lower())
    return f"{platform}:{platform.spell(match['rest'])}"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How a channel is answered. `sources`: names (empty: all it sees); `tone`, `language`: empty, the install's.

    Sources that are gone or no longer seen are left out. Where all of them are, questions are answered from none.
    `unmentioned`: questions that do not mention the bot are answered, too. `ask`: whom to ask where the bot cannot
    help, with one mention at most; empty: the install's.
    """

    sources: tuple[str, ...] = ()
    tone: str = ""
    language: str = ""
    unmentioned: bool = False
    ask: str = ""


@dataclass(frozen=True, slots=True)
class ListedChannel:
    """A channel with its settings. `sources` that were set and are gone, or that the reader does not see, are left out.

    `hidden` counts those.
    """

    platform: Platform
    tenant: str
    channel: str
    settings: ChannelSettings
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Mute:
    """A thread where somebody told the bot to be quiet, and nobody called it since; `thread` "": a whole channel."""

    platform: Platform
    tenant: str
    channel: str
    thread: str
    who: str
    since: datetime


class Channels(Protocol):
    """Settings of channels. Raises `StoreError`."""

    async def get(self, platform: Platform, tenant: str, channel: str) -> ChannelSettings:
        """Return the settings of a channel; the defaults where nothing was set."""
        ...

    async def put(self, platform: Platform, tenant: str, channel: str, settings: ChannelSettings) -> None: ...


class ChannelDirectory(Channels, Protocol):
    """All channels that have settings or are muted, for those who run the bot. Raises `StoreError`."""

    async def find(self, audience: frozenset[str] | None, limit: int, offset: int = 0) -> list[ListedChannel]:
        """Return channels that have settings, of the workspaces and places of `audience` (None: all), by their ids.

        Somebody else's conversation with the bot is of no workspace.
        """
        ...

    async def mutes(self, audience: frozenset[str] | None, limit: int, offset: int = 0) -> list[Mute]:
        """Return the mutes of the same places that hold now, the latest first."""
        ...


class Outcome(StrEnum):
    """How an act ended; BEGUN: it has not, or its process ended before it could record that."""

    BEGUN = ""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did, or was refused. `details` is a small JSON document without what people ask.

    `via`: from where, "console" or "command line"; empty: from the chat that `platform` names.
    """

    platform: Platform
    tenant: str
    who: str
    channel: str
    act: str
    details: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.BEGUN
    via: str = ""
    id: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts: of a person, of one kind, with one outcome; empty: any."""

    who: str = ""
    act: str = ""
    outcome: str = ""


class Audit(Protocol):
    """The record of such acts. Raises `StoreError`: what cannot be recorded is not done."""

    async def begin(self, entry: AuditEntry) -> int:
        """Record an act before it is done. -> its number."""
        ...

    async def end(self, number: int, outcome: Outcome, details: Mapping[str, object]) -> None:
        """Record how an act ended; `details` are added to those that are there."""
        ...

    async def recent(self, limit: int) -> list[AuditEntry]:
        """Return the latest acts, newest first."""
        ...

    async def find(
        self, wanted: AuditFilter, audience: frozenset[str] | None, limit: int, offset: int = 0
    ) -> list[AuditEntry]:
        """Return the latest acts in the workspaces and places of `audience` (None: all), newest first.

        Those in other places than `audience` names come without details: they may name what is not seen from there.
        """
        ...
