"""A small API on loopback that plays answers to the widget, and the pages of another origin that it stands on.

    api.answers.append([delta("A. [1]", source(1)), answer("A. [1]", source(1))])
    api.answers.append([delta("A."), gate, BREAK])                what came before the connection broke
    api.answers.append([Refusal(429, "Ask again in a minute.")])

The events are those of the real server (`bot.service`), which its own tests hold the widget to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from bot.widget.serving import add_widget

BREAK = "break"
"""The connection ends here, without a goodbye."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with an error's status, and its sentence as JSON; or a body that is no JSON."""

    status: int
    sentence: str = ""
    body: str = ""


Event: TypeAlias = tuple[str, dict[str, Any]]
Step: TypeAlias = "Event | asyncio.Event | Refusal | str | bytes"


def source(number: int, **changes: Any) -> dict[str, Any]:
    """Return a citation as JSON."""
    url = f"https://docs.example/guide/page{number}.html#part"
    made = {"number": number, "url": url, "path": ["Guide", f"Part {number}"], "title": "Guide"}
    return made | {"quote": f"Sentence {number} of the page.", "href": url} | changes


def delta(text: str, *citations: dict[str, Any]) -> Event:
    """Return the event of one checked piece of an answer."""
    return "delta", {"text": text, "citations": list(citations)}


def answer(text: str, *citations: dict[str, Any], **changes: Any) -> Event:
    """Return the event that ends an answer."""
    made: dict[str, Any] = {"id": "q1", "answer": text, "abstention": None, "outcome": "answered", "not_covered": []}
    made |= {"citations": list(citations), "suggestions": [], "faults": [], "dropped": 0}
    return "answer", made | changes


@dataclass(slots=True)
class WidgetApi:
    """What it plays, and what came: bodies and headers of questions, and bodies of ratings.

    `left` is set when somebody did not wait for the end of an answer.
    """

    answers: list[Sequence[Step]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    rated: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    feedback_status: int = 200
    url: str = ""

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Play the next answer."""
        self.asked.append(await request.json())
        self.headers.append(dict(request.headers))
        steps = self.answers.pop(0)
        if steps and isinstance(steps[0], Refusal):
            return _refuse(steps[0])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **_CORS})
        await response.prepare(request)
        try:
            for step in steps:
                await self._play(step, request, response)
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return response

    async def _play(self, step: Step, request: web.Request, response: web.StreamResponse) -> None:
        match step:
            case asyncio.Event():
                await step.wait()
            case (str(name), data):
                await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
            case "break":
                assert request.transport is not None
                request.transport.abort()
            case str():
                await response.write(step.encode())
            case bytes():
                await response.write(step)
                await asyncio.sleep(0)

    async def rate(self, request: web.Request) -> web.Response:
        """Take a rating."""
        self.rated.append(await request.json())
        return web.json_response({}, status=self.feedback_status, headers=_CORS)

    async def preflight(self, _: web.Request) -> web.Response:
        """Answer a preflight as the real server does for an allowed origin."""
        return web.Response(status=204, headers=_CORS)


_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Allow-Methods": "POST",
}


def _refuse(refusal: Refusal) -> web.Response:
    if refusal.body:
        return web.Response(status=refusal.status, text=refusal.body, headers=_CORS)
    return web.json_response({"error": {"message": refusal.sentence}}, status=refusal.status, headers=_CORS)


@asynccontextmanager
async def serve_widget_api() -> AsyncIterator[WidgetApi]:
    """Serve on a free port."""
    api = WidgetApi()

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        api.requests.append(f"{request.method} {request.path}")
        played: web.StreamResponse = await handler(request)
        return played

    app = web.Application(middlewares=[note])
    below = web.Application()  # as behind a proxy that gives the API a path of its own
    for each in (app, below):
        add_widget(each)
        each.router.add_post("/v1/ask", api.ask)
        each.router.add_post("/v1/feedback", api.rate)
        each.router.add_route("OPTIONS", "/v1/{path:.*}", api.preflight)
    app.add_subapp("/below/", below)
    async with _serve(app) as api.url:
        yield api


@dataclass(slots=True)
class Pages:
    """Pages by path, each with its headers."""

    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    url: str = ""

    def put(self, path: str, html: str, **headers: str) -> str:
        """Serve a page from now on, and return its address."""
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.url + path

    async def answer(self, request: web.Request) -> web.Response:
        """Answer with a page."""
        html, headers = self.pages.get(request.path, ("", {}))
        return web.Response(text=html, content_type="text/html", headers=headers)


@asynccontextmanager
async def serve_pages() -> AsyncIterator[Pages]:
    """Serve pages on a free port: another origin than the API."""
    pages = Pages()
    app = web.Application()
    app.router.add_get("/{path:.*}", pages.answer)
    async with _serve(app) as pages.url:
        yield pages


@asynccontextmanager
async def _serve(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
