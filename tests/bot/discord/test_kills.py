"""One reply to each question on Discord, whatever is killed; and no more requests a second than Discord allows.

Questions come in all the time, each event twice; one in twenty of the answers to the bot's requests is cut off.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from bot.discord.api import A_SECOND
from core.tasks import run_in_background
from tests.bot.crowd import model
from tests.bot.discord_crowd import Crowd
from tests.bot.talks import UNLIMITED
from tests.bot.up import Up, discord_settings, model_settings, up
from tests.servers.discord.model import Call
from tests.servers.discord.rates import UNLIMITED as NO_BUCKETS
from tests.servers.discord.rates import Limits, Rate
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.openai_server import serve_openai

pytestmark = pytest.mark.flaky(reruns=0)  # what is killed has no second chance (docs/decisions/0018)

DROPPED = ("send", "edit", "thread", "edit_response", "callback", "history")
QUESTION = "How do I fine-tune a mistral model with DPO?"
_UNCOUNTED = re.compile(r"/(?:interactions|webhooks)/")
PHASES = ("", *DROPPED, "typing")
EARLIER = 12
"""Requests of the start that may still be under way: a look at each channel, and two."""

READY = ("footnote is up", "answering as")
"""What a process logs before it is ready, and then: it may be killed before."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A bad Discord, the people in it, and the settings of a bot among them."""

    discord: Discord
    crowd: Crowd
    settings: Mapping[str, str]


@asynccontextmanager
async def scene(seed: int) -> AsyncIterator[Scene]:
    async with serve_openai() as models, serve_discord(seed=seed) as discord:
        models.otherwise = model(random.Random(seed), models.otherwise)
        discord.faults.drop(0.05, *DROPPED)
        channels = [discord.channel, *(discord.add_channel(f"c{number}") for number in range(3))]
        settings = discord_settings(discord) | model_settings(models) | UNLIMITED
        yield Scene(discord, Crowd(discord, random.Random(seed), channels), settings)


async def some_moment(discord: Discord, chance: random.Random) -> None:
    """Wait a short while, which ends right after a call of a route that is drawn at random."""
    phase, start = chance.choice(PHASES), len(discord.calls)
    with suppress(TimeoutError):
        await discord.until(
            lambda: any(each.route == phase for each in discord.calls[start:]), seconds=chance.uniform(0.3, 1.3)
        )
    await asyncio.sleep(chance.uniform(0, 0.03))


async def all_is_well(there: Scene, dsn: str, *bots: Up, within: float = 240) -> None:
    """Wait until all is answered, and judge it."""
    began = time.monotonic()
    rows = await there.crowd.settled(dsn, within)
    cut = sum(each.status == 0 for each in there.discord.calls)
    seconds = time.monotonic() - began
    print(f"{len(rows)} of {len(there.crowd.sent)} stored, all over after {seconds:.1f} s, {cut} cut")  # noqa: T201 - for people
    wrongs = there.crowd.wrongs(rows)
    assert not wrongs, "\n".join([*wrongs, *map(_log_of, bots)])
    assert cut


def _log_of(bot: Up) -> str:
    return "\n".join(line for line in bot.logged.splitlines() if "HTTP Request" not in line)[-6_000:]


async def killed_again_and_again(dsn: str, folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    async with scene(seed) as there, up(dsn, folder, there.settings) as bot:
        async with run_in_background(there.crowd.asking(0.3)):
            for _ in range(kills):
                await some_moment(there.discord, chance)
                await bot.kill()
                await bot.start(chance.choice(READY))
        await there.discord.ready()
        await all_is_well(there, dsn, bot)
        assert len(there.crowd.sent) > 2 * kills
        assert await bot.stop() == 0


@pytest.mark.slow
async def test_five_kills_lose_no_question_and_answer_none_twice(filled: str, tmp_path: Path) -> None:
    """A sample of those below, for every run."""
    await killed_again_and_again(filled, tmp_path, 5, 4)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_hundred_kills_lose_no_question_and_answer_none_twice(filled: str, tmp_path: Path, seed: int) -> None:
    await killed_again_and_again(filled, tmp_path, 100, seed)


@pytest.mark.long
async def test_two_processes_share_the_questions_and_answer_none_twice(filled: str, tmp_path: Path) -> None:
    async with (
        scene(6) as there,
        up(filled, tmp_path, there.settings, name="one") as one,
        up(filled, tmp_path, there.settings, name="two") as two,
    ):
        async with run_in_background(there.crowd.asking(0.1)):
            for replica in (one, two):
                await some_moment(there.discord, there.crowd.chance)
                await replica.kill()
                await replica.start()
        await all_is_well(there, filled, one, two)
        assert all("came" in replica.logged for replica in (one, two))


@pytest.mark.slow
async def test_three_hundred_requests_keep_to_the_pace_of_one_process(filled: str, tmp_path: Path) -> None:
    began, heard = await _three_hundred(filled, tmp_path, NO_BUCKETS)
    # At most this many have left by then: however late a busy machine hears them, none is heard before it left.
    assert all(number <= EARLIER + 1 + A_SECOND * (each.at - began) for number, each in enumerate(heard, 1))
    assert Limits().whole.count > A_SECOND


@pytest.mark.long
async def test_three_hundred_requests_keep_below_what_discord_allows_a_second(filled: str, tmp_path: Path) -> None:
    limits = replace(NO_BUCKETS, whole=Rate(50, 1.0))
    _, heard = await _three_hundred(filled, tmp_path, limits)
    assert not [each for each in heard if each.status == 429]


async def _three_hundred(dsn: str, folder: Path, limits: Limits) -> tuple[float, list[Call]]:
    """Ask a hundred questions at once. -> when they were asked, and the requests that count, as they arrived."""
    async with serve_discord(limits=limits) as discord:
        channels = [discord.add_channel(f"c{number}") for number in range(10)]
        async with up(dsn, folder, discord_settings(discord), UNLIMITED):
            began = time.monotonic()
            asked = [
                discord.say(channels[number % 10], f"<@{discord.bot_id}> {QUESTION} {number}", user_id=1_000 + number)
                for number in range(100)
            ]
            await discord.until(lambda: all(map(partial(is_answered, discord), asked)), 240)
            counted = [each for each in discord.calls if each.at >= began and not _UNCOUNTED.search(each.path)]
    assert len(counted) >= 300, "a thread, a message and typing for each"
    return began, sorted(counted, key=lambda each: each.at)


def is_answered(discord: Discord, asked: int) -> bool:
    """Return whether it has one finished reply."""
    replies = discord.replies(asked) if asked in discord.world.places else []
    return len(replies) == 1 and bool(replies[0].embeds)
