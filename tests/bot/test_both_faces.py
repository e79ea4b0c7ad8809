"""Slack and Discord at once, with the terminal next to them: one engine, so one answer; and neither needs the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.bot.install import Install
from tests.bot.up import Up, discord_settings, slack_settings, up
from tests.servers.discord.model import Posted
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Slack, Tiers, serve_slack

QUESTIONS = (
    "How do I fine-tune a mistral model with DPO?",
    "Which version do I need to install?",
    "What does the beta parameter do?",
    "How do I remove it?",
    "Who won the world cup in 1998?",
    "???",
)
NONE = QUESTIONS[-1]
"""A question with too little to search for."""

NO_LIMITS = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}


async def answers(dsn: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return (platform, question) -> the answer that was stored, once all are done.

    A question is done a moment after its answer is shown.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval("select count(*) from question where state <> 'done'"):
                pass
        rows = await connection.fetch("select platform, body, answer from question")
    finally:
        await connection.close()
    return {(row["platform"], row["body"]): json.loads(row["answer"])["answer"] for row in rows}


def essence(answer: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what must be the same on every platform: words, outcome, abstention, and numbered links with quotes."""
    text = answer.get("text", answer.get("answer"))
    cited = [(each["number"], each["url"], each["quote"], each["href"] or each["url"]) for each in answer["citations"]]
    return text, answer["outcome"], answer["not_covered"], answer["abstention"], cited


async def ask_slack(slack: Slack, question: str) -> str:
    """Ask on Slack. -> what people see of the answer, blocks included."""
    ts = await slack.say("C1", f"<@{slack.bot_user}> {question}")
    await slack.until(lambda: [each for each in slack.replies("C1", ts) if each.metadata is not None])
    (reply,) = slack.replies("C1", ts)
    return f"{reply.visible}\n{reply.blocks}"


async def ask_discord(discord: Discord, question: str, *, plain: bool = False) -> str:
    """Ask on Discord. -> what people see. `plain`: a sentence of the bot itself, which needs no thread."""
    message = discord.say(discord.channel, f"<@{discord.bot_id}> {question}")

    def finished() -> list[Posted]:
        if message in discord.world.places:  # the thread that is made of it has its id
            return [each for each in discord.replies(message) if "Why" in str(each.components)]
        return [each for each in discord.replies(discord.channel) if plain and each.reply_to == message]

    await discord.until(lambda: bool(finished()))
    (reply,) = finished()
    return f"{reply.content}\n{reply.embeds}"


async def in_terminal(dsn: str, folder: Path, question: str) -> Mapping[str, Any] | None:
    """Ask in the terminal. -> the answer as JSON; None where it is no question there, either."""
    ended = await Install(folder, {"DATABASE_URL": dsn}).run("ask", question, "--json")
    return ended.json if ended.code == 0 else None


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


async def test_terminal_slack_and_discord_give_the_same_answer(both: Both, filled: str, tmp_path: Path) -> None:
    shown = {
        each: (await ask_slack(both.slack, each), await ask_discord(both.discord, each, plain=each == NONE))
        for each in QUESTIONS
    }
    kept = await answers(filled)
    for question, seen in shown.items():
        told = await in_terminal(filled, tmp_path, question)
        ours = [essence(kept[platform, question]) for platform in ("slack", "discord")]
        assert ours[0] == ours[1], question
        if told is not None:
            assert essence(told) == ours[0], question
        for citation in kept["slack", question]["citations"]:
            assert all(citation["url"] in each for each in seen), (question, citation, seen)
    assert [each for each in QUESTIONS if kept["slack", each]["abstention"]] == ["Who won the world cup in 1998?"]


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
            assert "Discord is off: " in bot.said
