"""MCP over streamable HTTP, by uvicorn: stateless, so that each request stands alone and carries its own token."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server.context import ServerRequestContext
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bot.connections import IDLE_SECONDS, LOOK_SECONDS, Waits
from bot.mcp.gate import ADMISSION, LARGEST_BODY, PATH, Admission, Gate, GateRules
from bot.mcp.server import FootnoteServer
from bot.service.access import Access
from bot.service.caller import Caller
from core.errors import AccessRefused, CallsExceeded, ConfigurationError
from core.inbox.callers import MCP
from core.net.binding import explain_unbound
from core.tasks import run_in_background

MOST_CONNECTIONS, KEEP_ALIVE_SECONDS, END_SECONDS = 200, 15, 2
COSTLY = frozenset({"tools/call", "resources/read"})
"""What counts as a call: hosts list tools and greet each other all the time."""

REFUSED = -32000
"""The code of an error of the server's own (JSON-RPC)."""

_OFF = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # `Gate` has looked already


async def find_caller(ctx: ServerRequestContext[Any, Any], access: Access) -> Caller:
    """Return who calls, and count the call. Raises `MCPError` with a sentence; `LookupError` is a bug of ours."""
    admission: Admission = ctx.request.scope[ADMISSION]  # type: ignore[union-attr]  # there is one over HTTP
    if admission.token is None:
        return Caller.open(MCP)
    if ctx.method not in COSTLY:
        return Caller.from_token(MCP, admission.token)
    try:
        return await access.count_call(admission.token, MCP)
    except (AccessRefused, CallsExceeded) as error:
        raise MCPError(code=REFUSED, message=str(error)) from error


def open_socket(address: str) -> socket.socket:
    """Return a socket that listens at host:port. Raises `ConfigurationError`."""
    host, _, port = address.rpartition(":")
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((name, int(port)))
    except OSError as error:
        listening.close()
        raise ConfigurationError(f"The address {address} cannot be listened at: {explain_unbound(error)}.") from error
    return listening


async def serve_http(
    server: FootnoteServer,
    access: Access,
    rules: GateRules,
    listening: socket.socket,
    stop: asyncio.Event,
    ready: Callable[[str], None],
) -> None:
    """Serve until `stop` is set. `ready` is called with the url once requests are answered."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=LARGEST_BODY,
        transport_security=_OFF,
    )
    http = _HttpServer(
        uvicorn.Config(
            Gate(app, access, rules),
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            forwarded_allow_ips="",  # this and `workers` would be read from the environment
            workers=1,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=END_SECONDS,
        )
    )

    async def end() -> None:
        await http.began.wait()
        ready(_url_of(listening))
        await stop.wait()
        http.should_exit = True

    async with run_in_background(end()), run_in_background(close_idle(http)):
        await http.serve(sockets=[listening])


def _url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"


async def close_idle(http: uvicorn.Server, idle_seconds: float = IDLE_SECONDS) -> None:
    """Close connections that send no whole request for too long, until cancelled. uvicorn only minds answered ones."""
    waits = Waits(idle_seconds)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        connections = [each for each in http.server_state.connections if isinstance(each, H11Protocol)]
        waiting = [(each, each.cycle) for each in connections if _is_waiting(each.cycle)]  # each request has its cycle
        for each, _ in waits.find_overdue(waiting):
            each.transport.close()


def _is_waiting(cycle: RequestResponseCycle | None) -> bool:
    return cycle is None or cycle.response_complete or cycle.more_body


class _HttpServer(uvicorn.Server):
    """A server that says when it has begun, and leaves signals to `bot.cli.ending`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.began = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.began.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Change no handler."""
        yield
