"""The API's routes, and the server that listens at API_ADDRESS until its process ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.api.asking import Asking
from bot.api.completions import Completions
from bot.api.failures import LARGEST, to_json
from bot.api.guard import GuardRules, Handler, RequestGuard, add_headers
from bot.api.openapi import build_document
from bot.connections import Connections
from bot.http_log import build_http_log
from bot.precedence import ChatFirst
from bot.service.answers import OpenService
from bot.widget.serving import add_widget
from core.errors import ConfigurationError
from core.net.binding import explain_unbound
from core.sentences import Sentences

END_SECONDS = 0.5
"""Seconds that requests get, when the process is asked to end, before they are cut off; and as long once more."""

KEEP_ALIVE_SECONDS = 15.0
_NO_HTTP = "What is no HTTP came to API_ADDRESS, and is refused."


def build_app(
    service: OpenService,
    rules: GuardRules,
    sentences: Sentences,
    order: ChatFirst | None = None,
) -> web.Application:
    """Return the application with all routes; `order`: who goes first, where people in chat are answered as well."""
    guard = RequestGuard(service.access, rules)
    asking, completions = Asking(service.answers), Completions(service.answers, sentences)
    app = web.Application(
        client_max_size=LARGEST,
        middlewares=[
            give_way_to_chat(order or ChatFirst()),
            guard.fail_with_sentences,
            guard.let_in,
        ],
    )
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/healthz", _is_alive)
    add_widget(app)
    app.router.add_get("/v1/openapi.json", _describe)
    app.router.add_post("/v1/ask", asking.ask)
    app.router.add_post("/v1/search", asking.search)
    app.router.add_post("/v1/feedback", asking.give_feedback)
    app.router.add_get("/v1/sources", asking.list_sources)
    app.router.add_post("/v1/chat/completions", completions.complete)
    app.router.add_get("/v1/models", completions.list_models)
    app.router.add_get("/v1/models/{model:.+}", completions.get_model)
    return app


def give_way_to_chat(order: ChatFirst) -> Middleware:
    """Return the middleware that lets chat take its steps before those of requests."""

    @web.middleware
    async def give_way(request: web.Request, handler: Handler) -> web.StreamResponse:
        async def answer() -> web.StreamResponse:
            return await handler(request)

        return await order.follow(answer())

    return give_way


async def _is_alive(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _describe(_: web.Request) -> web.Response:
    return to_json(build_document())


@asynccontextmanager
async def listen(app: web.Application, address: str, connections: Connections | None = None) -> AsyncIterator[int]:
    """Serve at host:port while the block runs. -> the port. Raises `ConfigurationError` where it cannot be used."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,  # the caller has gone: so does the work
        auto_decompress=False,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        lingering_time=END_SECONDS,
        shutdown_timeout=END_SECONDS,
        logger=build_http_log(f"{__name__}.http", _NO_HTTP),
    )
    async with AsyncExitStack() as closing:
        try:
            port = await closing.enter_async_context((connections or Connections()).listen(runner, address))
        except OSError as error:
            raise ConfigurationError(
                f"API_ADDRESS {address} cannot be listened at: {explain_unbound(error)}."
            ) from error
        yield port
