"""Questions: what was asked and what came of it, newest first, with filters; the same as CSV and as lines of JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from aiohttp import web

from bot.console.paging import SIZE, build_paging
from bot.console.request import ConsoleRequest, Screen, get, post
from bot.console.screens import question
from bot.console.words import OUTCOMES
from bot.exports import to_csv_head, to_csv_line, to_json_line
from core.errors import StoreError
from core.history.paging import stream_questions
from core.history.port import HistoryPosition, QuestionCount, QuestionFilter, QuestionRecord
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Thumb
from core.plural import format_count

MOST_DAYS, LONGEST_TEXT = 3_650, 200
_log = logging.getLogger(__name__)


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show a page of the questions that pass the filter."""
    history, viewer = request.console.footnote.history, request.viewer
    wanted, below = to_filter(request), to_position(request.query("below"))
    records = await history.list_questions(wanted, SIZE + 1, viewer, below)
    paging = build_paging(records, 1)
    count = await _count(request, wanted, records if below is None and not paging.has_more else None)
    choices = await request.console.figures.get_choices(viewer)
    return request.render(
        "questions.html",
        records=paging.rows,
        count=count,
        thumbs=describe_thumbs(count, wanted.thumb),
        below=from_position(paging.rows[-1].position) if paging.has_more else "",
        choices=choices,
        faces=sorted({platform for platform, _ in choices.channels}),
        channels=[(channel, f"{channel} ({platform})") for platform, channel in choices.channels],
        sources=[source.name for source in await request.console.command_context.sources(request.actor)],
        outcomes=[(name.value, words) for name, words in OUTCOMES.items()],
        exported=request.link(below="").partition("?")[2],
    )


async def _count(
    request: ConsoleRequest, wanted: QuestionFilter, all_listed: Sequence[QuestionRecord] | None
) -> QuestionCount:
    """Return how many questions pass the filter; `all_listed`: those that are listed, where that is known."""
    if all_listed is not None and wanted.text:  # what was deleted has no text: nothing is left to be counted
        return QuestionCount(len(all_listed), 0, sum(r.ups for r in all_listed), sum(r.downs for r in all_listed))
    count = await request.console.figures.get_count(wanted, request.viewer)
    return count if all_listed is None else replace(count, listed=len(all_listed))  # the count may be seconds old


async def export_csv(request: ConsoleRequest) -> web.StreamResponse:
    """Send the questions that pass the filter as CSV."""
    return await _export(request, "text/csv", "questions.csv", to_csv_head(), to_csv_line)


async def export_lines(request: ConsoleRequest) -> web.StreamResponse:
    """Send the questions that pass the filter as lines of JSON."""
    return await _export(request, "application/x-ndjson", "questions.jsonl", "", to_json_line)


async def _export(
    request: ConsoleRequest, kind: str, name: str, head: str, to_line: Callable[[QuestionRecord], str]
) -> web.StreamResponse:
    """Send a file as it is read: as much as the reader takes, and one page of questions in memory."""
    headers = {
        "Content-Type": f"{kind}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if request.http.method == "HEAD":
        return web.Response(headers=headers)
    response = web.StreamResponse(headers=headers)
    records = stream_questions(request.console.footnote.history, to_filter(request), request.viewer)
    async with aclosing(records):
        first = await anext(records, None)  # an error before the first byte is a page that says so
        await response.prepare(request.http)
        await response.write(head.encode())
        try:
            if first is not None:
                await response.write(to_line(first).encode("utf-8", "replace"))
            async for record in records:
                await response.write(to_line(record).encode("utf-8", "replace"))
        except StoreError as error:  # a file that just ends would be taken for the whole
            _log.warning("An export was cut off: %s", error)
            if request.http.transport is not None:
                request.http.transport.abort()
            return response
    await response.write_eof()
    return response


def to_filter(request: ConsoleRequest) -> QuestionFilter:
    """Return the filter that a query names; what it does not understand filters nothing."""
    outcome, thumb, days = (request.query(name) for name in ("outcome", "thumb", "days"))
    return QuestionFilter(
        outcome=QuestionOutcome(outcome) if outcome in set(QuestionOutcome) else None,
        thumb=Thumb(thumb) if thumb in set(Thumb) else None,
        reason=request.query("reason") or None,
        channel=request.query("channel") or None,
        source=request.query("source") or None,
        platform=Platform(request.query("platform")) if request.query("platform") else None,
        text=request.query("text")[:LONGEST_TEXT] or None,
        dropped=bool(request.query("dropped")),
        days=to_days(days),
        gaps=bool(request.query("gaps")),
        subject=to_subject(request.query("subject")),
        cites=request.query("cites") or None,
    )


def describe_thumbs(count: QuestionCount, thumb: Thumb | None) -> str:
    """Return how many of the thumbs that were asked for there are: `"3 thumbs up"`; "" where none were."""
    if thumb is None:
        return ""
    return format_count(count.ups if thumb is Thumb.UP else count.downs, f"thumb {thumb}", f"thumbs {thumb}")


def to_days(text: str) -> int | None:
    """Return a number of days, None where a text names none."""
    return min(max(1, int(text[:6])), MOST_DAYS) if text.isascii() and text.isdecimal() else None


def to_subject(text: str) -> int | None:
    """Return the number of a subject of gaps, None where a text names none; below 0 for one that is not gathered."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


def to_position(text: str) -> HistoryPosition | None:
    """Return where a list goes on, None for the beginning and for what is no position."""
    when, _, number = text.partition("~")
    try:
        asked_at = datetime.fromisoformat(when)
        return HistoryPosition(asked_at, int(number[:18])) if asked_at.tzinfo is not None else None
    except ValueError:
        return None


def from_position(position: HistoryPosition) -> str:
    """Return a position as a query holds it: `"2026-11-30T08:19:19.042000+00:00~7"`."""
    return f"{position.asked_at.isoformat()}~{position.id}"


SCREEN = Screen(
    "Questions",
    "/questions",
    [
        get("/questions", show),
        get("/questions.csv", export_csv),
        get("/questions.jsonl", export_lines),
        get(r"/questions/{number:\d{1,18}}", question.show),
        post(r"/questions/{number:\d{1,18}}/ask", question.ask),
        get("/passage", question.show_passage),
    ],
)
