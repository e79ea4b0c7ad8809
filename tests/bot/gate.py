"""A TCP port in front of a Postgres on a unix socket, for tests in which a database is away for a while.

async with Gate(dsn) as gate:
... use gate.dsn ...
await gate.shut()       # refused, and thrown out
await gate.open()       # at the same port
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from urllib.parse import parse_qs, urlsplit

from tests.servers.ports import HOST, held_port


class Gate:
    """A port that is open within its block; `password` is part of its DSN, and nobody asks for it."""

    def __init__(self, dsn: str, password: str = "") -> None:
        parts = urlsplit(dsn)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self._path = f"{query['host']}/.s.PGSQL.{query['port']}"
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._is_open = False
        self._held = ExitStack()
        self._port = self._held.enter_context(held_port())
        self._empty = asyncio.Event()
        self._empty.set()
        self._form = f"postgresql://postgres:{password}@127.0.0.1:%d{parts.path}"

    @property
    def dsn(self) -> str:
        return self._form % self._port

    async def open(self) -> None:
        self._is_open = True
        self._server = await asyncio.start_server(self._carry, HOST, self._port, reuse_port=True)

    async def shut(self) -> None:
        """Refuse new connections, and break off those that are open."""
        self._is_open = False
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._empty.wait()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._is_open:  # accepted before the gate was shut, and carried after: nobody would throw it out
            writer.transport.abort()
            return
        both = [writer]  # known before we dial: the gate may be shut meanwhile, and must throw this one out, too
        self._writers.add(writer)
        self._empty.clear()
        try:
            with suppress(OSError):
                inner_reader, inner_writer = await asyncio.open_unix_connection(self._path)
                both.append(inner_writer)
                self._writers.add(inner_writer)
                if not self._is_open:
                    return
                async with asyncio.TaskGroup() as group:
                    group.create_task(_copy(reader, inner_writer))
                    group.create_task(_copy(inner_reader, writer))
        finally:
            for each in both:
                each.transport.abort()
            self._writers.difference_update(both)
            if not self._writers:
                self._empty.set()

    async def __aenter__(self) -> Gate:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shut()
        self._held.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
