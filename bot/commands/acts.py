"""What each command does for an administrator: one async generator per command, whose last report is final.

Every change, and every preview, is recorded before it is done (`CommandContext.recorded`). A source that may not be
seen where the command is given does not exist for the command. `bot.commands.perform` decides who may give commands.
What is done is in `source_acts` and `channel_acts`, which other places share; here it is reported. Workers crawl and
preview, and `bot.commands.watch` follows them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.commands.channel_acts import ChannelKey, change_channel
from bot.commands.context import Actor, CommandContext, Report
from bot.commands.messages import (
    CONSOLE_LINK,
    NO_CONSOLE,
    NO_WORKER,
    escape_mentions,
    format_list,
    request_lines,
    settings_text,
    sources_text,
    to_code_span,
    to_plain_text,
)
from bot.commands.parse import Order
from bot.commands.restore import removed_text
from bot.commands.source_acts import add_source, pause_source, preview_site, reindex_sources, remove_source
from bot.commands.watch import watch
from core.answer.trace import PARTS
from core.console.port import to_link
from core.inbox.viewer import Viewer
from core.plural import format_count
from core.work.port import Request, RequestKind, RequestState

RECENT, MOST_ROWS = 40, 60
"""Latest requests that are searched for those that run or wait, and rows of a table."""


async def status(_order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Report the workers, the requests that run or wait, the waiting questions, and what to mend of a model."""
    sources = await context.sources(who)
    workers = await context.workers()
    passages = sum(source.passages for source in sources)
    lines = [
        ("workers", f"{format_count(workers, 'worker')} running" if workers else NO_WORKER),
        ("index", f"{format_count(len(sources), 'source')}, {format_count(passages, 'passage')}"),
    ]
    if context.waiting is not None:
        lines.append(("questions", f"{format_count(await context.waiting(), 'question')} waiting for an answer"))
    if context.troubles is not None:
        lines += [(PARTS[each.part], f"away: {escape_mentions(each.describe())}") for each in await context.troubles()]
    names = {source.name for source in sources}
    for request in reversed(await context.requests.recent(RECENT)):
        if request.state in (RequestState.RUNNING, RequestState.WAITING) and _concerns(request, who, names):
            asked = f" (asked by {to_plain_text(request.asked_by, 60)})"
            lines += [(request.kind, line + asked) for line in request_lines(_name(request), request, briefly=True)]
    rows = (("What", "State"), *lines[:MOST_ROWS])
    yield Report(format_list("", [line for _, line in lines]), rows=rows)


def _concerns(request: Request, who: Actor, names: set[str]) -> bool:
    """Return whether a request may be shown here: a crawl of a source that is seen, or the actor's own preview."""
    return request.source in names if request.kind is RequestKind.CRAWL else request.asked_by == who.name


def _name(request: Request) -> str:
    if request.kind is RequestKind.CRAWL:
        return f"**{request.source}**"
    return f"preview of {to_code_span(str(request.options.get('url', '')))}"


async def console(_order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Report a link that signs this administrator in to the console, once; what they see there is seen from here."""
    if context.access is None or not context.console_url:
        yield Report(NO_CONSOLE)
        return
    async with context.recorded(who, "console", {}):
        secret = await context.access.make_link(Viewer(who.platform, who.tenant, who.user, who.channel, who.around))
    yield Report(CONSOLE_LINK, link=to_link(context.console_url, secret))


async def sources(_order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Report all sources that may be seen here."""
    yield Report(sources_text(await context.sources(who), context.schedule))


async def add(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Add a public site and ask for a crawl of it; report how that goes."""
    name = order.words[1] if len(order.words) > 1 else ""
    source, request = await add_source(context, who, order.words[0], name, order.keys.get("licence", ""))
    licenced = "" if source.licence else " You must be allowed to index its text; its licence is not recorded."
    head = f"Added **{source.name}**.{licenced}"
    async with aclosing(watch(head, [(request, f"**{source.name}**")], context)) as reports:
        async for report in reports:
            yield report


async def remove(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Remove a source with all its passages."""
    yield Report(removed_text(*await remove_source(context, who, order.words[0])))


async def reindex(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Ask for a crawl of one source, by its name or its url, or of all that are seen here; report how that goes."""
    asked = await reindex_sources(context, who, order.words[0] if order.words else "", force=order.force)
    requests = [(request, f"**{source.name}**") for source, request in asked]
    async with aclosing(watch("Reading again:", requests, context)) as reports:
        async for report in reports:
            yield report


async def pause(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Let the schedule of a source fire no more."""
    source = await pause_source(context, who, order.words[0], paused=True)
    yield Report(f"**{source.name}** is paused: readers keep what they see, and its schedule crawls it no more.")


async def resume(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Let the schedule of a source fire again."""
    source = await pause_source(context, who, order.words[0], paused=False)
    yield Report(f"**{source.name}** is crawled on its schedule again: {source.schedule or context.schedule}.")


async def preview(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Ask for a preview of a few pages of a public site, and report it; nothing is stored."""
    address, request = await preview_site(context, who, order.words[0])
    async with aclosing(watch("A preview; nothing is stored.", [(request, to_code_span(address))], context)) as reports:
        async for report in reports:
            yield report


async def settings(order: Order, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Change the settings of this channel that are named, if any, and report all of them."""
    place = ChannelKey(who.platform, who.tenant, who.around or who.channel)
    if order.keys:
        shown = await change_channel(context, who, place, order.keys)
    else:
        shown = await context.channels.get(place.platform, place.tenant, place.channel)
    there = [source.name for source in await context.sources(who)]
    yield Report(settings_text(shown, there, order.form.usage))
