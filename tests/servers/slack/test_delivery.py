"""The loopback Slack sends the real slack-bolt its events, over websockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.servers.slack import Slack, Tiers, serve_slack
from tests.servers.slack.bolted import Heard, app_of, client_of, connected


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serve_slack() as served:
        yield served


async def test_a_mention_arrives_as_both_events_and_each_is_acked(slack: Slack) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app):
        ts = await slack.say("C1", f"<@{slack.bot_user}> how?", user="U7")
        await slack.until(lambda: len(slack.envelopes) == 2 and all(each.acked_at for each in slack.envelopes))
    mention, message = heard.of_type("app_mention")[0], heard.of_type("message")[0]
    assert (mention["ts"], mention["user"], mention["channel"]) == (ts, "U7", "C1")
    assert "channel_type" not in mention
    assert (message["ts"], message["channel_type"]) == (ts, "channel")
    assert all(0 < (each.waited or 0) < 5 for each in slack.envelopes)


async def test_a_direct_message_is_no_mention(slack: Slack) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app):
        await slack.say(slack.dm("U1").id, f"<@{slack.bot_user}> how?")
        await slack.until(lambda: heard.events)
    assert [event["channel_type"] for event in heard.events] == ["im"]
    assert not heard.of_type("app_mention")


async def test_a_bot_outside_a_channel_hears_nothing_and_may_not_write(slack: Slack) -> None:
    slack.channel("C1", member=False)
    await slack.say("C1", f"<@{slack.bot_user}> how?")
    assert not slack.envelopes
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client_of(slack).chat_postMessage(channel="C1", text="Hello")


async def test_the_bot_hears_its_own_message_with_its_bot_id(slack: Slack) -> None:
    slack.channel("C1")
    await client_of(slack).chat_postMessage(channel="C1", text="Hello")
    (envelope,) = slack.envelopes
    assert envelope.body["event"]["bot_id"] == slack.bot_id
    assert envelope.body["event"]["text"] == "Hello"


async def test_an_edit_and_a_delete_tell_what_was_before(slack: Slack) -> None:
    ts = await slack.say("C1", "One")
    await slack.edit("C1", ts, "Two")
    await slack.delete("C1", ts)
    _, edit, delete = (each.body["event"] for each in slack.envelopes)
    assert (edit["subtype"], edit["message"]["text"], edit["previous_message"]["text"]) == (
        "message_changed",
        "Two",
        "One",
    )
    assert edit["message"]["edited"]["user"] == "U1"
    assert edit["ts"] != ts
    assert (delete["subtype"], delete["deleted_ts"], delete["previous_message"]["text"]) == (
        "message_deleted",
        ts,
        "Two",
    )


async def test_the_deleted_start_of_a_thread_leaves_a_tombstone(slack: Slack) -> None:
    ts = await slack.say("C1", "One")
    await slack.say("C1", "Reply", thread_ts=ts)
    await slack.delete("C1", ts)
    event = slack.envelopes[-1].body["event"]
    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")


async def test_events_wait_for_the_first_socket_and_a_command_does_not(slack: Slack) -> None:
    heard = Heard(slack)
    await slack.say("C1", "Before you came")
    call = await slack.slash("/docs", "list", user="U1", channel="C1")
    assert call.envelope.error == "dispatch_failed"
    async with connected(slack, heard.app):
        await slack.until(lambda: slack.envelopes[0].acked_at)
    assert [event["text"] for event in heard.events] == ["Before you came"]


async def test_what_is_not_acked_comes_again_as_a_retry_and_at_last_no_more(slack: Slack) -> None:
    slack.sockets.patience, slack.sockets.delays = 0.05, (0.0, 0.0, 0.0)
    app = app_of(slack)  # without a listener bolt answers 404, and sends no ack
    async with connected(slack, app):
        await slack.say("C1", "Hello")
        await slack.until(lambda: slack.envelopes[0].given_up)
    sends = slack.envelopes[0].sends
    assert [(sent.attempt, sent.reason, sent.acked_at) for sent in sends] == [
        (0, "", None),
        (1, "timeout", None),
        (2, "timeout", None),
        (3, "timeout", None),
    ]
    assert len({sent.envelope_id for sent in sends}) == 4


async def test_what_died_with_its_socket_comes_again_over_the_next(slack: Slack) -> None:
    deaf, heard = app_of(slack), Heard(slack)
    async with connected(slack, deaf):
        await slack.say("C1", "Hello")
        await slack.until(lambda: slack.envelopes[0].sends)
    async with connected(slack, heard.app):
        await slack.until(lambda: slack.envelopes[0].acked_at)
    first, second = slack.envelopes[0].sends
    assert (first.socket, first.acked_at) == (1, None)
    assert (second.socket, second.reason) == (2, "connection_failed")
    assert heard.retries == ["1"]


async def test_the_copies_of_an_event_say_that_they_are_retries(slack: Slack) -> None:
    slack.faults.copies = 2
    heard = Heard(slack)
    async with connected(slack, heard.app):
        await slack.say("C1", "Hello")
        await slack.until(lambda: len(heard.events) == 2)
    assert sorted(heard.retries, key=str) == ["0", "1"]
    assert len({body["event_id"] for body in heard.bodies}) == 1


async def test_several_sockets_take_turns(slack: Slack) -> None:
    one, two = Heard(slack), Heard(slack)
    async with connected(slack, one.app), connected(slack, two.app):
        for number in range(6):
            await slack.say("C1", str(number))
        await slack.until(lambda: all(each.acked_at for each in slack.envelopes))
    assert (len(one.events), len(two.events)) == (3, 3)


async def test_a_ticket_lets_in_once_even_where_the_handshake_failed(slack: Slack) -> None:
    slack.faults.handshakes = 1
    url = (await client_of(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)
        fresh = (await client_of(slack).apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(fresh) as socket:
            assert (await socket.receive_json())["type"] == "hello"


async def test_the_sdk_alone_goes_deaf_after_one_failed_handshake(slack: Slack) -> None:
    """The trap that an app has to cure: the SDK shows the same used ticket again and again.

    Fails once the SDK is cured.
    """
    slack.faults.handshakes = 1
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(hold(slack))
        await slack.until(lambda: slack.sockets.refused >= 4)
        task.cancel()
    assert [call.method for call in slack.calls] == ["apps.connections.open"]


async def hold(slack: Slack) -> None:
    async with connected(slack, app_of(slack), ping_interval=0.01):
        await asyncio.Event().wait()


async def test_an_outage_of_the_sockets_ends_and_what_was_said_meanwhile_arrives(slack: Slack) -> None:
    heard = Heard(slack)
    slack.faults.sockets = "refuse"
    await slack.say("C1", "Hello")
    url = (await client_of(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    slack.faults.sockets = "up"
    async with connected(slack, heard.app, ping_interval=0.1):
        await slack.until(lambda: heard.events)
        lost = slack.sockets.live[0]
        slack.sockets.cut()
        await slack.until(lambda: slack.sockets.live and lost not in slack.sockets.live)


async def test_a_socket_too_many_is_told_so(slack: Slack) -> None:
    slack.sockets.most = 1
    async with connected(slack, app_of(slack)), aiohttp.ClientSession() as session:
        url = (await client_of(slack).apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as socket:
            frames = [await socket.receive_json() for _ in range(2)]
    assert [frame["type"] for frame in frames] == ["hello", "disconnect"]
    assert frames[1]["reason"] == "too_many_websockets"


async def test_an_edit_may_mention_the_bot_once_more(slack: Slack) -> None:
    ts = await slack.say("C1", f"<@{slack.bot_user}> haw?")
    await slack.edit("C1", ts, f"<@{slack.bot_user}> how?", mention=True)
    mentions = [each.body["event"] for each in slack.envelopes if each.body["event"]["type"] == "app_mention"]
    assert [event["ts"] for event in mentions] == [ts, ts]
    assert "edited" in mentions[1]


async def test_wrong_tokens_are_refused_by_name(slack: Slack) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client_of(slack, "xoxb-other").auth_test()
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client_of(slack).apps_connections_open(app_token="xapp-other")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client_of(slack).apps_connections_open(app_token=slack.bot_token)


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "link_disabled", "too_many_websockets"])
async def test_an_app_that_is_told_to_disconnect_comes_back(slack: Slack, reason: str) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app):
        slack.sockets.disconnect(reason)  # type: ignore[arg-type]
        await slack.until(lambda: [socket.number for socket in slack.sockets.live] == [2])
        await slack.say("C1", "Hello")
        await slack.until(lambda: heard.events)


async def test_a_frozen_socket_is_left_by_the_client_and_its_events_come_again(slack: Slack) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app, ping_interval=0.2):
        slack.sockets.freeze()
        await slack.say("C1", "Hello")
        await slack.until(lambda: heard.events)
    sends = slack.envelopes[0].sends
    assert (sends[0].socket, sends[0].acked_at) == (1, None)
    assert sends[-1].socket != 1


async def test_a_server_that_was_unplugged_is_found_again_at_its_port(slack: Slack) -> None:
    heard, url = Heard(slack), slack.api_url
    async with connected(slack, heard.app, ping_interval=0.1):
        await slack.unplug()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client_of(slack).auth_test()
        await slack.plug_in()
        await slack.until(lambda: slack.sockets.live)
        await slack.say("C1", "Hello")
        await slack.until(lambda: heard.events)
    assert slack.api_url == url


async def test_an_odd_frame_leaves_the_socket_up(slack: Slack) -> None:
    heard = Heard(slack)
    async with connected(slack, heard.app):
        slack.sockets.send_frame("[1]")
        await slack.say("C1", "Hello")
        await slack.until(lambda: heard.events)


async def test_five_hundred_questions_are_carried_and_all_acked() -> None:
    async with serve_slack(tiers=Tiers.none()) as slack:
        slack.sockets.patience = 60.0
        heard = Heard(slack)
        async with connected(slack, heard.app):
            for number in range(500):
                await slack.say(f"C{number % 10}", f"<@{slack.bot_user}> {number}", user=f"U{number}")
            await slack.until(lambda: all(each.acked_at for each in slack.envelopes))
    assert len(slack.envelopes) == 1000
    assert not any(len(each.sends) > 1 for each in slack.envelopes)


async def test_what_was_not_acked_at_once_is_lost_where_slack_keeps_nothing(slack: Slack) -> None:
    heard = Heard(slack)
    slack.sockets.keeps = False
    await slack.say("C1", "Nobody is there")
    async with connected(slack, heard.app):
        await slack.say("C1", "Hello")
        await slack.until(lambda: heard.events)
    assert [event["text"] for event in heard.events] == ["Hello"]
    assert [each.given_up for each in slack.envelopes] == [True, False]
