"""What tests of the API share: its server in this process, on a free port of loopback, and requests to it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.api.guard import GuardRules
from bot.api.server import build_app, listen
from bot.connections import Connections
from bot.service.answers import open_service
from core.sentences import ENGLISH
from core.tokens.port import NewToken
from core.wiring import Footnote

ORIGIN = "https://docs.example.org"


@dataclass(slots=True)
class Got:
    """A response, read whole."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The document."""
        return json.loads(self.text)

    @property
    def sentence(self) -> str:
        """The message of an error."""
        return str(self.json["error"]["message"])

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The server-sent events: (type, document)."""
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
            if "data" in lines:
                found.append((lines.get("event", ""), lines["data"]))
        return [(event, data if data == "[DONE]" else json.loads(data)) for event, data in found]


@dataclass(slots=True)
class ServedApi:
    """A server that answers, with a token of its own and a public one."""

    footnote: Footnote
    port: int
    token: str
    public: str
    session: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Got:
        """Send one request; `token` None: that of the server's own, "": none."""
        secret = self.token if token is None else token
        given = {"Authorization": f"Bearer {secret}"} if secret else {}
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            given["Content-Type"] = "application/json"
        given |= headers or {}
        sent = io.BytesIO(data) if data else data
        async with self.session.request(method, self.url + path, data=sent, headers=given) as response:
            raw = await response.read()
            return Got(response.status, raw.decode("utf-8", "replace"), dict(response.headers))

    async def ask(self, question: str, *, token: str | None = None, **more: Any) -> Got:
        """Ask a question."""
        return await self.call("POST", "/v1/ask", {"question": question, **more}, token=token)


@asynccontextmanager
async def serve_api(
    footnote: Footnote, rules: GuardRules | None = None, connections: Connections | None = None
) -> AsyncIterator[ServedApi]:
    """Serve the API of an opened footnote."""
    token = await footnote.tokens.add(NewToken("ci", minute_limit=0))
    public = await footnote.tokens.add(NewToken("web", origins=(ORIGIN,), minute_limit=10_000, day_limit=100_000))
    async with open_service(footnote) as service:
        app = build_app(service, rules or GuardRules(), ENGLISH)
        async with listen(app, "127.0.0.1:0", connections) as port, aiohttp.ClientSession() as session:
            yield ServedApi(footnote, port, token, public, session)
