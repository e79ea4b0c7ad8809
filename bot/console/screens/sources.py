"""Sources: what there is to answer from, how fresh it is, and what can be done about it.

The acts are those of chat (`bot.commands.source_acts`): the same checks, and recorded with who did them.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from aiohttp import web

from bot.commands.messages import NO_WORKER
from bot.commands.restore import restore_command
from bot.commands.source_acts import (
    add_source,
    change_source,
    pause_source,
    preview_site,
    reindex_sources,
    remove_source,
)
from bot.commands.source_changes import SOURCE_SETTINGS, read_form
from bot.console.context import DAYS
from bot.console.found import VERDICTS, describe_done, find_next_run, find_source
from bot.console.paging import SIZE, build_paging
from bot.console.request import ConsoleRequest, Screen, get, post
from core.domain import Source
from core.errors import IngestError, UsageError
from core.inbox.channels import may_see
from core.overview.port import SourceFilter
from core.work.port import Request, RequestKind, RequestState

REFUSED = 422
"""The status of a form that is shown again, with what is wrong about it."""

SETTINGS = tuple(each for each in SOURCE_SETTINGS if each.label)


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """List the sources that the viewer sees, some at a time."""
    overview, number = request.console.footnote.overview, request.page_number
    verdict = request.query("verdict")
    wanted = SourceFilter(request.viewer.audience, request.query("text")[:200], verdict if verdict in VERDICTS else "")
    rows = await overview.find_sources(wanted, SIZE + 1, (number - 1) * SIZE)
    paging = build_paging(rows, number)
    count, passages = await overview.count_sources(wanted)
    return request.render(
        "sources.html",
        paging=paging,
        count=count,
        passages=passages,
        cited=await overview.count_citations([each.source.name for each in paging.rows], DAYS),
        runs={each.source.name: find_next_run(each.source, request) for each in paging.rows},
        verdicts=VERDICTS,
        done=describe_done(request),
        days=DAYS,
    )


async def show_new(
    request: ConsoleRequest, problem: str = "", fields: dict[str, str] | None = None
) -> web.StreamResponse:
    """Show the form that adds a source."""
    fields = fields or {name: request.query(name) for name in ("url", "name", "licence")}
    return request.render(
        "source_add.html", status=REFUSED if problem else 200, title="Add a source", problem=problem, fields=fields
    )


async def add(request: ConsoleRequest) -> web.StreamResponse:
    """Add a source and ask for a crawl of it, or for a preview of it first."""
    fields = {name: request.form.get(name, "").strip() for name in ("url", "name", "licence")}
    try:
        if request.form.get("preview"):
            _, asked = await preview_site(request.console.command_context, request.actor, fields["url"])
            return request.redirect(f"/sources/preview/{asked.id}?{urlencode(fields)}")
        source, _ = await add_source(request.console.command_context, request.actor, **fields)
    except (UsageError, IngestError) as error:
        return await show_new(request, str(error), fields)
    return request.redirect(f"/crawl/{quote(source.name)}?done=added")


async def show_preview(request: ConsoleRequest) -> web.StreamResponse:
    """Show a preview that this viewer asked for, or that it is being made."""
    asked = await _find_preview(request)
    workers = await request.console.command_context.workers() if asked.state is RequestState.WAITING else 1
    return request.render(
        "source_preview.html",
        title="Preview",
        asked=asked,
        url=str(asked.options.get("url", "")),
        fields={name: request.query(name) for name in ("name", "licence")},
        waits="" if workers else NO_WORKER,
    )


async def _find_preview(request: ConsoleRequest) -> Request:
    """Return the preview that the address names. Raises `HTTPNotFound` for one that somebody else asked for."""
    try:
        asked = await request.console.footnote.requests.get(int(request.http.match_info["number"]))
    except UsageError:
        raise web.HTTPNotFound from None
    is_own = request.viewer.is_machine or asked.asked_by == request.actor.name
    if asked.kind is not RequestKind.PREVIEW or not is_own:
        raise web.HTTPNotFound
    return asked


async def show_one(
    request: ConsoleRequest, problem: str = "", typed: dict[str, str] | None = None
) -> web.StreamResponse:
    """Show a source: its figures, its settings, and what can be done."""
    source, footnote = await find_source(request), request.console.footnote
    last = await footnote.overview.last_crawl(source)
    requests = await footnote.overview.list_requests(source, 1)
    return request.render(
        "source.html",
        status=REFUSED if problem else 200,
        title=source.name,
        source=source,
        last=last,
        working=requests[0].state.value if requests and not requests[0].is_over else "",
        cited=(await footnote.overview.count_citations([source.name], DAYS)).get(source.name, 0),
        run=find_next_run(source, request),
        editions=await footnote.catalog.editions(source.name),
        settings=SETTINGS,
        values=typed or _to_fields(source),
        problem=problem,
        done=describe_done(request),
        days=DAYS,
    )


def _to_fields(source: Source) -> dict[str, str]:
    """Return the settings of a source as its form shows them."""
    return {each.name: each.write(source) for each in SETTINGS}


async def change(request: ConsoleRequest) -> web.StreamResponse:
    """Change the settings of a source that differ from what they were."""
    source = await find_source(request)
    typed = {each.name: request.form.get(each.name, "").replace("\r\n", "\n").strip() for each in SETTINGS}
    before = _to_fields(source)
    try:
        changes = read_form({name: text for name, text in typed.items() if text != before[name]})
        if changes:
            source = await change_source(request.console.command_context, request.actor, source.name, changes)
    except (UsageError, IngestError) as error:
        return await show_one(request, str(error), typed)
    is_seen = may_see(source.visible_to, request.viewer.audience)
    return request.redirect(_after(source.name, "changed") if is_seen else "/sources?done=changed")


async def reindex(request: ConsoleRequest) -> web.StreamResponse:
    """Ask for a crawl; with `force`, one that accepts what was quarantined."""
    source, force = await find_source(request), bool(request.form.get("force"))
    await reindex_sources(request.console.command_context, request.actor, source.name, force=force)
    return request.redirect(f"/crawl/{quote(source.name)}?done={'forced' if force else 'reindex'}")


async def pause(request: ConsoleRequest) -> web.StreamResponse:
    """Let the schedule of a source rest, or run again."""
    source, paused = await find_source(request), bool(request.form.get("paused"))
    await pause_source(request.console.command_context, request.actor, source.name, paused=paused)
    return request.redirect(_after(source.name, "paused" if paused else "resumed"))


async def ask_remove(request: ConsoleRequest) -> web.StreamResponse:
    """Ask whether a source is to be removed, and say how it could be added again."""
    source = await find_source(request)
    return request.render(
        "source_remove.html", title=f"Remove {source.name}?", source=source, again=restore_command(source)
    )


async def remove(request: ConsoleRequest) -> web.StreamResponse:
    """Remove a source with all its passages."""
    source = await find_source(request)
    await remove_source(request.console.command_context, request.actor, source.name)
    return request.redirect("/sources?done=removed")


def _after(name: str, done: str) -> str:
    return f"/source/{quote(name)}?done={done}"


SCREEN = Screen(
    "Sources",
    "/sources",
    [
        get("/sources", show),
        get("/sources/add", show_new),
        post("/sources/add", add),
        get(r"/sources/preview/{number:\d{1,18}}", show_preview),
        get("/source/{name}", show_one),
        post("/source/{name}", change),
        post("/source/{name}/reindex", reindex),
        post("/source/{name}/pause", pause),
        get("/source/{name}/remove", ask_remove),
        post("/source/{name}/remove", remove),
    ],
)
