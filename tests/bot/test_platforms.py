"""A chat platform that nothing in `bot` or `core` knows: registered in one place, it answers as the others do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.checkup import check_platforms
from bot.platforms import load_platforms, run_platforms
from bot.status import State, StatusBoard
from core.config.settings import Settings
from core.tasks import run_in_background
from core.wiring import open_footnote
from tests.bot.toy_platform import build_toy
from tests.servers.ports import own_port


@pytest.fixture
def settings(filled: str, tmp_path: Path) -> Settings:
    return Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1)


async def _connect(port: int, board: StatusBoard) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(60):
        while board.platforms.get("Toy", (State.STARTING, ""))[0] is not State.UP:  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.02)
    return await asyncio.open_connection("127.0.0.1", port)


async def test_a_new_platform_answers_a_question_end_to_end(settings: Settings) -> None:
    stop, board = asyncio.Event(), StatusBoard()
    async with open_footnote(settings) as footnote:
        with own_port() as port:
            runs = load_platforms(settings, [build_toy(port)])
            async with run_in_background(run_platforms(footnote, runs, stop, board)):
                lines, writer = await _connect(port, board)
                writer.write(b"bob: nice weather\nalice: bot, Which version do I need to install?\n")
                answer = (await asyncio.wait_for(lines.readuntil(b"\n\n"), 60)).decode()
                stop.set()
                rest = await asyncio.wait_for(lines.read(), 60)
                writer.close()
    assert "[1] https://docs.example/guide/" in answer
    assert all(line.startswith("bot> ") for line in answer.split("\n") if line)
    assert rest == b""


async def test_doctor_checks_a_new_platform(settings: Settings) -> None:
    checks = [check async for check in check_platforms(settings, [build_toy(1)])]
    assert [check.subject for check in checks] == ["toy", "admins"]
