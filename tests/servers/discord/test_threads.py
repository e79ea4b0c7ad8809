"""The loopback Discord's threads and forum posts, as the real discord.py makes and uses them."""

from __future__ import annotations

import pytest

from tests.servers.discord.permissions import Permission
from tests.servers.discord.sdk import Bot, connected, discord
from tests.servers.discord.server import Discord


def contents(served: Discord, where: int) -> list[str]:
    return [one.content for one in served.replies(where)]


async def test_a_thread_is_made_from_a_message_once(served: Discord, bot: Bot, channel: discord.TextChannel) -> None:
    asked = served.say(served.channel, f"<@{served.bot_id}> How?")
    await bot.texts(1)
    thread = await bot.heard[0].create_thread(name="How?")
    await thread.send("So.")
    assert thread.id == asked
    assert [one.id for one in served.threads(served.channel)] == [asked]
    assert contents(served, asked) == ["So."]
    await bot.texts(3)
    assert [one.type for one in bot.heard[1:]] == [
        discord.MessageType.thread_starter_message,
        discord.MessageType.default,
    ]
    with pytest.raises(discord.HTTPException) as twice:
        await channel.get_partial_message(asked).create_thread(name="Again")
    assert twice.value.code == 160004
    with pytest.raises(discord.HTTPException) as nested:
        await channel._state.http.start_thread_with_message(
            asked, served.say(asked, "in the thread"), name="x", auto_archive_duration=60
        )
    assert nested.value.code == 50024


async def test_a_thread_needs_the_permission(served: Discord, channel: discord.TextChannel) -> None:
    served.permit(served.channel, deny=Permission.CREATE_PUBLIC_THREADS)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.get_partial_message(served.say(served.channel, "x")).create_thread(name="x")
    assert refused.value.code == 50013


async def test_a_locked_thread_takes_no_message_and_an_archived_one_wakes_up(
    served: Discord, bot: Bot, channel: discord.TextChannel
) -> None:
    thread = await channel.create_thread(name="x", type=discord.ChannelType.public_thread)
    served.archive(thread.id)
    await thread.send("awake")
    assert not served.place(thread.id).archived
    served.archive(thread.id, locked=True)
    with pytest.raises(discord.HTTPException) as locked:
        await thread.send("no")
    assert locked.value.code == 50083


async def test_a_post_can_be_made_in_a_forum_and_nothing_else_be_said_there(served: Discord, bot: Bot) -> None:
    forum = bot.get_channel(served.forum)
    assert isinstance(forum, discord.ForumChannel)
    made = await forum.create_thread(name="News", content="All is well.")
    assert made.message.id == made.thread.id
    assert contents(served, made.thread.id) == ["All is well."]


async def test_a_thread_that_people_start_and_leave_is_told(served: Discord, bot: Bot) -> None:
    asked = served.say(served.channel, f"<@{served.bot_id}> How?")
    thread = served.start_thread(asked, "How?")
    served.say(thread, f"<@{served.bot_id}> And how often?")
    await bot.texts(3)
    assert isinstance(bot.heard[2].channel, discord.Thread)
    assert bot.heard[2].channel.owner_id == served.user
    assert [one.id for one in await bot.guilds[0].active_threads()] == [thread]


async def test_a_client_that_comes_later_finds_the_threads(served: Discord) -> None:
    post = served.forum_post(served.forum, "How?", "The text.")
    async with connected(served) as later:
        assert later.guilds[0].get_thread(post) is not None


async def test_an_archived_thread_is_awake_again_once_somebody_speaks(served: Discord, bot: Bot) -> None:
    post = served.forum_post(served.forum, "How?", "The text.")
    await bot.texts(1)
    served.archive(post)
    served.say(post, f"<@{served.bot_id}> Well?")
    await bot.texts(2)
    thread = bot.guilds[0].get_thread(post)
    assert thread is not None
    assert not thread.archived
