"""The loopback Slack sends the real slack-bolt its events, over signed HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck

from tests.servers.slack import Slack, serve_slack
from tests.servers.slack.bolted import Heard


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serve_slack() as served:
        yield served


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
