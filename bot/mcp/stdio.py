"""MCP over standard input and output: one line of JSON each way, and nothing else on standard output.

    descriptor 0 ──a thread──> lines ──> server ──> a private copy of descriptor 1
    descriptor 1 from then on: standard error, so that what anything prints does not reach the host

The SDK's own reader waits for a line in a call that cannot be given up, so a process that is asked to end would wait
for its host. Here a daemon thread waits, by `os.read`, which holds no lock of the interpreter's streams.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import anyio

from bot.mcp.server import FootnoteServer
from core.tasks import Stopped, run_until

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; as for a request over HTTP."""

LAST_SECONDS = 60.0
"""For answers that are under way when the input ends."""

_AT_ONCE, _WAITING = 65_536, 64
_TOO_LONG = b'"a line of more than 4 MiB was left out"'  # JSON, and no message: the server answers that it is invalid
_ERRORS = "replace"


class StdioHost:
    """The host at the other end: iterate over its lines once, in the loop that made this, and write lines to it.

    At the end of its input, what it still waits for is answered first: a script may send all it has and close the pipe.
    """

    def __init__(self, descriptor: int, output: anyio.AsyncFile[str]) -> None:
        self._descriptor = descriptor
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(_WAITING)
        self._unanswered = set[object]()
        self._answered = asyncio.Event()
        threading.Thread(target=self._read, name="mcp-stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield lines until the end of the input, and of what it asked for."""
        while (line := await self._lines.get()) is not None:
            self._room.release()
            self._note_request(line)
            yield line.decode("utf-8", _ERRORS)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                while self._unanswered:
                    self._answered.clear()
                    await self._answered.wait()

    async def write(self, text: str) -> None:
        """Write a line to the host."""
        await self._output.write(text)
        message = _parse(text)
        if isinstance(message, dict) and "method" not in message:
            self._unanswered.discard(message.get("id"))
            self._answered.set()

    async def flush(self) -> None:
        """Let the host see what was written."""
        await self._output.flush()

    def _note_request(self, line: bytes) -> None:
        match _parse(line):
            case {"id": str() | int() as number, "method": str()}:
                self._unanswered.add(number)
            case {"method": "notifications/cancelled", "params": {"requestId": str() | int() as number}}:
                self._unanswered.discard(number)
            case _:
                pass

    def _read(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            for line in split_lines(self._descriptor):
                self._room.acquire()
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)


def _parse(line: str | bytes) -> object:
    """Return the message of a line; None where it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def split_lines(descriptor: int) -> Iterator[bytes]:
    """Yield the lines of a descriptor; of one that is too long, `_TOO_LONG` in its place."""
    kept, is_skipping = bytearray(), False
    while chunk := _read_some(descriptor):
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            is_long = is_skipping or len(kept) + len(piece) > LONGEST_LINE
            yield _TOO_LONG if is_long else bytes(kept + piece)
            kept, is_skipping = bytearray(), False
        is_skipping = is_skipping or len(kept) + len(rest) > LONGEST_LINE
        kept = bytearray() if is_skipping else kept + rest
    if kept:
        yield bytes(kept)


def _read_some(descriptor: int) -> bytes:
    """Return the next bytes; none at the end, and none where there is nobody to read from any more."""
    try:
        return os.read(descriptor, _AT_ONCE)
    except OSError:
        return b""


@contextmanager
def claim_output() -> Iterator[int]:
    """Yield a private copy of standard output, and point descriptor 1 at standard error for that long."""
    private = os.dup(1)
    os.dup2(2, 1)
    try:
        yield private
    finally:
        os.dup2(private, 1)
        os.close(private)


async def serve_stdio(server: FootnoteServer, stop: asyncio.Event) -> None:
    """Serve until the input ends or `stop` is set."""
    with claim_output() as private, os.fdopen(private, "w", encoding="utf-8", errors=_ERRORS, closefd=False) as output:
        host = cast("anyio.AsyncFile[str]", StdioHost(0, anyio.wrap_file(output)))  # it iterates, writes and flushes
        with suppress(Stopped):
            await run_until(stop, server.serve_lines(host, host))
