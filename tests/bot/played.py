"""Plays labelled threads against a `footnote up`: after which messages did it post something that others see?

    threads = read_threads(path)
    async with staged(dsn, folder, threads, KEYLESS) as stages:            both platforms, real SDKs, one process
        outcomes = [each for stage in stages for each in await play_all(stage, threads)]
    score(outcomes)                                                         Score(answered, spoken, refusals)

A thread is played in order, and the bot settles after each message. A message that is deleted again counts as posted;
a reaction, or what one person sees, does not. The form of the threads is that of `tests/bot/outside/threads.jsonl`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from tests.bot.up import discord_settings, slack_settings, up
from tests.servers.discord.model import Intents, Kind
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Slack, Tiers, serve_slack

AT_ONCE, QUIET_SECONDS, LONGEST_SECONDS = 6, 0.15, 90.0
"""Threads that are played at once; seconds without work after which a bot has settled; seconds it may take at most."""

UNMENTIONED = frozenset({"channel", "forum"})
NO_LIMITS = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
_OPEN = (
    "select count(*) from question where state in ('queued', 'answered', 'withdrawing') "
    "and platform = $1 and channel = $2"
)


@dataclass(frozen=True, slots=True)
class Thread:
    """A labelled conversation."""

    id: str
    situation: str
    place: str
    docs: str
    messages: tuple[Mapping[str, Any], ...]

    @property
    def half(self) -> int:
        """Return 0 or 1 by the hash of the id: a rule is made on one half, and both are reported."""
        return hashlib.sha256(f"talk {self.id}".encode()).digest()[-1] % 2


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one message: whether the bot `posted`, and whether what it posted holds no cited answer."""

    thread: Thread
    message: Mapping[str, Any]
    platform: str
    posted: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of what must be answered and what must not, and of refusals to what nobody addressed to the bot."""

    must_answer: int
    answered: int
    must_not: int
    spoken: int
    refusals: int


def read_threads(path: Path) -> list[Thread]:
    """Read the threads of a file, one JSON object a line."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [Thread(row["id"], row["situation"], row["place"], row["docs"], tuple(row["messages"])) for row in rows]


def score(played: Iterable[Played]) -> Score:
    """Count. A message whose silence is right too counts where it was answered."""
    answer = silent = answered = spoken = refusals = 0
    for each in played:
        match each.message["label"]:
            case "answer" if each.posted or not each.message.get("silent_ok"):
                answer += 1
                answered += each.posted
            case "silent":
                silent += 1
                spoken += each.posted
        refusals += each.refused and each.message["addressed"] == "none"
    return Score(answer, answered, silent, spoken, refusals)


class Stage(Protocol):
    """A platform on which threads are played."""

    platform: str

    async def say(self, thread: Thread, message: Mapping[str, Any]) -> str:
        """Write a message where it belongs, and return the place key of its question."""
        ...

    async def heard(self) -> None:
        """Wait until the bot has received all that was written."""
        ...

    def channel(self, thread: Thread) -> str: ...
    def posts(self, thread: Thread) -> int:
        """Return how many messages the bot has ever posted in the thread or its channel, for all to see."""
        ...


@dataclass(slots=True)
class SlackStage:
    """Threads on Slack: each has a channel; a post in a forum is a message whose first lines are its title."""

    slack: Slack
    platform: str = "slack"
    _first: dict[str, str] = field(default_factory=dict)

    def channel(self, thread: Thread) -> str:
        return self.slack.dm(f"U{thread.id}ASKER").id if thread.place == "dm" else f"C{thread.id}"

    async def say(self, thread: Thread, message: Mapping[str, Any]) -> str:
        channel, users = self.channel(thread), {"bot": self.slack.bot_user}
        text = _text(message, lambda role: f"<@{users.get(role) or f'U{thread.id}{role.upper()}'}>")
        alone = thread.place in ("dm", "channel")
        root = None if alone else self._first.get(thread.id)
        user = f"U{thread.id}{message['by'].upper()}"
        escaped = text.replace(" || ", "\n")
        ts = await self.slack.say(channel, escaped, user=user, thread_ts=root)
        self._first.setdefault(thread.id, ts)
        return f"{channel}:{ts}"

    async def heard(self) -> None:
        sent = list(self.slack.envelopes)
        await self.slack.until(lambda: all(each.acked_at or each.error or each.given_up for each in sent))

    def posts(self, thread: Thread) -> int:
        there = self.slack.channels.get(self.channel(thread))
        stored = there.messages.values() if there else ()
        return sum(each.bot_id == self.slack.bot_id and each.ephemeral is None for each in stored)


@dataclass(slots=True)
class DiscordStage:
    """Threads on Discord, where each has a channel or a forum."""

    discord: Discord
    channels: Mapping[str, int]
    platform: str = "discord"
    _where: dict[str, int] = field(default_factory=dict)

    def channel(self, thread: Thread) -> str:
        return str(
            self.discord.direct(_number(thread.id, "asker")) if thread.place == "dm" else self.channels[thread.id]
        )

    async def say(self, thread: Thread, message: Mapping[str, Any]) -> str:
        channel, user = int(self.channel(thread)), _number(thread.id, message["by"])
        bot = self.discord.bot_id
        text = _text(message, lambda role: f"<@{bot if role == 'bot' else _number(thread.id, role)}>")
        if thread.place == "forum" and thread.id not in self._where:
            title, _, body = text.partition(" || ")
            number = self._where[thread.id] = self.discord.forum_post(channel, title, body, user_id=user)
            return f"{number}:{number}"
        there = self._where.get(thread.id, channel)
        number = self.discord.say(there, text, user_id=user)
        if thread.place == "guest" and there == channel:
            self._where[thread.id] = self.discord.start_thread(number, text[:60], user_id=user)
        elif thread.place == "thread" and there == channel:
            self._where[thread.id] = number  # the bot makes the thread for its answer
            await self.discord.until(lambda: number in self.discord.world.places)
        return f"{there}:{number}"

    async def heard(self) -> None:
        """Wait for a command: it is answered after everything that came before it."""
        asked = self.discord.autocomplete("ask", {"question": "", "site": ""}, "site")
        await self.discord.until(lambda: asked.choices is not None)

    def posts(self, thread: Thread) -> int:
        channel = int(self.channel(thread))
        places = {channel, *(each.id for each in self.discord.threads(channel))} & set(self.discord.world.places)
        posted_there = [each for place in places for each in self.discord.messages(place)]
        return sum(each.author_id == self.discord.bot_id and not each.ephemeral for each in posted_there)


def _text(message: Mapping[str, Any], mention: Any) -> str:
    text = str(message["text"])
    for role in ("bot", "asker", "helper", "helper2", "other"):
        text = text.replace(f"<@{role}>", mention(role))
    return text


def _number(thread: str, role: str) -> int:
    """Return the id of a person on Discord, the same in each run."""
    return 10**17 + int.from_bytes(hashlib.sha256(f"{thread} {role}".encode()).digest()[:6], "big")


async def play_all(stage: Stage, threads: Sequence[Thread], dsn: str) -> list[Played]:
    """Play threads, a few at a time."""
    turn, outcomes = asyncio.Semaphore(AT_ONCE), list[Played]()

    async def play_one(thread: Thread, pool: asyncpg.Pool) -> None:
        async with turn:
            outcomes.extend([await _play(stage, thread, each, pool) for each in thread.messages])

    async with asyncpg.create_pool(dsn, min_size=1, max_size=AT_ONCE) as pool, asyncio.TaskGroup() as group:
        for thread in threads:
            group.create_task(play_one(thread, pool))
    return outcomes


async def _play(stage: Stage, thread: Thread, message: Mapping[str, Any], pool: asyncpg.Pool) -> Played:
    before = stage.posts(thread)
    key = await stage.say(thread, message)
    async with asyncio.timeout(LONGEST_SECONDS):
        await stage.heard()
        calm = 0
        while calm < 2:
            await asyncio.sleep(QUIET_SECONDS)
            waiting = await pool.fetchval(_OPEN, stage.platform, stage.channel(thread))
            calm = 0 if waiting else calm + 1
    posted = stage.posts(thread) > before
    return Played(thread, message, stage.platform, posted, posted and not await _is_cited(pool, stage.platform, key))


async def _is_cited(pool: asyncpg.Pool, platform: str, key: str) -> bool:
    kept = await pool.fetchval("select answer from question where platform = $1 and place_key = $2", platform, key)
    answer = json.loads(kept)["answer"] if kept else {}
    return bool(answer.get("citations")) and answer.get("abstention") is None


@asynccontextmanager
async def staged(
    dsn: str, folder: Path, threads: Sequence[Thread], *settings: Mapping[str, str]
) -> AsyncIterator[tuple[Stage, Stage]]:
    """Run a process on both platforms, with a channel for each thread."""
    async with serve_slack(tiers=Tiers.none()) as slack, serve_discord(limits=UNLIMITED) as discord:
        slack.sockets.patience = LONGEST_SECONDS
        discord.grant(Intents.MESSAGE_CONTENT)
        kinds = {each.id: Kind.FORUM if each.place == "forum" else Kind.TEXT for each in threads}
        channels = {name: discord.add_channel(name.lower(), kind) for name, kind in kinds.items()}
        for each in threads:
            slack.channel(f"C{each.id}")
        guild = str(discord.guilds[0].id)
        rows = [("slack", slack.team, f"C{each.id}") for each in threads if each.place in UNMENTIONED]
        rows += [("discord", guild, str(channels[each.id])) for each in threads if each.place in UNMENTIONED]
        await _answer_unmentioned(dsn, rows)
        both = slack_settings(slack) | discord_settings(discord) | {"DISCORD_MESSAGE_CONTENT": "1"} | NO_LIMITS
        async with up(dsn, folder, both, *settings):
            await discord.ready()
            yield SlackStage(slack), DiscordStage(discord, channels)


async def _answer_unmentioned(dsn: str, rows: Sequence[tuple[str, str, str]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.executemany(
            "insert into channel (platform, tenant, channel, unmentioned) values ($1, $2, $3, true)", rows
        )
    finally:
        await connection.close()
