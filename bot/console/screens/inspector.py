"""Inspector: a question through all stages of the engine, with one set of options or two next to each other."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from bot.console.inspection import FIELDS, Inspection, inspect, read_options
from bot.console.request import ConsoleRequest, Screen, get, post
from core.errors import UsageError
from core.inbox.port import KNOWN_PLATFORMS
from core.overview.port import SourceFilter

MOST_DIGITS, MOST_TYPED = 19, 4_000
MOST_NAMED = 500
"""Sources that the form offers; in an install with more, any name can be typed."""


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show the form, filled in with what its address names: its fields, a stored question (7), or a source (docs)."""
    typed = {name: request.query(name)[:MOST_TYPED] for name in ("text", "compare", *_both_sides())}
    typed["sources"] = typed["sources"] or request.query("source")[:MOST_TYPED]
    number = request.query("question")
    if number.isascii() and number.isdecimal() and len(number) < MOST_DIGITS:
        typed |= await _read_question(request, int(number))
    return await _page(request, typed, [])


async def _read_question(request: ConsoleRequest, number: int) -> dict[str, str]:
    """Return what the form is filled in with: a question that the viewer may read, and where it was asked."""
    detail = await request.console.footnote.history.get_question(number, request.viewer)
    if detail is None or detail.asked is None:
        return {}
    asked, own = detail.asked, request.viewer.audience
    place = f"{asked.platform}:{asked.tenant}/{asked.channel}"
    in_chat = asked.platform in KNOWN_PLATFORMS and bool(asked.tenant)
    return {
        "text": detail.record.text,
        "sources": ", ".join(asked.details.sources),
        "places": place if in_chat and (own is None or place in own) else "",
    }


async def ask(request: ConsoleRequest) -> web.StreamResponse:
    """Ask the question, with the options of one side or of both."""
    typed = {name: request.form.get(name, "").strip() for name in ("text", "compare", *_both_sides())}
    sides = [typed] + ([{name: typed[f"{name}2"] for name in FIELDS}] if typed["compare"] else [])
    try:
        options = [read_options(request.viewer, side) for side in sides]
    except UsageError as error:
        return await _page(request, typed, [], str(error))
    engine = request.console.footnote.engine
    return await _page(request, typed, [await inspect(engine, typed["text"], each) for each in options])


def _both_sides() -> list[str]:
    return [*FIELDS, *(f"{name}2" for name in FIELDS)]


async def _page(
    request: ConsoleRequest, typed: Mapping[str, str], inspected: list[Inspection], problem: str = ""
) -> web.StreamResponse:
    footnote, audience = request.console.footnote, request.viewer.audience
    listed = await footnote.overview.find_sources(SourceFilter(audience), MOST_NAMED)
    return request.render(
        "inspector.html",
        status=422 if problem else 200,
        typed={"compare": "", **typed},
        inspected=inspected,
        problem=problem,
        names=[each.source.name for each in listed],
        places=sorted(audience) if audience is not None else None,
        model=footnote.reader.model,
        has_reranker=footnote.reranker is not None,
    )


SCREEN = Screen("Inspector", "/inspector", [get("/inspector", show), post("/inspector", ask)])
