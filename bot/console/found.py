"""What the screens of sources share: a source as somebody sees it, and the words of what was done.

A source that a viewer does not see is 404, as one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from bot.console.request import ConsoleRequest
from core.domain import Source
from core.errors import SourceUnknown
from core.inbox.channels import may_see
from core.index.crawling import Verdict
from core.work.schedule import next_run

VERDICTS = (*(verdict.value for verdict in Verdict), "new")
"""The verdicts that a list can be filtered by; `new`: never crawled."""

DONE = {
    "added": "Added. A worker reads it now, or as soon as one runs.",
    "reindex": "A crawl was requested. A worker begins it, or as soon as one runs.",
    "forced": "A crawl was requested that accepts what is quarantined.",
    "paused": "Paused. Readers keep what they see; the schedule crawls it no more.",
    "resumed": "Its schedule crawls it again.",
    "changed": "Changed. Who may see it holds at once, all else from the next crawl on.",
    "removed": "Removed from the index, with all its passages.",
    "channel": "Changed. It holds from the next question on.",
    "forgotten": "Forgotten: what they asked, the answers and their feedback. The audit has the number of questions.",
    "lifted": "Not quiet any more: questions there are answered again.",
}
"""What a page says after an act, by the word that its address carries."""


@dataclass(frozen=True, slots=True)
class NextRun:
    """When a source is crawled next. `at` None: it is paused, or its schedule is off."""

    at: datetime | None
    schedule: str
    is_own: bool


async def find_source(request: ConsoleRequest) -> Source:
    """Return the source that the address names. Raises `HTTPNotFound` where there is none that the viewer sees."""
    name = request.http.match_info["name"]
    try:
        source = await request.console.footnote.catalog.get(name)
    except SourceUnknown:
        raise web.HTTPNotFound from None
    if not may_see(source.visible_to, request.viewer.audience):
        raise web.HTTPNotFound
    return source


def find_next_run(source: Source, request: ConsoleRequest) -> NextRun:
    """Return when a source is crawled next."""
    default = request.console.footnote.settings.recrawl_cron
    return NextRun(
        next_run(source, default, datetime.now(UTC)), source.schedule or default, is_own=bool(source.schedule)
    )


def describe_done(request: ConsoleRequest) -> str:
    """Return the sentence about the act that led to this page; "" where none did."""
    return DONE.get(request.query("done"), "")
