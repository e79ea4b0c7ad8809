"""A crawl through a company's proxy: the address is looked up and judged here, and the proxy is asked for that address.

    name ──Guard.resolve──> judged addresses ──> CONNECT 93.184.216.34:443 ──> TLS with the site, by its name

A proxy that was given the name would look it up again, and could be led to an address inside its network. So a name
that cannot be looked up here cannot be crawled. The proxy itself was named by the operator, and is not judged.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from core.net.route import Route

_LONGEST_HEAD = 16_384


class ProxyRefused(OSError):
    """The proxy opened no tunnel."""


class TunnelConnector(aiohttp.TCPConnector):
    """aiohttp's connector, which opens connections to https through the proxy of `route` where it has one.

    `judge` raises where an address may not be dialled.
    """

    def __init__(self, route: Route, judge: Callable[[str, int], None], **named: Any) -> None:
        super().__init__(**named)
        self._route, self._judge = route, judge

    async def _wrap_create_connection(self, *args: Any, **named: Any) -> Any:
        """Open a connection; this is where aiohttp has addresses and has not dialled yet."""
        request, proxy = named["req"], self._route.proxy_for(str(named["req"].url))
        if not proxy:
            return await super()._wrap_create_connection(*args, **named)
        rest = {
            key: value for key, value in named.items() if key not in ("addr_infos", "req", "timeout", "client_error")
        }
        try:
            opened = await self._open_tunnel([info[4][:2] for info in named["addr_infos"]], proxy)
            return await asyncio.get_running_loop().create_connection(*args, **rest, sock=opened)
        except ssl.SSLCertVerificationError as error:
            raise aiohttp.ClientConnectorCertificateError(request.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(request.connection_key, error) from error
        except OSError as error:
            raise aiohttp.ClientConnectorError(request.connection_key, error) from error

    async def _open_tunnel(self, addresses: Sequence[tuple[str, int]], proxy: str) -> socket.socket:
        """Return a socket that leads to the first address that the proxy reaches. Raises `OSError`."""
        refused: OSError = ProxyRefused("the proxy was asked for no address")
        for address, port in addresses:
            self._judge(address, port)
            try:
                return await _connect(address, port, proxy)
            except ProxyRefused as error:
                refused = error
        raise refused


async def _connect(address: str, port: int, proxy: str) -> socket.socket:
    parts = urlsplit(proxy)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    family, kind, protocol, _, where = found[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.settimeout(0)  # for the loop
        await loop.sock_connect(opened, where)
        await loop.sock_sendall(opened, _build_request(address, port, parts.username, parts.password))
        await _read_reply(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _build_request(address: str, port: int, user: str | None, password: str | None) -> bytes:
    host = f"[{address}]" if ":" in address else address
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if user:
        credentials = f"{unquote(user)}:{unquote(password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(credentials).decode()}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


async def _read_reply(opened: socket.socket) -> None:
    """Read the reply to CONNECT, a byte at a time: what follows it is the site's. Raises `ProxyRefused`."""
    loop, head = asyncio.get_running_loop(), b""
    while not head.endswith(b"\r\n\r\n"):
        byte = await loop.sock_recv(opened, 1)
        if not byte or len(head) > _LONGEST_HEAD:
            raise ProxyRefused("the proxy gave no reply")
        head += byte
    status = head.split(b" ", 2)[1:2]
    if not status or not status[0].startswith(b"2"):
        raise ProxyRefused(f"the proxy refused (HTTP {status[0].decode('latin-1')[:3] if status else '?'})")
