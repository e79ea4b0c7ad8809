"""Streams of the loopback Slack, through the real slack-sdk."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk

from tests.servers.slack import Slack
from tests.servers.slack.bolted import client_of

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Sources"}}
METADATA = {"event_type": "answer", "event_payload": {"question": 7}}


async def started(slack: Slack, **args: Any) -> tuple[str, str]:
    """Start a stream that answers a question. -> the ts of both."""
    ts = await slack.say("C1", "How?")
    recipient = {"recipient_team_id": slack.team, "recipient_user_id": "U1"}
    answer = await client_of(slack).chat_startStream(channel="C1", thread_ts=ts, **{**recipient, **args})
    return ts, answer["ts"]


async def refusal(slack: Slack, method: str, ts: str, **args: Any) -> str:
    with pytest.raises(SlackApiError) as raised:
        await client_of(slack).api_call(method, json={"channel": "C1", "ts": ts, **args})
    return str(raised.value.response["error"])


async def test_the_sdks_helper_streams_from_start_to_stop(slack: Slack) -> None:
    ts = await slack.say("C1", "How?")
    stream = await client_of(slack).chat_stream(
        channel="C1", thread_ts=ts, recipient_team_id=slack.team, recipient_user_id="U1", buffer_size=1
    )
    await stream.append(markdown_text="Run ")
    await stream.append(markdown_text="`init`.")
    (message,) = slack.replies("C1", ts)
    assert (message.visible, message.streaming, message.metadata) == ("Run `init`.", True, None)
    assert slack.sessions["C1", ts]["status"] == "processing"
    await stream.stop(blocks=[SECTION], metadata=METADATA)
    assert (message.visible, message.streaming, message.metadata) == ("Run `init`.\nSources", False, METADATA)
    assert slack.sessions["C1", ts]["status"] == "active"
    assert message.stream is not None
    assert [piece["text"] for _, piece in message.stream.pieces] == ["Run ", "`init`."]


async def test_tasks_change_in_place_and_a_plan_has_a_title(slack: Slack) -> None:
    ts, stream = await started(slack, chunks=[PlanUpdateChunk(title="Reading"), task("in_progress")])
    chunks = [task("complete"), MarkdownTextChunk(text="So.")]
    await client_of(slack).chat_appendStream(channel="C1", ts=stream, chunks=chunks)
    (message,) = slack.replies("C1", ts)
    assert [block["type"] for block in message.blocks] == ["plan", "task_card", "rich_text"]
    assert message.blocks[1]["status"] == "complete"
    assert message.visible == "Reading\nSearch\nSo."


def task(status: str) -> TaskUpdateChunk:
    return TaskUpdateChunk(id="1", title="Search", status=status)


@pytest.mark.parametrize(
    ("left_out", "error"),
    [("recipient_team_id", "missing_recipient_team_id"), ("recipient_user_id", "missing_recipient_user_id")],
)
async def test_a_stream_in_a_channel_needs_its_recipient(slack: Slack, left_out: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        await started(slack, **{left_out: None})


async def test_a_stream_in_a_direct_message_needs_only_a_thread(slack: Slack) -> None:
    home, client = slack.dm("U1").id, client_of(slack)
    ts = await slack.say(home, "How?")
    await client.chat_startStream(channel=home, thread_ts=ts, markdown_text="So")
    assert slack.replies(home, ts)[0].visible == "So"
    with pytest.raises(SlackApiError, match="invalid_thread_ts"):
        await client.api_call("chat.startStream", json={"channel": home})


async def test_a_stream_keeps_to_text_or_to_chunks(slack: Slack) -> None:
    _, stream = await started(slack, markdown_text="So ")
    chunks = [{"type": "markdown_text", "text": "so."}]
    assert await refusal(slack, "chat.appendStream", stream, chunks=chunks) == "streaming_mode_mismatch"
    await client_of(slack).chat_appendStream(channel="C1", ts=stream, markdown_text="so.")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"chunks": [{"type": "poem", "text": "So"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "Search", "status": "lost"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "markdown_text", "text": "x" * 12_001}]}, "msg_too_long"),
        ({"chunks": [{"type": "markdown_text", "text": "x" * 7_000}] * 2}, "msg_too_long"),
    ],
)
async def test_what_a_stream_cannot_take_changes_nothing(slack: Slack, args: dict[str, Any], error: str) -> None:
    ts, stream = await started(slack, chunks=[{"type": "markdown_text", "text": "So"}])
    assert await refusal(slack, "chat.appendStream", stream, **args) == error
    assert slack.replies("C1", ts)[0].visible == "So"


async def test_an_open_stream_is_not_updated_or_deleted(slack: Slack) -> None:
    _, stream = await started(slack, markdown_text="So")
    assert await refusal(slack, "chat.update", stream, text="No") == "streaming_state_conflict"
    assert await refusal(slack, "chat.delete", stream) == "cant_delete_message"
    await client_of(slack).chat_stopStream(channel="C1", ts=stream)
    await client_of(slack).chat_update(channel="C1", ts=stream, text="No")


async def test_a_stream_ends_with_its_life_and_chat_update_recovers_it(slack: Slack) -> None:
    slack.stream_life = 0.0
    ts, stream = await started(slack, markdown_text="Half of")
    for method in ("chat.appendStream", "chat.stopStream"):
        assert await refusal(slack, method, stream, markdown_text="it") == "message_not_in_streaming_state"
    await client_of(slack).chat_update(channel="C1", ts=stream, text="All of it", metadata=METADATA)
    (message,) = slack.replies("C1", ts)
    assert (message.visible, message.metadata) == ("All of it", METADATA)


async def test_a_person_who_stops_a_stream_is_told_of_and_ends_it(slack: Slack) -> None:
    ts, stream = await started(slack, markdown_text="So")
    await slack.stop_session("C1", ts, "U1")
    event = slack.envelopes[-1].body["event"]
    assert (event["type"], event["streaming_message_ts"], event["user"]) == ("agent_session_stopped", [stream], "U1")
    assert await refusal(slack, "chat.appendStream", stream, markdown_text="so.") == "stopped_by_user"


async def test_a_half_message_is_found_without_metadata_after_a_dropped_start(slack: Slack) -> None:
    slack.faults.drop_next("chat.startStream")
    with pytest.raises(aiohttp.ClientError):
        await started(slack, markdown_text="Half")
    (question,) = [each for each in slack.messages("C1") if each.user == "U1"]
    found = await client_of(slack).conversations_replies(channel="C1", ts=question.ts, include_all_metadata=True)
    half = found["messages"][1]
    assert (half["text"], half["bot_id"], half.get("metadata")) == ("Half", slack.bot_id, None)
