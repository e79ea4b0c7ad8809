"""Channels and people: how channels are answered, where the bot is quiet, what administrators did, and forgetting.

A viewer sees the channels of their workspaces, and acts of other places than their own without what those name. What is
done here is what chat and `footnote forget` do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from aiohttp import web

from bot.commands.channel_acts import ChannelKey, change_channel
from bot.commands.person_acts import NamedPerson, forget_person, read_person
from bot.commands.verbs import FORMS
from bot.console.found import describe_done
from bot.console.paging import SIZE, build_paging, to_page_number
from bot.console.request import ConsoleRequest, Screen, get, post
from core.errors import IngestError, SourceUnknown, UsageError
from core.inbox.channels import AuditFilter, ChannelSettings, Outcome, may_manage, may_see
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.port import Platform

REFUSED, LONGEST_ID = 422, 80
ACTS = sorted({form.verb for form in FORMS} - {"help", "status", "sources"} | {"set", "forget", "unmute"})
OUTCOMES = [each.value for each in Outcome if each]


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show channels, mutes, limits and the audit, each list some at a time."""
    footnote, audience = request.console.footnote, request.viewer.audience
    channels, mutes, acts = (to_page_number(request.query(name)) for name in ("channels", "mutes", "acts"))
    wanted = AuditFilter(request.query("who").rpartition(":")[2][:LONGEST_ID], *_choices(request))
    settings = footnote.settings
    return request.render(
        "channels.html",
        channels=build_paging(await footnote.channels.find(audience, *_slice(channels)), channels),
        mutes=build_paging(await footnote.channels.mutes(audience, *_slice(mutes)), mutes),
        acts=build_paging(await footnote.audit.find(wanted, audience, *_slice(acts)), acts),
        kinds=ACTS,
        outcomes=OUTCOMES,
        limits=[
            ("USER_OPEN_LIMIT", settings.user_open_limit, "questions of one person that may wait; 0: any number"),
            ("USER_MINUTE_LIMIT", settings.user_minute_limit, "questions of one person a minute; 0: any number"),
            ("DAILY_TOKENS", settings.daily_tokens, "tokens a day of models that write; 0: any number"),
            ("DAILY_TOKENS_PERSON", settings.daily_tokens_person, "the same of one person; 0: any number"),
            ("DAILY_TOKENS_CHANNEL", settings.daily_tokens_channel, "the same of one channel; 0: any number"),
            ("WORKERS", settings.workers, "questions answered at once by one process"),
            ("RETENTION_DAYS", settings.retention_days, "days that questions and answers are kept"),
        ],
        admins=sorted(settings.admin_ids),
        done=describe_done(request),
    )


def _choices(request: ConsoleRequest) -> tuple[str, str]:
    act, outcome = request.query("act"), request.query("outcome")
    return (act if act in ACTS else ""), (outcome if outcome in OUTCOMES else "")


def _slice(page: int) -> tuple[int, int]:
    return SIZE + 1, (page - 1) * SIZE


async def show_channel(
    request: ConsoleRequest, problem: str = "", typed: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Show the settings of a channel, in a form."""
    key = _read_channel(request, typed or dict(request.http.query))
    settings = await request.console.footnote.channels.get(key.platform, key.tenant, key.channel)
    seen = await _find_seen(request, settings)
    return request.render(
        "channel.html",
        status=REFUSED if problem else 200,
        title=f"Channel {key.channel}",
        key=key,
        values=_to_fields(settings, seen) | dict(typed or {}),
        hidden=len(set(settings.sources) - seen),
        problem=problem,
    )


async def _find_seen(request: ConsoleRequest, settings: ChannelSettings) -> set[str]:
    """Return those sources of a channel's settings that are there, and that the viewer sees."""
    seen = set[str]()
    for name in settings.sources:
        with suppress(SourceUnknown):
            source = await request.console.footnote.catalog.get(name)
            seen |= {name} if may_see(source.visible_to, request.viewer.audience) else set()
    return seen


def _to_fields(settings: ChannelSettings, seen: set[str]) -> dict[str, str]:
    """Return the settings as the form shows them; sources that are not seen are not named."""
    return {
        "sources": ", ".join(name for name in settings.sources if name in seen),
        "tone": settings.tone,
        "language": settings.language,
        "ask": settings.ask,
        "unmentioned": "on" if settings.unmentioned else "off",
    }


async def change(request: ConsoleRequest) -> web.StreamResponse:
    """Change those settings of a channel that differ from what they were."""
    key, console = _read_channel(request, request.form), request.console
    settings = await console.footnote.channels.get(key.platform, key.tenant, key.channel)
    before = _to_fields(settings, await _find_seen(request, settings))
    typed = {name: request.form.get(name, before[name]).strip() for name in before}
    changed = {name: text for name, text in typed.items() if text != before[name]}
    try:
        if changed:
            await change_channel(console.command_context, request.actor, key, changed)
    except (UsageError, IngestError) as error:
        return await show_channel(request, str(error), request.form)
    return request.redirect("/channels?done=channel")


def _read_channel(request: ConsoleRequest, fields: Mapping[str, str]) -> ChannelKey:
    """Return the channel that a form or an address names. Raises `HTTPNotFound` where the viewer does not see it."""
    platform = Platform(fields.get("platform", ""))
    tenant, channel = (platform.spell(fields.get(name, "").strip()) for name in ("tenant", "channel"))
    sizes = max(len(platform), len(tenant), len(channel)) <= LONGEST_ID
    if not (platform and channel and sizes and may_manage(platform, tenant, channel, request.viewer.audience)):
        raise web.HTTPNotFound
    return ChannelKey(platform, tenant, channel)


async def lift(request: ConsoleRequest) -> web.StreamResponse:
    """End a mute, as a mention of the bot would."""
    key, thread = _read_channel(request, request.form), request.form.get("thread", "")[:LONGEST_ID]
    who, at = request.actor, time.time()
    mark = Utterance(f"console:{who.name}:{at:.6f}", frozenset({who.user}), at, UtteranceKind.UNMUTE)
    async with request.console.command_context.recorded(
        who, "unmute", {"at": f"{key.platform}:{key.tenant}/{key.channel}"}
    ):
        place = ThreadKey(key.platform, key.tenant, key.channel, thread)
        await request.console.inbox.conversation.remember(place, mark)
    return request.redirect("/channels?done=lifted")


async def ask_forget(request: ConsoleRequest, problem: str = "") -> web.StreamResponse:
    """Ask whether a person is to be forgotten."""
    typed, person = request.form.get("person", "") or request.query("person"), ""
    try:
        named = _read_person(request, typed)
        person = f"{named.platform}:{named.name}" if named.platform else named.name
    except UsageError as error:
        problem = problem or str(error)
    return request.render(
        "forget.html", status=REFUSED if problem else 200, title="Forget a person?", person=person, problem=problem
    )


async def forget(request: ConsoleRequest) -> web.StreamResponse:
    """Delete what a person asked and wrote. The act is recorded with how much that was, and not with who it was."""
    console = request.console
    try:
        person = _read_person(request, request.form.get("person", ""))
    except UsageError as error:
        return await ask_forget(request, str(error))
    async with console.command_context.recorded(request.actor, "forget", {}) as learnt:
        learnt["questions"] = await forget_person(console.footnote, console.inbox, person)
    return request.redirect("/channels?done=forgotten")


def _read_person(request: ConsoleRequest, text: str) -> NamedPerson:
    """Return whom a text names. An administrator forgets people of their own platform. Raises `UsageError`."""
    person = read_person(text)
    if request.viewer.is_machine:
        return person
    if person.token or person.platform not in (None, request.viewer.platform):
        raise UsageError(f"You may forget people of {request.viewer.platform}: `footnote forget` forgets others.")
    return replace(person, platform=request.viewer.platform)


SCREEN = Screen(
    "Channels and people",
    "/channels",
    [
        get("/channels", show),
        get("/channel", show_channel),
        post("/channel", change),
        post("/channels/unmute", lift),
        get("/forget", ask_forget),
        post("/forget", forget),
    ],
)
