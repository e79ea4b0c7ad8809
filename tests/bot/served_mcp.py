"""`footnote mcp --http` as an operator runs it, with tokens, and clients of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.bot.called import call
from tests.bot.install import Install

JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
_SERVED = re.compile(r"MCP is served at (http://\S+)\. ")


@dataclass(frozen=True, slots=True)
class ServedMcp:
    """A process that serves at `url`."""

    url: str
    process: asyncio.subprocess.Process

    async def post(self, body: Any, headers: dict[str, str] | None = None, **more: Any) -> tuple[int, dict[str, Any]]:
        """Send a request, or bytes. -> status, the JSON of the response or of its only event."""
        data = BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        sent = JSON | (headers or {})
        async with aiohttp.ClientSession() as session, session.post(self.url, data=data, headers=sent, **more) as got:
            return got.status, to_document(await got.text())


def to_document(text: str) -> dict[str, Any]:
    """Return the JSON of a response, or of its last event."""
    events = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    document = json.loads(events[-1] if events else text) if text.strip() else {}
    assert isinstance(document, dict)
    return document


@asynccontextmanager
async def served_mcp(install: Install, *arguments: str) -> AsyncIterator[ServedMcp]:
    """Start the process at a free port of loopback, and wait until it serves; asked to end afterwards."""
    process = await install.start("mcp", "--http", "127.0.0.1:0", *arguments)
    assert process.stderr is not None
    logged = ""
    async with asyncio.timeout(120):
        while not (served := _SERVED.search(logged)):
            line = (await process.stderr.readline()).decode()
            assert line, logged
            logged += line
    try:
        yield ServedMcp(served[1], process)
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 60)


@asynccontextmanager
async def http_client(url: str, token: str | None, mode: str = "auto") -> AsyncIterator[Client]:
    """Connect the SDK's client with a token."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=120, trust_env=False))
        yield await stack.enter_async_context(Client(streamable_http_client(url, http_client=web), mode=mode))


async def add_token(install: Install, name: str, *options: str) -> str:
    """Make a token as an operator does. -> its secret."""
    made = await call(install, "token", "add", name, *options, "--json")
    assert made.code == 0, made.err
    return str(made.json["token"])
