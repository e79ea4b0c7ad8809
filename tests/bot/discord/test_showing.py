"""What people see of an answer in Discord, press and fill in, and what becomes of it where Discord fails."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.discord.actions import GONE, NOTED, SHARED, THANKS
from bot.discord.responses import TRIES
from bot.phrases import CHOICES
from core.answer.prompt import SENTENCES
from core.domain import Abstention
from core.sentences import ENGLISH, GERMAN
from tests.bot.discord_talks import DiscordTalk, button, controls, shown, talking, with_question
from tests.bot.talks import ANSWER, SHOWN, Held
from tests.servers.discord.faults import done_but_fails, fails, unanswered
from tests.servers.discord.model import Asked, Posted
from tests.servers.discord.permissions import Permission
from tests.servers.openai_server import text

pytestmark = pytest.mark.asyncio(loop_scope="module")
MANY = "\n".join(["trainer.train() " + "<!" * 50] * 24)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(
    server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DiscordTalk]:
    async with talking(server, filled_template, tmp_path_factory.mktemp("dshowing")) as made:
        yield made


async def answered(talk: DiscordTalk, question: str = "How do I start?") -> Posted:
    return await talk.answered(talk.ask(talk.channel(), question))


async def pressed(talk: DiscordTalk, message: Posted, press: str, **by: Any) -> Asked:
    """Press a control. -> the interaction, once it has its response."""
    asked = talk.discord.click(message, button(message, press), **by)
    await talk.discord.until(lambda: asked.response is not None)
    return asked


async def test_an_answer_grows_and_ends_with_sources_and_controls(talk: DiscordTalk) -> None:
    held = Held()
    talk.mind.on("medlar", held)
    asked = talk.ask(talk.channel(), "How do I train a medlar?")
    growing = await talk.growing(asked, ANSWER[0].strip())
    assert controls(growing) == ["stop"]
    assert ANSWER[1].strip() not in growing.content
    held.go.set()
    reply = await talk.answered(asked)
    assert reply is growing
    assert reply.content == SHOWN
    assert reply.embeds[0]["title"] == "Sources"
    assert controls(reply) == ["good", "bad", "why"]


async def test_edits_are_no_faster_than_they_may_be(talk: DiscordTalk) -> None:
    async def sentences(request: object, asked: object) -> object:
        return await Held(ANSWER * 10, ("",), go=set_event())(request, asked)  # type: ignore[arg-type]  # as served

    talk.mind.on("serviceberry", sentences)  # type: ignore[arg-type]  # as served
    asked = talk.ask(talk.channel(), "What is a serviceberry?")
    reply = await talk.answered(asked)
    times = [each.at for each in reply.edits[:-1]]
    assert all(later - earlier >= 1.1 for earlier, later in itertools.pairwise(times))


def set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def test_a_long_answer_is_several_messages_with_whole_fences_and_controls_on_the_last(talk: DiscordTalk) -> None:
    talk.mind.on("citron", text(f"Run this [1]:\n\n```python\n{MANY}\n```\n"))
    asked = talk.ask(talk.channel(), "Which code fine-tunes a model with DPO, citron?")
    row = await talk.over_at(talk.place_of(asked))
    replies = talk.discord.replies(asked)
    assert [f"{each.channel_id}/{each.id}" for each in replies] == list(row["parts"])
    assert len(replies) > 1
    assert [controls(each) for each in replies] == [[]] * (len(replies) - 1) + [["good", "bad", "why"]]
    assert [bool(each.embeds) for each in replies] == [False] * (len(replies) - 1) + [True]
    assert all(each.content.count("```") % 2 == 0 for each in replies)
    assert sum(each.content.count("trainer.train()") for each in replies) == 24
    assert len({each.nonce for each in replies}) == len(replies)

    talk.discord.edit(asked, f"<@{talk.discord.bot_id}> How do I train it?")
    await talk.over_at(talk.place_of(asked), revision=1)
    assert [each.content for each in talk.discord.replies(asked)] == [SHOWN]


async def test_a_long_answer_to_a_command_goes_on_below_it(talk: DiscordTalk) -> None:
    talk.mind.on("pomelo", text(f"Run this [1]:\n\n```python\n{MANY}\n```\n"))
    for channel, denied in ((talk.channel(), 0), (talk.channel(), int(Permission.SEND_MESSAGES))):
        talk.discord.permit(channel, deny=denied)
        asked = talk.discord.slash("ask", {"question": "Which code trains a pomelo?"}, channel_id=channel)
        row = await talk.over_at(f"ask:{asked.id}")
        assert row["state"] == "done"
        assert [f"{each.channel_id}/{each.id}" for each in talk.discord.replies(channel)] == list(row["parts"])
        assert sum(each.content.count("trainer.train()") for each in talk.discord.replies(channel)) == 24
    secret = talk.discord.slash("ask", {"question": "Which code trains a pomelo?", "private": True}, channel_id=channel)
    await talk.over_at(f"ask:{secret.id}")
    assert all(each.ephemeral for each in secret.shown)
    assert sum(each.content.count("trainer.train()") for each in secret.shown) == 24


async def test_a_command_that_others_see_grows_and_ends_below_its_question(talk: DiscordTalk) -> None:
    held, channel, question = Held(), talk.channel(), "How do I train a feijoa, @everyone?"
    talk.mind.on("feijoa", held)
    asked = talk.discord.slash("ask", {"question": question}, channel_id=channel)
    await talk.discord.until(lambda: ANSWER[0].strip() in shown(asked))
    quoted = "> How do I train a feijoa, @\u200beveryone?"
    assert shown(asked) == f"{quoted}\n\n{ANSWER[0].strip()}"
    held.go.set()
    reply = await talk.reply(f"ask:{asked.id}")
    assert reply.content == f"{quoted}\n\n{SHOWN}"
    assert reply.edits[0].content.startswith(f"{quoted}\n\n-# Searched ")


async def test_an_abstention_says_so_and_shows_where_to_look(talk: DiscordTalk) -> None:
    talk.mind.on("pitaya", text("It costs 8431 euros [1]. It needs 99312 gigabytes [1]. It is called Zebra9 [1]."))
    reply = await answered(talk, "What does training with a pitaya cost?")
    assert reply.content.startswith(SENTENCES[Abstention.DOES_NOT_KNOW][:20])
    assert reply.embeds[0]["title"] == "Closest sections"


async def test_a_hostile_answer_pings_nobody_and_unfurls_nothing(talk: DiscordTalk) -> None:
    evil = "The trainer reads pairs, @everyone <@&5> <@7> https://evil.example/x [here](https://evil.example) [1]."
    talk.mind.on("evil", text(evil))
    asked = talk.ask(talk.channel(), "Say something evil, @everyone")
    await talk.over_at(talk.place_of(asked))
    every = [*talk.discord.replies(asked)]
    assert every
    for message in every:
        assert not message.pings
        assert not message.unfurls
        assert "evil.example" not in message.content
        assert all(edit.allowed_mentions == {"parse": []} for edit in message.edits)
        assert message.allowed_mentions == {"parse": []}


async def test_feedback_is_kept_for_each_person_and_the_last_word_counts(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    row = await talk.row(talk.place_of(reply.channel_id))
    for user, press in ((1, "good"), (2, "bad"), (1, "bad"), (1, "good")):
        heard = await pressed(talk, reply, press, user_id=user)
        if press == "good":
            assert (shown(heard), heard.ephemeral) == (THANKS, True)
    async with talk.database() as connection:
        kept = await connection.fetch("select who, thumb from feedback where question = $1 order by who", row["id"])
    assert [tuple(each) for each in kept] == [("1", "up"), ("2", "down")]


async def test_where_discord_knows_no_boxes_the_reasons_are_a_menu(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    row = await talk.row(talk.place_of(reply.channel_id))
    talk.discord.world.unknown_components = frozenset({22})
    try:
        form = await pressed(talk, reply, "bad", user_id=4)
    finally:
        talk.discord.world.unknown_components = frozenset()
    assert form.modal is not None
    assert [each["component"]["type"] for each in form.modal["components"]] == [3, 4], "a menu, and a text"
    sent = talk.discord.submit(form, {"reasons": next(iter(CHOICES)), "comment": ""})
    await talk.discord.until(lambda: sent.shown)
    assert shown(sent) == NOTED
    kept = "select count(*) from feedback where question = $1 and reasons = $2"
    assert await talk.count(kept, row["id"], list(CHOICES[:1])) == 1


async def test_controls_and_forms_speak_the_language_of_the_question(talk: DiscordTalk) -> None:
    reply = await talk.answered(talk.ask(talk.channel(), "Wie trainiere ich das Modell, und was ist der DPO?"))
    assert reply.embeds[0]["title"] == GERMAN.sources
    labels = [each.get("label") for row in reply.components for each in row["components"]]
    assert GERMAN.why in labels
    form = await pressed(talk, reply, "bad", user_id=3)
    assert form.modal is not None
    assert form.modal["title"] == GERMAN.what_was_bad
    assert shown(await pressed(talk, reply, "good", user_id=3)) == GERMAN.thanks_good


async def test_a_bad_answer_is_asked_for_its_reasons(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    row = await talk.row(talk.place_of(reply.channel_id))
    form = await pressed(talk, reply, "bad", user_id=3)
    assert form.modal is not None
    assert [each["component"]["type"] for each in form.modal["components"]] == [22, 4], "boxes, and a text"
    assert await talk.count("select count(*) from feedback where question = $1", row["id"]) == 1
    reason = next(iter(CHOICES))
    sent = talk.discord.submit(form, {"reasons": reason, "comment": "It is <b>old</b>"})
    await talk.discord.until(lambda: sent.shown)
    assert shown(sent) == NOTED
    async with talk.database() as connection:
        kept = await connection.fetchrow("select * from feedback where question = $1", row["id"])
    assert kept is not None
    assert (kept["who"], kept["thumb"], kept["reasons"], kept["comment"]) == ("3", "down", [reason], "It is <b>old</b>")


async def test_why_is_told_to_who_asks_alone(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    why = await pressed(talk, reply, "why", user_id=4)
    assert why.ephemeral
    assert "wrote it from the pages, and I checked each sentence" in shown(why)
    assert "](https://docs.example/guide/training.html#dpo" in str(why.shown[0].embeds)
    assert "ms" not in shown(why)
    details = await pressed(talk, why.shown[0], "details", user_id=4)
    assert details.ephemeral
    assert "passages, best first" in shown(details)
    assert "cited" in shown(details)


async def test_why_is_told_where_the_answer_stands_and_nowhere_else(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    assert shown(await pressed(talk, reply, "why", channel_id=talk.channel())) == GONE
    assert "I read" in shown(await pressed(talk, reply, "why"))


async def test_a_private_answer_is_shared_in_its_channel_by_its_asker_and_why_is_told_to_nobody_else(
    talk: DiscordTalk,
) -> None:
    channel, options = talk.channel(), {"question": "How do I start?", "private": True}
    asked = talk.discord.slash("ask", options, user_id=4, channel_id=channel)
    reply = await talk.reply(f"ask:{asked.id}")
    shared = "select count(*) from question where way = 'shared'"
    for press, by in (("share", {"user_id": 4, "channel_id": talk.channel()}), ("why", {"user_id": 5})):
        assert shown(await pressed(talk, reply, press, **by)) == GONE
    assert await talk.count(shared) == 0
    assert "I read" in shown(await pressed(talk, reply, "why", user_id=4))
    assert shown(await pressed(talk, reply, "share", user_id=4)) == SHARED
    assert await talk.count(shared) == 1


async def test_the_controls_of_a_question_that_is_gone_or_of_another_guild_say_so(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    row = await talk.row(talk.place_of(reply.channel_id))
    async with talk.database() as connection:
        await connection.execute("update question set tenant = '1' where id = $1", row["id"])
    for press in ("good", "bad", "why"):
        assert shown(await pressed(talk, reply, press)) == GONE


# --- where Discord fails


async def test_a_lost_answer_of_discord_is_no_second_message(talk: DiscordTalk) -> None:
    for route in ("thread", "send", "edit"):
        talk.discord.faults.script(route, unanswered())
    reply = await answered(talk)
    assert reply.content == SHOWN
    assert talk.discord.replies(reply.channel_id) == [reply]


async def test_a_server_error_after_the_act_is_no_second_message(talk: DiscordTalk) -> None:
    talk.discord.faults.script("send", done_but_fails(503))
    reply = await answered(talk)
    assert talk.discord.replies(reply.channel_id) == [reply]


@pytest.mark.parametrize("private", [False, True])
async def test_a_command_whose_response_is_lost_on_its_way_is_answered_once(talk: DiscordTalk, private: bool) -> None:
    channel = talk.channel()
    talk.discord.faults.script("callback", unanswered())
    talk.discord.faults.script("edit_response", unanswered())
    asked = talk.discord.slash("ask", {"question": "How do I start?", "private": private}, channel_id=channel)
    reply = await talk.reply(f"ask:{asked.id}")
    assert asked.shown == [reply]
    assert reply.content == with_question("How do I start?"), "above each answer to a command stands its question"


async def test_a_command_that_was_never_deferred_is_answered_in_its_channel(talk: DiscordTalk) -> None:
    channel = talk.channel()
    talk.discord.faults.script("callback", *[fails(503)] * TRIES)
    asked = talk.discord.slash("ask", {"question": "How do I start?"}, channel_id=channel)
    row = await talk.over_at(f"ask:{asked.id}")
    assert row["state"] == "done"
    (reply,) = talk.discord.replies(channel)
    assert reply.content == with_question("How do I start?")


async def test_a_growing_answer_that_a_moderator_deletes_stays_deleted(talk: DiscordTalk) -> None:
    held = Held()
    talk.mind.on("gooseberry", held)
    asked = talk.ask(talk.channel(), "How do I train a gooseberry?")
    growing = await talk.growing(asked, ANSWER[0].strip())
    talk.discord.delete(growing.id)
    held.go.set()
    row = await talk.over_at(talk.place_of(asked))
    assert row["state"] == "done"
    assert talk.discord.replies(asked) == []


async def test_the_first_answer_in_a_thread_says_how_to_ask_on_where_messages_cannot_be_read(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    assert reply.embeds[0]["footer"]["text"] == ENGLISH.ask_on
    more = talk.ask(reply.channel_id, "And how do I stop?")
    assert "footer" not in (await talk.answered(more)).embeds[0]


async def test_an_answer_that_somebody_deleted_is_written_again_when_the_question_is_edited(talk: DiscordTalk) -> None:
    reply = await answered(talk)
    asked = reply.channel_id
    talk.discord.delete(reply.id)
    talk.discord.edit(asked, f"<@{talk.discord.bot_id}> How do I start then?")
    await talk.over_at(talk.place_of(asked), revision=1)
    (again,) = talk.discord.replies(asked)
    assert again is not reply
    assert again.content == SHOWN
