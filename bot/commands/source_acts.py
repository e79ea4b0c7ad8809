"""What an administrator does to sources, wherever from: recorded before it is done, checked alike, done by workers.

    bot.commands.acts (chat)  ─┐
    bot.console (pages)       ─┴─> add, change, remove, reindex, preview ──> the audit, the catalog, requests

A source that may not be seen from where the act is given does not exist for it. Nothing is rendered here, and who may
give acts is decided before. An act that is refused or fails is in the audit as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit

from bot.commands.context import Actor, CommandContext
from bot.commands.source_changes import MOST_LICENCE
from core.domain import Source
from core.errors import UsageError
from core.net.urls import check_url, guess_kind, source_name, to_slug
from core.work.port import Request, RequestKind

_WRAPPED = re.compile(r"<([^<>|]+)(?:\|[^<>]*)?>")


async def add_source(
    context: CommandContext, who: Actor, url: str, name: str = "", licence: str = ""
) -> tuple[Source, Request]:
    """Add a public site and ask for a crawl of it. Raises `UrlRefused`, `UsageError`."""
    url = unwrap_url(url)
    async with context.recorded(who, "add", {"url": _without_secrets(url)}) as learnt:
        address = check_url(url)
        free = await _free_name(context, who, to_slug(name) if name else source_name(address))
        source = await context.catalog.add(
            Source(0, free, address, licence=licence[:MOST_LICENCE], kind=guess_kind(address))
        )
        learnt["source"] = source.name
        request = await _crawl(context, who, source, {})
        learnt["request"] = request.id
    return source, request


async def remove_source(context: CommandContext, who: Actor, name: str) -> tuple[Source, int]:
    """Remove a source with all its passages; return it, and how many those were. Raises `UsageError`."""
    async with context.recorded(who, "remove", {"source": to_slug(name)}) as learnt:
        source = await context.source(who, name)
        removed = await context.catalog.remove(source.name)
        learnt["removed"] = removed
    return source, removed


async def reindex_sources(
    context: CommandContext, who: Actor, named: str, *, force: bool = False
) -> list[tuple[Source, Request]]:
    """Ask for a crawl of one source, by its name or its url, or ("") of all that are seen. Raises `UsageError`."""
    options = {"force": True} if force else {}
    named = unwrap_url(named)
    recorded_as = _without_secrets(named) if "://" in named else to_slug(named) if named else ""
    async with context.recorded(who, "reindex", {"source": recorded_as, **options}) as learnt:
        found = [await _find(named, who, context)] if named else await context.sources(who)
        if not found:
            raise UsageError("There is no source to read: `/docs add URL` adds one.")
        requests = [(source, await _crawl(context, who, source, options)) for source in found]
        learnt["requests"] = [request.id for _, request in requests]
    return requests


async def preview_site(context: CommandContext, who: Actor, url: str) -> tuple[str, Request]:
    """Ask for a preview of a few pages of a public site; return its address and the request. Raises `UrlRefused`."""
    url = unwrap_url(url)
    async with context.recorded(who, "preview", {"url": _without_secrets(url)}) as learnt:
        address = check_url(url)
        request = await context.requests.put(RequestKind.PREVIEW, options={"url": address}, asked_by=who.name)
        learnt["request"] = request.id
    return address, request


async def change_source(
    context: CommandContext, who: Actor, name: str, changes: Mapping[str, object], *, act: str = "set"
) -> Source:
    """Change fields of a source (`bot.commands.source_changes`), and return it. Raises `UsageError`."""
    async with context.recorded(who, act, {"source": to_slug(name), "fields": sorted(changes)}):
        before = await context.source(who, name)
        changed = replace(before, **changes)  # type: ignore[arg-type]  # made by read_changes
        if context.check is not None:
            await context.check(before, changed)
        elif not changes.keys() <= {"paused"}:
            raise UsageError("Sources cannot be changed from here: `footnote sources set` does it.")
        return await context.catalog.change(changed)


async def pause_source(context: CommandContext, who: Actor, name: str, *, paused: bool) -> Source:
    """Let a source's schedule fire no more, or again, and return the source. Raises `UsageError`."""
    return await change_source(context, who, name, {"paused": paused}, act="pause" if paused else "resume")


async def _free_name(context: CommandContext, who: Actor, name: str) -> str:
    """Return the name, or another one if a source has it that is not seen here: that source must not be betrayed.

    Raises `UsageError` if a source that is seen here has the name, or if it is empty.
    """
    if not name:
        raise UsageError("The name needs letters or digits.")
    taken = {source.name for source in await context.catalog.list()}
    if name not in taken:
        return name
    if name in {source.name for source in await context.sources(who)}:
        raise UsageError(
            f"There is a source named {name} already: `/docs reindex {name}` reads it again, and "
            "`/docs add URL NAME` adds another one under another name."
        )
    return next(other for other in (f"{name}-{number}" for number in count(2)) if other not in taken)


async def _crawl(context: CommandContext, who: Actor, source: Source, options: Mapping[str, object]) -> Request:
    return await context.requests.put(RequestKind.CRAWL, source=source, options=options, asked_by=who.name)


async def _find(named: str, who: Actor, context: CommandContext) -> Source:
    """Return a source by its name, or by the url that it starts at.

    Raises `UrlRefused`, `SourceUnknown`, `UsageError`.
    """
    if "://" not in named:
        return await context.source(who, to_slug(named))
    address = check_url(named)
    for source in await context.sources(who):
        if source.root_url.rstrip("/") == address.rstrip("/"):
            return source
    raise UsageError("No source starts at that url: `/docs add URL` adds one.")


def unwrap_url(url: str) -> str:
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
