"""Crawls: those that wait or run, as they go on, and what the last one of a source changed, page by page.

The live part asks again every two seconds while its page is open, and stops with the last crawl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.commands.messages import NO_WORKER, progress_words
from bot.commands.source_acts import reindex_sources
from bot.console.found import describe_done, find_source
from bot.console.paging import SIZE, build_paging, to_page_number
from bot.console.request import ConsoleRequest, Screen, get, post
from core.errors import IngestError, UsageError
from core.overview.port import PageChangeKind
from core.work.port import Phase, Request, RequestState

MOST_OPEN, MOST_PAST = 100, 10


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the crawls that wait or run."""
    rows = await request.console.footnote.overview.list_open_requests(request.viewer.audience, MOST_OPEN)
    return request.render(
        "crawls.html",
        rows=[_to_row(each) for each in rows],
        live=bool(rows),
        waits=await _explain_wait(request, rows),
        done=describe_done(request),
        problem="",
    )


async def reindex_all(request: ConsoleRequest) -> web.StreamResponse:
    """Ask for a crawl of every source that the viewer sees."""
    try:
        await reindex_sources(request.console.command_context, request.actor, "")
    except (UsageError, IngestError) as error:
        return request.render("crawls.html", status=422, rows=[], live=False, waits="", done="", problem=str(error))
    return request.redirect("/crawl?done=reindex")


async def show_one(request: ConsoleRequest) -> web.StreamResponse:
    """Show how far a source's crawl is, and what the last one did."""
    source, overview = await find_source(request), request.console.footnote.overview
    requests = await overview.list_requests(source, MOST_PAST)
    waiting = [each for each in requests if not each.is_over]
    last = await overview.last_crawl(source)
    kind, reason = _kind(request.query("change")), request.query("reason")[:200]
    pages, skipped = to_page_number(request.query("changes")), to_page_number(request.query("skipped"))
    changes = await overview.list_changes(source, kind, SIZE + 1, (pages - 1) * SIZE)
    left_out = await overview.list_skipped(source, reason, SIZE + 1, (skipped - 1) * SIZE)
    return request.render(
        "crawl.html",
        title=f"Crawls of {source.name}",
        source=source,
        rows=[_to_row(each) for each in waiting],
        live=bool(waiting),
        waits=await _explain_wait(request, waiting),
        past=[each for each in requests if each.is_over],
        last=last,
        kinds=[each.value for each in PageChangeKind],
        reasons=sorted(last.report.get("skipped", {})) if last else [],
        changes=build_paging(changes, pages),
        skipped=build_paging(left_out, skipped),
        done=describe_done(request),
    )


def _kind(text: str) -> PageChangeKind | None:
    return PageChangeKind(text) if text in set(PageChangeKind) else None


async def _explain_wait(request: ConsoleRequest, requests: list[Request]) -> str:
    """Return why what waits does not begin, "" where that is its turn alone."""
    waits = any(each.state is RequestState.WAITING for each in requests)
    return NO_WORKER if waits and not await request.console.command_context.workers() else ""


def _to_row(asked: Request) -> Mapping[str, Any]:
    """Return a crawl that waits or runs as it is drawn: `share` in percent, None where nobody can know it."""
    done, whole = _share_of(asked.progress)
    runs = asked.state is RequestState.RUNNING
    return {
        "source": asked.source,
        "href": f"/crawl/{quote(asked.source)}",
        "state": asked.state.value,
        "words": progress_words(asked.progress) if runs else "waits for its turn",
        "share": min(100, 100 * done // whole) if runs and whole else None,
        "asked_by": asked.asked_by,
        "asked_at": asked.asked_at,
        "worker": asked.worker,
    }


def _share_of(progress: Mapping[str, Any]) -> tuple[int, int]:
    """Return how much is done, and of how much; 0 where it is not known how much there is."""
    match progress.get("stage"):
        case Phase.EMBED:
            return int(progress.get("embedded", 0)), int(progress.get("to_embed", 0))
        case Phase.GRAPH:
            return int(progress.get("indexed", 0)), int(progress.get("to_index", 0))
        case _:
            return 0, 0


SCREEN = Screen(
    "Crawls",
    "/crawl",
    [
        get("/crawl", show),
        post("/crawl", reindex_all),
        get("/crawl/{name}", show_one),
    ],
)
