"""Every means to ask in Discord, of a real process: what becomes a question, what the model is sent, what is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from bot.discord.actions import SILENT
from bot.phrases import ALREADY_ANSWERED
from bot.reply import STOPPED
from core.answer.prompt import HELP
from core.domain import Source
from core.sentences import ENGLISH
from tests.bot.discord_talks import DiscordTalk, button, controls, shown, talking
from tests.bot.filled import add_source
from tests.bot.talks import ANSWER, SHOWN, Held
from tests.servers.discord.model import Kind
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rates import Limits
from tests.servers.openai_server import text

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "The kiwi gateway listens at the harbour, and who wants to pass says the word of the day to it. " * 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(
    server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DiscordTalk]:
    """Run one process for all tests; only the first channel sees a second source, `vault`."""
    folder: Path = tmp_path_factory.mktemp("dasking")
    async with talking(server, filled_template, folder) as made:
        place = f"discord:{made.discord.guilds[0].id}/{made.discord.channel}"
        (site := folder / "vault").mkdir()
        (site / "index.html").write_text(
            f"<!doctype html><title>Vault</title><main><h1>Vault</h1><p>{SECRET}</p></main>"
        )
        await add_source(made.dsn, site, Source(0, "vault", "https://vault.example/", visible_to=(place,)))
        yield made


# --- mentions and threads


async def test_a_mention_is_answered_once_in_a_thread_named_after_it(talk: DiscordTalk) -> None:
    channel = talk.channel()
    asked = talk.discord.say(channel, f"<@{talk.discord.bot_id}> How do I start, @everyone?", copies=2)
    reply = await talk.answered(asked)
    (thread,) = talk.discord.threads(channel)
    assert (thread.id, thread.name) == (asked, "How do I start, everyone?")
    assert talk.discord.replies(thread.id) == [reply]
    assert talk.discord.replies(channel) == []
    assert SHOWN in reply.content
    assert "https://docs.example/guide/" in reply.embeds[0]["description"]
    assert not reply.unfurls
    assert await talk.questions(channel) == 1


async def test_a_thread_goes_on_with_mentions_and_commands_and_the_model_knows_what_was_said(talk: DiscordTalk) -> None:
    asked = talk.ask(talk.channel(), "How do I begin?")
    await talk.answered(asked)
    again = talk.ask(asked, "and with mangosteen")
    reply = await talk.answered(again)
    assert (reply.channel_id, reply.reply_to) == (asked, again)
    (prompt,) = talk.mind.prompts("and with mangosteen")
    assert [each["content"] for each in prompt[1:-1]] == ["How do I begin?", SHOWN.replace(" [1]", "")]
    command = talk.discord.slash("ask", {"question": "and with soursop"}, channel_id=asked)
    await talk.reply(f"ask:{command.id}")
    (prompt,) = talk.mind.prompts("and with soursop")
    assert len(prompt) == 6, "the system's words, two turns, and the question"


async def test_a_mention_in_a_thread_of_people_is_answered_in_place(talk: DiscordTalk) -> None:
    channel = talk.channel()
    root = talk.discord.say(channel, "The persimmon cluster is slow")
    thread = talk.discord.start_thread(root, "The persimmon cluster")
    asked = talk.ask(thread, "what about durian?")
    reply = await talk.answered(asked)
    assert (reply.channel_id, reply.reply_to) == (thread, asked)
    (prompt,) = talk.mind.prompts("durian")
    assert "The persimmon cluster" in str(prompt), "what it is called is known, if not what was said"


async def test_a_mention_without_words_gets_help(talk: DiscordTalk) -> None:
    assert HELP in (await talk.answered(talk.ask(talk.channel(), ""))).content
    odd = await talk.answered(talk.ask(talk.channel(), "???"))
    assert HELP in odd.content
    assert controls(odd) == [], "there is nothing to say about it"


async def test_who_takes_the_bots_role_for_the_bot_is_told_so(talk: DiscordTalk) -> None:
    channel, (guild,) = talk.channel(), talk.discord.guilds
    asked = talk.discord.say(channel, f"<@&{guild.bot_role}> How do I start?")
    content = (await talk.answered(asked)).content
    assert HELP in content
    assert content.endswith(f"-# {ENGLISH.role_mentioned}")
    both = talk.discord.say(channel, f"<@{talk.discord.bot_id}> <@&{guild.bot_role}> How do I start?")
    assert (await talk.answered(both)).content == SHOWN
    assert talk.discord.place(both).name == "How do I start?"
    talk.discord.say(channel, "<@&5> How do I start?")
    assert await talk.questions(channel) == 2


async def test_nobody_else_is_answered(talk: DiscordTalk) -> None:
    channel, other = talk.channel(), talk.discord.other_bot()
    talk.ask(channel, "How do I start?", user_id=other)
    talk.discord.say(channel, "How do I start?")
    talk.discord.say(channel, f"<@{other}> How do I start?")
    talk.discord.say(channel, "@everyone How do I start?")
    assert await talk.questions(channel) == 0
    assert talk.discord.threads(channel) == []


async def test_a_direct_message_is_answered_in_place_and_goes_on(talk: DiscordTalk) -> None:
    channel = talk.discord.direct(77)
    first = talk.discord.say(channel, "How do I start with jackfruit?", user_id=77)
    assert (await talk.answered(first)).channel_id == channel
    second = talk.discord.say(channel, "and with breadfruit", user_id=77)
    assert (await talk.answered(second)).reply_to == second
    assert len(talk.mind.prompts("and with breadfruit")[0]) == 4


async def test_a_message_that_is_forwarded_to_the_bot_is_asked(talk: DiscordTalk) -> None:
    asked = talk.discord.say(talk.discord.direct(78), "", user_id=78, forwarded="How do I start with a sapodilla?")
    assert (await talk.answered(asked)).content == SHOWN
    assert talk.mind.prompts("How do I start with a sapodilla?")


async def test_in_the_chat_of_a_voice_channel_it_is_answered_in_place(talk: DiscordTalk) -> None:
    reply = await talk.answered(asked := talk.ask(talk.voice, "How do I start?"))
    assert (reply.channel_id, reply.reply_to) == (talk.voice, asked)
    assert [each.route for each in talk.discord.calls if f"/{talk.voice}/messages/{asked}/threads" in each.path] == []


async def test_without_the_right_to_make_a_thread_the_message_itself_is_answered(talk: DiscordTalk) -> None:
    channel = talk.channel()
    talk.discord.permit(channel, deny=int(Permission.CREATE_PUBLIC_THREADS))
    asked = talk.ask(channel, "How do I start?")
    reply = await talk.answered(asked)
    assert (reply.channel_id, reply.reply_to, reply.pings) == (channel, asked, frozenset())


async def test_without_the_right_to_speak_in_threads_it_is_answered_in_the_channel(talk: DiscordTalk) -> None:
    channel = talk.channel()
    talk.discord.permit(channel, deny=int(Permission.SEND_MESSAGES_IN_THREADS))
    asked = talk.ask(channel, "How do I start?")
    reply = await talk.answered(asked)
    assert (reply.channel_id, reply.reply_to) == (channel, asked)
    assert talk.discord.threads(channel) == [], "an empty one would stay"


async def test_without_the_right_to_embed_sources_are_text(talk: DiscordTalk) -> None:
    channel = talk.channel()
    talk.discord.permit(channel, deny=int(Permission.EMBED_LINKS))
    asked = talk.discord.slash("ask", {"question": "How do I start?", "private": True}, channel_id=channel)
    reply = await talk.reply(f"ask:{asked.id}")
    talk.discord.click(reply, button(reply, "share"))
    row = await talk.row(f"ask:{asked.id}")
    shared = await talk.reply(f"share:{row['id']}")
    assert shared.embeds == []
    assert "](https://docs.example/guide/" in shared.content
    assert not shared.unfurls
    grown = await talk.answered(talk.ask(channel, "How do I start?"))
    assert (grown.embeds, "](https://docs.example/guide/" in grown.content) == ([], True)


async def test_where_the_bot_may_not_speak_the_question_is_given_up_until_it_is_edited(talk: DiscordTalk) -> None:
    channel, silent = talk.channel(), int(Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
    talk.discord.permit(channel, deny=silent)
    asked = talk.ask(channel, "How do I start?")
    row = await talk.over_at(talk.place_of(asked))
    assert row["state"] == "undeliverable"
    talk.discord.permit(channel, allow=silent)
    talk.discord.edit(asked, f"<@{talk.discord.bot_id}> How do I start now?")
    assert (await talk.answered(asked, revision=1)).content == SHOWN


async def test_a_locked_thread_is_given_up(talk: DiscordTalk) -> None:
    root = talk.discord.say(talk.channel(), "Something")
    thread = talk.discord.start_thread(root, "Something")
    asked = talk.ask(thread, "How do I start?")
    talk.discord.archive(thread, locked=True)
    assert (await talk.over_at(talk.place_of(asked)))["state"] in ("undeliverable", "done")


async def test_a_question_whose_thread_was_locked_is_answered_in_the_channel(talk: DiscordTalk) -> None:
    channel = talk.channel()
    asked = talk.discord.say(channel, "How do I start?", user_id=5)
    talk.discord.archive(talk.discord.start_thread(asked, "Closed"), locked=True)
    talk.discord.menu("Answer this", asked, user_id=6)
    reply = await talk.answered(asked)
    assert (reply.channel_id, reply.reply_to) == (channel, asked)


async def test_without_the_right_to_read_history_a_message_is_answered_by_one_of_its_own(talk: DiscordTalk) -> None:
    channel = talk.channel()
    thread = talk.discord.start_thread(talk.discord.say(channel, "Something"), "Something")
    talk.discord.permit(channel, deny=int(Permission.READ_MESSAGE_HISTORY))
    reply = await talk.answered(talk.ask(thread, "How do I start?"))
    assert (reply.channel_id, reply.reply_to) == (thread, None)


# --- edits, deletions, stop


async def test_an_edited_question_is_answered_again_in_the_same_message(talk: DiscordTalk) -> None:
    talk.mind.on("papaya", text("The trainer reads pairs of answers [1]."))
    asked = talk.ask(talk.channel(), "How do I start?")
    first = await talk.answered(asked)
    talk.discord.edit(asked, f"<@{talk.discord.bot_id}> How do I start with papaya?")
    again = await talk.answered(asked, revision=1)
    assert again is first
    assert again.content == "The trainer reads pairs of answers [1]."
    assert talk.discord.replies(asked) == [again]


async def test_a_question_that_is_edited_into_words_that_ask_nothing_is_taken_back(talk: DiscordTalk) -> None:
    asked = talk.ask(talk.channel(), "How do I start?")
    reply = await talk.answered(asked)
    talk.discord.edit(asked, f"<@{talk.discord.bot_id}> never mind, found it")
    await talk.row(talk.place_of(asked), lambda row: row["state"] == "withdrawn")
    assert reply.deleted is not None


async def test_a_mention_that_is_edited_into_a_message_is_asked(talk: DiscordTalk) -> None:
    channel = talk.channel()
    message = talk.discord.say(channel, "How do I start?")
    assert await talk.questions(channel) == 0
    posted = talk.discord.world.messages[message]
    posted.mentions = (talk.discord.bot_id,)
    talk.discord.edit(message, f"<@{talk.discord.bot_id}> How do I start?")
    await talk.answered(message)


async def test_a_deleted_question_takes_its_reply_with_it(talk: DiscordTalk) -> None:
    asked = talk.ask(talk.channel(), "How do I start?")
    reply = await talk.answered(asked)
    talk.discord.delete(asked)
    row = await talk.row(talk.place_of(asked), lambda row: row["state"] == "withdrawn")
    assert row["body"] == ""
    assert reply.deleted is not None
    assert talk.discord.replies(asked) == []
    await talk.discord.until(lambda: talk.discord.place(asked).archived)


async def test_the_thread_of_a_deleted_question_stays_where_others_wrote_in_it(talk: DiscordTalk) -> None:
    asked = talk.ask(talk.channel(), "How do I start?")
    await talk.answered(asked)
    talk.discord.say(asked, "It worked for me", user_id=9)
    talk.discord.delete(asked)
    await talk.row(talk.place_of(asked), lambda row: row["state"] == "withdrawn")
    assert not talk.discord.place(asked).archived


@pytest.mark.parametrize("way", ["edit", "delete"])
async def test_a_thread_that_went_to_sleep_is_woken_up_for_what_changes_in_it(talk: DiscordTalk, way: str) -> None:
    asked = talk.ask(talk.channel(), "How do I start?")
    reply = await talk.answered(asked)
    talk.discord.archive(asked)
    if way == "edit":
        talk.discord.edit(asked, f"<@{talk.discord.bot_id}> How do I start with longan?")
        assert await talk.answered(asked, revision=1) is reply
        assert not talk.discord.place(asked).archived
        return
    talk.discord.delete(asked)
    await talk.row(talk.place_of(asked), lambda row: row["state"] == "withdrawn")
    assert reply.deleted is not None
    assert talk.discord.place(asked).archived


@pytest.mark.parametrize("way", ["button", "word"])
async def test_who_asked_can_stop_an_answer(talk: DiscordTalk, way: str) -> None:
    held = Held()
    talk.mind.on(f"loquat {way}", held)
    asked = talk.ask(talk.channel(), f"How do I train a loquat {way}?")
    growing = await talk.growing(asked, ANSWER[0].strip())
    if way == "button":
        stranger = talk.discord.click(growing, button(growing, "stop"), user_id=99)
        await talk.discord.until(lambda: stranger.shown)
        talk.discord.click(growing, button(growing, "stop"))
    else:
        talk.ask(asked, "stop")
    reply = await talk.answered(asked)
    held.go.set()
    assert reply is growing
    assert reply.content.endswith(STOPPED)
    assert reply.embeds[0]["title"] == "Sources", "what is shown keeps its source"


async def test_the_word_stop_in_a_direct_message_ends_what_is_written_there(talk: DiscordTalk) -> None:
    held = Held()
    talk.mind.on("cherimoya", held)
    channel = talk.discord.direct(79)
    asked = talk.discord.say(channel, "How do I train a cherimoya?", user_id=79)
    growing = await talk.growing(channel, ANSWER[0].strip())
    talk.discord.say(channel, "stop", user_id=79)
    reply = await talk.answered(asked)
    held.go.set()
    assert reply is growing
    assert reply.content.endswith(STOPPED)


# --- commands


async def test_a_command_is_answered_where_it_was_given(talk: DiscordTalk) -> None:
    channel = talk.channel()
    asked = talk.discord.slash("ask", {"question": "How do I start?"}, channel_id=channel, copies=2)
    reply = await talk.reply(f"ask:{asked.id}")
    assert talk.discord.replies(channel) == [reply] == asked.shown
    assert SHOWN in reply.content
    assert asked.refusals in ([], [40060])
    row = await talk.row(f"ask:{asked.id}")
    assert "secret" not in row["details"]


async def test_a_command_is_acknowledged_within_three_seconds_however_long_the_model_takes(talk: DiscordTalk) -> None:
    held = Held()
    talk.mind.on("akebia", held)
    asked = [talk.discord.slash("ask", {"question": f"What is an akebia, {number}?"}) for number in range(3)]
    await talk.discord.until(lambda: all(each.acknowledged for each in asked))
    # The best of three: a slow machine proves nothing about the bot.
    assert min((each.acknowledged or 0.0) - each.at for each in asked) < Limits().response_seconds == 3.0
    held.go.set()
    for each in asked:
        await talk.reply(f"ask:{each.id}")


async def test_a_private_answer_is_for_the_asker_and_can_be_shared_once(talk: DiscordTalk) -> None:
    channel = talk.channel()
    asked = talk.discord.slash("ask", {"question": "How do I start?", "private": True}, channel_id=channel)
    reply = await talk.reply(f"ask:{asked.id}")
    assert asked.ephemeral
    assert talk.discord.replies(channel) == []
    for _ in range(2):
        pressed = talk.discord.click(reply, button(reply, "share"))
        await talk.discord.until(lambda pressed=pressed: pressed.shown)  # type: ignore[misc]  # mypy infers no default
    row = await talk.row(f"ask:{asked.id}")
    shared = await talk.reply(f"share:{row['id']}")
    assert talk.discord.replies(channel) == [shared]
    assert shared.content.startswith("> How do I start?")
    assert "-# Asked and shared by " in shared.content
    assert not shared.pings
    assert reply.content.startswith("> How do I start?"), "a private answer stands below its question"
    assert SHOWN in shared.content


async def test_a_command_asks_one_source_which_is_completed_from_those_seen_there(talk: DiscordTalk) -> None:
    for channel, seen in ((talk.discord.channel, ["docs", "vault"]), (talk.channel(), ["docs"])):
        typed = talk.discord.autocomplete("ask", {"question": "x", "site": ""}, "site", channel_id=channel)
        await talk.discord.until(lambda typed=typed: typed.choices is not None)  # type: ignore[misc]  # mypy infers no default
        assert [each["value"] for each in typed.choices or ()] == seen
    options = {"question": "Where is the rambutan gateway?", "site": "vault"}
    asked = talk.discord.slash("ask", options)
    await talk.over_at(f"ask:{asked.id}")
    prompt = str(talk.mind.prompts("rambutan")[0])
    assert "kiwi gateway" in prompt
    assert "preference" not in prompt.lower()
    refused = talk.discord.slash("ask", options, channel_id=talk.channel())
    await talk.discord.until(lambda: refused.shown)
    assert (shown(refused), refused.ephemeral) == (ENGLISH.no_such_source, True)


async def test_a_source_is_seen_from_the_threads_of_its_channel_too(talk: DiscordTalk) -> None:
    for channel, sees in ((talk.discord.channel, True), (talk.channel(), False)):
        asked = talk.ask(channel, "Where does the kiwi gateway listen?")
        await talk.over_at(talk.place_of(asked))
        again = talk.ask(asked, f"And the kiwi gateway, tamarind {channel}?")
        await talk.over_at(talk.place_of(again))
        assert ("listens at the harbour" in str(talk.mind.prompts(f"tamarind {channel}")[0])) is sees


async def test_an_empty_command_gets_help_for_its_asker_alone(talk: DiscordTalk) -> None:
    asked = talk.discord.slash("ask", {"question": " "})
    await talk.discord.until(lambda: asked.shown)
    assert HELP in shown(asked)
    assert asked.ephemeral


async def test_a_message_of_somebody_else_can_be_answered_once_from_its_menu(talk: DiscordTalk) -> None:
    channel = talk.channel()
    message = talk.discord.say(channel, "Where is the carambola kept, @here?", user_id=5)
    first = talk.discord.menu("Answer this", message, user_id=6)
    reply = await talk.answered(message)
    await talk.discord.until(lambda: first.shown)
    assert (shown(first), first.ephemeral) == (ENGLISH.answered_below, True)
    assert reply.channel_id == message
    assert talk.mind.prompts("carambola")
    row = await talk.row(talk.place_of(message))
    assert row["asker"] == "6"
    for target in (message, reply.id):
        again = talk.discord.menu("Answer this", target, user_id=6)
        await talk.discord.until(lambda again=again: again.shown)  # type: ignore[misc]  # mypy infers no default
        assert shown(again) == ALREADY_ANSWERED
    assert talk.discord.replies(message) == [reply]


async def test_where_the_bot_may_not_write_a_menu_and_a_share_say_so(talk: DiscordTalk) -> None:
    channel = talk.channel()
    message = talk.discord.say(channel, "How do I start?", user_id=5)
    asked = talk.discord.slash("ask", {"question": "How do I start?", "private": True}, channel_id=channel)
    reply = await talk.reply(f"ask:{asked.id}")
    talk.discord.permit(channel, deny=int(Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS))
    menu = talk.discord.menu("Answer this", message, user_id=6)
    share = talk.discord.click(reply, button(reply, "share"))
    await talk.discord.until(lambda: menu.shown and share.shown)
    assert (shown(menu), shown(share)) == (ENGLISH.only_by_ask, SILENT)
    assert await talk.questions(channel) == 1


# --- forums


async def test_a_post_is_answered_from_its_title_where_that_was_switched_on(talk: DiscordTalk) -> None:
    forum = talk.forum()
    quiet = talk.discord.forum_post(forum, "How do I start?", "The text.")
    assert await talk.questions(forum) == 0
    settings = talk.discord.slash("docs settings", {"unmentioned": True}, user_id=talk.discord.admin, channel_id=quiet)
    await talk.discord.until(lambda: settings.shown)
    assert "unmentioned: on" in shown(settings)
    post = talk.discord.forum_post(forum, "How do I start with ackee?", "The text.")
    reply = await talk.answered(post)
    assert reply.channel_id == post
    assert reply.content.endswith("Mention me or use /ask to ask more.")
    assert talk.mind.prompts("How do I start with ackee?")
    talk.discord.forum_post(forum, "Look at my cat", "The text.")
    assert await talk.questions(forum) == 1
    mentioned = talk.discord.forum_post(forum, "Durian", f"<@{talk.discord.bot_id}> which one?")
    reply = await talk.answered(mentioned)
    assert "/ask" not in reply.content
    assert "Question:\nDurian\n\nwhich one?\n" in talk.mind.prompts("which one?")[0][-1]["content"]


async def test_a_channel_of_another_kind_is_answered_in_place(talk: DiscordTalk) -> None:
    assert talk.discord.place(talk.discord.forum).kind is Kind.FORUM
    asked = talk.discord.slash(
        "docs status", user_id=talk.discord.admin, channel_id=talk.discord.direct(talk.discord.admin)
    )
    await talk.discord.until(lambda: asked.shown)
    assert (shown(asked), asked.ephemeral) == (ENGLISH.not_in_direct, True)


# --- administrators, and Postgres away


async def test_without_postgres_commands_are_told_so_and_messages_wait(server: str, talk: DiscordTalk) -> None:
    async with without_postgres(server, talk.dsn):
        command = talk.discord.slash("ask", {"question": "How do I start?"})
        asked = talk.ask(talk.channel(), "How do I start?")
        await talk.discord.until(lambda: command.shown)
        assert (shown(command), command.ephemeral) == (ENGLISH.away, True)
    assert (await talk.answered(asked)).content == SHOWN


@asynccontextmanager
async def without_postgres(server: str, dsn: str) -> AsyncIterator[None]:
    """Keep everybody from that database while the block runs, and cut the connections that are open."""
    name = dsn.partition("?")[0].rpartition("/")[2]
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"alter database {name} with allow_connections false")
        await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        yield
        await connection.execute(f"alter database {name} with allow_connections true")
    finally:
        await connection.close()


async def test_administrators_alone_manage_sources_and_see_how_it_goes(talk: DiscordTalk) -> None:
    channel = talk.channel()
    stranger = talk.discord.slash("docs reindex", {"name": "docs"}, user_id=8, permissions=8, channel_id=channel)
    await talk.discord.until(lambda: stranger.shown)
    assert "Only administrators" in shown(stranger)
    assert await talk.count("select count(*) from request") == 0
    assert "**docs**" in await talk.docs("sources", channel)
    names = talk.discord.autocomplete("docs remove", {"name": "d"}, "name", channel_id=channel)
    await talk.discord.until(lambda: names.choices is not None)
    assert names.choices == [{"name": "docs", "value": "docs"}]
    command = talk.discord.slash(
        "docs reindex", {"name": "docs", "force": True}, user_id=talk.discord.admin, channel_id=channel
    )
    await talk.discord.until(lambda: "switched" in shown(command) or "fetched" in shown(command), 120)
    assert command.ephemeral
    assert command.original is not None
    assert len(command.original.edits) > 1, "what is on the way is told, too"
    settings = {"sources": "docs", "tone": 'like a "pirate"', "language": "German", "unmentioned": False}
    assert "German" in await talk.docs("settings", channel, settings)
    assert "not allowed" in await talk.docs("add", channel, {"url": "http://127.0.0.1/", "name": "mine"})
    assert await talk.count("select count(*) from audit where outcome = 'refused'") == 2


# --- files and long pastes


async def test_a_pasted_file_is_read_and_a_screenshot_is_named(talk: DiscordTalk) -> None:
    log = f"the first line of the carambola log\n{'noise ' * 2_000}\nthe last line of it"
    files = [talk.discord.file("message.txt", log.encode()), talk.discord.file("@here.png", b"png", "image/png")]
    reply = await talk.answered(talk.ask(talk.channel(), "why does the carambola stop?", files=files))
    (prompt,) = talk.mind.prompts("carambola stop")
    assert "the first line of the carambola log" in str(prompt)
    assert "the last line of it" in str(prompt)
    assert "I could not read @\u200bhere.png." in reply.content
    assert not reply.pings


async def test_a_mention_with_a_pasted_file_alone_asks_what_the_file_says(talk: DiscordTalk) -> None:
    reply = await talk.answered(
        talk.ask(talk.channel(), "", files=[talk.discord.file("message.txt", b"How do I prune a marula?")])
    )
    assert talk.mind.prompts("prune a marula")
    assert "could not read" not in reply.content


async def test_a_screenshot_alone_gets_help_that_names_it(talk: DiscordTalk) -> None:
    shot = talk.discord.file("shot.png", b"png", "image/png")
    reply = await talk.answered(talk.ask(talk.channel(), "", files=[shot]))
    assert HELP in reply.content
    assert reply.content.endswith("\n-# I could not read shot.png.")


async def test_answer_this_reads_the_files_of_the_message_it_was_chosen_on(talk: DiscordTalk) -> None:
    attached = talk.discord.say(
        talk.channel(), "", files=[talk.discord.file("message.txt", b"How do I water a rollinia?")]
    )
    talk.discord.menu("Answer this", attached)
    await talk.answered(attached)
    assert talk.mind.prompts("water a rollinia")


async def test_a_long_message_loses_its_middle_and_is_answered(talk: DiscordTalk) -> None:
    asked = talk.ask(talk.channel(), f"why does the salak fail? {'line of a log. ' * 250} it ended with a lulo")
    reply = await talk.answered(asked)
    (prompt,) = talk.mind.prompts("salak")
    assert "it ended with a lulo" in str(prompt[-1])
    assert "please shorten" not in reply.content
