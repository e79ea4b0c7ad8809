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


def told(talk: Talk, word: str) -> str:
    """Return all that the model was told for the question with this word."""
    (prompt,) = talk.mind.prompts(word)
    return "\n".join(str(each["content"]) for each in prompt[1:-1])


async def test_a_follow_up_is_read_with_what_a_person_wrote_since_the_answer(talk: Talk) -> None:
    root = await talk.ask("CWORDS", "How do I begin?")
    await talk.answered("CWORDS", root)
    await talk.slack.say("CWORDS", "only the mango edition has that", user="U2", thread_ts=root)
    ts = await talk.ask("CWORDS", "then how do I get jabuticaba?", thread_ts=root)
    await talk.answered("CWORDS", ts, root)
    assert "How do I begin?\nonly the mango edition has that" in told(talk, "jabuticaba")


async def test_a_thread_of_a_thousand_replies_is_read_at_its_end(talk: Talk) -> None:
    root = await talk.slack.say("CLONG", "who has done this?", user="U2")
    channel = talk.slack.channel("CLONG")
    for number in range(1_050):
        reply = Message("CLONG", talk.slack.new_ts(), "U3", f"reply {number}", thread_ts=root)
        channel.messages[reply.ts] = reply
        channel.threads.setdefault(root, []).append(reply)
    ts = await talk.ask("CLONG", "and what about a longan?", thread_ts=root)
    await talk.answered("CLONG", ts, root)
    assert "reply 1049" in told(talk, "longan")


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
    read = told(talk, "pitaya")
    assert all(words in read for words in ("Ticket 7", "Product: rambutan 2.4", "Severity: high"))


async def test_a_direct_message_outside_of_threads_has_a_memory(talk: Talk) -> None:
    channel = talk.slack.dm("U61").id
    await talk.answered(channel, await talk.slack.say(channel, "How do I begin?", user="U61"))
    ts = await talk.slack.say(channel, "and how with cupuacu?", user="U61")
    await talk.answered(channel, ts)
    assert "How do I begin?" in told(talk, "cupuacu")


async def test_what_only_helps_is_no_part_of_the_conversation(talk: Talk) -> None:
    channel = talk.slack.dm("U62").id
    await talk.answered(channel, await talk.slack.say(channel, "hello", user="U62"))
    ts = await talk.slack.say(channel, "how do I start a soursop?", user="U62")
    await talk.answered(channel, ts)
    assert told(talk, "soursop") == ""
