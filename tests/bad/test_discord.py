"""What Discord, or somebody who looks like it, may deliver: of ../shared each line, then worse, to one real process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.discord.gateway import NO_INTENT
from bot.discord.registration import commands
from core.answer.prompt import HELP
from core.domain import Source
from core.sentences import ENGLISH
from tests.bad.inputs import Bad, bad
from tests.bot.discord_talks import DiscordTalk, shown, talking, with_question
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.talks import Held
from tests.bot.up import discord_settings, slack_settings, up
from tests.servers.discord.model import Asked, Intents
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import serve_discord
from tests.servers.ports import own_port
from tests.servers.slack import serve_slack

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DiscordTalk]:
    """Run one process for all tests."""
    folder = tmp_path_factory.mktemp("bad_discord")
    async with talking(server, "template1", folder) as made:
        await add_source(made.dsn, write_site(folder / "site"), Source(0, "docs", BASE))
        yield made
        assert made.bot.process is not None
        assert made.bot.process.returncode is None, "it fell over"
        assert "Traceback" not in made.bot.logged
        assert " failed: " not in made.bot.logged, made.bot.logged[made.bot.logged.index(" failed: ") :][:3_000]


async def private_answer(talk: DiscordTalk, asked: Asked) -> str:
    """Return the answer that the asker alone reads."""
    await talk.discord.until(lambda: asked.shown)
    assert asked.ephemeral
    return shown(asked)


async def answers(talk: DiscordTalk) -> None:
    """Ask a question, to see that the process still answers."""
    await talk.answered(talk.ask(talk.channel(), "How do I start?"))


async def gets_help(talk: DiscordTalk, bad: Bad) -> None:
    before = len(talk.mind.asked)
    raw = json.loads(bad.text)
    asked = talk.discord.slash(raw["name"], raw["options"])
    assert HELP in await private_answer(talk, asked)
    assert len(talk.mind.asked) == before
    assert await talk.count("select count(*) from question where place_key = $1", f"ask:{asked.id}") == 0


async def is_answered_once(talk: DiscordTalk, bad: Bad) -> None:
    channel, copies = talk.channel(), json.loads(bad.text)["_deliver"]
    asked = talk.discord.slash("ask", {"question": "How do I start?"}, channel_id=channel, copies=copies)
    reply = await talk.reply(f"ask:{asked.id}")
    await answers(talk)
    assert talk.discord.replies(channel) == [reply] == asked.shown


async def is_too_long(talk: DiscordTalk, bad: Bad) -> None:
    question = json.loads(bad.text)["options"]["question"]
    (ask,) = [each for each in commands() if each["name"] == "ask"]
    assert ask["options"][0]["max_length"] == 1_500 < len(question)
    asked = talk.discord.slash("ask", {"question": question})
    reply = await talk.reply(f"ask:{asked.id}")
    assert "please shorten" not in reply.content


async def is_refused_in_private(talk: DiscordTalk, bad: Bad) -> None:
    name, admin = json.loads(bad.text)["name"], talk.discord.admin
    asked = talk.discord.slash(f"docs {name}", {}, user_id=admin, channel_id=talk.discord.direct(admin))
    assert await private_answer(talk, asked) == ENGLISH.not_in_direct
    assert await talk.count("select count(*) from request") == 0


async def is_refused_elsewhere(talk: DiscordTalk, bad: Bad) -> None:
    raw = json.loads(bad.text)
    guild = str(talk.discord.world.new_id())
    permissions = int(raw["member"]["permissions"])
    for user in (talk.discord.user, talk.discord.world.new_id()):
        asked = talk.discord.slash(
            f"docs {raw['name']}", {"name": "docs"}, user_id=user, permissions=permissions, more={"guild_id": guild}
        )
        assert "Only administrators" in await private_answer(talk, asked)
    assert await talk.count("select count(*) from request") == 0


async def resumes_and_doubles_nothing(talk: DiscordTalk, bad: Bad) -> None:
    assert json.loads(bad.text) == {"op": 7}
    before, channel = len(talk.discord.starts), talk.channel()
    asked = talk.discord.say(channel, f"<@{talk.discord.bot_id}> How do I start?", copies=2)
    talk.discord.outages.reconnect()
    await talk.discord.until(lambda: len(talk.discord.starts) > before)
    await talk.answered(asked)
    assert talk.discord.starts[-1].outcome == "resumed"
    assert await talk.questions(channel) == 1
    assert len(talk.discord.replies(asked)) == 1


async def falls_back(talk: DiscordTalk, bad: Bad) -> None:
    """Fall back to a message in the channel, to the asker where it was private, or to what is there already."""
    age = json.loads(bad.text)["token_age_s"]
    assert age > 900
    closed, private, open_one = talk.channel(), talk.discord.direct(7), talk.channel()
    talk.discord.permit(closed, deny=int(Permission.SEND_MESSAGES))
    for channel, options, place in ((open_one, {}, open_one), (open_one, {"private": True}, private), (closed, {}, 0)):
        asked = talk.discord.slash("ask", {"question": "How do I start?"} | options, channel_id=channel, user_id=7)
        asked.at -= age
        row = await talk.over_at(f"ask:{asked.id}")
        assert row["state"] == ("done" if place else "undeliverable")
        if place:
            (reply,) = talk.discord.replies(place)
            assert reply.content == with_question("How do I start?")
    held = Held()
    talk.mind.on("medlar", held)
    asked = talk.discord.slash("ask", {"question": "How do I train a medlar?"}, channel_id=closed)
    await held.here()
    asked.at -= age
    held.go.set()
    assert await talk.reply(f"ask:{asked.id}") is asked.original
    assert asked.original is not None
    assert asked.original.content == with_question("How do I train a medlar?")


async def ignores_it(talk: DiscordTalk, bad: Bad) -> None:
    asked = talk.discord.slash("ask", {"question": "How do I start?"}, more={"locale": json.loads(bad.text)["locale"]})
    await talk.reply(f"ask:{asked.id}")


EXPECTED: Mapping[str, Callable[[DiscordTalk, Bad], Awaitable[None]]] = {
    "help text, no LLM call": gets_help,
    "same interaction id twice": is_answered_once,
    "refused by max_length": is_too_long,
    "in DM: refused": is_refused_in_private,
    "administrator of another guild": is_refused_elsewhere,
    "reconnect: RESUME": resumes_and_doubles_nothing,
    "15-min token expired": falls_back,
    "ignored field": ignores_it,
}
ALONE = "process keeps Slack side alive"


@bad("discord.gateway")
async def test_what_arrives_is_dealt_with_as_is_expected(
    talk: DiscordTalk, bad: Bad, server: str, tmp_path: Path
) -> None:
    if bad.expected.startswith(ALONE):
        assert json.loads(bad.text) == {"close": 4014}
        await keeps_slack_alive(talk.dsn, tmp_path)
        return
    (expected,) = [check for words, check in EXPECTED.items() if bad.expected.startswith(words)]
    await expected(talk, bad)
    await answers(talk)


async def keeps_slack_alive(dsn: str, folder: Path) -> None:
    """Keep Slack alive: Discord closes with 4014 when the bot asks for an intent that was taken away."""
    with own_port() as port:
        await _keeps_slack_alive(dsn, folder, f"127.0.0.1:{port}")


async def _keeps_slack_alive(dsn: str, folder: Path, address: str) -> None:
    wanted = {"DISCORD_MESSAGE_CONTENT": "1", "HEALTH_ADDRESS": address}
    async with serve_discord() as discord, serve_slack() as slack, aiohttp.ClientSession() as session:
        discord.grant(Intents.MESSAGE_CONTENT)
        async with up(dsn, folder, slack_settings(slack), discord_settings(discord), wanted) as bot:
            await discord.ready()
            discord.grant(Intents(0))
            discord.outages.invalidate()
            # discord.py waits for five seconds, and sometimes loses the code of a close and tries once more.
            await discord.until(lambda: "Discord is off" in bot.logged)
            assert discord.starts[-1].outcome == "4014"
            async with session.get(f"http://{address}/readyz") as health:
                assert health.status == 200
                assert (await health.json())["discord"] == f"down: {NO_INTENT}"
            ts = await slack.say("C1", f"<@{slack.bot_user}> How do I start?")
            await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))


# --- worse


WORSE: Mapping[str, Mapping[str, Any]] = {
    "no type": {"type": None},
    "a type that is not there yet": {"type": 99},
    "no data": {"data": None},
    "data that is a list": {"data": []},
    "options that are no options": {"data": {"id": "1", "name": "ask", "type": 1, "options": [{"name": "question"}]}},
    "a command that is none": {"data": {"id": "1", "name": "drop", "type": 1}},
    "a menu without a message": {"data": {"id": "1", "name": "Answer this", "type": 3, "target_id": "5"}},
    "a subcommand that is none": {
        "data": {"id": "1", "name": "docs", "type": 1, "options": [{"name": "x", "type": 1}]}
    },
    "no subcommand": {"data": {"id": "1", "name": "docs", "type": 1}},
    "no channel": {"channel": {}, "channel_id": None},
    "no member": {"member": None},
    "a control of nobody": {"type": 3, "data": {"custom_id": "x" * 100, "component_type": 2}},
    "a control of a question that never was": {
        "type": 3,
        "data": {"custom_id": "footnote:good:999999999999999999:0", "component_type": 2},
    },
    "a form that is empty": {"type": 5, "data": {"custom_id": "footnote:reasons:7:0", "components": []}},
    "a form of another shape": {
        "type": 5,
        "data": {"custom_id": "footnote:reasons:7:0", "components": [{"type": 1, "components": [{"type": 4}]}]},
    },
    "a question that is a number": {
        "data": {"id": "1", "name": "ask", "type": 1, "options": [{"name": "question", "type": 3, "value": 7}]}
    },
}


@pytest.mark.parametrize("more", [pytest.param(more, id=name) for name, more in WORSE.items()])
async def test_an_interaction_that_is_out_of_shape_harms_nobody(talk: DiscordTalk, more: Mapping[str, Any]) -> None:
    talk.discord.slash("ask", {"question": "How do I start?"}, more=more)
    await answers(talk)


EVENTS: Mapping[str, tuple[str, Any]] = {
    "a message without anything": ("MESSAGE_CREATE", {}),
    "a message that is null": ("MESSAGE_CREATE", None),
    "an edit without an id": ("MESSAGE_UPDATE", {"content": "x"}),
    "a deletion of what never was": ("MESSAGE_DELETE", {"id": "1", "channel_id": "2", "guild_id": "3"}),
    "a thread of nowhere": ("THREAD_CREATE", {"id": "1", "guild_id": "2", "parent_id": "3"}),
    "a guild that is gone": ("GUILD_DELETE", {"id": "1", "unavailable": True}),
}


@pytest.mark.parametrize(("name", "data"), [pytest.param(*each, id=words) for words, each in EVENTS.items()])
async def test_an_event_that_is_out_of_shape_is_survived(talk: DiscordTalk, name: str, data: Any) -> None:
    talk.discord.dispatch(name, data)
    await answers(talk)
