"""The loopback Discord's gateway, as the real discord.py sees it: login, events, intents, sessions, outages."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from tests.servers.discord.faults import fails
from tests.servers.discord.model import Intents, Kind
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rates import Limits
from tests.servers.discord.sdk import PLAIN, Bot, connected, discord, pointed_at
from tests.servers.discord.server import Discord, serve_discord


@pytest.fixture
async def served() -> AsyncIterator[Discord]:
    async with serve_discord() as server:
        yield server


def outcomes(served: Discord) -> list[str]:
    return [one.outcome for one in served.starts]


async def refused(served: Discord, bot: Bot) -> BaseException:
    """Return the exception that the bot's start ends with."""
    with pointed_at(served), pytest.raises(Exception) as raised:  # noqa: PT011 - each caller looks at its type
        async with bot, asyncio.timeout(60):
            await bot.start(served.token)
    return raised.value


async def test_the_client_logs_in_and_sees_the_guild(served: Discord) -> None:
    closed = served.add_channel("closed", deny=Permission.VIEW_CHANNEL)
    async with connected(served) as bot:
        assert bot.user is not None
        assert bot.user.id == served.bot_id == bot.application_id
        assert isinstance(bot.get_channel(served.channel), discord.TextChannel)
        assert isinstance(bot.get_channel(served.forum), discord.ForumChannel)
        assert bot.get_channel(closed) is None
        assert [one.id for one in bot.guilds] == [served.guilds[0].id]
    assert [(one.what, one.shard, one.intents, one.outcome) for one in served.starts] == [
        ("identify", (0, 1), PLAIN, "ready")
    ]
    assert served.connected == 0


async def test_a_mention_is_answered_with_a_message(served: Discord) -> None:
    async with connected(served) as bot:
        asked = served.say(served.channel, f"<@{served.bot_id}> How do I install it?")
        await bot.texts(1)
        assert bot.heard[0].id == asked
        assert bot.heard[0].mentions[0] == bot.user
        await bot.heard[0].reply("With pip.")
        assert await bot.texts(2) == [f"<@{served.bot_id}> How do I install it?", "With pip."]
    (reply,) = served.replies(served.channel)
    assert (reply.content, reply.reply_to, reply.author_id) == ("With pip.", asked, served.bot_id)


async def test_text_arrives_where_the_bot_is_meant_and_nowhere_else(served: Discord) -> None:
    async with connected(served) as bot:
        await bot.text_channel(served.channel).send("own")
        own = served.replies(served.channel)[0].id
        served.say(served.channel, "nobody is meant")
        served.say(served.channel, f"in code `<@{served.bot_id}>`")
        served.say(served.channel, f"<@{served.bot_id}> meant")
        served.say(served.channel, "answers it", reply_to=own)
        served.say(served.direct(), "private")
        texts = await bot.texts(6)
    assert texts == ["own", "", "", f"<@{served.bot_id}> meant", "answers it", "private"]
    assert [one.guild is None for one in bot.heard] == [False] * 5 + [True]


async def test_with_the_intent_all_text_arrives(served: Discord) -> None:
    served.grant(Intents.MESSAGE_CONTENT)
    async with connected(served, Bot(PLAIN | Intents.MESSAGE_CONTENT)) as bot:
        served.say(served.channel, "nobody is meant")
        assert await bot.texts(1) == ["nobody is meant"]


async def test_an_intent_that_is_not_granted_ends_the_client(served: Discord) -> None:
    error = await refused(served, Bot(PLAIN | Intents.MESSAGE_CONTENT))
    assert isinstance(error, discord.PrivilegedIntentsRequired)
    assert outcomes(served) == ["4014"]


async def test_a_wrong_token_is_refused_at_login(served: Discord) -> None:
    with pointed_at(served), pytest.raises(discord.LoginFailure):
        async with Bot() as bot, asyncio.timeout(60):
            await bot.start("another token")
    assert [(one.route, one.status) for one in served.calls] == [("me", 401)]


async def test_a_token_that_is_reset_closes_the_gateway(served: Discord) -> None:
    class Reset(Bot):
        async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
            served.world.token = "another token"

    error = await refused(served, Reset())
    assert isinstance(error, discord.ConnectionClosed)
    assert error.code == 4004


async def test_events_of_an_intent_that_was_not_asked_for_stay_away(served: Discord) -> None:
    async with connected(served, Bot(Intents.GUILDS | Intents.DIRECT_MESSAGES)) as bot:
        served.say(served.channel, f"<@{served.bot_id}> in the guild")
        served.say(served.direct(), "private")
        assert await bot.texts(1) == ["private"]


async def test_a_message_can_arrive_twice_be_edited_and_deleted(served: Discord) -> None:
    async with connected(served) as bot:
        message = served.say(served.direct(), "first", copies=2)
        assert await bot.texts(2) == ["first", "first"]
        served.edit(message, "second")
        edit = await bot.wait_for("raw_message_edit", timeout=60)
        assert (edit.message_id, edit.message.content) == (message, "second")
        served.delete(message)
        assert (await bot.wait_for("raw_message_delete", timeout=60)).message_id == message


async def test_a_cut_connection_is_resumed_and_nothing_is_lost_or_doubled(served: Discord) -> None:
    async with connected(served) as bot:
        served.say(served.direct(), "0")
        await bot.texts(1)
        for number in range(1, 5):
            served.outages.cut()
            served.say(served.direct(), str(number))
            await bot.texts(number + 1)
        await served.until(lambda: len(served.starts) == 5)
        assert await bot.texts(5) == ["0", "1", "2", "3", "4"]
    assert outcomes(served) == ["ready", *["resumed"] * 4]


@pytest.mark.parametrize("way", ["reconnect", "invalid", "closed"])
async def test_what_is_said_meanwhile_comes_after_a_resume(served: Discord, way: str) -> None:
    acts: dict[str, Callable[[], None]] = {
        "reconnect": served.outages.reconnect,
        "invalid": lambda: served.outages.invalidate(resumable=True),
        "closed": lambda: served.outages.close(4000),
    }
    async with connected(served) as bot:
        acts[way]()
        await served.gone()
        served.say(served.direct(), "meanwhile")
        assert await bot.texts(1) == ["meanwhile"]
    assert outcomes(served) == ["ready", "resumed"]


async def test_what_is_said_after_a_session_was_forgotten_is_lost(served: Discord) -> None:
    async with connected(served) as bot:
        served.outages.invalidate()
        served.say(served.direct(), "lost")
        await served.until(lambda: len(served.starts) == 2)
        served.say(served.direct(), "heard")
        assert await bot.texts(1) == ["heard"]
    assert outcomes(served) == ["ready", "ready"]


async def test_a_session_is_not_resumed_once_it_is_too_old() -> None:
    async with serve_discord(limits=Limits(resume_seconds=0.0)) as served, connected(served):
        served.outages.cut()
        await served.until(lambda: outcomes(served) == ["ready", "invalid", "ready"])


async def test_who_identifies_too_often_is_told_that_the_session_is_invalid() -> None:
    async with serve_discord(limits=Limits(identify_seconds=600.0)) as served, connected(served):
        served.outages.invalidate()
        await served.until(lambda: "invalid" in outcomes(served))
        served.world.limits = Limits(identify_seconds=0.0)
        await served.until(lambda: outcomes(served)[-1:] == ["ready"] and len(served.starts) > 2)
        assert set(outcomes(served)[1:-1]) == {"invalid"}


async def test_a_silent_socket_is_left_and_its_events_come_later() -> None:
    async with serve_discord(limits=Limits(heartbeat_seconds=0.05)) as served:
        async with connected(served, Bot(heartbeat_timeout=0.3)) as bot:
            await served.until(lambda: served.heartbeats >= 2)
            served.outages.freeze()
            served.say(served.direct(), "while it was silent")
            assert await bot.texts(1) == ["while it was silent"]
            assert math.isfinite(bot.latency), "its heartbeats are answered again"
        assert outcomes(served)[0] == "ready"
        assert set(outcomes(served)[1:]) == {"resumed"}, "once, or more often where a heartbeat was late on its way"


@pytest.mark.parametrize("status", [0, 503], ids=["refused", "503"])
async def test_a_client_comes_back_after_an_outage_but_does_not_resume(served: Discord, status: int) -> None:
    async with connected(served) as bot:
        async with served.outages.away(status=status):
            await served.gone()
            served.say(served.direct(), "lost: discord.py identifies again once a resume failed to connect")
            await served.until(lambda: bot.left > 1)
        await served.until(lambda: len(served.starts) == 2)
        served.say(served.direct(), "heard")
        assert await bot.texts(1) == ["heard"]
    assert outcomes(served) == ["ready", "ready"]


async def test_an_outage_of_everything_takes_rest_too(served: Discord) -> None:
    async with connected(served) as bot:
        channel = bot.text_channel(served.channel)
        async with served.outages.away(status=503, rest=True):
            with pytest.raises(discord.DiscordServerError):
                await channel.send("lost")
        async with served.outages.away(rest=True):
            with pytest.raises(aiohttp.ClientConnectionError):
                await channel.send("lost too")
        await channel.send("said")
    assert [one.content for one in served.replies(served.channel)] == ["said"]


async def test_shards_get_the_events_of_their_guilds_and_the_first_one_direct_messages() -> None:
    async with serve_discord(shards=2) as served:
        there = served.add_channel("there", guild=1)
        async with connected(served) as bot:
            assert bot.shard_count == 2
            assert [one.shard_id for one in bot.guilds] == [0, 1]
            served.say(served.channel, f"<@{served.bot_id}> a")
            served.say(there, f"<@{served.bot_id}> b")
            served.say(served.direct(), "c")
            assert sorted(one[-1] for one in await bot.texts(3)) == ["a", "b", "c"]
        assert sorted((one.shard, one.outcome) for one in served.starts) == [((0, 2), "ready"), ((1, 2), "ready")]


async def test_two_replicas_get_every_event(served: Discord) -> None:
    async with connected(served) as first, connected(served) as second:
        assert served.connected == 2
        served.say(served.direct(), "to both")
        assert await first.texts(1) == await second.texts(1) == ["to both"]


async def test_a_post_in_a_forum_brings_its_thread_and_its_first_message(served: Discord) -> None:
    async with connected(served) as bot:
        post = served.forum_post(served.forum, "How do I install it?", "The text.")
        assert await bot.texts(1) == [""]
        thread = bot.heard[0].channel
        assert isinstance(thread, discord.Thread)
        assert (bot.heard[0].id, thread.id, thread.name) == (post, post, "How do I install it?")
        assert thread.parent_id == served.forum
    assert served.place(post).kind is Kind.THREAD


async def test_raw_events_are_delivered_as_they_are(served: Discord) -> None:
    async with connected(served) as bot:
        served.dispatch("SOMETHING_NEW", {"unknown": True}, copies=3)
        served.say(served.direct(), "still there")
        assert await bot.texts(1) == ["still there"]


async def test_an_event_that_the_library_cannot_read_ends_it(served: Discord) -> None:
    async def connect() -> None:
        async with connected(served):
            served.dispatch("MESSAGE_CREATE", {"id": "not a number"})
            await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup) as raised:
        await connect()
    assert raised.group_contains(KeyError)


async def test_rest_can_fail_at_login(served: Discord) -> None:
    served.faults.script("me", fails(503))
    assert isinstance(await refused(served, Bot()), discord.DiscordServerError)
    assert [(one.route, one.status) for one in served.calls] == [("me", 503)]
