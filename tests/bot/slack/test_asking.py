"""Every means to ask in Slack, of a real process: what becomes a question, what the model is sent, what is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.phrases import ALREADY_ANSWERED
from bot.reply import STOPPED
from bot.slack.events import EXTERNAL
from bot.slack.face import NOT_HERE, SILENT
from core.answer.prompt import HELP
from core.domain import Source
from core.sentences import ENGLISH
from tests.bot.filled import add_source
from tests.bot.talks import ANSWER, PATIENCE, SHOWN, Held, Talk, talking
from tests.bot.up import ADMIN
from tests.servers.openai_server import text
from tests.servers.slack import Message, SlashCall

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "The kiwi gateway listens at the harbour, and who wants to pass says the word of the day to it. " * 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process for all tests; only channel CVAULT sees a second source, `vault`."""
    folder: Path = tmp_path_factory.mktemp("asking")
    async with talking(server, filled_template, folder) as made:
        site = folder / "vault"
        site.mkdir()
        (site / "index.html").write_text(f"<title>Vault</title><main><h1>Vault</h1><p>{SECRET}</p></main>", "utf-8")
        seen_from = (f"slack:{made.slack.team}/CVAULT",)
        await add_source(made.dsn, site, Source(0, "vault", "https://vault.example/", visible_to=seen_from))
        yield made


# --- mentions and threads


async def test_a_mention_is_answered_once_in_its_thread(talk: Talk) -> None:
    talk.slack.faults.copies = 2
    ts = await talk.ask("CONCE", "How do I start?")
    reply = await talk.answered("CONCE", ts)
    talk.slack.faults.copies = 1
    await talk.settled()
    assert ANSWER[0].strip() in reply.visible
    assert await talk.questions("CONCE") == 1
    assert talk.slack.replies("CONCE", ts) == [reply]
    assert talk.slack.replies("CONCE", None) == []


async def test_the_thread_that_people_wrote_before_a_mention_is_told_to_the_model(talk: Talk) -> None:
    root = await talk.slack.say("CPEOPLE", "The persimmon cluster is slow &amp; hot.", user="U2")
    await talk.slack.say("CPEOPLE", "Since yesterday?", user="U3", thread_ts=root)
    await talk.slack.say("CPEOPLE", "A robot says nothing.", user="U4", thread_ts=root, extra={"bot_id": "BOTHER"})
    ts = await talk.ask("CPEOPLE", "what about durian?", thread_ts=root)
    reply = await talk.answered("CPEOPLE", ts, root)
    assert ANSWER[0].strip() in reply.visible
    (prompt,) = talk.mind.prompts("durian")
    context = str(prompt)
    assert "The persimmon cluster is slow & hot." in context
    assert "Since yesterday?" in context
    assert "A robot says nothing" not in context


async def test_only_as_much_of_a_long_thread_is_told_as_fits_and_the_newest_of_it(talk: Talk) -> None:
    root = await talk.slack.say("CLONG", "The beginning, long ago.", user="U2")
    for number in range(30):
        await talk.slack.say("CLONG", f"Message {number}. {'word ' * 40}", user="U2", thread_ts=root)
    ts = await talk.ask("CLONG", "what about lychee?", thread_ts=root)
    await talk.answered("CLONG", ts, root)
    context = str(talk.mind.prompts("lychee")[0])
    assert "Message 29." in context
    assert "The beginning" not in context


async def test_a_mention_without_words_asks_about_the_message_above(talk: Talk) -> None:
    root = await talk.slack.say("CABOVE", "Where is the rambutan kept?", user="U2")
    ts = await talk.ask("CABOVE", "", thread_ts=root)
    await talk.answered("CABOVE", ts, root)
    assert talk.mind.prompts("Where is the rambutan kept?")
    await talk.slack.say("CABOVE", "<@U9> and the salak?", user="U2", thread_ts=root)
    again = await talk.ask("CABOVE", "", thread_ts=root)
    await talk.answered("CABOVE", again, root)
    assert talk.mind.prompts("and the salak?"), "also in a thread that the bot has answered in"


async def test_a_mention_without_words_and_without_a_thread_gets_help(talk: Talk) -> None:
    for channel, words in (("CHELP1", ""), ("CHELP2", "???"), ("CHELP3", "​")):
        ts = await talk.ask(channel, words)
        assert HELP in (await talk.answered(channel, ts)).visible


async def test_a_question_is_acknowledged_within_three_seconds_however_long_the_model_takes(talk: Talk) -> None:
    held = Held()
    talk.mind.on("akebia", held)
    asked = [await talk.ask(f"CHELD{number}", "What is an akebia?") for number in range(3)]
    delivered = [each for each in talk.slack.envelopes if each.body["event"].get("ts") in asked]
    await talk.settled(*delivered)
    # The best of three: a slow machine proves nothing about the bot.
    assert min(each.waited or PATIENCE for each in delivered) < 3.0
    held.go.set()
    for number, ts in enumerate(asked):
        await talk.answered(f"CHELD{number}", ts)


async def test_a_question_as_long_as_slack_allows_is_answered_in_one_message(talk: Talk) -> None:
    ts = await talk.ask("CTOOLONG", "x" * 40_000)
    reply = await talk.answered("CTOOLONG", ts)
    assert "please shorten" not in reply.visible
    assert len(talk.slack.replies("CTOOLONG", ts)) == 1


async def test_a_greeting_gets_one_reply_and_the_model_is_asked_once_at_most(talk: Talk) -> None:
    before = len(talk.mind.asked)
    ts = await talk.ask("CHI", "hi")
    await talk.answered("CHI", ts)
    assert len(talk.slack.replies("CHI", ts)) == 1
    assert len(talk.mind.asked) - before <= 1


# --- follow-ups


async def engaged(talk: Talk, channel: str) -> str:
    """Begin a thread: U1 asks, and is answered. -> its ts."""
    ts = await talk.ask(channel, "How do I begin?", user="U1")
    await talk.answered(channel, ts)
    return ts


async def test_who_asked_goes_on_without_a_mention_and_the_model_knows_what_was_said(talk: Talk) -> None:
    root = await engaged(talk, "CFOLLOW")
    ts = await talk.slack.say("CFOLLOW", "and with mangosteen", user="U1", thread_ts=root)
    await talk.answered("CFOLLOW", ts, root)
    (prompt,) = talk.mind.prompts("and with mangosteen")
    assert [each["content"] for each in prompt[1:-1]] == ["How do I begin?", SHOWN.replace(" [1]", "")]


async def test_another_person_who_asks_there_asks_people_until_they_mention_the_bot(talk: Talk) -> None:
    root = await engaged(talk, "COTHER")
    await talk.slack.say("COTHER", "How does it work with pomelo?", user="U2", thread_ts=root)
    await talk.slack.say("COTHER", "I will try that tomorrow", user="U3", thread_ts=root)
    await talk.settled()
    assert await talk.questions("COTHER") == 1
    mention = f"<@{talk.slack.bot_user}> How does it work with pomelo?"
    await talk.answered("COTHER", await talk.slack.say("COTHER", mention, user="U2", thread_ts=root), root)
    goes_on = await talk.slack.say("COTHER", "and is it sweet?", user="U2", thread_ts=root)
    await talk.answered("COTHER", goes_on, root)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("CTHANKS", "Thanks a lot!"),
        ("CTOBOB", "<@U7> how did you solve it?"),
        ("CTHX", "ok thx"),
        ("CTHUMB", ":tada: :+1:"),
        ("CCHINESE", "谢谢"),
        ("CNAMED", "thank you, <@UBOT00001>!"),
    ],
)
async def test_thanks_and_words_to_somebody_else_are_left_alone(talk: Talk, channel: str, words: str) -> None:
    root = await engaged(talk, channel)
    await talk.slack.say(channel, words, user="U1", thread_ts=root)
    await talk.settled()
    assert await talk.questions(channel) == 1


async def test_who_greets_is_told_what_may_be_asked_and_who_thanks_is_not(talk: Talk) -> None:
    channel = talk.slack.dm("U41").id
    await talk.slack.say(channel, "Thank you :pray:", user="U41")
    reply = await talk.answered(channel, await talk.slack.say(channel, ENGLISH.what_can_you_answer, user="U41"))
    assert reply.visible.startswith(f"I answer from the documentation that I have read: docs. {HELP}")
    assert await talk.questions(channel) == 1


async def test_a_thread_and_a_channel_that_the_bot_is_not_in_are_left_alone(talk: Talk) -> None:
    root = await talk.slack.say("CALONE", "How do I start?", user="U1")
    await talk.slack.say("CALONE", "How indeed?", user="U2", thread_ts=root)
    await talk.settled()
    assert await talk.questions("CALONE") == 0


@pytest.mark.parametrize(
    ("channel", "more"),
    [
        ("CSUB1", {"subtype": "bot_message"}),
        ("CSUB2", {"extra": {"bot_id": "BOTHER"}}),
        ("CSUB3", {"subtype": "channel_join"}),
        ("CSUB4", {"user": "USLACKBOT"}),
    ],
)
async def test_who_is_no_person_gets_no_answer(talk: Talk, channel: str, more: dict[str, object]) -> None:
    await talk.ask(channel, "how do I start?", **more)
    await talk.settled()
    assert await talk.questions(channel) == 0


@pytest.mark.parametrize(
    ("channel", "subtype"), [("CFILE", "file_share"), ("CCAST", "thread_broadcast")], ids=["file", "broadcast"]
)
async def test_a_question_with_a_file_and_one_sent_to_the_channel_too_are_answered(
    talk: Talk, channel: str, subtype: str
) -> None:
    root = await talk.slack.say(channel, "a thread", user="U2") if subtype == "thread_broadcast" else None
    ts = await talk.ask(channel, "how do I start?", subtype=subtype, thread_ts=root)
    await talk.answered(channel, ts, root or ts)


# --- direct messages and the app's home


async def test_a_direct_message_needs_no_mention_and_is_a_thread_of_its_own(talk: Talk) -> None:
    channel = talk.slack.dm("UDM").id
    ts = await talk.slack.say(channel, "How do I start?", user="UDM")
    reply = await talk.answered(channel, ts)
    assert ANSWER[0].strip() in reply.visible
    again = await talk.slack.say(channel, "and with jackfruit", user="UDM", thread_ts=ts)
    await talk.answered(channel, again, ts)
    assert "How do I start?" in str(talk.mind.prompts("jackfruit")[0])
    session = talk.slack.sessions.get((channel, ts), {"status": "active"})
    assert session["status"] == "active", "nothing is being written any more"


async def test_who_opens_the_apps_messages_gets_suggestions(talk: Talk) -> None:
    await talk.slack.open_home("UHOME")
    channel = talk.slack.dm("UHOME").id
    await talk.slack.until(lambda: channel in talk.slack.prompts)
    offered = [each["message"] for each in talk.slack.prompts[channel]["prompts"]]
    assert offered[-1] == ENGLISH.what_can_you_answer
    await talk.slack.open_home("UHOME2", tab="home")
    await talk.settled()
    assert talk.slack.dm("UHOME2").id not in talk.slack.prompts


# --- commands and the shortcut


async def whispered(talk: Talk, call: SlashCall) -> Message:
    """Return the answer to `/ask`.

    The word that it is being looked up comes as well, and may come later than a quick answer.
    """
    await talk.slack.until(lambda: len(call.responses) == 2)
    (reply,) = [each for each in call.responses if each.visible != ENGLISH.looking]
    return reply


async def test_a_private_question_is_answered_to_its_asker_and_can_be_shared_once(talk: Talk) -> None:
    call = await talk.slack.slash("/ask", "How is the\ntrainer &lt;fed&gt;?", user="UPRIVATE", channel="CPRIVATE")
    reply = await whispered(talk, call)
    assert reply.ephemeral == "UPRIVATE"
    assert ANSWER[0].strip() in reply.visible
    assert not list(talk.slack.messages("CPRIVATE"))

    for user in ("USTRANGER", "UPRIVATE", "UPRIVATE"):
        await talk.slack.click(reply, "share", user=user)
    await talk.slack.until(lambda: list(talk.slack.messages("CPRIVATE")))
    await talk.settled()
    (shared,) = talk.slack.messages("CPRIVATE")
    assert "> How is the\n> trainer" in shared.visible
    assert "Asked and shared by uprivate" in str(shared.blocks)
    assert "<@" not in str(shared.blocks)
    assert "> How is the" in reply.visible, "a private answer stands below its question"
    assert ANSWER[0].strip() in shared.visible
    assert await talk.count("select count(*) from question where channel = 'CPRIVATE' and way = 'shared'") == 1


async def test_somebody_else_cannot_share_an_answer(talk: Talk) -> None:
    call = await talk.slack.slash("/ask", "How is it fed?", user="UMINE", channel="CNOTSHARED")
    press = await talk.slack.click(await whispered(talk, call), "share", user="UTHIEF")
    await talk.settled(press.envelope)
    assert await talk.questions("CNOTSHARED") == 1


async def test_an_ask_without_words_and_one_that_is_refused_are_told_in_private(talk: Talk) -> None:
    empty = await talk.slack.slash("/ask", "  ", user="UEMPTY", channel="CASKS")
    await talk.slack.until(lambda: empty.responses)
    assert HELP in empty.responses[0].visible
    met = await talk.slack.slash("/ask", "hello", user="UEMPTY", channel="CASKS")
    reply = await whispered(talk, met)
    assert HELP in reply.visible
    assert "share" not in str(reply.blocks)
    assert not list(talk.slack.messages("CASKS"))


async def test_answer_this_answers_below_the_message_once(talk: Talk) -> None:
    ts = await talk.slack.say("CSHORT", "How do I peel a loquat?", user="U2")
    await talk.slack.shortcut("answer_this", "CSHORT", ts, user="U3")
    reply = await talk.answered("CSHORT", ts)
    assert talk.mind.prompts("How do I peel a loquat?")
    again = await talk.slack.shortcut("answer_this", "CSHORT", ts, user="U4")
    await talk.slack.until(lambda: again.responses)
    assert again.responses[0].visible == ALREADY_ANSWERED
    assert again.responses[0].ephemeral == "U4"
    on_reply = await talk.slack.shortcut("answer_this", "CSHORT", reply.ts, user="U4")
    await talk.slack.until(lambda: on_reply.responses)
    assert talk.slack.replies("CSHORT", ts) == [reply]


async def test_answer_this_where_the_bot_is_no_member_answers_who_chose_it_and_says_why(talk: Talk) -> None:
    talk.slack.channel("CNOMEMBER", member=False)
    ts = await talk.slack.say("CNOMEMBER", "How do I peel a longan?", user="U2")
    chosen = await talk.slack.shortcut("answer_this", "CNOMEMBER", ts, user="U3")
    await talk.slack.until(lambda: len(chosen.responses) == 2)
    note, answer = chosen.responses
    assert "`/invite @footnote`" in note.visible
    assert ANSWER[0].strip() in answer.visible
    assert {each.ephemeral for each in chosen.responses} == {"U3"}
    assert (await talk.over("CNOMEMBER", ts))["state"] == "done"


@pytest.mark.parametrize("error", ["restricted_action", "is_archived"])
async def test_an_answer_that_is_shared_where_nobody_or_few_may_write_says_so(talk: Talk, error: str) -> None:
    channel = f"CQUIET{len(error)}"
    call = await talk.slack.slash("/ask", "How is it fed?", user="UQUIET", channel=channel)
    answer = await whispered(talk, call)
    talk.slack.faults.refuse("chat.postMessage", error)
    press = await talk.slack.click(answer, "share", user="UQUIET")
    await talk.slack.until(lambda: press.responses)
    assert [each.visible for each in press.responses] == [SILENT]


async def test_an_answer_that_is_shared_where_the_bot_is_no_member_says_why_it_is_not(talk: Talk) -> None:
    talk.slack.channel("CABROAD", member=False)
    call = await talk.slack.slash("/ask", "How is it fed?", user="UABROAD", channel="CABROAD")
    press = await talk.slack.click(await whispered(talk, call), "share", user="UABROAD")
    await talk.slack.until(lambda: press.responses)
    assert [each.visible for each in press.responses] == [NOT_HERE.format(name="footnote")]
    assert press.responses[0].ephemeral == "UABROAD"


async def test_answer_this_reads_what_a_workflow_wrote_and_whatever_mentions_others(talk: Talk) -> None:
    form = {"bot_id": "BWORKFLOW", "attachments": [{"text": "How do I peel a salak?"}]}
    for channel, words, extra in (("CFORM", "", form), ("CATANA", "<@U7> how do I peel a salak?", {})):
        ts = await talk.slack.say(channel, words, user="U2", extra=extra)
        await talk.slack.shortcut("answer_this", channel, ts, user="U3")
        await talk.answered(channel, ts)
    assert len(talk.mind.prompts("peel a salak?")) == 2


@pytest.mark.parametrize("mention", [False, True])
async def test_a_message_that_is_forwarded_to_the_bot_asks_what_it_says(talk: Talk, *, mention: bool) -> None:
    channel = "CFORWARD" if mention else talk.slack.dm("UFORWARD").id
    forwarded = [{"is_share": True, "text": f"How do I peel a rambutan{mention:d}?", "fallback": "[a message]"}]
    words = f"<@{talk.slack.bot_user}>" if mention else ""
    ts = await talk.slack.say(channel, words, user="UFORWARD", extra={"attachments": forwarded})
    await talk.answered(channel, ts)
    assert talk.mind.prompts(f"How do I peel a rambutan{mention:d}?")


async def test_a_message_that_is_forwarded_with_words_of_ones_own_is_read_too_and_what_is_unfurled_is_not(
    talk: Talk,
) -> None:
    shared = {"is_share": True, "is_msg_unfurl": True, "text": "How do I peel a jabuticaba?"}
    preview = {"title": "A page", "text": "The preview of a link.", "from_url": "https://a.example/"}
    ts = await talk.ask("COWNWORDS", "does anybody know?", extra={"attachments": [shared, preview]})
    await talk.answered("COWNWORDS", ts)
    (prompt,) = talk.mind.prompts("How do I peel a jabuticaba?")
    assert "does anybody know?" in str(prompt[-1]["content"])
    assert "preview of a link" not in str(prompt)


async def test_in_a_message_to_several_people_a_mention_asks_and_its_thread_goes_on(talk: Talk) -> None:
    talk.slack.channel("GSEVERAL", kind="mpim")
    ts = await talk.ask("GSEVERAL", "How do I peel a santol?")
    reply = await talk.answered("GSEVERAL", ts)
    assert reply.stream is None, "Slack has no streams there"
    again = await talk.slack.say("GSEVERAL", "and how do I cut it?", thread_ts=ts)
    await talk.answered("GSEVERAL", again, ts)


# --- edited, deleted, stopped


async def test_an_edited_question_is_answered_again_in_the_same_message(talk: Talk) -> None:
    talk.mind.on("papaya", text("People wrote the pairs [1]."))
    ts = await talk.ask("CEDIT", "How do I start?")
    first = await talk.answered("CEDIT", ts)
    await talk.slack.edit("CEDIT", ts, f"<@{talk.slack.bot_user}> What about papaya?", mention=True)
    await talk.over("CEDIT", ts, revision=1)
    (reply,) = talk.slack.replies("CEDIT", ts)
    assert reply is first
    assert "People wrote the pairs" in reply.visible
    assert ANSWER[0].strip() not in reply.visible


async def test_an_edit_while_the_answer_is_written_ends_in_one_answer_to_the_new_text(talk: Talk) -> None:
    held = Held()
    talk.mind.on("guava", held)
    talk.mind.on("soursop", text("People wrote the pairs [1]."))
    ts = await talk.ask("CEDITING", "What about guava?")
    await held.here()
    await talk.slack.edit("CEDITING", ts, f"<@{talk.slack.bot_user}> What about soursop?")
    await talk.over("CEDITING", ts, revision=1)
    held.go.set()
    (reply,) = talk.slack.replies("CEDITING", ts)
    assert "People wrote the pairs" in reply.visible
    assert ANSWER[0].strip() not in reply.visible
    assert not reply.streaming


async def test_a_message_that_becomes_a_question_by_an_edit_is_answered(talk: Talk) -> None:
    ts = await talk.slack.say("CBECOMES", "How do I start?", user="U2")
    await talk.slack.edit("CBECOMES", ts, f"<@{talk.slack.bot_user}> How do I start?", mention=True)
    await talk.answered("CBECOMES", ts)
    await talk.settled()
    assert await talk.questions("CBECOMES") == 1


async def test_a_deleted_question_takes_its_answer_and_its_text_with_it(talk: Talk) -> None:
    ts = await talk.ask("CDELETE", "How do I start?")
    await talk.answered("CDELETE", ts)
    await talk.slack.delete("CDELETE", ts)  # leaves a tombstone: it has a reply
    row = await talk.row(f"CDELETE:{ts}", lambda row: row["state"] == "withdrawn")
    assert talk.slack.replies("CDELETE", ts) == []
    assert (row["body"], row["answer"]) == ("", None)


async def test_a_question_deleted_while_it_is_answered_leaves_nothing(talk: Talk) -> None:
    held = Held()
    talk.mind.on("tamarind", held)
    root = await talk.slack.say("CDELETING", "a thread", user="U2")
    ts = await talk.ask("CDELETING", "What about tamarind?", thread_ts=root)
    await held.here()
    await talk.slack.delete("CDELETING", ts)
    row = await talk.row(f"CDELETING:{ts}", lambda row: row["state"] == "withdrawn")
    held.go.set()
    assert talk.slack.replies("CDELETING", root) == []
    assert row["body"] == ""


async def test_a_question_whose_deletion_was_delivered_first_is_not_answered(talk: Talk) -> None:
    talk.slack.channel("COVERTAKEN")
    place = {"type": "message", "channel": "COVERTAKEN"}
    gone = place | {"subtype": "message_deleted", "deleted_ts": "1.5", "ts": "2.1"}
    mention = place | {"user": "U1", "text": f"<@{talk.slack.bot_user}> How do I start?", "ts": "1.5"}
    for number, event in enumerate((gone, mention)):
        body = {"type": "event_callback", "team_id": talk.slack.team, "event_id": f"EvO{number}", "event": event}
        await talk.settled(*await talk.slack.deliver(body))
    assert await talk.questions("COVERTAKEN") == 0
    assert talk.slack.replies("COVERTAKEN", "1.5") == []


@pytest.mark.parametrize("words", ["{me} never mind, found it", "{me} thanks!", "{me} mute", "just a note to us"])
async def test_a_question_that_is_edited_into_words_that_ask_nothing_is_taken_back(talk: Talk, words: str) -> None:
    ts = await talk.ask("CTAKEN", "How do I start?")
    await talk.answered("CTAKEN", ts)
    await talk.slack.edit("CTAKEN", ts, words.format(me=f"<@{talk.slack.bot_user}>"))
    row = await talk.row(f"CTAKEN:{ts}", lambda row: row["state"] == "withdrawn")
    assert row["body"] == ""
    assert talk.slack.replies("CTAKEN", ts) == []


async def stopped(talk: Talk, channel: str, word: str) -> tuple[str, Held]:
    """Ask a question whose answer stops in the middle. -> its ts, and the held answer."""
    held = Held()
    talk.mind.on(word, held)
    ts = (
        await talk.ask(channel, f"What about {word}?")
        if channel[0] == "C"
        else await talk.slack.say(channel, f"What about {word}?", user=channel[1:])
    )
    await held.here()
    return ts, held


def assert_stopped(reply: Message) -> None:
    assert reply.visible.startswith(ANSWER[0].strip()) or STOPPED in reply.visible
    assert STOPPED in reply.visible
    assert ANSWER[1].strip() not in reply.visible
    assert ("*Sources*" in str(reply.blocks)) is ("[1]" in reply.visible), "what is shown keeps its source"


async def test_the_stop_button_ends_an_answer_with_what_there_is(talk: Talk) -> None:
    ts, held = await stopped(talk, "CBUTTON", "jabuticaba")
    await talk.slack.stop_session("CBUTTON", ts, "U1")
    reply = await talk.answered("CBUTTON", ts)
    held.go.set()
    assert_stopped(reply)
    session = talk.slack.sessions.get(("CBUTTON", ts), {"status": "active"})
    assert session["status"] == "active", "Slack leaves it to us to say so"


@pytest.mark.parametrize("words", ["stop", "Stop!"])
async def test_the_word_stop_in_the_thread_ends_an_answer(talk: Talk, words: str) -> None:
    channel = f"CSTOP{len(words)}"
    ts, held = await stopped(talk, channel, f"ackee{len(words)}")
    await talk.slack.say(channel, words, user="U1", thread_ts=ts)
    reply = await talk.answered(channel, ts)
    held.go.set()
    assert_stopped(reply)
    assert await talk.questions(channel) == 1


@pytest.mark.parametrize("in_thread", [False, True])
async def test_the_word_stop_in_a_direct_message_ends_what_is_written_there(talk: Talk, *, in_thread: bool) -> None:
    channel = talk.slack.dm(f"USTOPS{in_thread:d}").id
    ts, held = await stopped(talk, channel, f"cherimoya{in_thread:d}")
    await talk.slack.say(channel, "stop", user=f"USTOPS{in_thread:d}", thread_ts=ts if in_thread else None)
    reply = await talk.answered(channel, ts)
    held.go.set()
    assert_stopped(reply)


async def test_a_stop_where_nothing_is_written_is_no_question_and_an_order_of_quiet(talk: Talk) -> None:
    await talk.ask("CNOSTOP", "stop")
    ts = await talk.ask("CNOSTOP", "How do I train a mabolo?")
    await talk.answered("CNOSTOP", ts)
    await talk.settled()
    await talk.slack.say("CNOSTOP", "stop", user="USTOP9", thread_ts=ts)
    await talk.slack.until(lambda: [each.text for each in talk.slack.ephemerals("USTOP9")] == [ENGLISH.muted])
    await talk.slack.say("CNOSTOP", "and how do I train it faster?", user="U1", thread_ts=ts)
    await talk.settled()
    assert await talk.questions("CNOSTOP") == 1


# --- settings of a channel, workspaces, visibility


async def set_up(talk: Talk, channel: str, words: str) -> None:
    call = await talk.slack.slash("/docs", f"settings {words}", user=ADMIN, channel=channel)
    await talk.slack.until(lambda: call.responses)


async def test_tone_and_language_of_a_channel_reach_the_model(talk: Talk) -> None:
    await set_up(talk, "CTONE", 'tone="like a pirate" language=German')
    ts = await talk.ask("CTONE", "what of nance?")
    await talk.answered("CTONE", ts)
    system = talk.mind.prompts("nance")[0][0]["content"]
    assert "Answer in German." in system
    assert "Tone: like a pirate." in system


async def test_a_channel_that_is_answered_without_a_mention_answers_what_asks(talk: Talk) -> None:
    await set_up(talk, "COPEN", "unmentioned=on")
    asks = await talk.slack.say("COPEN", "How do I start?", user="U1")
    await talk.answered("COPEN", asks)
    await talk.slack.say("COPEN", "Good morning everybody", user="U1")
    await talk.slack.say("COPEN", "<@U8> where are you?", user="U1")
    await talk.settled()
    assert await talk.questions("COPEN") == 1
    await set_up(talk, "COPEN", "unmentioned=off")
    await talk.slack.say("COPEN", "How do I go on?", user="U1")
    await talk.settled()
    assert await talk.questions("COPEN") == 1


async def passages(talk: Talk, channel: str, word: str) -> str:
    ts = await talk.ask(channel, f"Where does the kiwi gateway listen, {word}?")
    await talk.over(channel, ts)
    return "".join(str(prompt[-1]["content"]).rpartition("Question:\n")[0] for prompt in talk.mind.prompts(word))


async def test_a_source_is_seen_from_its_own_channel_alone(talk: Talk) -> None:
    assert "kiwi gateway" in await passages(talk, "CVAULT", "bilimbi")
    assert "kiwi gateway" not in await passages(talk, "COUTSIDE", "carambola")
    assert "kiwi gateway" not in await passages(talk, talk.slack.dm("UVAULT").id, "langsat")


async def test_a_channel_is_answered_from_the_sources_that_were_set_for_it(talk: Talk) -> None:
    await set_up(talk, "CVAULT", "sources=docs")
    assert "kiwi gateway" not in await passages(talk, "CVAULT", "yuzu")
    await set_up(talk, "CVAULT", "sources=vault")
    cited = await passages(talk, "CVAULT", "kumquat")
    assert "kiwi gateway" in cited
    assert "preference" not in cited.lower()
    await set_up(talk, "CVAULT", "sources=all")


async def test_another_workspace_is_left_alone_and_that_is_logged(talk: Talk) -> None:
    before = talk.bot.logged.count("another workspace")
    await talk.ask("CTEAM", "how do I start?", team="T_OTHER")
    event = {
        "type": "app_mention",
        "user": "U1",
        "text": f"<@{talk.slack.bot_user}> q",
        "channel": "CTEAM",
        "ts": "1.1",
    }
    delivered = await talk.slack.deliver({"type": "event_callback", "team_id": "T9", "event_id": "Ev9", "event": event})
    command = {"command": "/docs", "text": "reindex", "user_id": ADMIN, "channel_id": "CTEAM", "team_id": "T9"}
    delivered = [*delivered, *await talk.slack.deliver(command, "slash_commands")]
    await talk.settled()
    assert all(each.acked_at for each in delivered)
    assert await talk.questions("CTEAM") == 0
    assert await talk.count("select count(*) from request") == 0
    assert talk.bot.logged.count("another workspace") >= before + 2


async def test_a_shared_channel_is_refused_and_stays_refused_after_an_edit(talk: Talk) -> None:
    talk.slack.channel("CSHARED", shared=True)
    ts = await talk.ask("CSHARED", "what of sapodilla?")
    reply = await talk.answered("CSHARED", ts)
    assert reply.visible == EXTERNAL
    await talk.slack.edit("CSHARED", ts, f"<@{talk.slack.bot_user}> what of sapodilla now?", mention=True)
    stranger = await talk.ask("CSHARED", "what of sapodilla, they ask", team="T_OTHER", user="U9")
    assert (await talk.answered("CSHARED", stranger)).visible == EXTERNAL
    await talk.settled()
    assert (await talk.row(f"CSHARED:{ts}"))["revision"] == 0
    assert not talk.mind.prompts("sapodilla")
