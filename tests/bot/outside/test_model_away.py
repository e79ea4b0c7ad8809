"""A model that is away: people read an apology and what the pages say; operators alone read what has to be mended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from core.sentences import ENGLISH
from tests.bot.rows import Rows
from tests.bot.talks import ANSWER
from tests.bot.up import ADMIN, Up, discord_settings, model_settings, slack_settings, up
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.openai_server import refusal, serve_openai, text
from tests.servers.ports import own_port
from tests.servers.scripted import Behaviour
from tests.servers.slack import Interaction, Slack, Tiers, serve_slack

WORDS = "canary words of the provider"
KEY = "sk-canary-1618033988"
OF_OPERATORS = ("OPENAI", "API_KEY", "BASE_URL", "CHAT_MODEL", "quota", "credit", "HTTP 4", "canary", "127.0.0.1")
"""What no member may read of a fault: settings to change, an account, an address, the provider's own words."""

FAULTS: dict[str, Behaviour] = {
    "key": refusal(401, "invalid_api_key", f"Incorrect API key {KEY}: {WORDS}"),
    "quota": refusal(429, "insufficient_quota", f"You exceeded your current quota. {WORDS}"),
    "model": refusal(404, "model_not_found", f"No such model. {WORDS}"),
    "moved": refusal(301, "moved", WORDS),
    "blocked": text("Well", finish="content_filter"),
}


@dataclass(slots=True)
class Away(Rows):
    """A process on both platforms whose model fails."""

    slack: Slack
    discord: Discord
    bot: Up
    health: str


@asynccontextmanager
async def running(dsn: str, folder: Path, behaviour: Behaviour) -> AsyncIterator[Away]:
    """Run a process on both platforms, with a model that always fails in the same way."""
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        serve_openai() as models,
        AsyncExitStack() as stack,
    ):
        models.otherwise = behaviour
        health = f"127.0.0.1:{stack.enter_context(own_port())}"
        own = {"OPENAI_API_KEY": KEY, "HEALTH_ADDRESS": health, "USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
        settings = (slack_settings(slack), discord_settings(discord), model_settings(models), own)
        async with up(dsn, folder, *settings) as bot:
            await discord.ready()
            yield Away(dsn, slack, discord, bot, health)


def text_of(done: Interaction) -> str:
    """Return what a command on Slack showed."""
    return "\n".join(f"{each.visible} {each.blocks}" for each in done.responses)


def assert_for_members(shown: str) -> None:
    """Raise where something that members read is meant for an operator."""
    assert shown
    found = [each for each in OF_OPERATORS if each.lower() in shown.lower()]
    assert not found, (found, shown)


@pytest.mark.parametrize(
    "fault", [pytest.param(each, marks=[] if each in {"key", "blocked"} else pytest.mark.long) for each in FAULTS]
)
async def test_no_face_shows_what_an_operator_has_to_mend(filled: str, tmp_path: Path, fault: str) -> None:
    async with running(filled, tmp_path, FAULTS[fault]) as away:
        expected = ENGLISH.blocked if fault == "blocked" else ENGLISH.apology
        for each in await ask_everywhere(away, "How do I fine-tune a mistral model with DPO?"):
            assert_for_members(each)
            assert expected in each
        for each in await ask_everywhere(away, "Who won the world cup in 1998?"):
            assert_for_members(each)


async def ask_everywhere(away: Away, question: str) -> list[str]:
    """Ask in channels, alone, and by commands. -> what people see of each reply."""
    slack, discord = away.slack, away.discord
    channel, dm, direct = f"C{len(question)}", slack.dm("U7").id, discord.direct()
    mention = await slack.say(channel, f"<@{slack.bot_user}> {question}")
    written = await slack.say(dm, question, user="U7")
    command = await slack.slash("/ask", question, user="U8", channel=channel)
    below = discord.say(discord.channel, f"<@{discord.bot_id}> {question}")
    alone = discord.say(direct, question)
    asked = [discord.slash("ask", {"question": question, "private": each}) for each in (True, False)]
    keys = [f"{channel}:{mention}", f"{dm}:{written}", f"{discord.channel}:{below}", f"{direct}:{alone}"]
    for key in (*keys, *(f"ask:{each.id}" for each in asked)):
        await away.over_at(key)
    await slack.until(lambda: len(command.responses) > 1)
    seen = [f"{each.visible} {each.blocks}" for each in slack.replies(channel, mention)]
    seen += [f"{each.visible} {each.blocks}" for each in slack.replies(dm, written)]
    seen += [f"{command.responses[-1].visible} {command.responses[-1].blocks}"]
    seen += [f"{each.content} {each.embeds}" for each in (*discord.replies(below), discord.replies(direct)[-1])]
    seen += [f"{one.shown[-1].content} {one.shown[-1].embeds}" for one in asked]
    assert len(seen) == 7
    return seen


async def test_the_operator_reads_it_in_the_log_the_status_the_metrics_and_doctor(filled: str, tmp_path: Path) -> None:
    async with running(filled, tmp_path, FAULTS["quota"]) as away:
        ts = await away.slack.say("C3", f"<@{away.slack.bot_user}> How do I fine-tune a mistral model with DPO?")
        await away.over_at(f"C3:{ts}")
        assert "The account of OPENAI_API_KEY has no quota left" in away.bot.logged
        status = await away.slack.slash("/docs", "status", user=ADMIN, channel="C1")
        await away.slack.until(lambda: bool(status.responses))
        assert "The account of OPENAI_API_KEY has no quota left" in text_of(status)
        assert KEY not in text_of(status)
        shown = away.discord.slash("docs status", {}, user_id=away.discord.admin)
        await away.discord.until(lambda: shown.shown)
        assert "OPENAI_API_KEY" in " ".join(each.content for each in shown.shown)
        async with aiohttp.ClientSession() as session, session.get(f"http://{away.health}/metrics") as response:
            metrics = await response.text()
        assert 'footnote_model_faults_total{kind="refused",part="model",platform="slack"} 1.0' in metrics
        doctor = await away.bot.install.run("doctor", "--json")
        says = [each["says"] for each in json.loads(doctor.out)["checks"] if each["subject"] == "answers"]
        assert any("OPENAI_API_KEY" in each for each in says), doctor.out


async def test_a_fault_that_is_mended_is_not_reported_any_more(filled: str, tmp_path: Path) -> None:
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_openai() as models,
        up(filled, tmp_path, slack_settings(slack), model_settings(models)),
    ):
        for behaviour, count in ((FAULTS["key"], 1), (text(ANSWER[0]), 0)):
            models.otherwise = behaviour
            ts = await slack.say("C1", f"<@{slack.bot_user}> How do I fine-tune a mistral model with DPO?")
            await Rows(filled).over_at(f"C1:{ts}")
            status = await slack.slash("/docs", "status", user=ADMIN, channel="C1")
            await slack.until(lambda status=status: bool(status.responses))  # type: ignore[misc]  # mypy infers no default
            assert text_of(status).count("check OPENAI_API_KEY") == 2 * count  # the text, and the block
