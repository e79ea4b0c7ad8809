"""The programs of `bench.doors`, in a process of their own, as real ones run elsewhere: started and ended by lines.

python -m bench.doors_programs PORT TOKEN CLIENTS SLOW
stdin   start, stop, ...        stdout   after each stop, all so far: {"seconds": [...], "failed": {"503": 2}}
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from bench.load_people import TOPICS
from core.tasks import run_in_background


@dataclass(slots=True)
class Programs:
    """What programs met: seconds of each answer, and how often which status came instead."""

    port: int
    token: str
    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    async def ask(self, count: int) -> None:
        """Ask with so many programs at once until cancelled."""
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, connector=limits) as session, asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._ask_on(session, number))

    async def _ask_on(self, session: aiohttp.ClientSession, number: int) -> None:
        accept = {"Accept": "text/event-stream"} if number % 2 else {}
        for nth in range(1_000_000):
            topic = TOPICS[(number + nth) % len(TOPICS)]
            began = time.monotonic()
            try:
                body = {"question": f"What does the {topic} explain, {number}?"}
                async with session.post(f"http://127.0.0.1:{self.port}/v1/ask", json=body, headers=accept) as response:
                    text = await response.text()
                    is_whole = response.status == 200 and '"outcome"' in text
            except aiohttp.ClientError as error:
                self.failed[type(error).__name__] += 1
                await asyncio.sleep(0.5)
                continue
            if is_whole:
                self.seconds.append(time.monotonic() - began)
            else:
                self.failed[str(response.status)] += 1
                await asyncio.sleep(0.5)


async def drip(port: int, count: int) -> None:
    """Hold so many connections that send a request byte by byte, and open each again that is closed."""

    async def one() -> None:
        while True:
            with suppress(OSError):
                await _send_slowly(port)
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())


async def _send_slowly(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for byte in b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)
            if reader.at_eof():
                return
    finally:
        writer.close()


@dataclass(slots=True)
class ProgramProcess:
    """The process of the programs; `seconds` and `failed` are what they met until it was last stopped."""

    process: asyncio.subprocess.Process
    seconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Let all of them ask while the block runs."""
        await self._order("start")
        try:
            yield
        finally:
            met = json.loads(await self._order("stop"))
            self.seconds, self.failed = met["seconds"], Counter(met["failed"])

    async def _order(self, word: str) -> bytes:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n".encode())
        return await self.process.stdout.readline()


@asynccontextmanager
async def open_programs(port: int, token: str, clients: int, slow: int) -> AsyncIterator[ProgramProcess]:
    """Start the process; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.doors_programs", str(port), token, str(clients), str(slow)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    try:
        yield ProgramProcess(process)
    finally:
        process.kill()
        await process.wait()


async def _follow(programs: Programs, clients: int, slow: int) -> None:
    """Do what the lines of standard input say, until they end."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def strain() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(programs.ask(clients))
            group.create_task(drip(programs.port, slow))

    while await reader.readline():
        async with run_in_background(strain()):
            print("started", flush=True)
            await reader.readline()
        print(json.dumps({"seconds": programs.seconds, "failed": programs.failed}), flush=True)


if __name__ == "__main__":
    asyncio.run(_follow(Programs(int(sys.argv[1]), sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
