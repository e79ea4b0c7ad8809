"""A managed Postgres as clients see it: TLS in front of a real server, and nothing else changed.

    client ── SSLRequest ──> "S", handshake ──> bytes both ways ──> the server's socket
                             "N", where `context` is None: a server without TLS

Source of the message: PostgreSQL's documentation, "Frontend/Backend Protocol", "SSL Session Encryption".
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.servers.relay import relay

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate that a server called `name` signed itself, good for a day.

    By the program openssl. -> (certificate, key).
    """
    made, key = folder / f"{name}.crt", folder / f"{name}.key"
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", str(key), "-out", str(made)]
    subprocess.run(["openssl", "req", "-x509", *options, *names, *files], check=True, capture_output=True)
    return made, key


@asynccontextmanager
async def serve_tls(dsn: str, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Serve TLS in front of the server of `dsn`, which listens at a Unix socket. -> the port on 127.0.0.1."""
    server_at = _socket_of(dsn)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            await _serve(reader, writer, server_at, context)
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if tasks:  # they end with their clients
            await asyncio.wait(tasks, timeout=30)


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
