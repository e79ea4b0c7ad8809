"""The loopback Discord's messages and threads, as the real discord.py sends and reads them."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest

from tests.servers.discord.faults import done_but_fails, fails, lost, slow, unanswered
from tests.servers.discord.model import Call, Intents, Json
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rates import UNLIMITED, Limits, Rate
from tests.servers.discord.sdk import Bot, connected, discord
from tests.servers.discord.server import Discord, serve_discord


def contents(served: Discord, where: int | None = None) -> list[str]:
    return [one.content for one in served.replies(where or served.channel)]


async def test_a_resend_after_a_lost_answer_gives_one_message(served: Discord, channel: discord.TextChannel) -> None:
    served.faults.script("send", unanswered())
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await channel.send("once", nonce="question-7")
    again = await channel.send("once", nonce="question-7")
    assert [one.id for one in served.replies(served.channel)] == [again.id]
    assert again.nonce == "question-7"
    assert [(one.status, one.body["nonce"]) for one in served.calls if one.route == "send"] == [
        (0, "question-7"),
        (200, "question-7"),
    ]


async def test_a_nonce_is_forgotten_after_its_time_and_is_not_in_the_history() -> None:
    async with serve_discord(limits=Limits(nonce_seconds=0.0)) as served, connected(served) as bot:
        channel = bot.text_channel(served.channel)
        await channel.send("first", nonce="n")
        await channel.send("second", nonce="n")
        assert contents(served) == ["first", "second"]
        assert [one.nonce async for one in channel.history()] == [None, None]
        await bot.texts(2)
        assert [one.nonce for one in bot.heard] == ["n", "n"]


def test_the_busiest_moment_is_found_in_the_record(served: Discord) -> None:
    served.calls.extend(Call(at, "send", "POST", "/a", None, 200) for at in (0.0, 0.5, 1.0, 1.2, 1.4, 3.0))
    assert served.busiest("send") == 4
    assert served.busiest("send", seconds=0.3) == 2
    assert served.busiest("edit") == served.busiest(path="/b") == 0


async def test_each_fault_is_played_once_and_in_order(served: Discord, channel: discord.TextChannel) -> None:
    served.faults.script("send", fails(503), lost(), done_but_fails(503), slow(0.01))
    for number, error in enumerate([discord.DiscordServerError, aiohttp.ClientConnectionError] * 2):
        if number == 3:
            await channel.send("late, and said")
            break
        with pytest.raises(discord.DiscordServerError if number == 2 else error):
            await channel.send("said, and failed" if number == 2 else "not said")
    assert contents(served) == ["said, and failed", "late, and said"]


def test_a_fault_of_a_route_that_is_not_there_is_a_mistake_of_the_test(served: Discord) -> None:
    with pytest.raises(LookupError, match="edit_response"):
        served.faults.script("edit_original", fails(503))


async def test_a_share_of_answers_is_lost_and_the_seed_says_which() -> None:
    first, second = await unanswered_of_thirty(3), await unanswered_of_thirty(3)
    assert first == second
    assert 3 < len(first) < 17


async def unanswered_of_thirty(seed: int) -> list[int]:
    """Return which of thirty sends got no answer, although all messages are there."""
    failed = []
    async with serve_discord(limits=UNLIMITED, seed=seed) as served, connected(served) as bot:
        served.faults.drop(0.3)
        for number in range(30):
            try:
                await bot.text_channel(served.channel).send(str(number))
            except aiohttp.ClientConnectionError:
                failed.append(number)
        assert contents(served) == [str(number) for number in range(30)]
    return failed


async def test_the_limit_of_a_channel_is_told_and_kept_by_the_client() -> None:
    limits = Limits(sends=Rate(2, 0.2))
    async with serve_discord(limits=limits) as served, connected(served) as bot:
        for number in range(5):
            await bot.text_channel(served.channel).send(str(number))
        assert contents(served) == ["0", "1", "2", "3", "4"]
        assert {one.status for one in served.calls} == {200}, "no 429: the client waits as it is told"


async def test_who_keeps_no_limit_gets_429_with_what_a_client_needs() -> None:
    async with serve_discord(limits=Limits(sends=Rate(1, 60.0), whole=Rate(3, 60.0))) as served:
        answers = [await posted(served) for _ in range(4)]
        assert [one[0] for one in answers] == [200, 429, 429, 429]
        assert {one[2]["Content-Type"] for one in answers} == {"application/json"}
        assert answers[0][2]["X-RateLimit-Remaining"] == "0"
        assert answers[1][1]["global"] is False
        assert (answers[1][2]["X-RateLimit-Scope"], answers[1][2]["Via"]) == ("user", "1.1 google")
        assert answers[1][1]["retry_after"] > 0
        assert (answers[3][1]["global"], answers[3][2]["X-RateLimit-Global"]) == (True, "true")
        assert contents(served) == ["x"]


async def posted(served: Discord) -> tuple[int, Json, dict[str, str]]:
    """Post without a library that paces. -> status, JSON and headers of the answer."""
    url, headers = f"{served.api_url}/channels/{served.channel}/messages", {"Authorization": f"Bot {served.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json={"content": "x"}) as answer:
        return answer.status, await answer.json(), dict(answer.headers)


async def test_the_limit_of_the_application_is_waited_for_by_the_client() -> None:
    async with serve_discord(limits=Limits(whole=Rate(6, 3.0))) as served, connected(served) as bot:
        for number in range(4):
            await bot.text_channel(served.channel).send(str(number))
        assert contents(served) == ["0", "1", "2", "3"]
        assert [one.status for one in served.calls].count(429) == 1


async def test_what_is_too_long_or_empty_is_refused(served: Discord, channel: discord.TextChannel) -> None:
    with pytest.raises(discord.HTTPException) as long:
        await channel.send("x" * 2001)
    assert (long.value.status, long.value.code) == (400, 50035)
    assert "Must be 2000 or fewer in length." in long.value.text
    with pytest.raises(discord.HTTPException) as empty:
        await channel.send(" ")
    assert empty.value.code == 50006
    embeds = [discord.Embed(description="x" * 4000), discord.Embed(description="x" * 2001)]
    with pytest.raises(discord.HTTPException) as embedded:
        await channel.send(embeds=embeds)
    assert "Embed size exceeds maximum size of 6000" in embedded.value.text
    with pytest.raises(discord.HTTPException) as nonce:
        await channel.send("x", nonce="n" * 26)
    assert nonce.value.code == 50035
    assert contents(served) == []


async def test_components_are_checked_too(served: Discord, channel: discord.TextChannel) -> None:
    view = discord.ui.View(timeout=None)
    for _ in range(2):
        view.add_item(discord.ui.Button(label="Good", custom_id="good"))
    with pytest.raises(discord.HTTPException) as twice:
        await channel.send("x", view=view)
    assert "custom id cannot be duplicated" in twice.value.text
    layout = discord.ui.LayoutView(timeout=None)
    layout.add_item(discord.ui.TextDisplay("x" * 3900))
    await channel.send(view=layout)
    (reply,) = served.replies(served.channel)
    assert reply.components[0]["content"] == "x" * 3900
    last: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("x" * 99)
    layout.add_item(last)
    last.content = "x" * 101  # the library counts when it adds, Discord when it is sent
    with pytest.raises(discord.HTTPException):
        await channel.send(view=layout)


async def test_edits_are_kept_with_what_they_replaced(served: Discord, channel: discord.TextChannel) -> None:
    message = await channel.send("first", suppress_embeds=True)
    await message.edit(content="second https://example.org", allowed_mentions=discord.AllowedMentions.none())
    await message.edit(embed=discord.Embed(title="Sources"), suppress=True)
    (reply,) = served.replies(served.channel)
    assert [one.content for one in reply.edits] == ["second https://example.org"] * 2
    assert reply.edits[0].allowed_mentions == {"parse": []}
    assert reply.embeds[0]["title"] == "Sources"
    assert not reply.unfurls
    await message.edit(content="third https://example.org")
    assert reply.unfurls, "discord.py's edit takes the flag away unless it is told to suppress again"
    await message.delete()
    assert contents(served) == []
    with pytest.raises(discord.NotFound) as gone:
        await message.edit(content="third")
    assert gone.value.code == 10008


async def test_other_peoples_messages_cannot_be_changed(served: Discord, channel: discord.TextChannel) -> None:
    theirs = channel.get_partial_message(served.say(served.channel, "theirs"))
    with pytest.raises(discord.Forbidden) as edited:
        await theirs.edit(content="mine")
    with pytest.raises(discord.Forbidden) as deleted:
        await theirs.delete()
    assert (edited.value.code, deleted.value.code) == (50005, 50013)


async def test_the_record_says_whom_a_text_would_ping(served: Discord, channel: discord.TextChannel) -> None:
    text = f"@everyone <@{served.user}> <@&5> `<@6>`"
    await channel.send(text)
    await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
    await channel.send(text, allowed_mentions=discord.AllowedMentions(everyone=False, users=True, roles=False))
    loud, silent, users = served.replies(served.channel)
    assert loud.pings == {"everyone", f"user:{served.user}", "role:5"}
    assert silent.pings == frozenset()
    assert users.pings == {f"user:{served.user}"}


async def test_permissions_decide_what_is_possible(served: Discord, channel: discord.TextChannel) -> None:
    served.permit(served.channel, deny=Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY)
    with pytest.raises(discord.Forbidden) as sent:
        await channel.send("x")
    assert sent.value.code == 50013
    assert [one async for one in channel.history()] == []
    served.permit(served.channel, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(discord.Forbidden) as unseen:
        await channel.send("x")
    assert unseen.value.code == 50001
    with pytest.raises(discord.NotFound) as missing:
        await channel._state.http.send_message(1, params=discord.http.handle_message_parameters("x"))
    assert missing.value.code == 10003


async def test_a_closed_direct_channel_refuses_messages(served: Discord, bot: Bot) -> None:
    person = await bot.fetch_user(served.user)
    await person.send("private")
    assert contents(served, served.direct()) == ["private"]
    served.world.closed_dms.add(served.user)
    with pytest.raises(discord.Forbidden) as closed:
        await person.send("private")
    assert closed.value.code == 50007


async def test_history_is_read_in_parts_and_without_texts_that_are_not_ones_own(
    served: Discord, channel: discord.TextChannel
) -> None:
    ids = [served.say(served.channel, str(number)) for number in range(7)]
    await channel.send("own")
    newest = [one.id async for one in channel.history(limit=2)]
    assert newest[1] == ids[-1]
    assert [one.id async for one in channel.history(after=discord.Object(ids[1]), limit=3)] == ids[2:5]
    assert [one.id async for one in channel.history(before=discord.Object(ids[3]), limit=2)] == [ids[2], ids[1]]
    assert [one.content async for one in channel.history(limit=3)] == ["own", "", ""]
    served.grant(Intents.MESSAGE_CONTENT)
    assert [one.content async for one in channel.history(limit=3)] == ["own", "6", "5"]
    assert (await channel.fetch_message(ids[0])).content == "0"


async def test_files_and_reactions_are_kept(served: Discord, channel: discord.TextChannel) -> None:
    message = await channel.send("see", file=discord.File(io.BytesIO(b"a,b\n"), "table.csv"))
    await message.add_reaction("👍")
    (reply,) = served.replies(served.channel)
    assert [(one.name, one.data) for one in reply.attachments] == [("table.csv", b"a,b\n")]
    assert message.attachments[0].filename == "table.csv"
    assert reply.reactions == ["👍"]
