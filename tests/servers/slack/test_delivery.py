"""The loopback Slack tells the real slack-bolt of events, over websockets and over signed HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.context.ack.async_ack import AsyncAck
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
    assert [sent.socket for sent in slack.envelopes[0].sends] == [1, 2]


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


async def serving_bolt(heard: Heard) -> tuple[web.AppRunner, str]:
    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await heard.app.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.router.add_post("/slack/events", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"


@pytest.fixture
async def url(slack: Slack) -> AsyncIterator[tuple[Heard, str]]:
    heard = Heard(slack)
    runner, address = await serving_bolt(heard)
    yield heard, address
    await runner.cleanup()


async def test_signed_http_brings_events_commands_and_retries(slack: Slack, url: tuple[Heard, str]) -> None:
    heard, address = url

    @heard.app.command("/docs")
    async def docs(ack: AsyncAck) -> None:
        await ack("Two sources.")

    async with slack.deliver_over_http(address):
        await slack.say("C1", "Hello")
        call = await slack.slash("/docs", "list", user="U1", channel="C1")
        await slack.until(lambda: slack.envelopes[0].acked_at and call.responses)
    assert heard.events[0]["text"] == "Hello"
    assert (call.responses[0].text, call.responses[0].ephemeral) == ("Two sources.", "U1")


async def test_over_http_what_fails_is_posted_again_with_its_number(slack: Slack) -> None:
    heard = Heard(slack)
    runner, address = await serving_bolt(heard)
    try:
        async with slack.deliver_over_http(address) as over:
            over.delays = (0.02,) * 100
            slack.signing_secret, right = "another", slack.signing_secret
            await slack.say("C1", "Hello")
            await slack.until(lambda: len(slack.envelopes[0].sends) >= 2)
            slack.signing_secret = right
            await slack.until(lambda: slack.envelopes[0].acked_at)
    finally:
        await runner.cleanup()
    assert int(heard.retries[0] or 0) >= 1
    assert slack.envelopes[0].sends[1].reason == "http_error"


async def test_an_app_too_slow_over_http_is_asked_again(slack: Slack, url: tuple[Heard, str]) -> None:
    heard, address = url
    slow = asyncio.Event()

    @heard.app.middleware
    async def wait(next: object) -> None:  # noqa: A002 - bolt gives arguments by name
        await slow.wait()
        await next()  # type: ignore[operator]

    slow.set()
    async with slack.deliver_over_http(address) as over:
        over.patience, over.delays = 0.1, (0.0,)
        slow.clear()
        await slack.say("C1", "Hello")
        await slack.until(lambda: slack.envelopes[0].given_up)
        slow.set()
    assert [sent.reason for sent in slack.envelopes[0].sends] == ["", "http_timeout"]


async def test_a_url_that_does_not_echo_is_refused(slack: Slack) -> None:
    with pytest.raises(ConnectionError, match="url_verification"):
        async with slack.deliver_over_http(slack.api_url + "auth.test"):
            pass


async def test_five_hundred_questions_are_carried_and_all_acked() -> None:
    async with serve_slack(tiers=Tiers.none()) as slack:
        heard = Heard(slack)
        async with connected(slack, heard.app):
            for number in range(500):
                await slack.say(f"C{number % 10}", f"<@{slack.bot_user}> {number}", user=f"U{number}")
            await slack.until(lambda: all(each.acked_at for each in slack.envelopes), within=60)
    assert len(slack.envelopes) == 1000
    assert not any(len(each.sends) > 1 for each in slack.envelopes)
