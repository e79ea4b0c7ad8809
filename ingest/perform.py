"""Performs requests, and keeps their rows up to date meanwhile.

    Request ──crawl──> crawl_source ──> CrawlReport     progress each second, then the report
            └─preview─> preview ──────> Preview         or the sentence that says why there is none

Chat, clock and command line make requests and read their rows. What a job queue delivers twice is done once: a crawl
holds its source, and a request that is over stays over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from core.domain import Source
from core.errors import FootnoteError, SourceBusy, StoreError, UrlRefused
from core.index.crawling import CrawlReport
from core.net.urls import check_url, normalise
from core.tasks import Stopped, run_in_background, run_until
from core.wiring import Footnote
from core.work.port import Request, RequestKind
from ingest.assembly import crawl_source
from ingest.embedding import embed_batches
from ingest.preview import preview
from ingest.sync import Progress, Watch

REPORT_SECONDS = 1.0
"""Seconds between two writes of a request's progress."""

AGAIN_SECONDS = 3.0
"""Seconds until a request is tried again whose source is being crawled, or whose database is down."""

_log = logging.getLogger(__name__)


class _Latest:
    """The latest progress, for the task that stores it."""

    def __init__(self, watch: Watch | None) -> None:
        self.progress: Progress | None = None
        self._watch = watch

    def __call__(self, progress: Progress) -> None:
        self.progress = progress
        if self._watch is not None:
            self._watch(progress)


def worker_name() -> str:
    """Return the machine and process that this is: `"host:1234"`."""
    return f"{platform.node()}:{os.getpid()}"


async def crawl(footnote: Footnote, request: Request, watch: Watch | None = None) -> CrawlReport:
    """Crawl the request's source, and store and return the report.

    Raises `SourceBusy` or `StoreError`, and the request still waits; any other `FootnoteError` ends it.
    """
    latest = _Latest(watch)
    try:
        source = await footnote.catalog.get(request.source)
        embedder = await footnote.embedder_for_writing()
        async with run_in_background(_record_progress(footnote, request.id, latest)):
            report = await crawl_source(
                source,
                footnote.corpus,
                embedder,
                footnote.settings,
                watch=latest,
                force=bool(request.options.get("force")),
                reread=bool(request.options.get("reread")),
                connections=request.options.get("connections"),
            )
    except (SourceBusy, StoreError):
        raise
    except FootnoteError as error:
        await footnote.requests.fail(request.id, str(error))
        raise
    await footnote.requests.finish(request.id, asdict(report), worker_name())
    return report


async def crawl_now(footnote: Footnote, source: Source, options: Mapping[str, Any], watch: Watch) -> CrawlReport:
    """Crawl in this process, even if there are workers; the request is a row like others. Raises as `crawl` does."""
    us = worker_name()
    request = await footnote.requests.put(
        RequestKind.CRAWL, source=source, options=options, asked_by=us, announce=False
    )
    ended = "It was stopped."
    try:
        return await crawl(footnote, request, watch)
    except FootnoteError as error:
        ended = str(error)
        raise
    finally:
        if request.asked_by == us:  # else another process made the request, and still waits for it
            with suppress(StoreError):
                await footnote.requests.fail(request.id, ended)


async def _record_progress(footnote: Footnote, number: int, latest: _Latest) -> None:
    reported: Progress | None = None
    while True:
        if latest.progress is not None and latest.progress != reported:
            reported = latest.progress
            try:
                await footnote.requests.progress(number, asdict(reported), worker_name())
            except StoreError as error:
                _log.warning("The progress of request %d could not be kept: %s", number, error)
        await asyncio.sleep(REPORT_SECONDS)


class Performer:
    """The handlers of a worker's jobs. They raise only on our own bugs, and end early when `stop` is set."""

    def __init__(self, footnote: Footnote, stop: asyncio.Event) -> None:
        self._footnote = footnote
        self._stop = stop
        self._reported: set[int] = set()

    async def perform(self, payload: bytes) -> float | None:
        """Do the job `core.work.port.PERFORM`: perform the request whose number `payload` is.

        Returns the seconds until the job is to be tried again, or None where it is done.
        """
        number = int(payload)
        try:
            request = await self._footnote.requests.get(number)
            if not request.is_over:
                await run_until(self._stop, self._do(request))
        except Stopped:
            return 0.0  # another worker goes on at once
        except SourceBusy:
            return AGAIN_SECONDS  # it may happen every few seconds for hours, so nothing is logged
        except StoreError as error:
            _log.warning("Request %d is put off: %s", number, error)
            return AGAIN_SECONDS
        except FootnoteError as error:
            _log.warning("Request %d failed: %s", number, error)
        except Exception:
            # A bug of ours. What waits for the row must not wait for ever; the queue logs the error.
            with suppress(StoreError):
                await self._footnote.requests.fail(number, "footnote itself failed; the worker's log says how.")
            raise
        return None

    async def _do(self, request: Request) -> None:
        match request.kind:
            case RequestKind.CRAWL:
                if request.id not in self._reported:  # a request whose source is busy comes again every few seconds
                    _log.info("%s: crawling, as %s asked", request.source, request.asked_by)
                self._reported.add(request.id)
                report = await crawl(self._footnote, request)
                because = f" ({report.reason})" if report.reason else ""
                _log.info(
                    "%s: %s%s, %d pages, %d passages, %d embedded, %.1f s",
                    request.source,
                    report.verdict.value,
                    because,
                    report.pages,
                    report.passages,
                    report.embedded,
                    report.seconds,
                )
            case RequestKind.PREVIEW:
                await self._preview(request)

    async def _preview(self, request: Request) -> None:
        """Preview a public site only: a request from chat may not name a private host."""
        try:
            address = normalise(check_url(str(request.options.get("url", ""))))
            if address is None:
                raise UrlRefused("That is not the url of a web page.")
            seen = await preview(Source(0, "preview", address), self._footnote.settings)
        except FootnoteError as error:
            await self._footnote.requests.fail(request.id, str(error))
        else:
            await self._footnote.requests.finish(request.id, asdict(seen), worker_name())

    async def embed(self, _payload: bytes) -> float | None:
        """Do the job `core.work.port.EMBED`: embed batches of any crawl that has some.

        Returns the seconds until the job is to be tried again, or None where it is done.
        """
        try:
            embedder = await self._footnote.embedder_for_writing()
            await run_until(self._stop, embed_batches(self._footnote.corpus.batches(), embedder))
        except Stopped:
            return 0.0
        except FootnoteError as error:
            # The crawl's process embeds what is left, and reports the error if it meets it too.
            _log.warning("Embedding for another worker ended early: %s", error)
        return None
