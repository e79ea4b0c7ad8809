"""A company's proxy on loopback: CONNECT to hosts that exist nowhere else, and TLS with a certificate of its own CA.

    client ── CONNECT gateway.example:443 ──> "200", handshake as gateway.example ──> bytes ──> a plain server's port

A host that is not in `hosts` gets 403. `asked` lists what was asked for, `"gateway.example:443"`. Without a context the
bytes go through as they are.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificates import make_certificate
from tests.servers.relay import relay, serve_connections


@dataclass(slots=True)
class ProxyServer:
    """Where it listens, where hosts are, what was asked for, and with which credentials."""

    url: str = ""
    hosts: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    authorization: list[str] = field(default_factory=list)


def make_authority(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for these hosts that nobody trusts. -> its file, and the context of a server that has it."""
    certificate, key = make_certificate(folder, *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


@asynccontextmanager
async def serve_proxy(hosts: Mapping[str, int], context: ssl.SSLContext | None) -> AsyncIterator[ProxyServer]:
    """Serve on loopback; `hosts` maps `"gateway.example:443"` to a port of loopback."""
    proxy = ProxyServer(hosts=dict(hosts))
    async with serve_connections(lambda reader, writer: _serve(proxy, reader, writer, context)) as port:
        proxy.url = f"http://127.0.0.1:{port}"
        yield proxy


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
