"""A hundred programs that ask over HTTP without a pause, and people on Slack and Discord: the real `footnote up`.

    calm      people ask on Slack every half second, and on Discord every second
    loaded    the same, while `--clients` programs ask one question after the other, half of them with streams, and
              `--slow` connections send a request byte by byte

Calm and loaded take turns, and begin each round in turn, so that both meet the same machine and its changing load. The
platforms and the model are this process, the programs another one. With `--model 0` hardly
anything but the processor is waited for, which is the worst case for chat; with `--keyless` no model writes at all.
Errors are counted by status.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import psutil

from bench import load_discord
from bench.bars import Bar
from bench.doors_programs import ProgramProcess, open_programs
from bench.load import CHANNELS, NO_LIMITS, at_percentile, fill, settings_of
from bench.load_people import Burst, calls_of, model
from bench.server import database_in
from core.config.settings import Settings
from core.tokens.port import NewToken
from core.wiring import open_footnote
from tests.bot.up import Up, discord_settings, slack_settings, up
from tests.servers.discord.server import serve_discord
from tests.servers.openai_server import serve_openai
from tests.servers.ports import own_port
from tests.servers.scripted import ScriptedServer
from tests.servers.slack import serve_slack

EVERY, LONGEST = 0.5, 300.0
"""Seconds between two questions on Slack, and until the last of them must be answered."""


class Costs:
    """Processor seconds of processes, by what went on meanwhile."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._spent: dict[str, list[float]] = {}

    @contextmanager
    def counted(self, name: str) -> Iterator[None]:
        """Add to a name what the block takes."""
        before = self._now()
        yield
        spent = self._spent.setdefault(name, [0.0] * len(before))
        self._spent[name] = [old + now - was for old, now, was in zip(spent, self._now(), before, strict=True)]

    def _now(self) -> list[float]:
        return [sum(process.cpu_times()[:2]) for process in self._processes]

    def __str__(self) -> str:
        return "; ".join(f"{name} {', '.join(f'{each:.1f}' for each in spent)}" for name, spent in self._spent.items())


@dataclass(slots=True)
class People:
    """Those who ask on Slack and on Discord, and the seconds to the end of each reply, by state and platform."""

    slack: Burst
    discord: load_discord.Burst
    channels: list[int]
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    async def ask(self, state: str, seconds: float) -> None:
        """Ask on both platforms for so long, and wait for all replies."""
        known, begun = set(self.slack.asked), len(self.discord.asked)
        users = range(round(seconds / EVERY))
        async with asyncio.TaskGroup() as group:
            group.create_task(self.slack.ask_within(seconds, [f"U{number}" for number in users], CHANNELS))
            group.create_task(self.discord.ask_within(seconds, [10_000 + each for each in users[::2]], self.channels))
        new = [ts for ts in self.slack.asked if ts not in known]
        async with asyncio.timeout(LONGEST):
            while not all(ts in self.slack.finals() for ts in new):  # noqa: ASYNC110 - another process answers
                await asyncio.sleep(0.2)
            while len(self.discord.finals()) < len(self.discord.asked):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        finals = self.slack.finals()
        self.seconds.setdefault((state, "Slack"), []).extend(finals[ts] for ts in new)
        ends = [each for _, each in self.discord.finals()]
        self.seconds.setdefault((state, "Discord"), []).extend(ends[begun:])

    def at(self, state: str, platform: str, percentile: float) -> float:
        """Return a percentile of the seconds to the end of a reply."""
        return at_percentile(self.seconds.get((state, platform), []), percentile)


def settings_with(options: argparse.Namespace, models: ScriptedServer) -> dict[str, Any]:
    """Return the settings of the models: served ones, or those that footnote brings."""
    return {"EMBEDDING_MODEL": "local", "CHAT_MODEL": "extractive"} if options.keyless else settings_of(models)


async def prepare(dsn: str, folder: Path, settings: Mapping[str, Any]) -> str:
    """Fill the index. -> a token."""
    await fill(dsn, folder, settings)
    made = Settings(_env_file=None, DATABASE_URL=dsn, FOOTNOTE_HOME=folder, **settings)
    async with open_footnote(made) as footnote:
        return await footnote.tokens.add(NewToken("bench", minute_limit=0))


Served: TypeAlias = tuple[Up, People, ProgramProcess]


@asynccontextmanager
async def serving(options: argparse.Namespace, dsn: str, folder: Path) -> AsyncIterator[Served]:
    """Run `footnote up` with a Slack, a Discord, a model that takes so many seconds, and the API."""
    async with serve_openai() as models, serve_slack() as slack, serve_discord() as discord, AsyncExitStack() as stack:
        models.otherwise = model(options.model, models.otherwise)
        with_models = settings_with(options, models)
        token = await prepare(dsn, folder, with_models)
        for channel in CHANNELS:
            slack.channel(channel)
        channels = [discord.add_channel(f"help-{number}") for number in range(10)]
        port = stack.enter_context(own_port())
        chat = slack_settings(slack) | discord_settings(discord)
        own = NO_LIMITS | {"API_ADDRESS": f"127.0.0.1:{port}"}
        bot = await stack.enter_async_context(up(dsn, folder, chat, with_models, own))
        await discord.ready()
        programs = await stack.enter_async_context(open_programs(port, token, options.clients, options.slow))
        yield bot, People(Burst(slack), load_discord.Burst(discord), channels), programs


async def measure(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Measure calm and loaded in turns. -> the bars."""
    async with serving(options, dsn, folder) as (bot, people, programs):
        assert bot.process is not None
        costs = Costs((bot.process.pid, os.getpid()))
        await people.ask("begin", 5)
        for number in range(options.rounds):
            for state in ("calm", "loaded") if number % 2 == 0 else ("loaded", "calm"):
                await take_turn(state, options.seconds / options.rounds, people, programs, costs)
        failed = Counter(programs.failed)
        ended = await end(bot, programs)
        asked = len(people.slack.asked), len(people.discord.asked)
        print(f"\n{asked[0]} questions on Slack, {asked[1]} on Discord; {calls_of(people.slack.slack)}")
        print(f"{len(programs.seconds)} answers over HTTP; instead of others: {dict(failed) or 'nothing'}")
        print(f"processor s of `up` and of this bench: {costs}; {bot.logged.count('Traceback')} tracebacks in the log")
        if "Traceback" in bot.logged:
            print(bot.logged[max(0, bot.logged.index("Traceback") - 500) :][:6_000])
        wrong = sum(count for status, count in failed.items() if status != "503")
        return [*_chat_bars(people), *_program_bars(programs, wrong, ended)]


async def take_turn(state: str, seconds: float, people: People, programs: ProgramProcess, costs: Costs) -> None:
    """Let people ask for so long, with or without programs that ask as well."""
    if state == "calm":
        with costs.counted(state):
            await people.ask(state, seconds)
        return
    async with programs.asking():
        with costs.counted(state):
            await people.ask(state, seconds)


async def end(bot: Up, programs: ProgramProcess) -> float:
    """Ask the process to end under load. -> the seconds that it took."""
    async with programs.asking():
        await asyncio.sleep(3)
        began = time.monotonic()
        assert await bot.stop() == 0
        return time.monotonic() - began


def _chat_bars(people: People) -> Iterator[Bar]:
    for platform in ("Slack", "Discord"):
        for state in ("calm", "loaded"):
            yield Bar(f"{platform}, {state}: final s, median", people.at(state, platform, 50))
            yield Bar(f"{platform}, {state}: final s, 95th percentile", people.at(state, platform, 95))
        ratio = people.at("loaded", platform, 95) / people.at("calm", platform, 95)
        median = people.at("loaded", platform, 50) / people.at("calm", platform, 50)
        yield Bar(f"{platform}, loaded to calm: median", median)
        yield Bar(f"{platform}, loaded to calm: 95th percentile", ratio, most=1.3)


def _program_bars(programs: ProgramProcess, failed: int, ended: float) -> Iterator[Bar]:
    yield Bar("HTTP: answers", len(programs.seconds), least=1)
    yield Bar("HTTP: s, median", at_percentile(programs.seconds, 50))
    yield Bar("HTTP: s, 95th percentile", at_percentile(programs.seconds, 95))
    yield Bar("HTTP: errors but 503", failed, most=0)
    yield Bar("SIGTERM under load: s to the end", ended, most=10)


async def load(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Measure programs next to people on Slack and Discord."""
    return await measure(options, await database_in(dsn, "bench_doors"), folder)
