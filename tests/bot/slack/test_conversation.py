"""What was written in a thread on Slack is one conversation: people's words, programs' posts and the bot's answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bot.talks import Talk, talking
from tests.servers.slack.record import Message


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with talking(server, filled_template, tmp_path_factory.mktemp("conversation")) as made:
        yield made


pytestmark = pytest.mark.asyncio(loop_scope="module")


def context_of(talk: Talk, word: str) -> str:
    """Return all that the model was told for the question with this word."""
    (prompt,) = talk.mind.prompts(word)
    return "\n".join(str(each["content"]) for each in prompt[1:-1])


async def test_a_follow_up_is_read_with_what_a_person_wrote_since_the_answer(talk: Talk) -> None:
    root = await talk.ask("CWORDS", "How do I begin?")
    await talk.answered("CWORDS", root)
    await talk.slack.say("CWORDS", "only the mango edition has that", user="U2", thread_ts=root)
    ts = await talk.ask("CWORDS", "then how do I get jabuticaba?", thread_ts=root)
    await talk.answered("CWORDS", ts, root)
    assert "How do I begin?\nonly the mango edition has that" in context_of(talk, "jabuticaba")


async def test_a_thread_of_a_thousand_replies_is_read_at_its_end(talk: Talk) -> None:
    root = await talk.slack.say("CLONG", "who has done this?", user="U2")
    channel = talk.slack.channel("CLONG")
    for number in range(1_050):
        reply = Message("CLONG", talk.slack.new_ts(), "U3", f"reply {number}", thread_ts=root)
        channel.messages[reply.ts] = reply
        channel.threads.setdefault(root, []).append(reply)
    ts = await talk.ask("CLONG", "and what about a longan?", thread_ts=root)
    await talk.answered("CLONG", ts, root)
    assert "reply 1049" in context_of(talk, "longan")


async def test_a_ticket_above_a_mention_is_read_with_its_blocks_and_fields(talk: Talk) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Ticket 7"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "Product: rambutan 2.4"}]},
    ]
    root = await talk.slack.say(
        "CTICKET",
        "New ticket",
        user="U9",
        extra={
            "bot_id": "B77",
            "blocks": blocks,
            "attachments": [{"fallback": "x", "fields": [{"title": "Severity", "value": "high"}]}],
        },
    )
    ts = await talk.ask("CTICKET", "what is a pitaya there?", thread_ts=root)
    await talk.answered("CTICKET", ts, root)
    read = context_of(talk, "pitaya")
    assert all(words in read for words in ("Ticket 7", "Product: rambutan 2.4", "Severity: high"))


async def test_a_direct_message_outside_of_threads_has_a_memory(talk: Talk) -> None:
    channel = talk.slack.dm("U61").id
    await talk.answered(channel, await talk.slack.say(channel, "How do I begin?", user="U61"))
    ts = await talk.slack.say(channel, "and how with cupuacu?", user="U61")
    await talk.answered(channel, ts)
    assert "How do I begin?" in context_of(talk, "cupuacu")


async def test_what_only_helps_is_no_part_of_the_conversation(talk: Talk) -> None:
    channel = talk.slack.dm("U62").id
    await talk.answered(channel, await talk.slack.say(channel, "hello", user="U62"))
    ts = await talk.slack.say(channel, "how do I start a soursop?", user="U62")
    await talk.answered(channel, ts)
    assert context_of(talk, "soursop") == ""


# --- files and long pastes

UNREAD = "I could not read {}."


async def test_a_text_file_is_read_and_a_screenshot_is_named(talk: Talk) -> None:
    log = f"the first line of the carambola log\n{'noise ' * 2_000}\nthe last line of it"
    files = [talk.slack.file("crash.log", log.encode()), talk.slack.file("shot <!here>.png", b"png", "image/png")]
    ts = await talk.ask("CFILES", "why does the carambola stop?", subtype="file_share", extra={"files": files})
    reply = await talk.answered("CFILES", ts)
    read = context_of(talk, "carambola")
    assert "the first line of the carambola log" in read
    assert "the last line of it" in read
    assert len(read) < 4_000
    assert UNREAD.format("shot &lt;!here&gt;.png") in str(reply.blocks)


async def test_a_mention_with_a_snippet_alone_asks_what_the_snippet_says(talk: Talk) -> None:
    snippet = talk.slack.file("Untitled", b"How do I prune a marula?", "text/x-markdown")
    ts = await talk.ask("CSNIPPET", "", subtype="file_share", extra={"files": [snippet]})
    reply = await talk.answered("CSNIPPET", ts)
    assert talk.mind.prompts("prune a marula")
    assert "could not read" not in str(reply.blocks)


async def test_a_screenshot_alone_is_named_also_in_a_conversation_that_goes_on(talk: Talk) -> None:
    channel = talk.slack.dm("U63").id
    await talk.answered(channel, await talk.slack.say(channel, "How do I begin?", user="U63"))
    shot = {"files": [talk.slack.file("shot.png", b"png", "image/png")]}
    ts = await talk.slack.say(channel, "", user="U63", subtype="file_share", extra=shot)
    assert UNREAD.format("shot.png") in str((await talk.answered(channel, ts)).blocks)


async def test_a_file_elsewhere_is_not_fetched_and_one_without_the_scope_is_named(talk: Talk) -> None:
    away = talk.slack.file("away.txt", b"secret", elsewhere="http://localhost:1/away.txt")
    ts = await talk.ask("CAWAY", "what does the feijoa file say?", extra={"files": [away]})
    assert UNREAD.format("away.txt") in str((await talk.answered("CAWAY", ts)).blocks)
    assert not [each for each in talk.slack.fetched if "away" in each]
    talk.slack.scopes.discard("files:read")
    here = talk.slack.file("here.txt", b"something")
    ts = await talk.ask("CAWAY", "what does the jambul file say?", extra={"files": [here]})
    assert UNREAD.format("here.txt") in str((await talk.answered("CAWAY", ts)).blocks)
    assert [each for each in talk.slack.fetched if "here" in each]
    talk.slack.scopes.add("files:read")


async def test_a_long_paste_loses_its_middle_and_is_answered(talk: Talk) -> None:
    ts = await talk.ask("CPASTE", f"why does the salak fail? {'line of a log. ' * 350} it ended with a lulo")
    reply = await talk.answered("CPASTE", ts)
    (prompt,) = talk.mind.prompts("salak")
    assert "it ended with a lulo" in str(prompt[-1])
    assert "please shorten" not in reply.visible


async def test_a_group_is_a_name_and_is_not_searched_for(talk: Talk) -> None:
    ts = await talk.ask("CGROUP", "does <!subteam^S123|@fruit-team> or <!subteam^S124> know how a mombin starts?")
    await talk.answered("CGROUP", ts)
    (prompt,) = talk.mind.prompts("mombin")
    assert "@fruit-team" in str(prompt[-1])
    assert "subteam" not in str(prompt)
