"""A company's proxy on loopback: CONNECT to hosts that exist nowhere else, and TLS with a certificate of its own CA.

    client ── CONNECT gateway.example:443 ──> "200", handshake as gateway.example ──> bytes ──> a plain server's port

A host that is not in `hosts` gets 403. `asked` lists what was asked for, `"gateway.example:443"`. Without a context the
bytes go through as they are.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.relay import relay


@dataclass(slots=True)
class ProxyServer:
    """Where it listens, where hosts are, what was asked for, and with which credentials."""

    url: str = ""
    hosts: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)


def make_authority(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for these hosts that nobody trusts. -> its file, and the context of a server that has it."""
    certificate, key = folder / "authority.pem", folder / "authority.key"
    alternatives = ",".join(f"IP:{name}" if name[0].isdigit() else f"DNS:{name}" for name in names)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


@asynccontextmanager
async def serve_proxy(hosts: Mapping[str, int], context: ssl.SSLContext | None) -> AsyncIterator[ProxyServer]:
    """Serve on loopback; `hosts` maps `"gateway.example:443"` to a port of loopback."""
    proxy = ProxyServer(hosts=dict(hosts))
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            await _serve(proxy, reader, writer, context)
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=30)


async def _serve(
    proxy: ProxyServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext | None
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target = head.split(" ")[:2]
    proxy.asked.append(target)
    proxy.authorization += [line for line in head.splitlines() if line.lower().startswith("proxy-authorization:")]
    port = proxy.hosts.get(target)
    if method != "CONNECT" or port is None:
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await writer.drain()
    if context is not None:
        await writer.start_tls(context)
    upstream = await asyncio.open_connection("127.0.0.1", port)
    await relay((reader, writer), upstream)
