"""The shapes of what Slack sends an app: messages, the events about them, and the callback around an event.

Reads a workspace and changes nothing. The keys are those of Slack's reference pages and of recorded events; what no
client reads (avatars, verification tokens) is left out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.servers.slack.blocks import rich_text
from tests.servers.slack.record import Json, Message

if TYPE_CHECKING:
    from tests.servers.slack.workspace import Workspace

_SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}


def shape(space: Workspace, message: Message, *, metadata: bool = False) -> Json:
    """Return a message as the API and the events show it."""
    if message.deleted:
        return _tombstone(message)
    blocks = message.blocks or ([rich_text(message.text) | {"block_id": "text"}] if message.text else [])
    shown: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "blocks": blocks}
    shown["team"] = message.team or space.team
    if message.bot_id is None:
        shown["client_msg_id"] = f"00000000-0000-4000-8000-{message.ts.replace('.', '')[-12:]}"
    else:
        shown |= {"bot_id": message.bot_id, "app_id": space.app_id if message.bot_id == space.bot_id else "A9999"}
        shown["bot_profile"] = {"id": message.bot_id, "name": "footnote", "team_id": space.team, "deleted": False}
    if message.team not in (None, space.team):
        shown |= {"user_team": message.team, "source_team": message.team}
    optional = {"subtype": message.subtype, "edited": message.edited, **message.extra, **_thread(space, message)}
    if message.stream is not None:
        optional["streaming_state"] = "in_progress" if message.streaming else "completed"
    if message.reactions:
        optional["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items()]
    if metadata:
        optional["metadata"] = message.metadata
    return shown | {key: value for key, value in optional.items() if value is not None}


def is_shown(space: Workspace, message: Message) -> bool:
    """Return whether a history holds it: a deleted message only where it has replies, and as a tombstone."""
    return message.ephemeral is None and (not message.deleted or bool(space.thread(message.channel, message.ts)))


def _tombstone(message: Message) -> Json:
    stone = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
    return stone | {"hidden": True, "ts": message.ts, "thread_ts": message.ts}


def _thread(space: Workspace, message: Message) -> Json:
    if message.thread_ts is not None:
        parent = space.channels[message.channel].messages.get(message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": None if parent is None else parent.user}
    replies = space.thread(message.channel, message.ts)
    if not replies:
        return {}
    users = sorted({reply.user for reply in replies})
    counts = {"reply_count": len(replies), "reply_users": users, "reply_users_count": len(users)}
    return {"thread_ts": message.ts, "latest_reply": replies[-1].ts, **counts}


def message_event(space: Workspace, message: Message) -> Json:
    """Return the event of a new message."""
    channel = space.channels[message.channel]
    return shape(space, message) | _where(message.channel, message.ts, channel.kind)


def mention_of(event: Json) -> Json:
    """Return the app_mention that goes with a message event: the same, without the type of the channel."""
    return {key: value for key, value in event.items() if key != "channel_type"} | {"type": "app_mention"}


def changed_event(space: Workspace, message: Message, before: Json) -> Json:
    """Return message_changed; `before` is the shape that the message had."""
    return _hidden(space, message.channel, "message_changed") | {
        "message": shape(space, message),
        "previous_message": before,
    }


def deleted_event(space: Workspace, message: Message, before: Json) -> Json:
    return _hidden(space, message.channel, "message_deleted") | {"deleted_ts": message.ts, "previous_message": before}


def tombstone_event(space: Workspace, message: Message, before: Json) -> Json:
    """Return the event for a deleted first message of a thread: it is changed into a tombstone."""
    hidden = _hidden(space, message.channel, "message_changed")
    return hidden | {"message": _tombstone(message), "previous_message": before}


def _hidden(space: Workspace, channel: str, subtype: str) -> Json:
    where = _where(channel, space.new_ts(), space.channels[channel].kind)
    return {"type": "message", "subtype": subtype, "hidden": True, "ts": where["event_ts"], **where}


def _where(channel: str, ts: str, kind: str) -> Json:
    return {"channel": channel, "event_ts": ts, "channel_type": kind}


def callback(space: Workspace, event: Json, *, shared: bool) -> Json:
    """Return an event inside the callback that the Events API puts around it."""
    installed = {"enterprise_id": None, "team_id": space.team, "user_id": space.bot_user, "is_bot": True}
    return {
        "token": "verification",
        "team_id": space.team,
        "context_team_id": space.team,
        "context_enterprise_id": None,
        "api_app_id": space.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{next(space.numbers):08d}",
        "event_time": int(time.time()),
        "authorizations": [{**installed, "is_enterprise_install": False}],
        "is_ext_shared_channel": shared,
        "event_context": f"4-{event['type']}",
    }


def subscription(event: Json) -> str:
    """Return the subscription by which an app gets an event, such as "message.im"."""
    return _SUBSCRIPTIONS[event["channel_type"]] if event["type"] == "message" else event["type"]
