"""A managed Postgres as clients see it: TLS in front of a real server, and nothing else changed.

    client ── SSLRequest ──> "S", handshake ──> bytes both ways ──> the server's socket
                             "N", where `context` is None: a server without TLS

Source of the message: PostgreSQL's documentation, "Frontend/Backend Protocol", "SSL Session Encryption".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from tests.servers.relay import relay, serve_connections

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


@asynccontextmanager
async def serve_tls(dsn: str, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve TLS in front of the server of `dsn`, which listens at a Unix socket. -> the port on 127.0.0.1."""
    server_at = _socket_of(dsn)
    async with serve_connections(lambda reader, writer: _serve(reader, writer, server_at, context)) as port:
        yield port


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server_at: str, context: ssl.SSLContext | None
) -> None:
    first = await reader.readexactly(8)
    if first == SSL_REQUEST:
        writer.write(b"S" if context else b"N")
        await writer.drain()
        if context:
            await writer.start_tls(context)
        first = b""
    upstream = await asyncio.open_unix_connection(server_at)
    upstream[1].write(first)
    await relay((reader, writer), upstream)


def _socket_of(dsn: str) -> str:
    query = parse_qs(urlsplit(dsn).query)
    return f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"
