"""Bytes to a server of ours, and all that it answers, for what no HTTP client would send."""

from __future__ import annotations

import asyncio

NO_HTTP = b"GET / HTTP/1.1\r\nno header\r\n\r\n"


async def send_raw(address: str, data: bytes) -> bytes:
    """Send bytes to host:port, and return what is answered until the connection is closed."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    async with asyncio.timeout(60):
        got = await reader.read()
    writer.close()
    return got
