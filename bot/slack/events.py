"""Events from Slack: a question is in the inbox before its delivery is acknowledged.

    payload ──Bolt──> a middleware ──inbox──> next ──> the listener acknowledges
                            ├─ Postgres is down: no acknowledgement, and Slack delivers it again; or it is found in
                            │  a history when Postgres is back (`bot.slack.catch_up`)
                            └─ from another workspace: acknowledged, and ignored

It is a middleware and not a listener because Bolt acknowledges an event before its listeners run. `bot.intake` decides
whether a message is a question, and what is stored of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.context.async_context import AsyncBoltContext

from bot.attention import Trigger
from bot.intake import Intake
from bot.questions import build_sentence_reply
from bot.slack.gaps import Gaps
from bot.slack.payloads import Json, map_in, text_in
from bot.slack.reading import (
    Delete,
    Edit,
    Me,
    Meaning,
    Odd,
    QuietReaction,
    SlackAsk,
    Stop,
    is_foreign,
    read_command,
    read_event,
    read_shortcut,
)
from bot.slack.renamed import is_question
from core.errors import FootnoteError
from core.inbox.platforms import SlackDetails
from core.inbox.port import NewQuestion, Received
from core.sentences import ENGLISH

EXTERNAL = ENGLISH.external
MOST_CHANNELS = 10_000
RECEIVED = "footnote_received"
"""The key of Bolt's context under which listeners find what `SlackEvents.take` returned."""

MOST_GONE = 200
"""How many deletions are remembered: Postgres may be down, or the message was read in a history and not asked yet."""

MOST_STORED = 10_000
"""How many messages are remembered as stored, which Postgres need not be asked about again."""

_log = logging.getLogger(__name__)


class SharedChannels:
    """The channels that people of other workspaces read. Events say so; commands, shortcuts and presses do not.

    `unsure`: whether a channel counts as shared if no event came from it since the process began. Where strangers are
    answered, it does: one answer too few for our people is better than one too many for strangers.
    """

    def __init__(self, *, unsure: bool) -> None:
        self._unsure = unsure
        self._known: dict[str, bool] = {}

    def learn(self, body: Json) -> None:
        """Remember whether the channel of a payload is shared, if the payload says so."""
        channel, shared = text_in(map_in(body, "event"), "channel"), body.get("is_ext_shared_channel")
        if channel and isinstance(shared, bool):
            self.note(channel, shared=shared)

    def note(self, channel: str, *, shared: bool) -> None:
        """Remember whether a channel is shared."""
        if len(self._known) >= MOST_CHANNELS:
            self._known.clear()
        self._known[channel] = shared

    def may_be_shared(self, channel: str) -> bool:
        """Return whether a channel is, or may be, shared; a conversation with one of us is not."""
        return self._known.get(channel, self._unsure and not channel.startswith("D"))


class SlackEvents:
    """Takes in what Slack delivers, for one workspace."""

    def __init__(
        self,
        me: Me,
        intake: Intake,
        gaps: Gaps,
        is_person: Callable[[str], Awaitable[bool]],
        *,
        allow_external: bool = False,
    ) -> None:
        self.me = me
        self.intake = intake
        self.allows_external = allow_external
        self.shared = SharedChannels(unsure=allow_external)
        self._gaps = gaps
        self._is_person = is_person
        self._gone: deque[str] = deque(maxlen=MOST_GONE)
        self._storing: dict[str, asyncio.Event] = {}
        self._stored: set[str] = set()

    async def stored(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """Store what was delivered, as Bolt's global middleware; any status but 200 is no acknowledgement."""
        try:
            context[RECEIVED] = await self.take(body)
        except FootnoteError as error:
            _log.warning("What Slack delivered is not stored, and not acknowledged: %s", error)
            self._gaps.open()
            return BoltResponse(status=503, body="")
        if is_foreign(body, self.me) and not self.allows_external:
            return BoltResponse(status=200, body="")
        await next()
        return None

    async def take(self, body: dict[str, Any]) -> Received | None:
        """Do what a payload means; return the question that it asks, if that is new. Raises `StoreError`."""
        self.shared.learn(body)
        meaning = self._read(body)
        match meaning:
            case SlackAsk():
                return await self.ask(meaning)
            case Edit():
                await self._edit(meaning)
            case Delete(place):
                self._gone.append(place)
                await self.intake.withdraw(self.me.team, [place])
            case Stop(channel, thread):
                await self.intake.stop(self.me.team, channel, thread)
            case QuietReaction():
                await self._quieten(meaning)
            case Odd(why):
                _log.warning("Slack delivered %s: it is left alone.", why)
            case None:
                pass
        return None

    async def _quieten(self, reaction: QuietReaction) -> None:
        channel, ts, user = reaction.channel, reaction.ts, reaction.user
        if await self._is_person(user):
            await self.intake.quieten(self.me.team, f"{channel}:{ts}", ts, user, reaction.at, SlackDetails())

    def _read(self, body: dict[str, Any]) -> Meaning | None:
        if body.get("type") == "event_callback":
            return read_event(body, self.me)
        text, command = str(body.get("text") or ""), body.get("command")
        if isinstance(command, str) and text.strip() and is_question(command, text):
            return read_command(body, self.me)
        if body.get("type") == "message_action":
            return read_shortcut(body, self.me)
        return None

    async def ask(self, ask: SlackAsk) -> Received | None:
        """Store a question, if it is one; return None if it is none, or is known.

        Slack delivers a mention twice at once, as two events. The second waits for the first, and asks Postgres only
        if that one stored nothing.
        """
        key = ask.incoming.place_key
        while key in self._storing:
            await self._storing[key].wait()
        if key in self._stored and not ask.incoming.details.edited:  # Postgres knows what an edit means
            return None
        stored = self._storing[key] = asyncio.Event()
        try:
            return await self._store(ask)
        finally:
            del self._storing[key]
            stored.set()

    async def _store(self, ask: SlackAsk) -> Received | None:
        incoming = await self.intake.accept(ask.incoming, ask.why, to_people=ask.to_people)
        if incoming is None:
            return None
        if ask.external or self.shared.may_be_shared(incoming.channel):
            incoming = replace(incoming, details=replace(incoming.details, shared=True))
            if not self.allows_external:
                incoming = replace(incoming, reply=build_sentence_reply(EXTERNAL))
        received = await self.receive(incoming)
        if len(self._stored) >= MOST_STORED:
            self._stored.clear()
        self._stored.add(incoming.place_key)
        if incoming.place_key in self._gone:  # its deletion came first, and could not be stored then
            await self.intake.withdraw(self.me.team, [incoming.place_key])
        return received

    async def missed(self, ask: SlackAsk) -> bool:
        """Ask what was found later; return whether it was unknown, or has another text now. Raises `StoreError`."""
        incoming = ask.incoming
        if incoming.place_key in self._gone:
            return False
        if await self.ask(ask) is not None:
            return True
        at = incoming.details.edited
        if not at or (ask.external and not self.allows_external):
            return False
        addressed = ask.why is Trigger.ADDRESSED
        return await self.intake.revise(
            self.me.team, incoming.place_key, incoming.text, at, addressed=addressed, shared=ask.external
        )

    async def withdraw_again(self) -> None:
        """Withdraw once more what was deleted lately. Raises `StoreError`."""
        await self.intake.withdraw(self.me.team, list(self._gone))

    async def receive(self, incoming: NewQuestion) -> Received | None:
        """Store a question and have it answered soon; it is on disk when this returns."""
        return self.intake.hand_over(incoming, await self.intake.receive(incoming))

    async def _edit(self, edit: Edit) -> None:
        if edit.external and not self.allows_external:
            return  # what was refused stays refused
        for _ in range(2):  # the second try: the message itself came in during the first
            if await self.intake.revise(
                self.me.team,
                edit.place_key,
                edit.text,
                edit.at,
                addressed=edit.ask is not None,
                shared=edit.external,
            ):
                return
            if edit.ask is None or await self.ask(edit.ask) is not None:
                return
