"""Catch up on what nobody took in: find questions in Slack's histories, and ask them as if they were just delivered.

    gap ──Postgres is up──> conversations ──> messages since then, threads with news ──for the bot──> SlackEvents

Slack redelivers what was not acknowledged, but not for ever, and not what fell between two sockets. A question may be
both redelivered and found here: its place key identifies it, so it is asked once. Any number of processes may look.

A look goes through the conversations in which somebody asked before, and through the bot's other conversations where
the app may list them. Messages that are not for the bot are ignored: nobody waits for an answer to them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.face import TryLater, Undeliverable
from bot.slack.api import SlackRefused
from bot.slack.events import SlackEvents
from bot.slack.gaps import Gaps
from bot.slack.history import History, at_of
from bot.slack.missed import drop_stopped, find_addressed, find_follow_ups, has_news
from bot.slack.payloads import Json, text_in
from bot.slack.reading import Delete, read_found
from core.errors import FootnoteError
from core.inbox.port import Participant, Platform
from core.plural import format_count

TYPES: Mapping[str, str] = {
    "channels:read": "public_channel",
    "groups:read": "private_channel",
    "im:read": "im",
    "mpim:read": "mpim",
}
"""Which scope lists which type of conversation."""

QUESTIONS, MOST_CONVERSATIONS, MOST_THREADS, MOST_OLD = 2_000, 200, 20, 60
"""How many of the latest questions have their threads known, and what one look reads at most.

It reads so many conversations, so many threads with news in each, and so many old threads in all. An old thread began
before the page that was read: only reading the thread shows whether it has news.
"""

RECENT_SECONDS = 86_400.0
"""An old thread is read if somebody asked in it within this time, a day."""

LONGEST_SECONDS = 900.0
"""How long one look takes at most; an app that may read one page a minute reads fifteen in it."""

AGAIN_SECONDS, PAUSE_SECONDS = 2.0, 10.0
"""Seconds between two tries to reach Postgres, and seconds after each look for what was missed."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Place:
    """A conversation; `external` as in `SlackAsk`, None: unknown. `threads`: who asked in which, the latest first."""

    id: str
    external: bool | None = None
    threads: dict[str, list[Participant]] = field(default_factory=dict)

    def people(self, thread: str) -> dict[str, float]:
        """Return the people known to have asked in a thread, and since when."""
        return {each.person: each.since for each in self.threads.get(thread, ())}

    def find_old(self, shown: Mapping[str, object]) -> list[str]:
        """Return the threads in which somebody asked lately and which are not in `shown`, a page of the history."""
        lately = time.time() - RECENT_SECONDS
        recent = [thread for thread, people in self.threads.items() if any(each.lately > lately for each in people)]
        return [thread for thread in recent if thread not in shown]


@dataclass(slots=True)
class Look:
    """One look for what was missed after `since`, in seconds since 1970.

    `asked`: questions found and asked; `left`: conversations and threads not read in full; `old`: old threads that may
    still be read.
    """

    since: float
    asked: int = 0
    left: int = 0
    old: int = MOST_OLD
    refused: set[str] = field(default_factory=set)


class CatchUp:
    """Catches up for one workspace. `scopes`: those of the app; empty: Slack did not name them."""

    def __init__(self, events: SlackEvents, history: History, gaps: Gaps, scopes: frozenset[str]) -> None:
        self._events = events
        self._history = history
        self._gaps = gaps
        self._types = [kind for scope, kind in TYPES.items() if scope in scopes or not scopes]
        self._reported: set[str] = set()

    async def run(self) -> None:
        """Look whenever there is a gap, until cancelled. Raises nothing."""
        while True:
            await self._gaps.wait()
            known = await self._known()
            look = Look(self._gaps.take())
            try:
                await self._look(look, await self._places(known, look))
            except FootnoteError as error:  # from Postgres, which is down again
                _log.info("Slack: what was missed is looked for once more: %s", error)
                self._gaps.open(look.since)
            except Exception:  # noqa: BLE001 - a bug of ours here must not end the face, which answers what is delivered
                _log.exception("Slack: what was missed could not be looked for.")
            self._report(look)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _known(self) -> list[Participant]:
        """Return who asked where, as soon as Postgres answers."""
        while True:
            try:
                return await self._events.intake.inbox.participants(Platform.SLACK, self._events.me.team, QUESTIONS)
            except FootnoteError:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _places(self, known: Iterable[Participant], look: Look) -> list[Place]:
        """Return where to look: first where somebody asked last, then what else Slack lists."""
        places: dict[str, Place] = {}
        for each in known:
            place = places.setdefault(each.channel, Place(each.channel))
            place.external = each.external if place.external is None else place.external
            place.threads.setdefault(each.thread, []).append(each)
        for listed in await self._listed(look):
            name = text_in(listed, "id")
            places.setdefault(name, Place(name)).external = listed.get("is_ext_shared") is True
        return list(places.values())

    async def _listed(self, look: Look) -> list[Json]:
        if not self._types:
            return []
        try:
            return await self._history.conversations(self._types)
        except SlackRefused as error:
            look.refused.add(error.error)
        except (TryLater, Undeliverable) as error:
            _log.info("Slack: the conversations of the bot could not be listed: %s", error)
        return []

    async def _look(self, look: Look, places: Sequence[Place]) -> None:
        """Find and ask what was missed. Raises `StoreError`."""
        await self._events.withdraw_again()
        clock = asyncio.get_running_loop().time
        deadline = clock() + LONGEST_SECONDS
        for number, place in enumerate(places):
            if number >= MOST_CONVERSATIONS or clock() > deadline:
                look.left += len(places) - number
                return
            try:
                await self._look_at(place, look)
            except SlackRefused as error:
                look.refused.add(error.error)
            except TryLater:
                look.left += 1
            except Undeliverable:
                pass  # the bot is no longer a member

    async def _look_at(self, place: Place, look: Look) -> None:
        """Ask what was missed in one conversation, in the order in which it was written."""
        if place.external is None and not self._events.allows_external:
            look.left += 1  # an older version stored its questions: if it is shared, nothing may be answered there
            return
        if place.external is not None:
            self._events.shared.note(place.id, shared=place.external)
        me, since, external = self._events.me, look.since, place.external is True
        page, whole = await self._history.messages(place.id, since)
        found = find_addressed(page, place.id, since, me, external=external)
        threads, all_threads = self._threads(place, page, look)
        for thread in threads:
            replies = await self._replies(place, thread, look)
            found += find_follow_ups(replies, place.people(thread), place.id, since, me, external=external)
        look.left += not (whole and all_threads)
        await self._withdraw(place, page, since)
        for ask in drop_stopped({each.incoming.place_key: each for each in found}.values()):
            look.asked += await self._events.missed(ask)

    async def _replies(self, place: Place, thread: str, look: Look) -> list[Json]:
        """Return the replies to a message; nothing if it is gone or cannot be read now."""
        try:
            return await self._history.replies(place.id, thread, look.since)
        except (TryLater, SlackRefused):
            look.left += 1
        except Undeliverable:
            pass
        return []

    def _threads(self, place: Place, page: Iterable[Json], look: Look) -> tuple[list[str], bool]:
        """Return the threads to read, and whether these are all that may have news."""
        shown = {text_in(each, "ts"): has_news(each, look.since, self._events.me) for each in page}
        news = [thread for thread, is_new in shown.items() if is_new]
        news.sort(key=lambda each: each not in place.threads)
        old = place.find_old(shown)
        chosen = news[:MOST_THREADS] + old[: look.old]
        look.old -= len(old[: look.old])
        return chosen, len(chosen) == len(news) + len(old)

    async def _withdraw(self, place: Place, page: Iterable[Json], since: float) -> None:
        """Withdraw what was asked and then deleted, where a trace of it is left."""
        meanings = [read_found(each, place.id, self._events.me, external=False) for each in page if at_of(each) > since]
        await self._events.intake.withdraw(
            self._events.me.team, [each.place_key for each in meanings if isinstance(each, Delete)]
        )

    def _report(self, look: Look) -> None:
        if look.asked:
            _log.info("Slack: %s missed, and answered now.", format_count(look.asked, "question"))
        if look.left:
            _log.warning(
                "Slack: %s not looked through wholly for what was missed: ask there again.",
                format_count(look.left, "conversation"),
            )
        for word in look.refused - self._reported:
            _log.warning(
                "Slack does not let us look everywhere for what was missed (%s): `footnote doctor` names the scopes "
                "that the app lacks.",
                word,
            )
        self._reported |= look.refused
