"""Guards the only access to the network: no socket is opened to an address that is not public.

    Fetcher ──check──> url policy (core.net.urls)       before a request and at each redirect
       │
    aiohttp ──resolve──> addresses of a name        those that are not public are dropped
       └──socket_factory──> the address dialled     judged again: literals never pass a resolver

An exception for what an operator named covers one endpoint, host and port together: a crawl of http://127.0.0.1:8000
must not be redirected to a database on 127.0.0.1:5432. Knows nothing of scope, robots.txt or HTTP.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from core.net.addresses import is_public
from core.net.hosts import to_ascii_host
from core.net.urls import DEFAULT_PORT, PUBLIC_PORTS, check_url

Endpoint: TypeAlias = tuple[str, int]
AddressInfo: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]
"""One answer of getaddrinfo: family, type, protocol, canonical name, socket address."""


class AddressRefused(OSError):
    """An address may not be dialled. aiohttp expects an OSError here; `ingest.web.fetch` makes it a `Refused`."""


class Guard(AbstractResolver):
    """Judges urls, names and addresses of one crawl.

    `named`: the urls that an operator configured. Their ports are allowed for their hosts, and with `allow_private`
    their private addresses too. `dialled` counts the sockets that were opened.
    """

    def __init__(self, named: Iterable[str] = (), *, allow_private: bool = False) -> None:
        self._named = frozenset(place for url in named if (place := _place(url)))
        self._allow_private = allow_private
        # An IP literal is never looked up; the addresses of a name are added when it is.
        self._private: set[Endpoint] = set(self._named) if allow_private else set()
        self._resolver: AbstractResolver | None = None
        self.dialled = 0

    def check(self, url: str) -> None:
        """Raise `UrlRefused` unless this url may be requested."""
        try:
            place = endpoint(url)
        except ValueError:
            place = ("", 0)
        if place in self._named:
            check_url(url, ports=PUBLIC_PORTS | {place[1]}, allow_private=self._allow_private)
        else:
            check_url(url)

    def is_named(self, url: str) -> bool:
        """Return whether this url is at an endpoint that the operator configured."""
        return endpoint(url) in self._named

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name that may be dialled. Raises `AddressRefused` where it has none of these."""
        if self._resolver is None:
            self._resolver = ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        if self._allow_private and (host.lower(), port) in self._named:
            self._private.update((result["host"], port) for result in found)
        allowed = [result for result in found if self._may_dial(result["host"], port)]
        if not allowed:
            raise AddressRefused(f"address not allowed: {host}")
        return allowed

    async def close(self) -> None:
        """Release the resolver."""
        if self._resolver is not None:
            await self._resolver.close()

    def socket_factory(self, info: AddressInfo) -> socket.socket:
        """Return a socket for `aiohttp.TCPConnector`. Raises `AddressRefused` before there is a socket."""
        family, kind, protocol, _, address = info
        host, port = str(address[0]), address[1]
        self.judge(host, port if isinstance(port, int) else 0)
        return socket.socket(family, kind, protocol)

    def judge(self, address: str, port: int) -> None:
        """Raise `AddressRefused` unless this address may be reached, by whatever way. It counts as dialled."""
        if not self._may_dial(address, port):
            raise AddressRefused(f"address not allowed: {address}")
        self.dialled += 1

    def _may_dial(self, address: str, port: int) -> bool:
        return is_public(address) or (address, port) in self._private


def _place(url: str) -> Endpoint | None:
    """Return the endpoint of a url; None where it is malformed: then it names nothing, and `check` refuses it."""
    try:
        return endpoint(url)
    except ValueError:
        return None


def endpoint(url: str) -> Endpoint:
    """Return host and port: `"https://Docs.example/a"` -> `("docs.example", 443)`. Raises `ValueError` if malformed."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else DEFAULT_PORT.get(parts.scheme, 0)
    return to_ascii_host(parts.hostname or "") or "", port
