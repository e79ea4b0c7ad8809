"""One reply to each question on Slack, whatever is killed: the bot, one of two bots, Postgres.

Questions come in all the time, each event twice; of the answers to what the bot sends one in twenty is cut off.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from core.beside import beside
from tests.bot.crowd import Crowd, counts, model
from tests.bot.up import model_settings, slack_settings, up
from tests.servers.openai_server import serve_openai
from tests.servers.scripted import ScriptedServer
from tests.servers.slack import Slack, Tiers, serve_slack

DROPPED = ("chat.postMessage", "chat.startStream", "chat.stopStream", "chat.update")
PHASES = ("", *DROPPED, "chat.appendStream", "conversations.replies")
NO_LIMITS = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}


@asynccontextmanager
async def bad_slack(seed: int, *, scale: float = 20) -> AsyncIterator[Slack]:
    """A Slack that says everything twice, and whose answers are lost now and then."""
    async with serve_slack(tiers=Tiers(scale), seed=seed) as slack:
        slack.faults.copies = 2
        for method in DROPPED:
            slack.faults.drop(method, 0.05)
        slack.sockets.patience, slack.sockets.delays = 2.0, (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
        for channel in ("C1", "C2", "C3", "C4"):
            slack.channel(channel)
        yield slack


@asynccontextmanager
async def served_model(seed: int) -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as server:
        server.otherwise = model(random.Random(seed), server.otherwise)
        yield server


async def some_moment(slack: Slack, chance: random.Random) -> None:
    """A short while, which ends right after a call of a method that is drawn."""
    phase, start = chance.choice(PHASES), len(slack.calls)
    with suppress(TimeoutError):
        await slack.until(
            lambda: any(each.method == phase for each in slack.calls[start:]), within=chance.uniform(0.3, 1.3)
        )
    await asyncio.sleep(chance.uniform(0, 0.03))


async def killed_again_and_again(
    dsn: str, folder: Path, kills: int, seed: int, *, models: ScriptedServer | None = None
) -> None:
    chance = random.Random(seed)
    settings: Mapping[str, str] = {"CHAT_MODEL": "extractive"} if models is None else model_settings(models)
    async with bad_slack(seed) as slack, up(dsn, folder, slack_settings(slack), settings, NO_LIMITS) as bot:
        crowd = Crowd(slack, random.Random(seed))
        async with beside(crowd.asking(0.3)):
            for _ in range(kills):
                await some_moment(slack, chance)
                await bot.kill()
                await bot.start()
        rows = await crowd.settled(dsn, within=90)
        print(f"seed {seed}: {bot.starts - 1} kills, {len(rows)} questions, {counts(slack)}")  # noqa: T201 - for who reads it
        wrongs = crowd.wrongs(rows, keyless=models is None)
        assert not wrongs, "\n".join([*wrongs, bot.said[-4_000:]])
        assert len(rows) == len(crowd.said) > 2 * kills
        assert sum(each.cut for each in slack.calls) > 0
        assert await bot.stop() == 0


@pytest.mark.slow
async def test_fifteen_kills_lose_no_question_and_answer_none_twice(filled: str, tmp_path: Path) -> None:
    async with served_model(4) as models:
        await killed_again_and_again(filled, tmp_path, 15, 4, models=models)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_hundred_kills_lose_no_question_and_answer_none_twice(filled: str, tmp_path: Path, seed: int) -> None:
    async with served_model(seed) as models:
        await killed_again_and_again(filled, tmp_path, 100, seed, models=models)


@pytest.mark.long
async def test_without_a_key_it_is_the_same(filled: str, tmp_path: Path) -> None:
    await killed_again_and_again(filled, tmp_path, 30, 3)
