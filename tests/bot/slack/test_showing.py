"""What people see of an answer in Slack, and what becomes of it where Slack or the model fails: of a real process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.phrases import CHOICES
from core.answer.prompt import APOLOGY, CUT_OFF, SENTENCES
from core.domain import Abstention
from core.sentences import ENGLISH, GERMAN
from tests.bot.talks import ANSWER, Held, Talk, talking
from tests.bot.up import ADMIN
from tests.servers.openai_server import refusal, resets_after, text
from tests.servers.slack import Message, View

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "https://docs.example/guide/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process, which streams fifteen answers a minute: no more questions may be asked in threads here."""
    async with talking(server, filled_template, tmp_path_factory.mktemp("showing")) as made:
        yield made


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


def controls(message: Message) -> list[str]:
    """Return the action ids of the controls that can be pressed."""
    blocks = [block for block in message.blocks if block["type"] in ("actions", "context_actions")]
    return [element["action_id"] for block in blocks for element in block["elements"]]


def small_print(message: Message) -> str:
    """Return the text of the context blocks: sources, closest sections."""
    blocks = [block for block in message.blocks if block["type"] == "context"]
    return "\n".join(element["text"] for block in blocks for element in block["elements"])


async def test_an_answer_grows_below_its_sources_and_ends_with_links_and_controls(talk: Talk) -> None:
    held = Held()
    talk.mind.on("medlar", held)
    ts = await talk.ask("CGROWS", "How do I train a medlar?")
    await talk.slack.until(
        lambda: [each for each in talk.slack.replies("CGROWS", ts) if ANSWER[0].strip() in each.visible]
    )
    (growing,) = talk.slack.replies("CGROWS", ts)
    assert growing.streaming
    assert ANSWER[1].strip() not in growing.visible
    card = growing.blocks[0]
    assert card["type"] == "task_card"
    assert card["title"].startswith("Searched ")
    assert all(each["url"].startswith(PAGE) and each["text"] for each in card["sources"])
    assert len({each["url"] for each in card["sources"]}) == len(card["sources"]) > 0

    held.go.set()
    reply = await talk.answered("CGROWS", ts)
    assert reply is growing
    assert "".join(ANSWER) in reply.visible
    assert kinds(reply)[-3:] == ["context", "context_actions", "actions"]
    assert small_print(reply).startswith(f"*Sources*\n<{PAGE}")
    assert controls(reply) == ["feedback", "why"]
    row = await talk.over("CGROWS", ts)
    assert reply.metadata == {"event_type": "footnote_reply", "event_payload": {"question": row["id"], "number": 0}}
    assert not talk.calls("chat.postMessage", channel="CGROWS")
    assert not talk.calls("chat.update", channel="CGROWS")


async def test_the_status_goes_when_the_answer_is_there(talk: Talk) -> None:
    held = Held()
    talk.mind.on("feijoa", held)
    channel = talk.slack.dm("USTATUS").id
    ts = await talk.slack.say(channel, "what of feijoa?", user="USTATUS")
    await talk.slack.until(lambda: (channel, ts) in talk.slack.statuses)
    assert talk.slack.sessions[channel, ts]["status"] == "processing", "which shows a button that stops it"
    held.go.set()
    await talk.answered(channel, ts)
    assert (channel, ts) not in talk.slack.statuses
    assert talk.slack.sessions[channel, ts]["status"] == "active"


async def test_a_stream_that_slack_ended_is_finished_by_an_update(talk: Talk) -> None:
    held = Held()
    talk.mind.on("quince", held)
    talk.slack.stream_life = 0.3
    try:
        ts = await talk.ask("CDIES", "How do I train a quince?")
        await talk.slack.until(lambda: talk.slack.replies("CDIES", ts))
        (growing,) = talk.slack.replies("CDIES", ts)
        assert growing.stream is not None
        await asyncio.sleep(growing.stream.started + growing.stream.life - time.monotonic() + 0.05)
        assert not growing.streaming
    finally:
        talk.slack.stream_life = 300.0
    held.go.set()
    reply = await talk.answered("CDIES", ts)
    assert reply is growing
    assert "".join(ANSWER) in reply.visible
    assert controls(reply) == ["feedback", "why"]
    assert reply.metadata["event_type"] == "footnote_reply"
    assert len(talk.calls("chat.update", channel="CDIES")) == 1
    assert talk.slack.sessions["CDIES", ts]["status"] == "active"


@pytest.mark.parametrize(
    ("method", "error", "status"),
    [
        ("chat.appendStream", "ratelimited", 429),
        ("chat.appendStream", "message_not_in_streaming_state", 200),
        ("chat.stopStream", "internal_error", 500),
    ],
)
async def test_a_stream_that_fails_somewhere_ends_as_the_same_message(
    talk: Talk, method: str, error: str, status: int
) -> None:
    talk.slack.faults.refuse(method, error, status=status, retry_after="1")
    channel = f"CFAILS{status}{len(method)}"
    ts = await talk.ask(channel, "How do I train it?")
    reply = await talk.answered(channel, ts)
    assert "".join(ANSWER) in reply.visible
    assert controls(reply) == ["feedback", "why"]
    assert reply.metadata["event_type"] == "footnote_reply"
    assert talk.slack.replies(channel, ts) == [reply]


async def test_a_long_answer_is_several_messages_with_whole_fences_and_controls_on_the_last(talk: Talk) -> None:
    code = "\n".join(["trainer.train() " + "<!" * 50] * 24)
    talk.mind.on("citron", text(f"Run this [1]:\n\n```python\n{code}\n```\n"))
    ts = await talk.ask("CSEVERAL", "Which code fine-tunes a model with DPO, citron?")
    row = await talk.over("CSEVERAL", ts)
    replies = talk.slack.replies("CSEVERAL", ts)
    assert [each.ts for each in replies] == list(row["parts"])
    assert len(replies) > 1
    assert [each.metadata["event_payload"]["number"] for each in replies] == list(range(len(replies)))
    assert [controls(each) for each in replies] == [[]] * (len(replies) - 1) + [["feedback", "why"]]
    assert all(each.text.count("```") % 2 == 0 for each in replies)
    assert sum(each.visible.count("trainer.train()") for each in replies) == 24
    assert "Sources" not in "".join(small_print(each) for each in replies[:-1])

    await talk.slack.edit("CSEVERAL", ts, f"<@{talk.slack.bot_user}> How do I train it?")
    row = await talk.over("CSEVERAL", ts, revision=1)
    (reply,) = talk.slack.replies("CSEVERAL", ts)
    assert "".join(ANSWER) in reply.visible
    assert reply is replies[0]


async def test_an_answer_that_is_mostly_dropped_replaces_what_was_shown(talk: Talk) -> None:
    unproven = [f"It needs {number} gigabytes of memory [1]. " for number in range(300, 306)]
    held = Held((*ANSWER[:2], "It needs"), [" 299 gigabytes [1]. ", *unproven])
    talk.mind.on("sorb", held)
    ts = await talk.ask("CDROPPED", "How do I train a sorb?")
    await talk.slack.until(
        lambda: [each for each in talk.slack.replies("CDROPPED", ts) if ANSWER[0].strip() in each.visible]
    )
    held.go.set()
    reply = await talk.answered("CDROPPED", ts)
    assert SENTENCES[Abstention.DOES_NOT_KNOW] in reply.visible
    assert ANSWER[0].strip() not in reply.visible
    assert "gigabytes" not in str(talk.slack.calls[-5:])
    assert small_print(reply).startswith(f"*Closest sections*\n<{PAGE}")


async def test_an_answer_that_the_model_breaks_off_says_so_and_one_that_never_came_apologises(talk: Talk) -> None:
    talk.mind.on("damson", resets_after(*ANSWER[:1], "It lear"))
    ts = await talk.ask("CCUT", "How do I train a damson?")
    reply = await talk.answered("CCUT", ts)
    assert f"{ANSWER[0].strip()}\n\n{CUT_OFF}" in reply.visible
    assert "It lear" not in reply.visible
    talk.mind.on("sloe", refusal(400))
    ts = await talk.ask("CSORRY", "How do I train a sloe?")
    reply = await talk.answered("CSORRY", ts)
    assert APOLOGY in reply.visible
    assert small_print(reply).startswith(f"*Closest sections*\n<{PAGE}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("CONTEXT_NOT_RELEVANT", SENTENCES[Abstention.NOT_RELEVANT]),
        ("**NO_CONTEXT.**", SENTENCES[Abstention.NO_CONTEXT]),
    ],
)
async def test_a_refusal_has_the_closest_sections_and_no_sources(talk: Talk, words: str, sentence: str) -> None:
    talk.mind.on(words.strip("*."), text(words))
    channel = f"CNOT{len(words)}"
    ts = await talk.ask(channel, f"Who wrote {words.strip('*.')}?")
    reply = await talk.answered(channel, ts)
    assert sentence in reply.visible.splitlines()
    assert "Closest sections" in str(reply.blocks)
    assert "*Sources*" not in str(reply.blocks)
    assert controls(reply) == ["feedback", "why"]


async def votes(talk: Talk, number: int) -> list[tuple[object, ...]]:
    async with talk.database() as connection:
        rows = await connection.fetch("select who, thumb, reasons, comment from feedback where question = $1", number)
    return sorted(tuple(row) for row in rows)


async def test_a_growing_answer_that_somebody_deletes_stays_deleted(talk: Talk) -> None:
    held = Held()
    talk.mind.on("gooseberry", held)
    ts = await talk.ask("CDELETED", "How do I train a gooseberry?")
    await held.here()
    await talk.slack.until(lambda: talk.slack.replies("CDELETED", ts))
    (growing,) = talk.slack.replies("CDELETED", ts)
    talk.slack.remove(growing)
    held.go.set()
    assert (await talk.over("CDELETED", ts))["state"] == "done"
    assert talk.slack.replies("CDELETED", ts) == []


async def opened_by(talk: Talk, thanks: Message) -> View:
    """Press "Say more" below thanks. -> the form that opens."""
    known = set(talk.slack.views)
    await talk.slack.click(thanks, "more", user=thanks.ephemeral or "")
    await talk.slack.until(lambda: set(talk.slack.views) - known)
    return talk.slack.views[(set(talk.slack.views) - known).pop()]


async def test_votes_are_kept_and_a_bad_one_is_asked_for_its_reasons(talk: Talk) -> None:
    ts = await talk.ask("CVOTES", "How do I train it?")
    reply, number = await talk.answered("CVOTES", ts), (await talk.over("CVOTES", ts))["id"]
    good = await talk.slack.click(reply, "feedback", user="UGOOD", value=f"good:{number}")
    await talk.settled(good.envelope)
    known = set(talk.slack.views)
    bad = await talk.slack.click(reply, "feedback", user="UBAD", value=f"bad:{number}")
    await talk.slack.until(lambda: set(talk.slack.views) - known)
    await talk.settled(bad.envelope)
    assert bad.envelope.error is None
    assert await votes(talk, number) == [("UBAD", "down", [], ""), ("UGOOD", "up", [], "")]
    (view,) = (each for name, each in talk.slack.views.items() if name not in known)
    assert view.user == "UBAD", "nobody asks who liked it"
    await talk.slack.until(lambda: good.responses)
    assert good.responses[0].visible.startswith(ENGLISH.thanks_good)
    await talk.slack.submit(await opened_by(talk, good.responses[0]), {"comment": "Short and right"})
    await talk.slack.until(lambda: len(good.responses) > 1 or talk.slack.interactions[-2].responses)
    await talk.slack.submit(view, {"reasons": ["wrong", "outdated"], "comment": "It is <b>old</b>"})
    await talk.slack.until(lambda: not view.open)
    assert await votes(talk, number) == [
        ("UBAD", "down", ["wrong", "outdated"], "It is <b>old</b>"),
        ("UGOOD", "up", [], "Short and right"),
    ]
    await talk.slack.until(lambda: bad.responses)
    assert bad.responses[-1].visible == ENGLISH.thanks_bad
    assert {option["value"] for option in view.body["blocks"][0]["element"]["options"]} == set(CHOICES)
    again = await talk.slack.click(reply, "feedback", user="UBAD", value=f"good:{number}")
    await talk.settled(again.envelope)
    assert ("UBAD", "up", [], "") in await votes(talk, number), "the last word counts"


async def test_controls_and_views_speak_the_language_of_the_question(talk: Talk) -> None:
    ts = await talk.ask("CGERMAN", "Wie trainiere ich das Modell, und was ist der DPO?")
    reply = await talk.answered("CGERMAN", ts)
    assert all(sentence in str(reply.blocks) for sentence in (GERMAN.sources, GERMAN.why, GERMAN.good))
    known = set(talk.slack.views)
    await talk.slack.click(reply, "why", user="UCURIOUS")
    await talk.slack.until(lambda: set(talk.slack.views) - known)
    (name,) = set(talk.slack.views) - known
    assert GERMAN.used in str(talk.slack.views[name].body["blocks"])


async def test_where_slack_knows_no_table_a_status_is_text(talk: Talk) -> None:
    talk.slack.unknown_blocks = frozenset({"table"})
    try:
        call = await talk.slack.slash("/docs", "status", user=ADMIN, channel="CTABLE")
        await talk.slack.until(lambda: talk.slack.ephemerals(ADMIN))
    finally:
        talk.slack.unknown_blocks = frozenset()
    (listing,) = talk.slack.ephemerals(ADMIN)
    assert "1 source" in listing.text
    assert not any(each.get("type") == "table" for each in listing.blocks)
    assert call.responses == [listing]


async def test_why_shows_who_asks_the_passages_with_their_places_and_times(talk: Talk) -> None:
    ts = await talk.ask("CWHY", "How do I fine-tune a mistral model with DPO?")
    reply = await talk.answered("CWHY", ts)
    known = set(talk.slack.views)
    await talk.slack.click(reply, "why", user="UCURIOUS")
    await talk.slack.until(lambda: set(talk.slack.views) - known)
    (name,) = set(talk.slack.views) - known
    view = talk.slack.views[name]
    assert view.user == "UCURIOUS"
    shown = str(view.body["blocks"])
    assert "A model (served-model) wrote it from the pages" in shown
    assert "I read 5 sections of the documentation for it." in shown
    assert "<https://docs.example/guide/training.html#dpo|[1] Preference training" in shown
    assert "Also read" in shown
    assert "ms" not in shown.replace("forms", "").replace("items", ""), "the figures are behind a button"
    pressed = await talk.slack.press_in(view, "details")
    await talk.slack.until(lambda: pressed.acked and "passages, best first" in str(view.body["blocks"]))
    lines = [block["text"]["text"] for block in view.body["blocks"]]
    assert lines[0].startswith("Written by served-model; embed ")
    assert "ms" in lines[0]
    assert "passages, best first" in lines[1]
    assert lines[2].startswith("1. ")
    assert "cited: by meaning no. " in lines[2].replace("(docs), ", "")
    assert "by words" in lines[2]
    assert "fused no. 1" in lines[2]
    assert not talk.calls("chat.postEphemeral", channel="CWHY")
