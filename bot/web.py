"""Health and figures of a process over HTTP, for monitoring. On loopback by default; shows nothing that people wrote.

    /healthz   200: the process is alive
    /readyz    200: the database answers and people can ask on at least one platform; otherwise 503. States as JSON
    /metrics   Prometheus (`bot.metrics`), with the open questions in the database and the state of its sources

Slack's signed HTTP requests do not come here: `bot.slack.http` listens for those.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.connections import Connections
from bot.http_log import build_http_log, name_server
from bot.metrics import SourceMetrics, SpendMetrics
from bot.status import State, StatusBoard
from core.errors import FootnoteError
from core.index.port import Catalog, SourceFigures
from core.net.binding import explain_unbound
from core.spend.port import SpendReports

OFF = "off"
_NO_HTTP = "What is no HTTP came to HEALTH_ADDRESS, and is refused."
_log = logging.getLogger(__name__)


class OpenQuestions(Protocol):
    """What counts the questions without a reply, as `Inbox` and `QuestionHistory` do. Raises `StoreError`."""

    async def open_count(self) -> int: ...


class Probes:
    """What one process answers to monitoring."""

    def __init__(
        self, inbox: OpenQuestions, catalog: Catalog, watched: StatusBoard, spend: SpendReports | None = None
    ) -> None:
        self._spend = spend
        self._inbox = inbox
        self._catalog = catalog
        self._watched = watched

    async def alive(self, _: web.Request) -> web.Response:
        """Answer 200: the event loop runs."""
        return web.Response(text="ok\n")

    async def answer_readiness(self, _: web.Request) -> web.Response:
        """Answer 200 if people can ask, 503 if not, with the state of the database and of each platform."""
        database = await self._database()
        platforms = {
            name.lower(): f"{state.value}: {why}" if why else state.value
            for name, (state, why) in self._watched.platforms.items()
        }
        answer_readiness = database == "up" and self._watched.is_working
        return web.json_response(
            {"ready": answer_readiness, "database": database, **platforms}, status=200 if answer_readiness else 503
        )

    async def metrics(self, _: web.Request) -> web.Response:
        """Answer with figures counted since the process began, and with figures read from the database now.

        If the database does not answer, the number of open questions is NaN, and sources and spend are absent.
        """
        figures: Sequence[SourceFigures] = ()
        spent = b""
        try:
            self._watched.meters.set_open(await self._inbox.open_count())
            figures = await self._catalog.figures()
            if self._spend is not None:
                spent = SpendMetrics(await self._spend.build_report(1, 0)).text()
        except FootnoteError:
            self._watched.meters.set_open(float("nan"))
        sources = await asyncio.to_thread(SourceMetrics(figures).text)
        for name, (state, _why) in self._watched.platforms.items():
            self._watched.meters.set_platform(name, is_up=state is State.UP)
        text = self._watched.meters.text() + spent + sources
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _database(self) -> str:
        try:
            await self._inbox.open_count()
        except FootnoteError as error:
            return f"down: {error}"
        return "up"


@asynccontextmanager
async def serve_health(
    address: str, inbox: OpenQuestions, catalog: Catalog, watched: StatusBoard, spend: SpendReports | None = None
) -> AsyncIterator[str]:
    """Listen at HEALTH_ADDRESS and yield where.

    Yields "" if it is off, or if another process has the address: that stops nothing.
    """
    if address == OFF:
        yield ""
        return
    probes = Probes(inbox, catalog, watched, spend)
    app = web.Application()
    app.router.add_get("/healthz", probes.alive)
    app.router.add_get("/readyz", probes.answer_readiness)
    app.router.add_get("/metrics", probes.metrics)
    app.on_response_prepare.append(name_server)
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        shutdown_timeout=1.0,
        logger=build_http_log(f"{__name__}.http", _NO_HTTP),
    )
    async with AsyncExitStack() as closing:
        try:
            await closing.enter_async_context(Connections().listen(runner, address))
        except OSError as error:
            _log.warning("HEALTH_ADDRESS %s is not listened at: %s. All else works.", address, explain_unbound(error))
            address = ""
        yield address
