"""Where a command's input and output are closed or cannot be written: a sentence or silence, and no stack trace."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import asyncpg
import pytest

from core.work.queue import WORKER
from tests.bot.install import PATIENCE, PROGRAM, Ended, Install
from tests.waiting import pause


async def in_a_shell(install: Install, words: str) -> Ended:
    """Run `footnote` in a shell, with redirections."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_shell(
        f"{shlex.quote(PROGRAM)} {words}", stdout=pipe, stderr=pipe, cwd=install.folder, env=install.environment
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return Ended(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def install(filled: str, tmp_path: Path) -> Install:
    return Install(tmp_path, {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"})


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
async def test_a_stream_that_is_closed_leads_nowhere(install: Install, closed: str) -> None:
    ended = await in_a_shell(install, f"sources list {closed}")
    assert (ended.code, ended.err) == (0, "")
    assert ("docs" in ended.out) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("words", ["sources list", "sources list --json", 'search "How do I install it?"'])
async def test_a_full_disk_behind_the_output_is_a_sentence(install: Install, words: str) -> None:
    ended = await in_a_shell(install, f"{words} > /dev/full")
    assert ended.code == 1
    assert ended.err == "footnote: The output cannot be written (No space left on device).\n"


async def test_a_log_that_cannot_be_written_stops_nobody(install: Install, filled: str) -> None:
    line = f"exec {shlex.quote(PROGRAM)} up > /dev/full 2>&1"
    up = await asyncio.create_subprocess_shell(line, cwd=install.folder, env=install.environment)
    connection = await asyncpg.connect(filled)
    working = "select count(*) from pg_stat_activity where application_name = $1 and datname = current_database()"
    try:
        async with asyncio.timeout(120):
            while not await connection.fetchval(working, WORKER):
                assert up.returncode is None
                await pause()
    finally:
        if up.returncode is None:
            up.kill()
        await up.wait()
        await connection.close()
