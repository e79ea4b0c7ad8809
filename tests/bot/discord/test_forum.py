"""Posts in forums: an answered one can get a tag, and a solved one is left alone until somebody mentions the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bot.discord_talks import DiscordTalk, talking
from tests.servers.discord.model import Intents
from tests.servers.discord.permissions import Permission
from tests.servers.openai_server import text

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANSWERED, SOLVED = 501, 502


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(
    server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DiscordTalk]:
    settings = {"DISCORD_ANSWERED_TAG": "Answered", "DISCORD_MESSAGE_CONTENT": "1"}
    folder = tmp_path_factory.mktemp("dforum")
    async with talking(server, filled_template, folder, settings, intents=Intents.MESSAGE_CONTENT) as made:
        yield made


def forum(talk: DiscordTalk, *, allowed: bool = True) -> int:
    """Return a forum that has both tags; `allowed`: the bot may manage its threads."""
    number = talk.forum()
    talk.discord.world.places[number].tags = {ANSWERED: "answered", SOLVED: "Solved"}
    talk.discord.permit(number, allow=int(Permission.MANAGE_THREADS) if allowed else 0)
    return number


async def posted(talk: DiscordTalk, number: int, words: str) -> int:
    """Mention the bot in a new post. -> its thread, once it is answered."""
    post = talk.discord.forum_post(number, "Training", f"<@{talk.discord.bot_id}> {words}")
    await talk.over_at(f"{post}:{post}")
    return post


async def test_a_post_that_is_answered_gets_the_tag_and_keeps_its_own(talk: DiscordTalk) -> None:
    post = await posted(talk, forum(talk), "How do I train it?")
    assert talk.discord.world.places[post].applied == [ANSWERED]
    assert len(talk.discord.replies(post)) == 1


async def test_without_the_permission_the_answer_stands_and_nothing_is_tagged(talk: DiscordTalk) -> None:
    post = await posted(talk, forum(talk, allowed=False), "How do I train it?")
    assert talk.discord.world.places[post].applied == []
    assert len(talk.discord.replies(post)) == 1


async def test_a_post_without_an_answer_is_not_tagged(talk: DiscordTalk) -> None:
    talk.mind.on("durian", text("It costs 8431 euros [1]. It needs 99312 gigabytes [1]. It is called Zebra9 [1]."))
    post = await posted(talk, forum(talk), "What does a durian cost?")
    assert talk.discord.world.places[post].applied == []


async def test_in_a_solved_post_the_bot_answers_mentions_alone(talk: DiscordTalk) -> None:
    number = forum(talk)
    post = await posted(talk, number, "How do I train it?")
    place = talk.discord.world.places[post]
    place.applied = [ANSWERED, SOLVED]
    talk.discord.permit(post)  # Discord tells of the change
    before = await talk.questions(number)
    talk.discord.say(post, "And how do I train it on windows?")
    assert await talk.questions(number) == before
    again = talk.ask(post, "How do I train it, once more?")
    await talk.over_at(f"{post}:{again}")
    assert len(talk.discord.replies(post)) == 2
