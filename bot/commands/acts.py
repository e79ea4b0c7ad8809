"""What each command does for an administrator: one async generator per command, whose last report is final.

Every change, and every preview, is recorded before it is done (`CommandContext.recorded`). A source that may not be
seen where the command is given does not exist for the command. `bot.commands.perform` decides who may give commands.
Workers crawl and preview, and `bot.commands.watch` follows them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit

from bot.commands.context import Actor, CommandContext, Report
from bot.commands.messages import (
    CONSOLE_LINK,
    NO_CONSOLE,
    NO_WORKER,
    format_list,
    request_lines,
    settings_text,
    sources_text,
    to_code_span,
    to_plain_text,
)
from bot.commands.parse import Order
from bot.commands.restore import removed_text
from bot.commands.watch import watch
from core.console.port import to_link
from core.domain import Source
from core.errors import UsageError
from core.inbox.channels import ChannelSettings
from core.inbox.viewer import Viewer
from core.inbox.whom import check_whom
from core.net.urls import check_url, guess_kind, source_name, to_slug
from core.plural import format_count
from core.work.port import Request, RequestKind, RequestState

RECENT = 40
"""Latest requests that are searched for those that run or wait."""

MOST_TONE, MOST_LICENCE = 200, 100
_WRAPPED = re.compile(r"<([^<>|]+)(?:\|[^<>]*)?>")
_LANGUAGE = re.compile(r"[^\W\d_](?:[^\W_]|[ ()'-]){1,39}")
_ON, _OFF = frozenset({"on", "yes", "true", "1"}), frozenset({"off", "no", "false", "0", ""})
_BACK = frozenset({"", "default", "all"})


async def status(_order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Report the workers, the requests that run or wait, and the number of waiting questions."""
    sources = await desk.sources(who)
    workers = await desk.workers()
    passages = sum(source.passages for source in sources)
    lines = [
        f"{format_count(workers, 'worker')} running" if workers else NO_WORKER,
        f"{format_count(len(sources), 'source')}, {format_count(passages, 'passage')}",
    ]
    if desk.waiting is not None:
        lines.append(f"{format_count(await desk.waiting(), 'question')} waiting for an answer")
    names = {source.name for source in sources}
    for request in reversed(await desk.requests.recent(RECENT)):
        if request.state in (RequestState.RUNNING, RequestState.WAITING) and _concerns(request, who, names):
            asked = f" (asked by {to_plain_text(request.asked_by, 60)})"
            lines += [line + asked for line in request_lines(_name(request), request, briefly=True)]
    yield Report(format_list("", lines))


def _concerns(request: Request, who: Actor, names: set[str]) -> bool:
    """Return whether a request may be shown here: a crawl of a source that is seen, or the actor's own preview."""
    return request.source in names if request.kind is RequestKind.CRAWL else request.asked_by == who.name


def _name(request: Request) -> str:
    if request.kind is RequestKind.CRAWL:
        return f"**{request.source}**"
    return f"preview of {to_code_span(str(request.options.get('url', '')))}"


async def console(_order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Report a link that signs this administrator in to the console, once; what they see there is seen from here."""
    if desk.access is None or not desk.console_url:
        yield Report(NO_CONSOLE)
        return
    async with desk.recorded(who, "console", {}):
        secret = await desk.access.make_link(Viewer(who.platform, who.tenant, who.user, who.channel, who.around))
    yield Report(CONSOLE_LINK, link=to_link(desk.console_url, secret))


async def sources(_order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Report all sources that may be seen here."""
    yield Report(sources_text(await desk.sources(who), desk.schedule))


async def add(order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Add a public site and ask for a crawl of it; report how that goes."""
    url, licence = _unwrapped(order.words[0]), order.keys.get("licence", "")
    async with desk.recorded(who, "add", {"url": _without_secrets(url)}) as learnt:
        address = check_url(url)
        chosen = to_slug(order.words[1]) if len(order.words) > 1 else source_name(address)
        name = await _free_name(desk, who, chosen)
        source = await desk.catalog.add(
            Source(0, name, address, licence=licence[:MOST_LICENCE], kind=guess_kind(address))
        )
        learnt["source"] = source.name
        request = await _crawl(desk, who, source, {})
        learnt["request"] = request.id
    licenced = "" if source.licence else " You must be allowed to index its text; its licence is not recorded."
    async with aclosing(watch(f"Added **{name}**.{licenced}", [(request, f"**{name}**")], desk)) as reports:
        async for report in reports:
            yield report


async def _free_name(desk: CommandContext, who: Actor, name: str) -> str:
    """Return the name, or another one if a source has it that is not seen here: that source must not be betrayed.

    Raises `UsageError` if a source that is seen here has the name, or if it is empty.
    """
    if not name:
        raise UsageError("The name needs letters or digits.")
    taken = {source.name for source in await desk.catalog.list()}
    if name not in taken:
        return name
    if name in {source.name for source in await desk.sources(who)}:
        raise UsageError(
            f"There is a source named {name} already: `/docs reindex {name}` reads it again, and "
            "`/docs add URL NAME` adds another one under another name."
        )
    return next(other for other in (f"{name}-{number}" for number in count(2)) if other not in taken)


async def _crawl(desk: CommandContext, who: Actor, source: Source, options: Mapping[str, object]) -> Request:
    return await desk.requests.put(RequestKind.CRAWL, source=source, options=options, asked_by=who.name)


async def remove(order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Remove a source with all its passages."""
    async with desk.recorded(who, "remove", {"source": to_slug(order.words[0])}) as learnt:
        source = await desk.source(who, order.words[0])
        removed = await desk.catalog.remove(source.name)
        learnt["removed"] = removed
    yield Report(removed_text(source, removed))


async def reindex(order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Ask for a crawl of one source, by its name or its url, or of all that are seen here; report how that goes."""
    options = {"force": True} if order.force else {}
    named = _unwrapped(order.words[0]) if order.words else ""
    told = _without_secrets(named) if "://" in named else to_slug(named) if named else ""
    async with desk.recorded(who, "reindex", {"source": told, **options}) as learnt:
        found = [await _of(named, who, desk)] if named else await desk.sources(who)
        if not found:
            raise UsageError("There is no source to read: `/docs add URL` adds one.")
        requests = [(await _crawl(desk, who, source, options), f"**{source.name}**") for source in found]
        learnt["requests"] = [request.id for request, _ in requests]
    async with aclosing(watch("Reading again:", requests, desk)) as reports:
        async for report in reports:
            yield report


async def _of(named: str, who: Actor, desk: CommandContext) -> Source:
    """Return a source by its name, or by the url that it starts at.

    Raises `UrlRefused`, `SourceUnknown`, `UsageError`.
    """
    if "://" not in named:
        return await desk.source(who, to_slug(named))
    address = check_url(named)
    for source in await desk.sources(who):
        if source.root_url.rstrip("/") == address.rstrip("/"):
            return source
    raise UsageError("No source starts at that url: `/docs add URL` adds one.")


async def preview(order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Ask for a preview of a few pages of a public site, and report it; nothing is stored."""
    url = _unwrapped(order.words[0])
    async with desk.recorded(who, "preview", {"url": _without_secrets(url)}) as learnt:
        address = check_url(url)
        request = await desk.requests.put(RequestKind.PREVIEW, options={"url": address}, asked_by=who.name)
        learnt["request"] = request.id
    async with aclosing(watch("A preview; nothing is stored.", [(request, to_code_span(address))], desk)) as reports:
        async for report in reports:
            yield report


def _unwrapped(url: str) -> str:
    """Return a url without what Slack and Discord write around a link.

    `"<https://a.example/?x&amp;y|a.example>"` -> `"https://a.example/?x&y"`
    """
    for letter, escaped in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        url = url.replace(escaped, letter)
    wrapped = _WRAPPED.fullmatch(url)
    return wrapped[1] if wrapped else url


def _without_secrets(url: str) -> str:
    """Return a url as the audit keeps it: without its query, which may hold a token, and without a password."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:300]
    except ValueError:
        return "(malformed)"


async def settings(order: Order, who: Actor, desk: CommandContext) -> AsyncGenerator[Report, None]:
    """Change the settings of this channel that are named, if any, and report all of them."""
    place = (who.platform, who.tenant, who.around or who.channel)
    there = [source.name for source in await desk.sources(who)]
    if order.keys:
        named = {key: to_plain_text(text, MOST_TONE) for key, text in order.keys.items()}
        async with desk.recorded(who, "settings", named):
            changed = _changed(await desk.channels.get(*place), order.keys, there)
            await desk.channels.put(*place, changed)
    yield Report(settings_text(await desk.channels.get(*place), there, order.form.usage))


def _changed(before: ChannelSettings, keys: Mapping[str, str], there: list[str]) -> ChannelSettings:
    """Return the settings with the values of `keys`. Raises `UsageError` for a value that is not allowed."""
    settings = before
    for key, text in keys.items():
        match key:
            case "sources":
                settings = replace(settings, sources=_names(text, there))
            case "tone":
                settings = replace(settings, tone=_tone(text))
            case "language":
                settings = replace(settings, language=_language(text))
            case "ask":
                settings = replace(settings, ask="" if text.lower() in _BACK else check_whom(text))
            case _:
                settings = replace(settings, unmentioned=_switch(text))
    return settings


def _names(text: str, there: list[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(to_slug(part) for part in text.split(",") if to_slug(part)))
    if text.strip().lower() in _BACK:
        return ()
    unknown = next((name for name in names if name not in there), None)
    if unknown is not None:
        raise UsageError(f"There is no source named {unknown}: `/docs sources` shows them.")
    if not names:
        raise UsageError("Name sources with commas, as in `sources=guide,api`, or `sources=all`.")
    return names


def _tone(text: str) -> str:
    if len(text) > MOST_TONE:
        raise UsageError(f"The tone has {len(text):,} characters: please shorten to {MOST_TONE}.")
    return "" if text.lower() in _BACK else text


def _language(text: str) -> str:
    if text.lower() in _BACK:
        return ""
    if not _LANGUAGE.fullmatch(text):
        raise UsageError("The language is a word or two, as in `language=German`, or `language=default`.")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in _ON | _OFF:
        raise UsageError("Write `unmentioned=on` or `unmentioned=off`.")
    return text.lower() in _ON
