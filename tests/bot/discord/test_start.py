"""How `footnote up` begins in Discord, comes back from outages and ends; and that it costs nobody else anything."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.discord.app import NOT_SO_OFTEN
from bot.discord.gateway import NO_INTENT, REFUSED
from tests.bot.discord_talks import talking
from tests.bot.install import Install
from tests.bot.talks import ANSWER, SHOWN, Held
from tests.bot.up import discord_settings, slack_settings, up
from tests.servers.discord import payloads
from tests.servers.discord.faults import fails, says
from tests.servers.discord.model import Intents, Posted
from tests.servers.discord.rates import PATIENT, UNLIMITED, Limits, Rate
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import serve_slack

QUESTION = "How do I fine-tune a mistral model with DPO?"
ONE_A_MINUTE = {"USER_MINUTE_LIMIT": "1"}


def ask(discord: Discord, text: str = QUESTION) -> int:
    return discord.say(discord.channel, f"<@{discord.bot_id}> {text}")


async def answer(discord: Discord, asked: int, seconds: float = 60) -> Posted:
    """Return the one finished reply in the thread of a question."""

    def finished() -> list[Posted]:
        posted = discord.replies(asked) if asked in discord.world.places else []
        return [each for each in posted if each.embeds]

    await discord.until(finished, seconds)
    (reply,) = discord.replies(asked)
    return reply


def finished_replies(discord: Discord, asked: int) -> list[Posted]:
    """Return the finished replies to a direct message."""
    return [each for each in discord.replies(discord.direct()) if each.reply_to == asked and each.embeds]


def kept(dsn: str) -> dict[str, str]:
    return {"DATABASE_URL": dsn, "RECRAWL_CRON": "off", "EMBED_THREADS": "1", "HEALTH_ADDRESS": "off"}


async def test_a_wrong_token_ends_the_process_with_what_to_do(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord:
        settings = kept(filled) | discord_settings(discord) | {"DISCORD_BOT_TOKEN": "wrong"}
        ended = await Install(tmp_path, settings).run("up")
        assert ended.code == 78
        assert REFUSED in " ".join(ended.err.split())
        assert "wrong" not in ended.err


async def test_an_intent_that_is_not_granted_ends_discord_and_leaves_slack_alone(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord, serve_slack() as slack:
        wanted = {"DISCORD_MESSAGE_CONTENT": "1"}
        async with up(filled, tmp_path, slack_settings(slack), discord_settings(discord), wanted) as bot:
            await discord.until(lambda: "Discord is off" in bot.logged)
            assert NO_INTENT in bot.logged
            ts = await slack.say("C1", f"<@{slack.bot_user}> {QUESTION}")
            await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))
            assert bot.process is not None
            assert bot.process.returncode is None


async def test_it_waits_for_discord_and_the_next_process_answers_what_was_asked_between(
    filled: str, tmp_path: Path
) -> None:
    async with serve_discord() as discord:
        discord.faults.script("me", fails(503))
        discord.faults.script("gateway_bot", fails(503))
        async with up(filled, tmp_path, discord_settings(discord)) as bot:
            (commands,) = discord.world.commands.values()
            assert {each["name"] for each in commands} == {"ask", "docs", "Answer this"}
            (docs,) = [each for each in commands if each["name"] == "docs"]
            assert docs["default_member_permissions"] == "32"
            known = ask(discord)
            await answer(discord, known)
            first = discord.say(discord.direct(), QUESTION)
            await discord.until(lambda: finished_replies(discord, first))
            await bot.kill()
            await discord.gone()
            missed, alone = ask(discord), discord.say(discord.direct(), f"{QUESTION} Really?")
            discord.say(discord.channel, "nobody is asked")
            await bot.start()
            await answer(discord, missed)
            await discord.until(lambda: finished_replies(discord, alone))
            assert len(finished_replies(discord, first)) == 1
            assert len(discord.replies(known)) == 1
            assert len(discord.threads(discord.channel)) == 2
            assert [each.route for each in discord.calls].count("register") == 1
            assert await bot.stop() == 0


async def test_an_old_stop_ends_no_answer_of_the_next_process(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        held, channel = Held(), talk.discord.direct(79)
        talk.mind.on("durian", held)
        await talk.answered(talk.discord.say(channel, "How is it trained?", user_id=79))
        talk.discord.say(channel, "stop", user_id=79)
        asked = talk.discord.say(channel, "How do I train a durian?", user_id=79)
        await held.here()
        await talk.bot.kill()
        await talk.discord.gone()
        held.go.set()
        await talk.bot.start()
        assert (await talk.answered(asked)).content.count("[") == len(ANSWER), "it is written to its end"


async def test_sessions_that_end_in_any_way_lose_and_double_no_question(filled: str, tmp_path: Path) -> None:
    limits = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord), limits):
        outages = discord.outages
        ways = (outages.reconnect, outages.cut, lambda: outages.close(4000), lambda: outages.invalidate(resumable=True))
        asked = []
        for number in range(20):
            asked.append(discord.say(discord.channel, f"<@{discord.bot_id}> {QUESTION} {number}", copies=2))
            before = len(discord.starts)
            ways[number % len(ways)]()
            await discord.until(lambda before=before: len(discord.starts) > before)  # type: ignore[misc]  # mypy infers no default
        assert [each.outcome for each in discord.starts[1:]] == ["resumed"] * 20
        discord.dispatch("MESSAGE_CREATE", {"id": "not a number"})
        await discord.gone()
        asked.append(ask(discord))
        for each in asked:
            await answer(discord, each)
        assert len(discord.threads(discord.channel)) == 21
        assert discord.starts[-1].outcome == "ready"


async def _away(discord: Discord, seconds: float, status: int) -> float:
    """Take everything away for a while. -> seconds from the end of the outage until a client is connected again."""
    async with discord.outages.away(status=status, rest=True):
        await discord.gone()
        await asyncio.sleep(seconds)
    began = time.monotonic()
    await discord.ready()
    return time.monotonic() - began


@pytest.mark.parametrize("status", [0, pytest.param(503, marks=pytest.mark.long)])
async def test_after_an_outage_of_everything_it_is_back_and_answers_what_it_missed(
    filled: str, tmp_path: Path, status: int
) -> None:
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord)):
        async with discord.outages.away(status=status, rest=True):
            await discord.gone()
            asked = ask(discord)
            await asyncio.sleep(2)
        await answer(discord, asked)


@pytest.mark.long
@pytest.mark.parametrize("status", [0, 503])
async def test_after_a_minute_without_a_gateway_it_is_back_within_ten_seconds(
    filled: str, tmp_path: Path, status: int
) -> None:
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord)):
        assert await _away(discord, 60, status) < 10
        await answer(discord, ask(discord))


async def test_who_asks_too_much_is_told_once_and_for_commands_alone(filled: str, tmp_path: Path) -> None:
    async with serve_discord(limits=PATIENT) as discord, up(filled, tmp_path, discord_settings(discord), ONE_A_MINUTE):
        await answer(discord, ask(discord))
        for number in range(3):
            ask(discord, f"{QUESTION} {number}")
        await discord.until(lambda: discord.replies(discord.channel))
        command = discord.slash("ask", {"question": QUESTION})
        await discord.until(lambda: command.shown)
        assert command.ephemeral
        assert command.shown[0].content.startswith("You ask faster than I can answer")
        other = discord.slash("ask", {"question": QUESTION}, user_id=9)
        await discord.until(lambda: other.shown and other.shown[0].embeds)
        notices = [each for each in discord.replies(discord.channel) if each.asked is None]
        assert ["1 questions a minute" in each.content for each in notices] == [True]
        assert len(discord.threads(discord.channel)) == 1


async def test_two_processes_answer_each_question_once(filled: str, tmp_path: Path) -> None:
    (first, second) = (tmp_path / "first", tmp_path / "second")
    first.mkdir()
    second.mkdir()
    async with serve_discord(limits=PATIENT) as discord:
        settings = discord_settings(discord)
        async with up(filled, first, settings), up(filled, second, settings, name="second"):
            asked = [ask(discord, f"{QUESTION} {number}") for number in range(4)]
            commands = [discord.slash("ask", {"question": f"{QUESTION} {number}"}, user_id=5) for number in range(4)]
            command = discord.slash("docs sources", user_id=discord.admin)
            for each in asked:
                await answer(discord, each)
            await discord.until(lambda: all(each.shown and each.shown[0].embeds for each in commands))
            assert len(discord.replies(discord.channel)) == 4
            await discord.until(lambda: command.shown)
            assert await _acts(filled) == 0


async def _acts(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("select count(*) from audit"))
    finally:
        await connection.close()


# --- with the intent for all texts


async def test_with_the_intent_threads_go_on_without_a_mention_and_posts_are_read(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    intent = {"DISCORD_MESSAGE_CONTENT": "true"}
    async with talking(server, filled_template, tmp_path, intent, intents=Intents.MESSAGE_CONTENT) as talk:
        channel, forum = talk.channel(), talk.forum()
        root = talk.ask(channel, "How do I begin?")
        await talk.answered(root)
        await talk.answered(talk.discord.say(root, "and with mangosteen"))
        assert len(talk.mind.prompts("and with mangosteen")[0]) == 4
        talk.discord.say(root, "thanks a lot!")
        talk.discord.say(root, "I like it here", user_id=9)
        talk.discord.say(root, f"<@{talk.discord.other_bot()}> what do you say?")
        talk.discord.say(root, "what of rollinia?", user_id=9)  # who did not ask the bot may ask the people there
        assert await talk.questions(channel) == 2
        opened = talk.discord.forum_post(forum, "Trouble", "How do I start with ackee?")
        await talk.docs("settings", opened, {"unmentioned": True})
        post = talk.discord.forum_post(forum, "Trouble", "How do I start with ackee?")
        reply = await talk.answered(post)
        assert reply.content == SHOWN
        assert talk.mind.prompts("Trouble\n\nHow do I start with ackee?")
        await talk.docs("settings", channel, {"unmentioned": True})
        heard = talk.discord.say(channel, "How do I start with sapote?")
        assert (await talk.answered(heard)).channel_id == heard
        talk.discord.say(channel, "Good morning")
        assert await talk.questions(channel) == 3


async def test_where_a_channel_gets_no_more_threads_for_minutes_it_is_answered_in_it(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    limits = replace(UNLIMITED, threads=Rate(2, 300.0))
    async with talking(server, filled_template, tmp_path, limits=limits) as talk:
        channel = talk.channel()
        replies = [await talk.answered(talk.ask(channel, f"How do I start {number}?")) for number in range(4)]
        assert [each.channel_id == channel for each in replies] == [False, False, True, True]


async def test_what_a_proxy_or_a_busy_discord_refuses_is_tried_again(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        talk.discord.faults.script("send", says(403, 40333), says(503, 130000))
        assert (await talk.answered(talk.ask(talk.channel(), "How do I start?"))).content == SHOWN


async def test_what_was_said_while_discord_could_not_reach_a_guild_is_answered(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord)):
        await answer(discord, ask(discord))
        (guild,) = discord.guilds
        discord.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        missed = discord.say(discord.channel, f"<@{discord.bot_id}> {QUESTION}", copies=0)
        discord.dispatch("GUILD_CREATE", payloads.guild(discord.world, guild))
        await answer(discord, missed)


async def test_it_does_not_connect_more_often_than_discord_lets_it_in_a_day(filled: str, tmp_path: Path) -> None:
    async with serve_discord(limits=Limits(identifies=4)) as discord:
        async with up(filled, tmp_path, discord_settings(discord)) as bot:
            for _ in range(2):
                await discord.ready()
                discord.dispatch("MESSAGE_CREATE", {"id": "not a number"})
                await discord.gone()
            await discord.ready()
            discord.dispatch("MESSAGE_CREATE", {"id": "not a number"})
            await discord.until(lambda: NOT_SO_OFTEN in bot.logged)
            assert [each.outcome for each in discord.starts] == ["ready"] * 3
            token = discord.token
        assert discord.token == token
