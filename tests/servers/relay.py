"""Carries bytes both ways between two connections, for servers that stand in front of another one."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

Connection: TypeAlias = "tuple[asyncio.StreamReader, asyncio.StreamWriter]"


async def relay(one: Connection, other: Connection) -> None:
    """Carry until one side ends, and close `other`."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_carry(one[0], other[1]))
            group.create_task(_carry(other[0], one[1]))
    except* OSError:
        pass
    finally:
        other[1].close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
