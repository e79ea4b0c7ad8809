"""What was asked while nobody took it in: found in Slack's histories, and asked now as if it were just delivered.

    gap ──Postgres is there──> conversations ──> messages since then, threads with news ──said to the bot──> doors

Slack redelivers what was not acknowledged, but not for ever, and not what fell between two sockets. Both may come: what
is known is known by its place, so each is asked once. Any number of processes may look.

Looked through are the conversations in which somebody asked before, and the others that the bot is in, where the app
may list them. What was not said to the bot is left alone: nobody waits for an answer.
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
from core.plural import counted

TYPES: Mapping[str, str] = {
    "channels:read": "public_channel",
    "groups:read": "private_channel",
    "im:read": "im",
    "mpim:read": "mpim",
}
"""Which scope lists which conversations."""

QUESTIONS, MOST_CONVERSATIONS, MOST_THREADS, MOST_OLD = 2_000, 200, 20, 60
"""Latest questions whose threads are known; conversations of one look, threads with news of each, old threads in all.

An old one began before the page that was read: only a look at it shows whether it has news.
"""

RECENT_SECONDS = 86_400.0
"""An old thread is looked at where somebody asked in it within the last day."""

LONGEST_SECONDS = 900.0
"""Of one look, in which an app that may read one page a minute reads fifteen."""

AGAIN_SECONDS, PAUSE_SECONDS = 2.0, 10.0
"""Between two looks whether Postgres is there, and after one for what was missed."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Place:
    """A conversation; `external` as of `Ask`, None where nobody knows. `threads`: who asked where, the latest first."""

    id: str
    external: bool | None = None
    threads: dict[str, list[Participant]] = field(default_factory=dict)

    def people(self, thread: str) -> dict[str, float]:
        """Return who is known to have asked in a thread, since when."""
        return {each.person: each.since for each in self.threads.get(thread, ())}

    def find_old(self, shown: Mapping[str, object]) -> list[str]:
        """Return the threads that somebody asked in lately, and of which a page says nothing."""
        lately = time.time() - RECENT_SECONDS
        recent = [thread for thread, people in self.threads.items() if any(each.lately > lately for each in people)]
        return [thread for thread in recent if thread not in shown]


@dataclass(slots=True)
class Look:
    """One look for what was missed `since` then.

    `asked`: questions that were; `left`: conversations and threads not wholly read; `old`: old threads that may be.
    """

    since: float
    asked: int = 0
    left: int = 0
    old: int = MOST_OLD
    refused: set[str] = field(default_factory=set)


class CatchUp:
    """For one workspace. `scopes`: of the app; none: Slack did not say."""

    def __init__(self, doors: SlackEvents, history: History, gaps: Gaps, scopes: frozenset[str]) -> None:
        self._doors = doors
        self._history = history
        self._gaps = gaps
        self._types = [kind for scope, kind in TYPES.items() if scope in scopes or not scopes]
        self._reported: set[str] = set()

    async def run(self) -> None:
        """Look whenever there is a gap, until it is cancelled. Raises nothing."""
        while True:
            await self._gaps.wait()
            known = await self._known()
            look = Look(self._gaps.take())
            try:
                await self._look(look, await self._places(known, look))
            except FootnoteError as error:  # of Postgres: it is away again
                _log.info("Slack: what was missed is looked for once more: %s", error)
                self._gaps.open(look.since)
            except Exception:  # noqa: BLE001 - a bug of ours here is not to end the face, which answers what is delivered
                _log.exception("Slack: what was missed could not be looked for.")
            self._report(look)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _known(self) -> list[Participant]:
        """Return who asked where, as soon as Postgres says so."""
        while True:
            try:
                return await self._doors.intake.inbox.participants(Platform.SLACK, self._doors.me.team, QUESTIONS)
            except FootnoteError:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _places(self, known: Iterable[Participant], look: Look) -> list[Place]:
        """Return where to look: where somebody asked last, first; then what else Slack lists."""
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
        """Ask what was missed. Raises `StoreError`."""
        await self._doors.withdraw_again()
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
                pass  # the bot is no member any more

    async def _look_at(self, place: Place, look: Look) -> None:
        """Ask what was missed in one conversation, in the order in which it was said."""
        if place.external is None and not self._doors.allows_external:
            look.left += 1  # its questions are an older version's: it may be shared, and nothing is answered there
            return
        if place.external is not None:
            self._doors.shared.note(place.id, shared=place.external)
        me, since, external = self._doors.me, look.since, place.external is True
        page, whole = await self._history.messages(place.id, since)
        found = find_addressed(page, place.id, since, me, external=external)
        threads, all_threads = self._threads(place, page, look)
        for thread in threads:
            replies = await self._replies(place, thread, look)
            found += find_follow_ups(replies, place.people(thread), place.id, since, me, external=external)
        look.left += not (whole and all_threads)
        await self._withdraw(place, page, since)
        for ask in drop_stopped({each.incoming.place_key: each for each in found}.values()):
            look.asked += await self._doors.missed(ask)

    async def _replies(self, place: Place, thread: str, look: Look) -> list[Json]:
        """Return what is below a message; nothing where it is gone, or cannot be read now."""
        try:
            return await self._history.replies(place.id, thread, look.since)
        except (TryLater, SlackRefused):
            look.left += 1
        except Undeliverable:
            pass
        return []

    def _threads(self, place: Place, page: Iterable[Json], look: Look) -> tuple[list[str], bool]:
        """Return the threads to look at, and whether these are all."""
        shown = {text_in(each, "ts"): has_news(each, look.since, self._doors.me) for each in page}
        news = [thread for thread, is_new in shown.items() if is_new]
        news.sort(key=lambda each: each not in place.threads)
        old = place.find_old(shown)
        chosen = news[:MOST_THREADS] + old[: look.old]
        look.old -= len(old[: look.old])
        return chosen, len(chosen) == len(news) + len(old)

    async def _withdraw(self, place: Place, page: Iterable[Json], since: float) -> None:
        """Take back what was asked and deleted, where a trace of it is left."""
        meanings = [read_found(each, place.id, self._doors.me, external=False) for each in page if at_of(each) > since]
        await self._doors.intake.withdraw(
            self._doors.me.team, [each.place_key for each in meanings if isinstance(each, Delete)]
        )

    def _report(self, look: Look) -> None:
        if look.asked:
            _log.info("Slack: %s missed, and answered now.", counted(look.asked, "question"))
        if look.left:
            _log.warning(
                "Slack: %s not looked through wholly for what was missed: ask there again.",
                counted(look.left, "conversation"),
            )
        for word in look.refused - self._reported:
            _log.warning(
                "Slack does not let us look everywhere for what was missed (%s): `footnote doctor` names the scopes "
                "that the app lacks.",
                word,
            )
        self._reported |= look.refused
