"""auth.test, conversations.*, users.conversations and users.info: what the app looks up.

Histories go page by page: `limit`, then `cursor`, which names the last ts of the page before. Metadata is shown where
`include_all_metadata` asks for it. A message that is gone is left out, but for one with replies: that is a tombstone.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from tests.servers.slack import events
from tests.servers.slack.record import Channel, Json, Message, Refused
from tests.servers.slack.workspace import Workspace

_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
_SCOPES = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}


def auth_test(space: Workspace, args: Json) -> Json:
    return {
        "url": "https://loopback.slack.com/",
        "team": "Loopback",
        "user": "footnote",
        "team_id": space.team,
        "user_id": space.bot_user,
        "bot_id": space.bot_id,
        "is_enterprise_install": False,
    }


def api_test(space: Workspace, args: Json) -> Json:
    if args.get("error"):
        raise Refused(args["error"], args=args)
    return {"args": args}


def replies(space: Workspace, args: Json) -> Json:
    """Return a thread in order of time; its first message always, whatever `oldest` and `latest` are."""
    channel, ts = _readable(space, args), args.get("ts", "")
    first = channel.messages.get(ts)
    found = space.thread(channel.id, ts)
    if first is not None and events.is_shown(space, first):
        found = [first, *found]
    if not found:
        raise Refused("thread_not_found")
    return _page(space, found, args, default=1_000)


def history(space: Workspace, args: Json) -> Json:
    """Return a channel, the newest first, without the replies in threads."""
    channel = _readable(space, args)
    found = [
        each
        for each in channel.messages.values()
        if events.is_shown(space, each) and (each.thread_ts is None or each.subtype == "thread_broadcast")
    ]
    return _page(space, found[::-1], args, default=100)


def conversations(space: Workspace, args: Json) -> Json:
    """Return the conversations that the bot is in, of the requested kinds: each kind needs a separate scope."""
    kinds = [_KINDS.get(each.strip(), "") for each in str(args.get("types") or "public_channel").split(",")]
    if not all(kinds):
        raise Refused("invalid_types")
    needed = sorted({_SCOPES[kind] for kind in kinds} - space.scopes)
    if needed:
        raise Refused("missing_scope", needed=needed[0], provided=",".join(sorted(space.scopes)))
    without_archived = str(args.get("exclude_archived", "")).lower() in {"1", "true"}
    found = [
        each
        for each in space.channels.values()
        if each.kind in kinds and (each.member or each.kind == "im") and not (each.archived and without_archived)
    ]
    begin, limit = _read_place(args.get("cursor") or ""), min(int(args.get("limit") or 100), space.longest_page)
    shown, rest = found[begin : begin + limit], found[begin + limit :]
    cursor = base64.b64encode(f"at:{begin + limit}".encode()).decode() if rest else ""
    return {"channels": [_shape(each) for each in shown], "response_metadata": {"next_cursor": cursor}}


def info(space: Workspace, args: Json) -> Json:
    channel = space.channels.get(args.get("channel", ""))
    if channel is None:
        raise Refused("channel_not_found")
    return {"channel": _shape(channel)}


def _shape(channel: Channel) -> Json:
    kinds = {f"is_{kind}": channel.kind == kind for kind in ("channel", "group", "im", "mpim")}
    flags = {"is_archived": channel.archived, "is_member": channel.member, "is_ext_shared": channel.shared}
    private = channel.kind != "channel"
    shown = {"id": channel.id, "name": channel.name, "is_shared": channel.shared, "is_private": private}
    return shown | kinds | flags


def open_dm(space: Workspace, args: Json) -> Json:
    users = str(args.get("users") or "").split(",")
    if len(users) != 1 or not users[0].startswith(("U", "W")):
        raise Refused("user_not_found")
    return {"channel": {"id": space.dm(users[0]).id}}


def user_info(space: Workspace, args: Json) -> Json:
    user = args.get("user", "")
    if not user.startswith(("U", "W")):
        raise Refused("user_not_found")
    profile = {"display_name": user.lower(), "real_name": f"Name of {user}"}
    person = {"id": user, "team_id": space.team, "name": user.lower(), "profile": profile, "deleted": False}
    flags = {"is_bot": user == space.bot_user, "is_restricted": False, "is_stranger": False, "tz": "Etc/UTC"}
    return {"user": person | flags | space.users.get(user, {})}


def _readable(space: Workspace, args: Json) -> Channel:
    """Return the channel to read in, which may be archived."""
    channel = space.channels.get(args.get("channel", ""))
    return channel if channel is not None and channel.archived and channel.member else space.find(args.get("channel"))


def _page(space: Workspace, found: list[Message], args: Json, *, default: int) -> Json:
    limit = min(int(args.get("limit") or default), space.longest_page)
    kept = list(_between(found, args))
    if cursor := args.get("cursor"):
        last = _read_cursor(cursor)
        kept = kept[next((place + 1 for place, each in enumerate(kept) if each.ts == last), len(kept)) :]
    shown, rest = kept[:limit], kept[limit:]
    metadata = str(args.get("include_all_metadata", "")).lower() in {"1", "true"}
    page = {"messages": [events.shape(space, each, metadata=metadata) for each in shown], "has_more": bool(rest)}
    if rest:
        page["response_metadata"] = {"next_cursor": base64.b64encode(f"ts:{shown[-1].ts}".encode()).decode()}
    return page


def _read_cursor(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, validate=True).decode().removeprefix("ts:")
    except ValueError as error:
        raise Refused("invalid_cursor") from error


def _read_place(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("at:") or 0)
    except ValueError as error:
        raise Refused("invalid_cursor") from error


def _between(found: Iterable[Message], args: Json) -> Iterator[Message]:
    oldest, latest = _seconds(args.get("oldest") or 0), _seconds(args.get("latest") or 1e12)
    inclusive = str(args.get("inclusive", "")).lower() in {"1", "true"}
    for message in found:
        at = _seconds(message.ts)
        if message.ts == args.get("ts") or oldest < at < latest or (inclusive and at in {oldest, latest}):
            yield message


def _seconds(ts: str | float) -> float:
    try:
        return float(ts)
    except ValueError as error:
        raise Refused("invalid_ts_oldest") from error


METHODS = {
    "auth.test": auth_test,
    "api.test": api_test,
    "conversations.replies": replies,
    "conversations.history": history,
    "conversations.info": info,
    "conversations.open": open_dm,
    "users.conversations": conversations,
    "users.info": user_info,
}
