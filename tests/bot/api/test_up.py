"""The API of `footnote up` as an operator runs it: alone, ended with streams open, set wrongly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.bot.called import call
from tests.bot.ending import BOUND, hanging
from tests.bot.install import PATIENCE, Install
from tests.bot.up import Up
from tests.servers.ports import own_port

ASKED = {"question": "What does the beta parameter say?"}
QUIET = {"RECRAWL_CRON": "off", "EMBED_THREADS": "1", "HEALTH_ADDRESS": "off", "API_OPEN": "true"}


@asynccontextmanager
async def serving(dsn: str, folder: Path, **settings: str) -> AsyncIterator[tuple[Up, str]]:
    """Run `footnote up --no-worker` with the API alone. -> the process, and where it listens."""
    with own_port() as port:
        address = f"127.0.0.1:{port}"
        install = Install(folder, {"DATABASE_URL": dsn, "API_ADDRESS": address, **QUIET, **settings})
        bot = Up(install, folder / "up.log", ("--no-worker",))
        try:
            await bot.start("The API listens at")
            yield bot, f"http://{address}"
        finally:
            if bot.process is not None and bot.process.returncode is None:
                await bot.kill()


def model_at(address: str) -> dict[str, str]:
    """Return settings for a chat model there."""
    return {"OPENAI_BASE_URL": f"http://{address}/v1", "CHAT_MODEL": "some-model", "EMBEDDING_MODEL": "local"}


async def begin_stream(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse:
    """Ask with a stream, and return it with its first line read: it waits for the model then."""
    stream = await session.post(f"{url}/v1/ask", json=ASKED, headers={"Accept": "text/event-stream"})
    assert b"question" in await stream.content.readline()
    return stream


async def states(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["state"] for row in await connection.fetch("select state from question order by id")]
    finally:
        await connection.close()


async def test_up_serves_the_api_alone_and_questions_are_listed(filled: str, tmp_path: Path) -> None:
    async with serving(filled, tmp_path) as (bot, url), aiohttp.ClientSession() as session:
        assert "with 1 source and API" in bot.logged
        async with session.get(f"{url}/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok\n")
        async with session.post(f"{url}/v1/ask", json=ASKED) as response:
            assert "[1]" in (await response.json())["answer"]
        assert await bot.stop() == 0
    listed = (await call(bot.install, "questions", "--platform", "api", "--json")).json["questions"]
    assert [(each["asker"], each["outcome"]) for each in listed] == [("token:open", "answered")]
    assert (await call(bot.install, "forget", "token:open", "--json")).json["questions"] == 1


@pytest.mark.slow
async def test_sigterm_ends_open_streams_idle_connections_and_half_requests(filled: str, tmp_path: Path) -> None:
    async with (
        hanging() as model,
        serving(filled, tmp_path, **model_at(model.address)) as (bot, url),
        aiohttp.ClientSession() as session,
    ):
        streams = [await begin_stream(session, url) for _ in range(3)]
        host, _, port = url.removeprefix("http://").rpartition(":")
        _, idle = await asyncio.open_connection(host, int(port))
        _, half = await asyncio.open_connection(host, int(port))
        half.write(b"POST /v1/ask HTTP/1.1\r\nHost: x\r\n")
        async with asyncio.timeout(BOUND):
            assert await bot.stop() == 0
        for each in streams:
            each.close()
        for writer in (idle, half):
            writer.close()
    assert await states(filled) == ["undeliverable"] * 3
    assert "Traceback" not in bot.logged


@pytest.mark.slow
async def test_a_killed_process_leaves_a_question_that_is_closed_and_not_answered(filled: str, tmp_path: Path) -> None:
    async with (
        hanging() as model,
        serving(filled, tmp_path, **model_at(model.address)) as (bot, url),
        aiohttp.ClientSession() as session,
    ):
        stream = await begin_stream(session, url)
        await bot.kill()
        stream.close()
    assert await states(filled) == ["queued"]
    connection = await asyncpg.connect(filled)
    await connection.execute("update question set lease = now() - interval '1 second'")
    await connection.close()
    async with serving(filled, tmp_path):
        async with asyncio.timeout(PATIENCE):
            while await states(filled) == ["queued"]:  # noqa: ASYNC110 - a row of another process, which no event tells
                await asyncio.sleep(0.05)
    assert await states(filled) == ["undeliverable"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"API_ADDRESS": "0.0.0.0:8080", "API_OPEN": "true"}, "must be on loopback"),
        ({"API_ADDRESS": "8080"}, "API_ADDRESS must be host:port"),
        ({"API_ADDRESS": "127.0.0.1:8080", "API_PROXIES": "proxy.example"}, "API_PROXIES must list addresses"),
        ({"API_ADDRESS": "192.0.2.1:8080"}, "cannot be listened at"),
    ],
)
async def test_a_wrong_setting_is_a_sentence_and_78(
    filled: str, tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    quiet = {**QUIET, "API_OPEN": "false"}
    ended = await Install(tmp_path, {"DATABASE_URL": filled, **quiet, **settings}).run("up", "--no-worker")
    assert ended.code == 78
    assert sentence in ended.err
    assert "Traceback" not in ended.err


async def test_doctor_says_where_the_api_is_and_to_whom(filled: str, tmp_path: Path) -> None:
    for settings, line in (
        ({"API_ADDRESS": "127.0.0.1:8080"}, "with a token"),
        ({"API_ADDRESS": "127.0.0.1:8080", "API_OPEN": "true"}, "every program of this machine"),
        ({"API_ADDRESS": "0.0.0.0:8080"}, "proxy with TLS"),
    ):
        ended = await Install(tmp_path, {"DATABASE_URL": filled, **settings}).run("doctor", "--json")
        checks = " ".join(str(each) for each in json.loads(ended.out)["checks"])
        assert line in checks
