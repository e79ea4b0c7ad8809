"""Who gives a command, what commands work with, and what they answer: the nouns of `bot.commands`."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches

from bot.commands.source_changes import CheckChange
from core.check.links import CODE_SPAN, find_urls
from core.console.port import ConsoleAccess
from core.domain import Source
from core.errors import FootnoteError, IngestError, SourceUnknown, StoreError, UsageError
from core.history.port import ModelTrouble
from core.inbox.channels import Audit, AuditEntry, Channels, Outcome, build_audience, may_see
from core.inbox.port import Platform
from core.index.port import Catalog
from core.net.urls import to_slug
from core.work.port import Requests

_CODE = re.compile(rf"(?:^```\n.*\n```$)|(?:{CODE_SPAN.pattern})", re.MULTILINE)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """Markdown (lists with `-`, `**bold**`, code spans) of at most about 1,800 characters.

    A face shows the first report and replaces it with each further one; a `final` one is the last. `link`: an address
    of ours that is drawn below, for people to follow.
    """

    markdown: str
    final: bool = True
    link: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """The same as rows of plain text, the first one as head, for a platform that has tables; empty: there are none."""

    @property
    def urls(self) -> frozenset[str]:
        """The urls in its code, from rows or checked: a renderer that removes urls written by models keeps these."""
        return frozenset(url for piece in _CODE.findall(self.markdown) for url in find_urls(piece))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command, and where: ids as the platform writes them.

    `around`: the parent of `channel`, if that is a thread (Discord); the parent's settings hold for the thread.
    `via`: "console" or "command line" where an act is done there; empty: in chat.
    `sees_all`: the user of the machine, in the web console.
    """

    platform: Platform
    tenant: str
    user: str
    channel: str
    around: str = ""
    via: str = ""
    sees_all: bool = False

    @property
    def name(self) -> str:
        """`"slack:U1"`: the name of the person in a request; of the user of the machine, "machine"."""
        return self.user if self.user == self.platform else f"{self.platform}:{self.user}"

    @property
    def audience(self) -> frozenset[str] | None:
        """The places of the command; None: all. An administrator, too, sees only what may be seen there."""
        return None if self.sees_all else build_audience(self.platform, self.tenant, self.channel, self.around)


AT_MACHINE = Actor(Platform("machine"), "", "machine", "", via="command line", sees_all=True)
"""The user of the machine, at the command line."""


@asynccontextmanager
async def record_act(
    audit: Audit, who: Actor, act: str, details: Mapping[str, object]
) -> AsyncIterator[dict[str, object]]:
    """Record an act before it is done, and afterwards its outcome.

    Yields a dict: what the block puts into it is recorded with the outcome. Raises `StoreError` before the block if the
    act cannot be recorded.
    """
    entry = AuditEntry(who.platform, who.tenant, who.user, who.channel, act, details, via=who.via)
    number = await audit.begin(entry)
    learnt: dict[str, object] = {}
    try:
        yield learnt
    except FootnoteError as error:
        outcome = Outcome.REFUSED if isinstance(error, (UsageError, IngestError)) else Outcome.FAILED
        with suppress(StoreError):
            await audit.end(number, outcome, learnt | {"because": str(error)})
        raise
    try:
        await audit.end(number, Outcome.DONE, learnt)
    except StoreError as error:  # it is done: to say that it failed would be wrong
        _log.warning("The outcome of act %d could not be recorded: %s", number, error)


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What commands work with. `waiting` counts questions without an answer; None: they are not counted here.
    `troubles` lists which models are away, and why.

    `check` judges changes of a source; None: only what needs no judgement may be changed. `schedule` is RECRAWL_CRON,
    and `console_url` CONSOLE_URL; without `access` there is no console. A request is read again every `every` seconds,
    for at most `patience` seconds.
    """

    catalog: Catalog
    requests: Requests
    channels: Channels
    audit: Audit
    workers: Callable[[], Awaitable[int]]
    admins: frozenset[str]
    waiting: Callable[[], Awaitable[int]] | None = None
    check: CheckChange | None = None
    troubles: Callable[[], Awaitable[Sequence[ModelTrouble]]] | None = None
    schedule: str = "off"
    access: ConsoleAccess | None = None
    console_url: str = ""
    every: float = 2.0
    patience: float = 600.0

    def is_admin(self, who: Actor) -> bool:
        """Return whether ADMINS names this person: `U1` on any platform, `slack:U1` on that one."""
        return bool(who.user) and ":" not in who.user and not self.admins.isdisjoint((who.user, who.name))

    async def sources(self, who: Actor) -> list[Source]:
        """Return the sources that may be seen from here, by name. The others do not exist for the actor."""
        audience = who.audience
        return [source for source in await self.catalog.list() if may_see(source.visible_to, audience)]

    async def source(self, who: Actor, name: str) -> Source:
        """Return the source of a name. Raises `UsageError` if none that may be seen from here has it."""
        wanted = to_slug(name)
        with suppress(SourceUnknown):
            source = await self.catalog.get(wanted)
            if may_see(source.visible_to, who.audience):
                return source
        named = f"named {wanted}" if wanted else "of that name"
        close = get_close_matches(wanted, [each.name for each in await self.sources(who)], 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"There is no source {named}: `/docs sources` shows them.{meant}")

    @asynccontextmanager
    async def recorded(self, who: Actor, act: str, details: Mapping[str, object]) -> AsyncIterator[dict[str, object]]:
        """Record an act before it is done, and afterwards its outcome; see `record_act`."""
        async with record_act(self.audit, who, act, details) as learnt:
            yield learnt

    async def refuse(self, who: Actor, act: str) -> None:
        """Record what somebody was not allowed to do, and nothing of what they typed."""
        await self.audit.begin(AuditEntry(who.platform, who.tenant, who.user, who.channel, act, {}, Outcome.REFUSED))
