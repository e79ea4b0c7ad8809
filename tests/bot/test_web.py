"""Health and figures of `footnote up` over HTTP, while Slack comes and goes."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.bot.install import Install
from tests.bot.up import Up, slack_settings, up
from tests.servers.ports import own_port
from tests.servers.raw import NO_HTTP, send_raw
from tests.servers.slack import Slack, serve_slack
from tests.waiting import pause


async def got(address: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}") as answer:
        return answer.status, await answer.text()


async def figures(address: str) -> dict[tuple[str, ...], float]:
    """Return (name, values of labels in the order of their names) -> value."""
    _, text = await got(address, "/metrics")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_process_says_how_it_is_and_what_it_answered(filled: str, tmp_path: Path) -> None:
    with own_port() as port:
        await _says_how_it_is(filled, tmp_path, f"127.0.0.1:{port}")


async def _when_ready(address: str) -> str:
    """Wait until a process reports that it is ready. -> its report."""
    async with asyncio.timeout(60):
        while (ready := await got(address, "/readyz"))[0] != 200:
            assert '"slack": "starting"' in ready[1]
            await pause()
    return ready[1]


async def _says_how_it_is(filled: str, folder: Path, address: str) -> None:
    async with serve_slack() as slack, up(filled, folder, slack_settings(slack), {"HEALTH_ADDRESS": address}) as bot:
        assert await got(address, "/healthz") == (200, "ok\n")
        await slack.until(lambda: slack.sockets.live)
        assert await _when_ready(address) == '{"ready": true, "database": "up", "slack": "up"}'
        for question in ("How do I install it?", "Who won the world cup in 1998?"):
            ts = await slack.say("C1", f"<@{slack.bot_user}> {question}")
            await slack.until(lambda ts=ts: any(not each.streaming for each in slack.replies("C1", ts)))  # type: ignore[misc]  # mypy infers no default
        seen: dict[Any, float] = {}
        async with asyncio.timeout(60):
            while seen.get(("footnote_replies_total", "abstained", "slack")) != 1 or seen["footnote_open_questions",]:
                await pause()
                seen = await figures(address)
        assert seen["footnote_questions_total", "slack"] == 2
        assert seen["footnote_replies_total", "answered", "slack"] == 1
        assert seen["footnote_reply_seconds_count", "slack"] == seen["footnote_first_word_seconds_count", "slack"] == 2
        assert not [name for name, *_ in seen if name.startswith("footnote_spen")], "no model was called"
        await _counts_thumbs(slack, ts, address)
        assert seen["footnote_stage_seconds_count", "search"] == 2
        assert seen["footnote_platform_up", "slack"] == 1
        assert seen["footnote_source_passages", "docs"] > seen["footnote_source_pages", "docs"] > 0
        assert seen["footnote_source_verdict", "docs", "ok"] == 1
        assert seen["footnote_source_verdict", "docs", "quarantined"] == 0
        assert time.time() - 86_400 < seen["footnote_source_crawled_timestamp_seconds", "docs"] <= time.time()
        await _refuses_what_is_no_http(bot, address)


async def _refuses_what_is_no_http(bot: Up, address: str) -> None:
    assert b"Server: footnote\r\n" in await send_raw(address, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert b" 400 " in await send_raw(address, NO_HTTP)
    assert bot.logged.count("What is no HTTP came to HEALTH_ADDRESS") == 1
    assert "Traceback" not in bot.logged


async def _counts_thumbs(slack: Slack, question: str, address: str) -> None:
    (answer,) = slack.replies("C1", question)
    good, bad = (re.search(rf"{vote}:\d+", str(answer.blocks)) for vote in ("good", "bad"))
    assert good
    assert bad
    for vote in (good, bad, good):
        await slack.click(answer, "feedback", user="U7", value=vote[0])
    seen: dict[Any, float] = {}
    async with asyncio.timeout(60):
        while seen.get(("footnote_feedback_total", "slack", "up")) != 2:
            await pause()
            seen = await figures(address)
    assert seen["footnote_feedback_total", "slack", "down"] == 1


async def test_a_port_that_is_taken_stops_nobody(filled: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with (
            serve_slack() as slack,
            up(filled, tmp_path, slack_settings(slack), {"HEALTH_ADDRESS": address}) as bot,
        ):
            assert f"HEALTH_ADDRESS {address} is not listened at" in bot.logged


async def test_an_address_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    ended = await Install(tmp_path, {"HEALTH_ADDRESS": "nowhere"}).run("up")
    assert ended.code == 78
    assert "HEALTH_ADDRESS must be host:port" in ended.err


async def test_a_worker_says_how_it_is_too(filled: str, tmp_path: Path) -> None:
    with own_port() as port:
        address = f"127.0.0.1:{port}"
        worker = await Install(tmp_path, {"DATABASE_URL": filled, "HEALTH_ADDRESS": address}).start("worker")
        try:
            await _serves_figures(address)
            worker.terminate()
            assert await asyncio.wait_for(worker.wait(), 60) == 0
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()


async def _serves_figures(address: str) -> None:
    async with asyncio.timeout(60):
        while not await _listens(address):  # noqa: ASYNC110 - another process, which sets no event here
            await asyncio.sleep(0.05)
    assert await got(address, "/readyz") == (200, '{"ready": true, "database": "up"}')
    seen = await figures(address)
    assert seen["footnote_open_questions",] == 0
    assert seen["footnote_source_verdict", "docs", "ok"] == 1


async def _listens(address: str) -> bool:
    try:
        return (await got(address, "/healthz"))[0] == 200
    except aiohttp.ClientConnectionError:
        return False
