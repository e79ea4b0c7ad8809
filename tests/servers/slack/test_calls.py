"""What the loopback Slack answers to the real slack-sdk: posts, updates, histories, limits and faults."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.servers.slack import Slack, Tiers, serve_slack
from tests.servers.slack.bolted import client_of

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Use `init`."}}
LONG_SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
METADATA = {"event_type": "answer", "event_payload": {"question": 7}}


async def refusal(slack: Slack, method: str, **args: Any) -> str:
    """Return the error with which a call is answered."""
    with pytest.raises(SlackApiError) as raised:
        await client_of(slack).api_call(method, json=args)
    return str(raised.value.response["error"])


async def test_a_reply_is_seen_in_its_thread_with_its_metadata(slack: Slack) -> None:
    ts = await slack.say("C1", "How?")
    client = client_of(slack)
    posted = await client.chat_postMessage(
        channel="C1", thread_ts=ts, text="So", blocks=[SECTION], metadata=METADATA, unfurl_links=False
    )
    (reply,) = slack.replies("C1", ts)
    assert (reply.ts, reply.visible, reply.text) == (posted["ts"], "Use `init`.", "So")
    assert slack.calls[-1].args["unfurl_links"] is False
    thread = (await client.conversations_replies(channel="C1", ts=ts, include_all_metadata=True))["messages"]
    assert [each["ts"] for each in thread] == [ts, reply.ts]
    assert thread[1]["metadata"] == METADATA
    assert (thread[0]["reply_count"], thread[1]["parent_user_id"]) == (1, "U1")
    bare = (await client.conversations_replies(channel="C1", ts=ts))["messages"]
    assert "metadata" not in bare[1]


async def test_forms_and_json_are_read_alike(slack: Slack) -> None:
    form = {"channel": "C1", "text": "So", "blocks": json.dumps([SECTION]), "metadata": json.dumps(METADATA)}
    async with aiohttp.ClientSession() as session:
        response = await session.post(f"{slack.api_url}chat.postMessage", data=form | {"token": slack.bot_token})
        assert (await response.json())["ok"]
    (message,) = slack.replies("C1", None)
    assert message.metadata == METADATA
    assert message.blocks[0]["text"] == SECTION["text"]


async def test_a_history_comes_page_by_page_the_newest_first(slack: Slack) -> None:
    posted = [await slack.say("C1", str(number)) for number in range(5)]
    await slack.say("C1", "A reply", thread_ts=posted[0])
    client, seen, cursor = client_of(slack), [], None
    while cursor != "":
        page = await client.conversations_history(channel="C1", limit=2, cursor=cursor)
        seen += [each["text"] for each in page["messages"]]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")  # type: ignore[call-overload]  # the SDK's answer is a dict or a stream
    assert seen == ["4", "3", "2", "1", "0"]
    after = await client.conversations_history(channel="C1", oldest=posted[3])
    assert [each["text"] for each in after["messages"]] == ["4"]


async def test_a_text_alone_takes_the_blocks_away_and_the_old_words_are_kept(slack: Slack) -> None:
    client = client_of(slack)
    ts = (await client.chat_postMessage(channel="C1", text="One", blocks=[SECTION]))["ts"]
    await client.chat_update(channel="C1", ts=ts, text="Two")
    (message,) = slack.replies("C1", None)
    assert (message.visible, [edit.text for edit in message.edits]) == ("Two", ["One"])
    await client.chat_update(channel="C1", ts=ts, text="Three", blocks=[SECTION], metadata=METADATA)
    assert (message.visible, message.metadata) == ("Use `init`.", METADATA)
    await client.chat_delete(channel="C1", ts=ts)
    assert not slack.replies("C1", None)
    assert (message.visible, message.deleted) == ("", True)


async def test_only_the_bots_own_messages_can_be_changed(slack: Slack) -> None:
    ts = await slack.say("C1", "How?")
    assert await refusal(slack, "chat.update", channel="C1", ts=ts, text="So") == "cant_update_message"
    assert await refusal(slack, "chat.delete", channel="C1", ts=ts) == "cant_delete_message"
    assert await refusal(slack, "chat.update", channel="C1", ts="1.000001", text="So") == "message_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": " "}, "no_text"),
        ({"text": "So", "channel": "C404"}, "channel_not_found"),
        ({"text": "So", "thread_ts": "yesterday"}, "invalid_thread_ts"),
        ({"text": "So", "markdown_text": "So"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "So", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"text": "So", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "So", "blocks": [{"type": "poem"}]}, "invalid_blocks"),
        ({"text": "So", "blocks": [LONG_SECTION]}, "invalid_blocks"),
        ({"text": "So", "blocks": [{"type": "markdown", "text": "x" * 6_001}] * 2}, "msg_blocks_too_long"),
        ({"text": "So", "metadata": {"event_type": "answer"}}, "invalid_metadata_format"),
    ],
)
async def test_what_slack_would_not_post_is_refused(slack: Slack, args: dict[str, Any], error: str) -> None:
    assert await refusal(slack, "chat.postMessage", **{"channel": "C1", **args}) == error
    assert not slack.replies("C1", None)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"text": {"type": "mrkdwn", "text": "So", "emoji": True}}, "invalid additional property: emoji"),
        ({"text": {"type": "mrkdwn", "text": ""}}, "must be more than 0 characters"),
        ({"text": {"type": "markdown", "text": "So"}}, "unsupported type: markdown"),
        ({"text": "So"}, "unsupported type: None"),
        ({"type": "actions", "elements": []}, "no fewer than 1"),
        ({"type": "actions", "elements": [{"type": "button", "value": "1"}]}, "missing required field: text"),
        ({"type": "markdown", "text": "So", "verbatim": True}, "invalid additional property: verbatim"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "So"}]}, "unsupported type: text"),
        ({"type": "context", "elements": [{"type": "mrkdwn", "text": "x" * 3_001}]}, "must be less than 3001"),
    ],
)
async def test_a_block_may_have_no_key_that_slack_does_not_know(slack: Slack, block: Any, sentence: str) -> None:
    call = client_of(slack).chat_postMessage(channel="C1", text="So", blocks=[{"type": "section", **block}])
    with pytest.raises(SlackApiError, match="invalid_blocks") as raised:
        await call
    assert sentence in raised.value.response["errors"][0]


@pytest.mark.parametrize(
    ("args", "error"),
    [({"unfurl": False}, "invalid_arguments"), ({"channel": None}, "invalid_arguments")],
)
async def test_a_call_has_the_arguments_that_it_takes(slack: Slack, args: dict[str, Any], error: str) -> None:
    assert await refusal(slack, "chat.postMessage", **{"channel": "C1", "text": "So", **args}) == error


async def test_a_call_and_an_event_need_their_scope(slack: Slack) -> None:
    slack.channel("C2", kind="mpim")
    slack.scopes.discard("mpim:history")
    ts = await slack.say("C2", f"<@{slack.bot_user}> how?")
    assert [each.body["event"]["type"] for each in slack.envelopes] == ["app_mention"]
    with pytest.raises(SlackApiError, match="missing_scope") as raised:
        await client_of(slack).conversations_replies(channel="C2", ts=ts)
    assert raised.value.response["needed"] == "mpim:history"


async def test_the_conversations_of_the_bot_come_page_by_page_by_kind_and_scope(slack: Slack) -> None:
    slack.scopes |= {"channels:read", "groups:read", "im:read"}
    slack.channel("C2", member=False)
    slack.channel("C3", archived=True)
    slack.channel("C4", shared=True)
    slack.channel("G1")
    slack.dm("U1")
    client, seen, cursor = client_of(slack), [], None
    kinds = "public_channel,private_channel,im"
    while cursor != "":
        page = await client.users_conversations(types=kinds, exclude_archived=True, limit=2, cursor=cursor)
        seen += [(each["id"], each["is_ext_shared"]) for each in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert seen == [("C1", False), ("C4", True), ("G1", False), ("DU1", False)]
    assert [each["id"] for each in (await client.users_conversations())["channels"]] == ["C1", "C3", "C4"]
    slack.scopes.discard("groups:read")
    with pytest.raises(SlackApiError, match="missing_scope") as raised:
        await client.users_conversations(types=kinds)
    assert raised.value.response["needed"] == "groups:read"
    assert await refusal(slack, "users.conversations", types="all") == "invalid_types"


async def test_what_was_deleted_is_in_no_history_but_for_a_tombstone_where_it_has_replies(slack: Slack) -> None:
    alone, begun = [await slack.say("C1", words) for words in ("Never mind.", "How?")]
    await slack.say("C1", "So.", thread_ts=begun)
    for ts in (alone, begun):
        await slack.delete("C1", ts)
    client = client_of(slack)
    (stone,) = (await client.conversations_history(channel="C1"))["messages"]
    assert (stone["ts"], stone["subtype"]) == (begun, "tombstone")
    thread = (await client.conversations_replies(channel="C1", ts=begun))["messages"]
    assert [each.get("subtype") for each in thread] == ["tombstone", None]


async def test_an_app_outside_of_the_marketplace_gets_short_pages(slack: Slack) -> None:
    slack.longest_page = 15
    for number in range(20):
        await slack.say("C1", str(number))
    page = await client_of(slack).conversations_history(channel="C1", limit=100)
    assert len(page["messages"]) == 15
    assert page["has_more"]


async def test_long_texts_are_cut_in_a_post_and_refused_in_an_update(slack: Slack) -> None:
    client = client_of(slack)
    ts = (await client.chat_postMessage(channel="C1", text="x" * 40_001))["ts"]
    assert len(slack.replies("C1", None)[0].text) == 40_000
    assert await refusal(slack, "chat.update", channel="C1", ts=ts, text="x" * 4_001) == "msg_too_long"
    await client.chat_update(channel="C1", ts=ts, markdown_text="x" * 12_000)


async def test_an_archived_channel_can_be_read_and_not_written(slack: Slack) -> None:
    ts = await slack.say("C1", "How?")
    slack.channel("C1", archived=True)
    assert await refusal(slack, "chat.postMessage", channel="C1", text="So") == "is_archived"
    thread = await client_of(slack).conversations_replies(channel="C1", ts=ts)
    assert len(thread["messages"]) == 1


async def test_an_ephemeral_is_seen_by_one_and_is_in_no_history(slack: Slack) -> None:
    client = client_of(slack)
    ts = (await client.chat_postEphemeral(channel="C1", user="U2", text="Slowly"))["message_ts"]
    (only,) = slack.ephemerals("U2")
    assert (only.ts, only.text) == (ts, "Slowly")
    assert not slack.ephemerals("U1")
    assert (await client.conversations_history(channel="C1"))["messages"] == []
    assert not slack.envelopes


async def test_an_ephemeral_in_a_thread_is_shown_where_the_thread_has_replies(slack: Slack) -> None:
    client, ts = client_of(slack), await slack.say("C1", "How?")
    await client.chat_postEphemeral(channel="C1", user="U2", text="Slowly", thread_ts=ts)
    assert not slack.ephemerals("U2")
    await slack.say("C1", "Yes, how?", thread_ts=ts)
    await client.chat_postEphemeral(channel="C1", user="U2", text="Slowly", thread_ts=ts)
    assert [each.text for each in slack.ephemerals("U2")] == ["Slowly"]


async def test_a_user_id_is_a_channel_of_direct_messages(slack: Slack) -> None:
    posted = await client_of(slack).chat_postMessage(channel="U2", text="Hello")
    assert (posted["channel"], slack.channels[posted["channel"]].kind) == (slack.dm("U2").id, "im")


async def test_small_methods_answer(slack: Slack) -> None:
    client, ts = client_of(slack), await slack.say("C1", "How?")
    assert (await client.auth_test())["team_id"] == slack.team
    slack.scopes |= {"users:read", "channels:read", "reactions:write"}
    assert (await client.users_info(user="U1"))["user"]["is_bot"] is False
    assert (await client.conversations_info(channel="C1"))["channel"]["is_ext_shared"] is False
    assert ts.replace(".", "") in (await client.chat_getPermalink(channel="C1", message_ts=ts))["permalink"]
    await client.reactions_add(channel="C1", timestamp=ts, name="eyes")
    assert slack.channels["C1"].messages[ts].reactions == {"eyes": [slack.bot_user]}
    assert await refusal(slack, "reactions.add", channel="C1", timestamp=ts, name="eyes") == "already_reacted"
    assert await refusal(slack, "no.such.method") == "unknown_method"


async def test_statuses_prompts_and_sessions_are_kept_by_thread(slack: Slack) -> None:
    client, home = client_of(slack), slack.dm("U1").id
    ts = await slack.say("C1", "How?")
    await client.assistant_threads_setStatus(channel_id="C1", thread_ts=ts, status="reads ...")
    assert slack.statuses["C1", ts]["status"] == "reads ..."
    await client.chat_postMessage(channel="C1", thread_ts=ts, text="So")
    assert ("C1", ts) not in slack.statuses
    answer = await client.agents_sessions_setStatus(channel_id="C1", thread_ts=ts, status="processing", title="How")
    assert (answer["status"], slack.sessions["C1", ts]["title"]) == ("processing", "How")
    prompts = [{"title": "Start", "message": "How do I start?"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id=home, prompts=prompts)
    assert slack.prompts[home]["prompts"] == prompts
    refused = await refusal(slack, "assistant.threads.setSuggestedPrompts", channel_id="C1", prompts=prompts)
    assert refused == "channel_type_not_supported"


async def test_a_dropped_answer_leaves_the_message_posted(slack: Slack) -> None:
    slack.faults.drop_next("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).chat_postMessage(channel="C1", text="So")
    assert [each.text for each in slack.replies("C1", None)] == ["So"]
    assert (slack.calls[-1].method, slack.calls[-1].cut) == ("chat.postMessage", True)


async def test_a_lost_request_leaves_nothing(slack: Slack) -> None:
    slack.faults.lose_next("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).chat_postMessage(channel="C1", text="So")
    assert not slack.replies("C1", None)


async def cut_answers(seed: int) -> list[bool]:
    async with serve_slack(tiers=Tiers.none(), seed=seed) as slack:
        slack.channel("C1")
        slack.faults.drop("chat.postMessage", 0.5)
        for _ in range(20):
            try:
                await client_of(slack).chat_postMessage(channel="C1", text="So")
            except aiohttp.ClientError:
                continue
        return [call.cut for call in slack.calls]


async def test_which_answers_are_dropped_hangs_on_the_seed_alone() -> None:
    cut = await cut_answers(1)
    assert cut == await cut_answers(1)
    assert len(cut) == 20
    assert 0 < sum(cut) < 20


async def test_scripted_errors_come_once_and_with_their_header(slack: Slack) -> None:
    slack.faults.refuse("chat.postMessage", "ratelimited", status=429, retry_after="1.5")
    with pytest.raises(SlackApiError) as raised:
        await client_of(slack).chat_postMessage(channel="C1", text="So")
    assert (raised.value.response.status_code, raised.value.response.headers["Retry-After"]) == (429, "1.5")
    await client_of(slack).chat_postMessage(channel="C1", text="So")


async def test_an_outage_is_an_outage_until_it_is_over(slack: Slack) -> None:
    slack.faults.api = "unavailable"
    with pytest.raises(SlackApiError):
        await client_of(slack).auth_test()
    slack.faults.api = "refuse"
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).auth_test()
    slack.faults.api = "hang"
    client = client_of(slack)
    client.timeout = 1
    with pytest.raises(TimeoutError):
        await client.auth_test()
    slack.faults.api = "up"
    assert (await client.auth_test())["ok"]


async def test_posts_have_a_second_each_in_one_channel_and_other_channels_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.servers.slack.tiers.now", lambda: 7.0)  # however long the calls take
    async with serve_slack() as slack:
        slack.channel("C1")
        client = client_of(slack)
        for _ in range(4):
            await client.chat_postMessage(channel="C1", text="So")
        with pytest.raises(SlackApiError) as raised:
            await client.chat_postMessage(channel="C1", text="So")
        assert (raised.value.response.status_code, raised.value.response.headers["Retry-After"]) == (429, "1")
        await client.chat_postMessage(channel=slack.channel("C2").id, text="So")
    assert [call.answer["ok"] for call in slack.calls] == [True] * 4 + [False, True]


@pytest.mark.parametrize(("scale", "allowed"), [(0.04, 2), (0.1, 5)])
async def test_methods_have_their_calls_a_minute_and_a_scale_gives_more(scale: float, allowed: int) -> None:
    async with serve_slack(tiers=Tiers(scale)) as slack:
        ts = await slack.say("C1", "How?")
        for _ in range(allowed):
            await client_of(slack).conversations_replies(channel="C1", ts=ts)
        with pytest.raises(SlackApiError) as raised:
            await client_of(slack).conversations_replies(channel="C1", ts=ts)
    assert 1 <= int(raised.value.response.headers["Retry-After"]) <= 60


async def test_timestamps_are_unique_and_sorted(slack: Slack) -> None:
    posted = [await slack.say("C1", "How?") for _ in range(200)]
    assert posted == sorted(set(posted))
    assert abs(float(posted[-1]) - time.time()) < 5
