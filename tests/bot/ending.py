"""Commands that are asked to end: started as people and programs start them, at a moment when they have work in hand.

async with hanging() as server:                     a server that takes every connection and never answers
    command = await start(BACKGROUND, install, "up")
    await command.says("is up")
    assert await command.ends(signal.SIGTERM) == 0
    await nothing_left(install)
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import psutil

from core.embedded.location import locate
from core.embedded.postgres import EmbeddedPostgres
from tests.bot.install import PATIENCE, PROGRAM, Install

BOUND = 30.0
"""Seconds that a command gets to end: three times what is promised, for a machine that is busy."""

Start: TypeAlias = tuple[str, ...]
"""What stands before the command. The first word after `-c` is the file for the process id."""

PLAIN: Start = ()
BACKGROUND: Start = ("sh", "-c", 'exec 3<&0; where=$1; shift; "$@" <&3 3<&- & echo $! >"$where"; wait $!', "sh")
NOHUP: Start = ("nohup",)


@dataclass(slots=True)
class Hanging:
    """A server without answers; `reached` is set once somebody connected and sent something."""

    address: str = ""
    reached: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def hanging() -> AsyncIterator[Hanging]:
    """Serve on loopback without an answer."""
    there = Hanging()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while await reader.read(4096):
                there.reached.set()
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        there.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield there


@dataclass(slots=True)
class Command:
    """A running command; `pid` is its process, `process` what was started: that one, or the shell above it."""

    process: asyncio.subprocess.Process
    pid: int
    output: Path

    async def says(self, text: str) -> None:
        """Wait until it has printed this text."""
        await self.until(lambda: text in self.printed)

    @property
    def printed(self) -> str:
        return self.output.read_text("utf-8", "replace")

    async def until(self, what: Callable[[], object]) -> None:
        """Wait for something that happens while the command runs."""
        async with asyncio.timeout(PATIENCE):
            while not what():
                assert self.process.returncode is None, self.printed
                await asyncio.sleep(0.01)

    async def ends(self, *numbers: signal.Signals) -> int:
        """Send signals. -> its exit code, once it ended."""
        for number in numbers:
            os.kill(self.pid, number)
        return await asyncio.wait_for(self.process.wait(), BOUND)


@asynccontextmanager
async def started(
    start: Start, install: Install, *arguments: str, stdin: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[Command]:
    """Start a command; what is left of it at the end of the block is killed."""
    output, where = install.folder / "printed", install.folder / "pid"
    before = (*start, str(where)) if start == BACKGROUND else start
    with output.open("wb") as printed:
        process = await asyncio.create_subprocess_exec(
            *before,
            *(PROGRAM, *arguments),
            stdin=stdin,
            stdout=printed,
            stderr=printed,
            cwd=install.folder,
            env=install.environment,
            start_new_session=True,
        )
    command = Command(process, process.pid, output)
    if start == BACKGROUND:
        await command.until(lambda: where.exists() and where.read_text().strip())
        command.pid = int(where.read_text())
    try:
        yield command
    finally:
        with suppress(ProcessLookupError):
            os.kill(command.pid, signal.SIGKILL)
        await process.wait()


async def nothing_left(install: Install) -> None:
    """Wait until no process of this install lives, and none of its Postgres: what was killed needs a moment."""
    for home in (install.folder / "home", install.folder / "home" / "demo"):
        if home.is_dir():
            assert EmbeddedPostgres(home).status().pid is None
    async with asyncio.timeout(BOUND):
        while left := processes_of(install):
            await asyncio.sleep(0.05)
            del left


def processes_of(install: Install) -> list[psutil.Process]:
    """Return the processes that were started with the install's home, and those that work in its database's folder."""
    home = install.folder / "home"
    folders = [str(locate(each).folder) for each in (home, home / "demo") if each.is_dir()]
    return [process for process in psutil.process_iter() if _is_of(process, str(home), folders)]


def _is_of(process: psutil.Process, home: str, folders: list[str]) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        works = any(word.startswith(folder) for word in process.cmdline() for folder in folders)
        return works or process.environ().get("FOOTNOTE_HOME") == home
    except psutil.Error:
        return False
