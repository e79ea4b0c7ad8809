"""Quiet and hand-over hold over kills and replicas, on both platforms; a mention wakes the bot again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from core.sentences import ENGLISH, GERMAN
from tests.bot.discord_talks import button
from tests.bot.played import NO_LIMITS
from tests.bot.up import Up, discord_settings, slack_settings, up
from tests.servers.discord.model import Intents, Posted
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Message, Slack, Tiers, serve_slack
from tests.waiting import pause

KNOWN, UNKNOWN = "How do I fine-tune a mistral model with DPO?", "Who won the world cup in 1998?"
FOLLOW_UP = "what does the beta parameter do?"
TEAM, ROLE = "<!subteam^S77>", "<@&777>"


@asynccontextmanager
async def talking_on_slack(dsn: str, folder: Path, **settings: str) -> AsyncIterator[tuple[Slack, Up, Up]]:
    """Run two processes that share the questions of one Slack."""
    async with serve_slack(tiers=Tiers.none()) as slack:
        given = (slack_settings(slack), NO_LIMITS, settings)
        for name in ("one", "two"):
            (folder / name).mkdir()
        async with up(dsn, folder / "one", *given) as one, up(dsn, folder / "two", *given) as two:
            yield slack, one, two


async def settled(dsn: str, slack: Slack) -> None:
    """Wait until all that was written is acknowledged, and all questions are over."""
    await slack.until(lambda: all(each.acked_at or each.error or each.given_up for each in slack.envelopes), 120)
    connection = await asyncpg.connect(dsn)
    try:
        while await connection.fetchval("select count(*) from question where state in ('queued', 'answered')"):
            await pause()
    finally:
        await connection.close()


async def say(dsn: str, slack: Slack, text: str, root: str | None = None, user: str = "U1") -> list[Message]:
    """Write a message, and return what the bot posted after it."""
    there = len(posts(slack))
    await slack.say("C1", text.replace("@bot", f"<@{slack.bot_user}>"), user=user, thread_ts=root)
    await settled(dsn, slack)
    return posts(slack)[there:]


def posts(slack: Slack) -> list[Message]:
    return [each for each in slack.messages("C1") if each.bot_id == slack.bot_id]


async def test_quiet_holds_over_a_kill_and_a_replica_until_a_mention(filled: str, tmp_path: Path) -> None:
    async with talking_on_slack(filled, tmp_path) as (slack, one, two):
        root = await slack.say("C1", f"<@{slack.bot_user}> {KNOWN}")
        await settled(filled, slack)
        assert not await say(filled, slack, "please stop replying here, ben is helping me", root)
        await slack.until(lambda: [each.text for each in slack.ephemerals("U1")] == [ENGLISH.muted])
        await one.kill()
        assert not await say(filled, slack, FOLLOW_UP, root)
        await two.kill()
        await one.start()
        assert slack.ephemerals("UAPP") == [], "only people order quiet"
        assert not await say(filled, slack, FOLLOW_UP, root)
        assert len(await say(filled, slack, f"@bot {FOLLOW_UP}", root)) == 1
        assert len(await say(filled, slack, "how do I remove it?", root)) == 1


async def test_whom_to_ask_is_named_once_in_a_thread_and_then_it_is_quiet_there(filled: str, tmp_path: Path) -> None:
    async with talking_on_slack(filled, tmp_path, WHO_TO_ASK=f"{TEAM} & co") as (slack, one, _two):
        root = await slack.say("C1", f"<@{slack.bot_user}> {UNKNOWN}")
        await settled(filled, slack)
        _refusal, line = posts(slack)
        assert line.visible.startswith(f"For this, ask {TEAM} &amp; co.")
        assert not await say(filled, slack, FOLLOW_UP, root)
        await one.kill()
        assert not await say(filled, slack, "can a human have a look please?", root)
        (again,) = await say(filled, slack, f"@bot {UNKNOWN}", root)
        assert TEAM not in str(again.blocks)
        assert len(await say(filled, slack, f"@bot {FOLLOW_UP}", root)) == 1


async def test_who_wishes_for_a_person_gets_whom_to_ask_in_the_language_that_is_set(
    filled: str, tmp_path: Path
) -> None:
    async with talking_on_slack(filled, tmp_path, WHO_TO_ASK=TEAM, ANSWER_LANGUAGE="German") as (slack, _one, _two):
        root = await slack.say("C1", f"<@{slack.bot_user}> {KNOWN}")
        await settled(filled, slack)
        (line,) = await say(filled, slack, "I'd like to talk to a human", root)
        assert line.visible == GERMAN.hand_over.format(who=TEAM)
        assert not await say(filled, slack, "I want to talk to a human!", root)
        assert not await say(filled, slack, FOLLOW_UP, root)


async def test_on_discord_the_one_mention_notifies_and_quiet_is_a_reaction(filled: str, tmp_path: Path) -> None:
    async with serve_discord(limits=UNLIMITED) as discord:
        discord.grant(Intents.MESSAGE_CONTENT)
        channel = discord.add_channel("talk")
        given = discord_settings(discord) | NO_LIMITS | {"DISCORD_MESSAGE_CONTENT": "1", "WHO_TO_ASK": ROLE}
        async with up(filled, tmp_path, given) as bot:
            await discord.ready()
            asked = discord.say(channel, f"<@{discord.bot_id}> {UNKNOWN}")
            await discord.until(lambda: asked in discord.world.places and len(replies(discord, asked)) == 2)
            refusal, line = replies(discord, asked)
            assert line.content == ENGLISH.hand_over.format(who=ROLE)
            assert line.allowed_mentions == {"parse": [], "roles": ["777"]}
            assert refusal.allowed_mentions == {"parse": []}
            order = discord.say(asked, "be quiet, bot")
            await discord.until(lambda: discord.world.messages[order].reactions)
            await bot.kill()
            await discord.gone()
            await bot.start()
            discord.say(asked, FOLLOW_UP)
            discord.say(asked, f"<@{discord.bot_id}> {FOLLOW_UP}")
            await discord.until(lambda: len(replies(discord, asked)) == 3)


async def test_a_sign_for_quiet_on_slack_holds_until_a_mention(filled: str, tmp_path: Path) -> None:
    async with talking_on_slack(filled, tmp_path) as (slack, one, two):
        root = await slack.say("C1", f"<@{slack.bot_user}> {KNOWN}")
        await settled(filled, slack)
        (answer,) = posts(slack)
        await slack.react("C1", answer.ts, "eyes", user="U2")
        slack.users["UAPP"] = {"is_bot": True}
        await slack.react("C1", answer.ts, "mute", user="UAPP")
        await slack.react("C1", answer.ts, "mute", user="U2")
        await slack.until(lambda: [each.text for each in slack.ephemerals("U2")] == [ENGLISH.muted])
        await one.kill()
        await two.kill()
        await two.start()
        assert not await say(filled, slack, FOLLOW_UP, root)
        assert len(await say(filled, slack, f"@bot {FOLLOW_UP}", root)) == 1
        elsewhere = await slack.say("C1", "nothing for a bot", user="U2")
        await slack.react("C1", elsewhere, "mute", user="U2")
        await settled(filled, slack)
        assert len(slack.ephemerals("U2")) == 1


async def test_a_bad_answer_names_whom_to_ask_once_on_slack(filled: str, tmp_path: Path) -> None:
    async with talking_on_slack(filled, tmp_path, WHO_TO_ASK=TEAM) as (slack, _one, _two):
        root = await slack.say("C1", f"<@{slack.bot_user}> {KNOWN}")
        await settled(filled, slack)
        (answer,) = posts(slack)
        await slack.click(answer, "feedback", user="U2", value=next_bad(answer))
        await slack.until(lambda: len(posts(slack)) == 2)
        line = posts(slack)[-1]
        assert (line.thread_ts, line.visible) == (root, ENGLISH.hand_over.format(who=TEAM))
        assert not await say(filled, slack, FOLLOW_UP, root)
        await slack.click(answer, "feedback", user="U3", value=next_bad(answer))
        await settled(filled, slack)
        assert len(posts(slack)) == 2


def next_bad(answer: Message) -> str:
    """Return the value of the button for a bad answer."""
    found = re.search(r"bad:\d+", str(answer.blocks))
    assert found is not None
    return found.group()


async def test_a_sign_and_a_bad_answer_do_the_same_on_discord(filled: str, tmp_path: Path) -> None:
    async with serve_discord(limits=UNLIMITED) as discord:
        discord.grant(Intents.MESSAGE_CONTENT)
        channel = discord.add_channel("talk")
        given = discord_settings(discord) | NO_LIMITS | {"DISCORD_MESSAGE_CONTENT": "1", "WHO_TO_ASK": ROLE}
        async with up(filled, tmp_path, given):
            await discord.ready()
            asked = discord.say(channel, f"<@{discord.bot_id}> {KNOWN}")
            await discord.until(lambda: asked in discord.world.places and len(replies(discord, asked)) == 1)
            await discord.until(lambda: "good" in str(replies(discord, asked)[0].components))
            (answer,) = replies(discord, asked)
            discord.click(answer, button(answer, "bad"))
            await discord.until(lambda: len(replies(discord, asked)) == 2)
            line = replies(discord, asked)[-1]
            assert line.content == ENGLISH.hand_over.format(who=ROLE)
            assert line.allowed_mentions == {"parse": [], "roles": ["777"]}
            discord.say(asked, f"<@{discord.bot_id}> {FOLLOW_UP}")
            await discord.until(lambda: len(replies(discord, asked)) == 3)
            discord.react(answer.id, "\N{SPEAKER WITH CANCELLATION STROKE}")
            await discord.until(lambda: [each for each in discord.calls if each.route == "react"])
            discord.say(asked, FOLLOW_UP)
            discord.say(asked, f"<@{discord.bot_id}> {FOLLOW_UP} again")
            await discord.until(lambda: len(replies(discord, asked)) == 4)


def replies(discord: Discord, thread: int) -> list[Posted]:
    return [each for each in discord.replies(thread) if each.content and not each.content.startswith("-#")]
