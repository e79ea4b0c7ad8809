"""Socket Mode of the product on the real SDK, at a quicker pace: whatever ends a socket, another one is there soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import bot.slack.socket
from bot.slack.socket import TICKET_SECONDS, stay_connected
from tests.servers.slack import Slack, serve_slack
from tests.servers.slack.bolted import Heard

pytestmark = pytest.mark.heavy
PACE = {"TICKET_SECONDS": 0.4, "HANDSHAKE_SECONDS": 2.0, "PING_SECONDS": 0.25}


@asynccontextmanager
async def connected(monkeypatch: pytest.MonkeyPatch, slack: Slack) -> AsyncIterator[list[str]]:
    """Connect the client with a quicker pace. -> the states that it reports to its watcher."""
    for name, seconds in PACE.items():
        monkeypatch.setattr(bot.slack.socket, name, seconds)
    states: list[str] = []
    app = Heard(slack).app
    async with asyncio.TaskGroup() as group:
        staying = group.create_task(
            stay_connected(app, slack.app_token, None, lambda state, sentence: states.append(f"{state} {sentence}"))
        )
        try:
            yield states
        finally:
            staying.cancel()


def opened(slack: Slack) -> list[float]:
    return [call.at for call in slack.calls if call.method == "apps.connections.open"]


async def heard(slack: Slack, words: str) -> None:
    await slack.say("C1", f"<@{slack.bot_user}> {words}")
    await slack.until(lambda: all(each.acked_at is not None for each in slack.envelopes))


async def test_a_ticket_whose_handshake_failed_is_given_up_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_slack() as slack:
        slack.faults.handshakes = 2
        async with connected(monkeypatch, slack):
            await slack.until(lambda: slack.sockets.live)
            await heard(slack, "are you there?")
        assert len(opened(slack)) >= 3, "more where a good handshake took too long"


async def test_a_frozen_socket_is_noticed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_slack() as slack, connected(monkeypatch, slack):
        await slack.until(lambda: slack.sockets.live)
        slack.sockets.freeze()
        frozen = slack.sockets.live[0]
        await slack.until(lambda: [each for each in slack.sockets.live if each is not frozen])
        frozen.cut()
        await heard(slack, "are you there?")


@pytest.mark.parametrize("how", ["cut", "crowded", "refused"])
async def test_however_sockets_end_tickets_are_asked_for_slowly(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    began = time.monotonic()
    async with serve_slack() as slack, connected(monkeypatch, slack) as states:
        await slack.until(lambda: slack.sockets.live)
        for count in range(1, 4):
            match how:
                case "cut":
                    slack.sockets.cut()
                case "crowded":
                    slack.sockets.disconnect("too_many_websockets")
                case _:
                    slack.faults.handshakes = 1
                    slack.sockets.disconnect("refresh_requested")
            await slack.until(lambda at=count: len(opened(slack)) > at and not slack.faults.handshakes)  # type: ignore[misc]  # mypy infers no default
            await slack.until(lambda: [each for each in slack.sockets.live if not each.draining])
        await heard(slack, "are you there?")
        times = opened(slack)
        assert len(times) <= 1 + (times[-1] - began) / PACE["TICKET_SECONDS"]
        assert states[-1].startswith("up")
    assert TICKET_SECONDS >= 10


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("invalid_auth", "down Slack refused SLACK_APP_TOKEN (invalid_auth): copy it"),
        ("account_inactive", "down Slack refused SLACK_APP_TOKEN (account_inactive): copy it"),
        ("forbidden", "down Slack opens no socket (forbidden): is Socket Mode enabled"),
        ("internal_error", "down Slack cannot be reached by Socket Mode."),
    ],
)
async def test_a_ticket_that_is_refused_is_told_with_what_to_do_and_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: str, sentence: str
) -> None:
    async with serve_slack() as slack, connected(monkeypatch, slack) as states:
        await slack.until(lambda: slack.sockets.live)
        slack.faults.refuse("apps.connections.open", error, times=2)
        slack.sockets.disconnect("link_disabled")
        await slack.until(lambda: len(opened(slack)) == 4)
        await heard(slack, "are you there?")
    assert [each for each in states if each.startswith("down")] == [
        each for each in states if each.startswith(sentence)
    ]
    assert sum("tried again" in each for each in caplog.messages) == 1, "said once"
    assert sum("was Socket Mode switched off" in each for each in caplog.messages) == 1
    assert states[-1].startswith("up")
