"""Slack from the first second to the last: settings, tokens, outages, sockets, signed HTTP, a database that is away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.bot.gate import Gate
from tests.bot.install import Install
from tests.bot.talks import ANSWER, PATIENCE, UNLIMITED, Held, Talk, served_mind
from tests.bot.up import KEYLESS, Up, model_settings, slack_settings, up
from tests.servers.openai_server import text
from tests.servers.ports import own_port
from tests.servers.slack import Slack, serve_slack

# --- what a person must mend


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-canary-1"}, "Slack refused SLACK_BOT_TOKEN (invalid_auth): copy it"),
        ({"SLACK_APP_TOKEN": "xapp-canary-2"}, "Slack refused SLACK_APP_TOKEN (invalid_auth): copy it"),
        ({"SLACK_APP_TOKEN": ""}, "SLACK_BOT_TOKEN is set alone: set SLACK_APP_TOKEN (xapp-) for Socket Mode, or"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_APP_TOKEN is set without SLACK_BOT_TOKEN (xoxb-): set both."),
    ],
)
async def test_settings_that_cannot_work_end_the_process_with_a_sentence(
    filled: str, tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    async with serve_slack() as slack:
        settings = {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"}
        ended = await Install(tmp_path, settings | slack_settings(slack) | wrong).run("up")
        assert ended.code == 78
        assert sentence in " ".join(ended.err.split())
        assert "canary" not in ended.err
        assert "Traceback" not in ended.err


async def test_an_app_token_without_its_scope_is_told(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack:
        settings = {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"} | slack_settings(slack)
        slack.faults.refuse("apps.connections.open", "missing_scope")
        ended = await Install(tmp_path, settings).run("up")
        assert ended.code == 78
        assert "SLACK_APP_TOKEN has not the scope connections:write" in " ".join(ended.err.split())


async def test_slack_that_is_away_at_the_start_is_waited_for(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack:
        await slack.unplug()
        settings = {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"} | slack_settings(slack)
        bot = Up(Install(tmp_path, settings), tmp_path / "up.log")
        try:
            await bot.start(ready="Slack is waited for")
            ts = await slack.say("C1", f"<@{slack.bot_user}> How do I fine-tune a mistral model with DPO?")
            await slack.plug_in()
            await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))
            assert "trainer.train()" in slack.replies("C1", ts)[0].visible
        finally:
            await bot.kill()


# --- sockets and signed HTTP


def opened(slack: Slack) -> list[float]:
    """Return when sockets were asked for."""
    return [call.at for call in slack.calls if call.method == "apps.connections.open"]


@pytest.mark.slow
async def test_too_many_sockets_cost_ten_seconds_and_are_told_of(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, up(filled, tmp_path, slack_settings(slack), KEYLESS) as bot:
        await slack.until(lambda: slack.sockets.live)
        began = time.monotonic()
        slack.sockets.disconnect("too_many_websockets")
        ts = await slack.say("C1", f"<@{slack.bot_user}> How do I fine-tune a mistral model with DPO?")
        await slack.until(lambda: slack.replies("C1", ts) and len(opened(slack)) > 1)
        first, second = opened(slack)
        assert second - began >= 9
        assert second - first >= 9
        assert "too_many_websockets" in bot.logged


def signed(secret: str, body: str, at: float) -> dict[str, str]:
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": "application/json"}


async def _everything(slack: Slack) -> None:
    """Send an event twice, a command and a press."""
    slack.faults.copies = 2
    ts = await slack.say("C1", f"<@{slack.bot_user}> How do I fine-tune a mistral model with DPO?")
    await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))
    call = await slack.slash("/ask", "How do I install it?", user="U1", channel="C1")
    await slack.until(lambda: len(call.responses) == 2)
    (reply,) = slack.replies("C1", ts)
    await slack.click(reply, "why", user="U1")
    await slack.until(lambda: slack.views)


async def _status(url: str, body: str, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


@asynccontextmanager
async def over_http(dsn: str, folder: Path, slack: Slack) -> AsyncIterator[tuple[str, Up]]:
    """Run a process that gets its events over HTTP. -> its url, and the process, once it listens."""
    tokens = slack_settings(slack) | {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": slack.signing_secret}
    with own_port() as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        async with (
            up(dsn, folder, tokens, {"HTTP_ADDRESS": f"127.0.0.1:{port}"}) as bot,
            slack.deliver_over_http(url) as over,
        ):
            over.patience = slack.trigger_life = PATIENCE
            yield url, bot


async def test_signed_http_serves_events_commands_and_presses_and_nobody_else(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, over_http(filled, tmp_path, slack) as (url, bot):
        await _everything(slack)
        mention = {"type": "app_mention", "user": "U1", "text": f"<@{slack.bot_user}> q", "channel": "C2"}
        body = json.dumps({"type": "event_callback", "team_id": slack.team, "event": mention | {"ts": "1.1"}})
        forged, old = signed("wrong", body, time.time()), signed(slack.signing_secret, body, time.time() - 600)
        assert [await _status(url, body, headers) for headers in (forged, old, {})] == [401] * 3
        assert not slack.replies("C2", "1.1")
        assert not slack.sockets.live
        assert await bot.stop() == 0


# --- a database that is away, and the end


CANARIES = {
    "SLACK_BOT_TOKEN": "xoxb-canary-bot",
    "SLACK_APP_TOKEN": "xapp-canary-app",
    "OPENAI_API_KEY": "sk-canary-key",
}


@asynccontextmanager
async def talking(dsn: str, folder: Path, seen: str, **tokens: str) -> AsyncIterator[Talk]:
    """Run a process on a database that the test reaches as `seen`."""
    async with serve_slack() as slack, served_mind() as (mind, models):
        slack.bot_token = tokens.get("SLACK_BOT_TOKEN", slack.bot_token)
        slack.app_token = tokens.get("SLACK_APP_TOKEN", slack.app_token)
        async with up(dsn, folder, slack_settings(slack), model_settings(models), UNLIMITED, tokens) as bot:
            yield Talk(seen, slack, mind, bot)


async def test_what_comes_while_postgres_is_away_is_not_acknowledged_and_answered_once_when_it_is_back(
    filled: str, tmp_path: Path
) -> None:
    async with Gate(filled) as gate, talking(gate.dsn, tmp_path, filled) as talk:
        slack = talk.slack
        slack.sockets.patience, slack.sockets.delays = 0.5, (0.5,) * 200
        await gate.shut()
        ts = await talk.ask("C2", "How is it fed?")
        asked = [each for each in slack.envelopes if each.body["event"].get("ts") == ts]
        await slack.until(lambda: all(len(each.sends) > 1 for each in asked))
        assert all(each.acked_at is None for each in asked)
        assert not slack.replies("C2", ts)
        await gate.open()
        reply = await talk.answered("C2", ts)
        assert "".join(ANSWER) in reply.visible
        await talk.settled(*asked)
        assert slack.replies("C2", ts) == [reply]
        assert await talk.questions("C2") == 1
        assert "not stored, and not acknowledged" in talk.bot.logged
        assert "Traceback" not in talk.bot.logged


async def test_the_log_holds_no_secret_and_no_question(filled: str, tmp_path: Path) -> None:
    async with Gate(filled, "canary-password") as gate, talking(gate.dsn, tmp_path, filled, **CANARIES) as talk:
        for channel, words in (("C1", "How is the canary-question fed?"), ("C2", "canary-question " * 1_000)):
            await talk.answered(channel, await talk.ask(channel, words))
        talk.slack.sockets.patience, talk.slack.sockets.delays = 0.5, (0.5,) * 200
        await gate.shut()
        third = await talk.ask("C3", "canary-question?")
        await talk.slack.until(lambda: talk.slack.envelopes[-1].retries)
        talk.slack.faults.refuse("chat.startStream", "canary-less-error")
        await gate.open()
        await talk.answered("C3", third)
        talk.slack.sockets.cut()
        assert await talk.bot.stop() == 0
        assert re.search(r"Question \d+ came", talk.bot.logged)
        assert re.search(r"Question \d+ ended: \w+, after \d+\.\d s", talk.bot.logged)
        assert not re.findall("canary-[pqbak].*|ticket=.*|Traceback.*", talk.bot.logged)


@pytest.mark.slow
async def test_an_answer_in_the_middle_is_finished_by_another_process_when_its_own_is_told_to_end(
    filled: str, tmp_path: Path
) -> None:
    held = Held()
    async with talking(filled, tmp_path, filled) as talk:
        talk.mind.on("azarole", held)
        ts = await talk.ask("C1", "What about azarole?")
        await held.here()
        talk.mind.on("azarole", text("People wrote the pairs [1]."))
        other = Up(talk.bot.install, tmp_path / "other.log")
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(talk.bot.stop())
            await other.start()
            reply = await talk.answered("C1", ts)
        await other.kill()
        assert stopping.result() == 0
        assert "People wrote the pairs" in reply.visible
        assert talk.slack.replies("C1", ts) == [reply]
        assert talk.calls("chat.startStream", channel="C1")
