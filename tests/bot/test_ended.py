"""A command that somebody ends: by SIGTERM, or by closing its terminal. It leaves no Postgres behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.adapters.embedded import EmbeddedPostgres
from tests.bot.install import PATIENCE, PROGRAM, Install, stalling_site
from tests.core.embedded.helpers import sweep


@pytest.fixture(autouse=True)
def _told_of_hang_ups() -> Iterator[None]:
    """What is started here hears SIGHUP, also where these tests run below nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_crawl_that_is_ended_takes_its_postgres_with_it(tmp_path: Path, number: signal.Signals) -> None:
    install = Install(tmp_path)
    async with stalling_site("training.html") as stall:
        await install.run("sources", "add", stall.root, "--name", "frob", "--allow-private")
        crawl = await install.start("crawl", "frob")
        await asyncio.wait_for(stall.reached.wait(), PATIENCE)
        crawl.send_signal(number)
        _, err = await asyncio.wait_for(crawl.communicate(), PATIENCE)
    assert crawl.returncode == 130
    assert err.decode().endswith("footnote: interrupted\n")
    assert EmbeddedPostgres(tmp_path / "home").status().pid is None
    sweep(tmp_path / "home")


async def test_a_chat_whose_terminal_is_closed_takes_its_postgres_with_it(tmp_path: Path) -> None:
    install = Install(tmp_path)
    ours, theirs = os.openpty()
    with (tmp_path / "said").open("wb") as said:
        chat = await asyncio.create_subprocess_exec(
            PROGRAM, "ask", stdin=theirs, stdout=said, stderr=said, cwd=tmp_path, env=install.environment
        )
    async with asyncio.timeout(PATIENCE):
        while b"> " not in (tmp_path / "said").read_bytes():
            await asyncio.to_thread(os.stat, tmp_path)
    chat.send_signal(signal.SIGHUP)
    os.close(ours)
    os.close(theirs)
    assert await asyncio.wait_for(chat.wait(), PATIENCE) == 130
    assert EmbeddedPostgres(tmp_path / "home").status().pid is None
    sweep(tmp_path / "home")


async def test_up_without_a_terminal_is_not_ended_by_its_loss(filled: str, tmp_path: Path) -> None:
    """Below nohup, and not otherwise."""
    install = Install(tmp_path, {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"})
    for before, ends in (("", True), ("trap '' HUP;", False)):
        up = await asyncio.create_subprocess_shell(
            f"{before} exec '{PROGRAM}' up",
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env=install.environment,
        )
        assert up.stderr is not None
        assert b"is up" in await asyncio.wait_for(up.stderr.readline(), PATIENCE)
        up.send_signal(signal.SIGHUP)
        if not ends:
            up.send_signal(signal.SIGTERM)
        await asyncio.wait_for(up.communicate(), PATIENCE)
        assert up.returncode == 0
