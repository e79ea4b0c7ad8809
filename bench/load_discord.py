"""A burst of questions on Discord, and one person's flood next to others': as `bench.load` does for Slack.

    python -m bench.load_discord [burst] [flood] [--scale 0.1] [--seconds 8]

burst    500 questions in 60 s over 10 channels from 120 people: every other one a mention, every other one `/ask`
flood    one person asks 300 at once while 100 others ask one each within 60 s, without limits for one person

Discord's own limits hold. An acknowledgement is the answer to an interaction; a message has none.
"""

from __future__ import annotations

import asyncio
import bisect
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.bars import Bar
from bench.load import NO_LIMITS, Watch, at_percentile, run, settings_of
from bench.load_people import TOPICS
from core.tasks import run_in_background
from tests.bot.up import discord_settings, up
from tests.servers.discord.model import Asked, Posted
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.scripted import ScriptedServer

LONGEST, FLOODER = 900, 7777
_UNCOUNTED = re.compile(r"/(?:interactions|webhooks)/")


@dataclass(slots=True)
class Asking:
    """One question: a message, or a command."""

    user: int
    channel: int
    at: float
    message: int = 0
    command: Asked | None = None


@dataclass(slots=True)
class Burst:
    """People who ask, and the replies they got."""

    discord: Discord
    asked: list[Asking] = field(default_factory=list)

    def ask(self, channel: int, user: int) -> None:
        """Ask by a mention or by the command, in turn."""
        text = f"What does the {TOPICS[len(self.asked) % len(TOPICS)]} explain, {len(self.asked)}?"
        asking = Asking(user, channel, time.monotonic())
        if len(self.asked) % 2:
            asking.command = self.discord.slash("ask", {"question": text}, user_id=user, channel_id=channel)
        else:
            asking.message = self.discord.say(channel, f"<@{self.discord.bot_id}> {text}", user_id=user)
        self.asked.append(asking)

    async def ask_within(self, seconds: float, users: Sequence[int], channels: Sequence[int]) -> None:
        """Ask one question of each person, evenly spread."""
        began = time.monotonic()
        for number, user in enumerate(users):
            await asyncio.sleep(began + seconds * number / len(users) - time.monotonic())
            self.ask(channels[number % len(channels)], user)

    def acks(self) -> list[float]:
        """Return seconds from each command to its acknowledgement; inf: none."""
        calls = [each.command for each in self.asked if each.command is not None]
        return [float("inf") if call.acknowledged is None else call.acknowledged - call.at for call in calls]

    def replies(self, asking: Asking) -> list[Posted]:
        """Return the messages of its reply that are complete."""
        if asking.command is not None:
            shown = asking.command.shown
        elif asking.message in self.discord.world.places:
            shown = self.discord.replies(asking.message)
        else:  # the channel gets no more threads for some minutes, or not yet its own
            shown = [each for each in self.discord.replies(asking.channel) if each.reply_to == asking.message]
        return [each for each in shown if "Why" in str(each.components)]

    def finals(self) -> list[tuple[Asking, float]]:
        """Return each question that has its reply, and seconds until its last change."""
        ends = [(each, max(map(_changed, self.replies(each)), default=0.0)) for each in self.asked]
        return [(each, end - each.at) for each, end in ends if end]

    def busiest(self) -> int:
        """Return the most requests that count within one second; interactions do not."""
        paths = {call.path for call in self.discord.calls if not _UNCOUNTED.search(call.path)}
        times = sorted(call.at for call in self.discord.calls if call.path in paths)
        return max((bisect.bisect_left(times, at + 1.0) - number for number, at in enumerate(times)), default=0)


def _changed(message: Posted) -> float:
    return message.edits[-1].at if message.edits else message.at


async def measured(name: str, dsn: str, folder: Path, models: ScriptedServer, scale: float) -> list[Bar]:
    """Run one play, from an empty inbox. -> its bars."""
    watch = Watch()
    async with serve_discord() as discord:
        channels = [discord.add_channel(f"help-{number}") for number in range(10)]
        burst = Burst(discord)
        async with up(dsn, folder, discord_settings(discord), settings_of(models), NO_LIMITS) as bot:
            await discord.ready()
            assert bot.process is not None
            async with run_in_background(watch.look(bot.process.pid)):
                await _play(name, burst, channels, scale)
                await _drained(name, burst)
            await bot.stop()
        return list(_bars(name, burst, watch))


async def _drained(name: str, burst: Burst) -> None:
    last = time.monotonic()
    async with asyncio.timeout(LONGEST):
        while len(burst.finals()) < len(burst.asked):  # noqa: ASYNC110 - another process answers
            await asyncio.sleep(0.5)
    print(f"\n{name}: {len(burst.asked)} questions, drained {time.monotonic() - last:.0f} s after the last")
    await asyncio.sleep(3)  # whatever would come twice


async def _play(name: str, burst: Burst, channels: Sequence[int], scale: float) -> None:
    if name == "flood":
        for _ in range(round(300 * scale)):
            burst.ask(channels[0], FLOODER)
    count = 100 if name == "flood" else 500
    users = [10_000 + number % 120 for number in range(round(count * scale))]
    await burst.ask_within(60 * scale, users, channels)


def _bars(name: str, burst: Burst, watch: Watch) -> Iterator[Bar]:
    theirs = [seconds for asking, seconds in burst.finals() if asking.user != FLOODER]
    yield Bar(f"{name}: ack s, median", at_percentile(burst.acks(), 50))
    yield Bar(f"{name}: ack s, 99th percentile", at_percentile(burst.acks(), 99), most=1.0 if name == "burst" else 2.5)
    yield Bar(f"{name}: final s, median", at_percentile(theirs, 50), most=45.0)
    yield Bar(f"{name}: final s, 95th percentile", at_percentile(theirs, 95), most=100.0 if name == "burst" else 35.0)
    yield Bar(f"{name}: lost", len(burst.asked) - len(burst.finals()), most=0)
    yield Bar(f"{name}: double", sum(len(burst.replies(each)) > 1 for each in burst.asked), most=0)
    yield Bar(f"{name}: requests a second, the most", burst.busiest(), most=45)
    yield Bar(f"{name}: memory MB, PSS", watch.memory, most=250)


if __name__ == "__main__":
    sys.exit(run("Discord", ["burst", "flood"], measured))
