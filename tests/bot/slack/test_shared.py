"""Who sees what in channels that are shared with other workspaces, where those are answered (SLACK_ALLOW_EXTERNAL).

`ours` is visible to our workspace, `named` to the channel CSHARED by its name, `docs` to everybody. Strangers read each
message in a shared channel, no matter who asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.questions import NOT_THERE
from core.domain import Source
from tests.bot.filled import add_source
from tests.bot.talks import Talk, talking
from tests.bot.up import ADMIN
from tests.servers.slack import Message, SlashCall

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = "The kiwi gateway listens at the harbour, and who wants to pass says the word of the day to it. " * 3
NAMED = "The kiwi lighthouse shines at the harbour, and who sails by it sees the colour of the day in it. " * 3
WORDS = {"ours": "kiwi gateway", "named": "kiwi lighthouse"}
QUESTION = "Where at the harbour does the kiwi listen or shine, {word}?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process for all tests."""
    folder: Path = tmp_path_factory.mktemp("shared")
    async with talking(server, filled_template, folder, {"SLACK_ALLOW_EXTERNAL": "true"}) as made:
        team = made.slack.team
        for name, text, seen_from in (("ours", OURS, f"slack:{team}"), ("named", NAMED, f"slack:{team}/CSHARED")):
            (site := folder / name).mkdir()
            (site / "index.html").write_text(f"<title>{name}</title><main><h1>{name}</h1><p>{text}</p></main>", "utf-8")
            source = Source(0, name, f"https://{name}.example/", visible_to=(seen_from,))
            await add_source(made.dsn, site, source)
        made.slack.channel("CSHARED", shared=True)
        made.slack.channel("CABROAD", shared=True)
        yield made


def seen(talk: Talk, word: str) -> set[str]:
    """Return the limited sources whose text the model was given for the question that holds the word."""
    (prompt,) = talk.mind.prompts(word)
    given = str(prompt[-1]["content"]).rpartition("Question:\n")[0]
    return {name for name, words in WORDS.items() if words in given}


async def asked(talk: Talk, channel: str, word: str, **by: str) -> set[str]:
    """Ask by a mention. -> the sources that the answer may rest on."""
    await talk.answered(channel, await talk.ask(channel, QUESTION.format(word=word), **by))
    return seen(talk, word)


async def whispered(talk: Talk, channel: str, word: str) -> tuple[SlashCall, set[str]]:
    """Ask by `/ask`. -> the call, and the sources that the answer may rest on."""
    call = await talk.slack.slash("/ask", QUESTION.format(word=word), user="U1", channel=channel)
    await talk.slack.until(lambda: len(call.responses) == 2)
    return call, seen(talk, word)


async def test_a_stranger_is_not_answered_from_what_our_workspace_may_see(talk: Talk) -> None:
    assert await asked(talk, "CABROAD", "acai", team="T_OTHER", user="U9") == set()
    assert await asked(talk, "CSHARED", "ackee", team="T_OTHER", user="U9") == {"named"}


async def test_one_of_us_is_answered_in_a_shared_channel_from_what_strangers_there_may_read(talk: Talk) -> None:
    assert await asked(talk, "CABROAD", "bacuri", user="U1") == set()
    assert await asked(talk, "CSHARED", "bael", user="U1") == {"named"}


async def test_in_our_own_channels_and_conversations_we_see_what_our_workspace_may(talk: Talk) -> None:
    assert await asked(talk, "COWN", "cainito", user="U1") == {"ours"}
    assert (await whispered(talk, "COWN", "camu"))[1] == {"ours"}
    assert (await whispered(talk, talk.slack.dm("U1").id, "cempedak"))[1] == {"ours"}


async def test_a_command_that_does_not_say_whether_its_channel_is_shared_is_taken_to_be_asked_there(talk: Talk) -> None:
    await talk.answered("CSHARED", await talk.ask("CSHARED", "How do I start?"))
    assert (await whispered(talk, "CSHARED", "duku"))[1] == {"named"}
    assert (await whispered(talk, "CNEVERHEARD", "durian"))[1] == set()


async def test_a_message_that_somebody_has_answered_is_answered_for_all_who_read_it(talk: Talk) -> None:
    for channel, word, user, team in (("CABROAD", "feijoa", "U1", None), ("COWN", "genip", "U1", None)):
        ts = await talk.slack.say(channel, QUESTION.format(word=word), user=user, team=team)
        await talk.settled()
        await talk.slack.shortcut("answer_this", channel, ts, user="U2")
        await talk.answered(channel, ts)
    assert (seen(talk, "feijoa"), seen(talk, "genip")) == (set(), {"ours"})


async def test_a_channel_that_is_shared_later_is_answered_as_shared_after_an_edit(talk: Talk) -> None:
    ts = await talk.ask("CLATER", QUESTION.format(word="jambul"))
    await talk.answered("CLATER", ts)
    assert seen(talk, "jambul") == {"ours"}
    talk.slack.channels["CLATER"].shared = True
    await talk.slack.edit("CLATER", ts, f"<@{talk.slack.bot_user}> {QUESTION.format(word='jocote')}")
    await talk.over("CLATER", ts, revision=1)
    assert seen(talk, "jocote") == set()


async def test_a_greeting_in_a_shared_channel_names_no_source_of_ours(talk: Talk) -> None:
    answers = {}
    for channel in ("CABROAD", "COWN"):
        ts = await talk.ask(channel, "what can you answer?")
        answers[channel] = (await talk.answered(channel, ts)).visible
    assert "docs" in answers["CABROAD"]
    assert ("ours" in answers["COWN"], "ours" in answers["CABROAD"]) == (True, False)


async def test_a_source_that_was_set_for_a_channel_is_not_named_where_it_may_not_be_seen(talk: Talk) -> None:
    call = await talk.slack.slash("/docs", "settings sources=ours", user=ADMIN, channel="CSET")
    await talk.slack.until(lambda: call.responses)
    assert await asked(talk, "CSET", "kepel") == {"ours"}
    talk.slack.channels["CSET"].shared = True
    ts = await talk.ask("CSET", QUESTION.format(word="kundang"))
    assert (await talk.answered("CSET", ts)).visible == NOT_THERE


# --- why, and sharing


async def press(talk: Talk, answer: Message, action: str, *, user: str, channel: str) -> None:
    """Press a control of an answer as if it stood in another channel, and wait for the effect."""
    before = answer.channel
    answer.channel = channel
    done = await talk.slack.click(answer, action, user=user)
    answer.channel = before
    await talk.settled(done.envelope)
    await talk.answered("COWN", await talk.ask("COWN", "How do I start?"))


async def test_why_is_told_where_the_answer_stands_and_nowhere_else(talk: Talk) -> None:
    answer = await talk.answered("COWN", await talk.ask("COWN", QUESTION.format(word="langsat")))
    await press(talk, answer, "why", user="U7", channel="CABROAD")
    assert not talk.slack.views
    await talk.slack.click(answer, "why", user="U7")
    await talk.slack.until(lambda: talk.slack.views)


async def test_a_private_answer_is_shared_in_its_channel_and_nowhere_else(talk: Talk) -> None:
    call, _ = await whispered(talk, "COWN", "longan")
    answer = next(each for each in call.responses if each.blocks)
    shared = "select count(*) from question where way = 'shared'"
    before = len(talk.slack.views)
    await press(talk, answer, "share", user="U1", channel="CABROAD")
    await press(talk, answer, "why", user="U7", channel="COWN")
    assert (await talk.count(shared), len(talk.slack.views)) == (0, before)
    await press(talk, answer, "share", user="U1", channel="COWN")
    assert await talk.count(shared) == 1
