"""Slack and Discord at once, with all other doors next to them: one engine and one answer; neither needs the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot.parity import NO_LIMITS, ask_discord, ask_slack, compare, open_doors, stored_answers
from tests.bot.up import Up, discord_settings, slack_settings, up
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Slack, Tiers, serve_slack

QUESTIONS = (
    "How do I fine-tune a mistral model with DPO?",
    "Which version do I need to install?",
    "What does the beta parameter do?",
    "How do I remove it?",
    "Who won the world cup in 1998?",
    "Wie wird das Wetter in Rom?",
)
NONE = "???"
"""A question with too little to search for."""


@dataclass(frozen=True, slots=True)
class Both:
    """A process, and the two platforms that it is on."""

    slack: Slack
    discord: Discord
    bot: Up


@pytest.fixture
async def both(filled: str, tmp_path: Path) -> AsyncIterator[Both]:
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        up(filled, tmp_path, slack_settings(slack), discord_settings(discord), NO_LIMITS) as bot,
    ):
        await discord.ready()
        yield Both(slack, discord, bot)


async def test_every_door_gives_the_same_answer(filled: str, tmp_path: Path) -> None:
    async with open_doors(filled, tmp_path) as doors:
        report = await compare(doors, QUESTIONS)
        assert report.differences == []
        assert set(report.doors) == {"slack", "discord", "http", "stream", "widget", "openai", "mcp"}
        assert report.outcomes == {"answered": 4, "not_answered": 2}
        await ask_slack(doors.slack, NONE)
        await ask_discord(doors.discord, NONE, plain=True)
        kept = await stored_answers(filled)
        assert kept["slack", NONE]["text"] == kept["discord", NONE]["text"]


@pytest.mark.parametrize("seconds", [pytest.param(6, id="six-seconds"), pytest.param(300, marks=pytest.mark.long)])
async def test_while_one_platform_is_down_the_other_answers_as_before(both: Both, seconds: float) -> None:
    slack, discord = both.slack, both.discord
    there = await words(slack), await ask_discord(discord, QUESTIONS[0])
    async with discord.outages.away(rest=True):
        for _ in range(max(1, int(seconds // 10))):
            assert await words(slack) == there[0]
            await asyncio.sleep(min(seconds, 10))
    await discord.ready(120)  # tries are up to a minute apart after a long outage
    await slack.unplug()
    for _ in range(max(1, int(seconds // 10))):
        assert await ask_discord(discord, QUESTIONS[0]) == there[1]
        await asyncio.sleep(min(seconds, 10))
    await slack.plug_in()
    await slack.until(lambda: slack.sockets.live, within=120)
    assert await words(slack) == there[0]
    assert await both.bot.stop() == 0


async def words(slack: Slack) -> str:
    """Return the words of an answer in Slack, without the ids of its blocks."""
    return (await ask_slack(slack, QUESTIONS[0])).partition("\n[{")[0]


async def test_a_platform_that_a_person_must_mend_leaves_the_other_at_work(filled: str, tmp_path: Path) -> None:
    async with serve_slack(tiers=Tiers.none()) as slack, serve_discord(limits=UNLIMITED) as discord:
        wrong = discord_settings(discord) | {"DISCORD_BOT_TOKEN": "wrong"}
        async with up(filled, tmp_path, slack_settings(slack), wrong) as bot:
            assert "trainer.train()" in await words(slack)
            assert "Discord is off: " in bot.logged
