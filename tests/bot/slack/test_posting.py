"""Answers in Slack that are posted whole: where it has no stream, is busy, refuses or is gone; of a real process."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.slack.face import STARTS
from tests.bot.talks import ANSWER, Held, Talk, talking
from tests.servers.scripted import Json
from tests.servers.slack import Tiers

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "https://docs.example/guide/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process; each test has its streams refused."""
    async with talking(server, filled_template, tmp_path_factory.mktemp("posting")) as made:
        yield made


async def test_a_stream_that_slack_refuses_is_one_final_message(talk: Talk) -> None:
    talk.slack.faults.refuse("chat.startStream", "channel_type_not_supported")
    ts = await talk.ask("CREFUSED", "How do I train it?")
    reply = await talk.answered("CREFUSED", ts)
    assert "".join(ANSWER) in reply.visible
    assert reply.changed_at is None
    (call,) = talk.calls("chat.postMessage", channel="CREFUSED")
    assert is_off(call, "unfurl_links")
    assert is_off(call, "unfurl_media")


async def test_a_post_that_slack_wants_later_is_made_later_and_once(talk: Talk) -> None:
    talk.slack.faults.refuse("chat.startStream", "ratelimited", status=429, retry_after="30")
    talk.slack.faults.refuse("chat.postMessage", "ratelimited", status=429, retry_after="1.5")
    ts = await talk.ask("CLATER", "How do I train it?")
    reply = await talk.answered("CLATER", ts)
    refused, made = [
        each for each in talk.slack.calls if each.method == "chat.postMessage" and each.args["channel"] == "CLATER"
    ]
    assert made.at - refused.at >= 1.5
    assert talk.slack.replies("CLATER", ts) == [reply]


@pytest.mark.parametrize("fault", [{"archived": True}, {"member": False}])
async def test_where_nobody_may_write_nothing_more_is_tried(talk: Talk, fault: dict[str, bool]) -> None:
    channel = f"CGONE{len(next(iter(fault)))}"
    held = Held()
    talk.mind.on(channel, held)
    talk.slack.faults.refuse("chat.startStream", "channel_type_not_supported")
    ts = await talk.ask(channel, f"How do I train {channel}?")
    await held.here()
    talk.slack.channel(channel, **fault)
    held.go.set()
    row = await talk.over(channel, ts)
    assert row["state"] == "undeliverable"
    assert talk.slack.replies(channel, ts) == []
    posts = len(talk.calls("chat.postMessage", channel=channel))
    assert posts <= 1


async def test_a_message_whose_form_slack_refuses_goes_as_plain_text(talk: Talk) -> None:
    talk.slack.faults.refuse("chat.startStream", "channel_type_not_supported")
    talk.slack.faults.refuse("chat.postMessage", "invalid_blocks")
    ts = await talk.ask("CFORM", "How do I train it?")
    reply = await talk.answered("CFORM", ts)
    assert not reply.blocks
    assert "".join(ANSWER) in reply.text
    assert PAGE in reply.text


async def test_under_load_answers_are_posted_once_and_slack_has_never_to_say_no(
    server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with talking(server, filled_template, tmp_path_factory.mktemp("busy"), tiers=Tiers()) as talk:
        began = time.monotonic()
        asked = [(f"CBUSY{number}", await talk.ask(f"CBUSY{number}", "How do I train it?")) for number in range(20)]
        replies = [await talk.answered(channel, ts) for channel, ts in asked]
        assert all("".join(ANSWER) in each.visible for each in replies)
        streamed, posted = talk.calls("chat.startStream"), talk.calls("chat.postMessage")
        assert STARTS <= len(streamed) <= STARTS * (1 + int((time.monotonic() - began) // 60))
        assert len(posted) == len(asked) - len(streamed)
        assert not talk.calls("chat.update")
        assert all(is_off(each, "unfurl_links") and is_off(each, "unfurl_media") for each in posted)
        assert all(each.answer["ok"] for each in talk.slack.calls)


def is_off(arguments: Json, name: str) -> bool:
    """Return whether an argument is given as off."""
    return arguments[name] in (False, "0", "false", "False")
