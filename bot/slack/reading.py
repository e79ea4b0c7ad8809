"""What a payload of Slack means for the inbox: a question, an edit, a deletion, a stop; or nothing.

    app_mention, message ──> Ask      mention, direct message, follow-up, or any message (to be judged by its channel)
    message_changed      ──> Edit
    message_deleted      ──> Delete
    agent_session_stopped ─> Stop
    /ask, shortcut       ──> Ask

Of messages no subtype counts but files and thread broadcasts, of authors only people (RULINGS 15). One post may come as
two events and each of them again: both have one place, channel and ts. Pure: it asks nobody and stores nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from bot.slack.text import mentions, mentions_others, plain
from core.inbox import Incoming, Platform, Way

Json: TypeAlias = Mapping[str, Any]
_TS = re.compile(r"\d{1,12}\.\d{1,9}")
_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
_CHANNEL = re.compile(r"[A-Z0-9]{1,32}")
SLACKBOT = "USLACKBOT"
ANSWER_THIS = "answer_this"
"""The callback id of the message shortcut."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in its workspace: `auth.test`."""

    user: str
    bot: str
    team: str
    name: str = ""


class Why(Enum):
    """Why a message may be a question."""

    ADDRESSED = auto()
    """It mentions the bot, or is written to it alone."""
    FOLLOW_UP = auto()
    """It stands in a thread: a question where the bot is engaged there."""
    OVERHEARD = auto()
    """It stands in a channel: a question where the channel is answered without a mention."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, or what may be one. `external`: of a channel shared with other workspaces."""

    incoming: Incoming
    why: Why = Why.ADDRESSED
    external: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A message has another text now; `ask` is what it is where it was no question before."""

    place_key: str
    text: str
    ask: Ask | None


@dataclass(frozen=True, slots=True)
class Delete:
    """A message is gone."""

    place_key: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Whoever reads an answer has read enough."""

    channel: str
    thread: str


Meaning: TypeAlias = Ask | Edit | Delete | Stop


def read_event(body: Json, me: Me) -> Meaning | None:
    """What an Events API payload means."""
    event = body.get("event")
    if not isinstance(event, Mapping) or body.get("team_id") not in (me.team, None):
        return None
    match event.get("type"):
        case "app_mention":
            return _ask(event, body, me) if _by_person(event, me) else None
        case "message":
            return _message(event, body, me)
        case "agent_session_stopped":
            return _stop(event)
        case _:
            return None


def _message(event: Json, body: Json, me: Me) -> Meaning | None:
    match event.get("subtype") or "":
        case "message_changed":
            return _edit(event, body, me)
        case "message_deleted":
            return _delete(event)
        case subtype if subtype in _SUBTYPES and _by_person(event, me):
            return _ask(event, body, me)
        case _:
            return None


def _by_person(message: Json, me: Me) -> bool:
    user = message.get("user")
    return isinstance(user, str) and user not in ("", me.user, SLACKBOT) and not message.get("bot_id")


def _ask(message: Json, body: Json, me: Me, channel: str = "") -> Ask | None:
    channel = channel or _text(message, "channel")
    ts, thread, text = _text(message, "ts"), _text(message, "thread_ts"), _text(message, "text")
    if not (_CHANNEL.fullmatch(channel) and _TS.fullmatch(ts) and (not thread or _TS.fullmatch(thread))):
        return None
    external = bool(body.get("is_ext_shared_channel"))
    other_team = (_text(message, "team") or me.team) != me.team
    if other_team and not external:
        return None
    direct = channel.startswith("D")
    addressed = direct or mentions(text, me.user)
    if not addressed and mentions_others(text, me.user):
        return None
    incoming = Incoming(
        platform=Platform.SLACK,
        tenant=me.team,
        event_key=_text(body, "event_id") or f"{channel}:{ts}",
        place_key=f"{channel}:{ts}",
        channel=channel,
        thread=thread or ts,
        asker=_text(message, "user"),
        way=Way.DIRECT if direct else Way.THREAD,
        text=plain(text, me.user),
        details={"ts": ts, "in_thread": bool(thread) and thread != ts, "team": _text(message, "team") or me.team},
    )
    why = Why.ADDRESSED if addressed else Why.FOLLOW_UP if thread else Why.OVERHEARD
    return Ask(incoming, why, external)


def _edit(event: Json, body: Json, me: Me) -> Edit | Delete | None:
    now, before = event.get("message"), event.get("previous_message")
    if isinstance(now, Mapping) and now.get("subtype") == "tombstone":  # what is left of a deleted one with replies
        return Delete(f"{_text(event, 'channel')}:{_text(now, 'ts')}")
    if not isinstance(now, Mapping) or not _by_person(now, me) or (now.get("subtype") or "") not in _SUBTYPES:
        return None
    if isinstance(before, Mapping) and before.get("text") == now.get("text"):
        return None  # a link was unfurled, or a reply counted
    channel, ts = _text(event, "channel"), _text(now, "ts")
    ask = _ask(now, body, me, channel)
    if ask is not None and ask.why is not Why.ADDRESSED:
        ask = None
    return Edit(f"{channel}:{ts}", plain(_text(now, "text"), me.user), ask)


def _delete(event: Json) -> Delete | None:
    channel, ts = _text(event, "channel"), _text(event, "deleted_ts")
    before = event.get("previous_message")
    ts = ts or (_text(before, "ts") if isinstance(before, Mapping) else "")
    return Delete(f"{channel}:{ts}") if channel and ts else None


def _stop(event: Json) -> Stop | None:
    channel = _text(event, "channel") or _text(event, "channel_id")
    thread = _text(event, "thread_ts")
    return Stop(channel, thread) if channel and thread else None


def read_command(body: Json, me: Me) -> Ask | None:
    """What `/ask` means; answered to its asker alone."""
    channel, user, trigger = _text(body, "channel_id"), _text(body, "user_id"), _text(body, "trigger_id")
    if body.get("team_id") != me.team or not (channel and user and trigger):
        return None
    incoming = Incoming(
        platform=Platform.SLACK,
        tenant=me.team,
        event_key=f"ask:{trigger}",
        place_key=f"ask:{trigger}",
        channel=channel,
        thread=f"ask:{trigger}",
        asker=user,
        way=Way.PRIVATE,
        text=plain(_text(body, "text"), me.user),
        details={"secret": {"response_url": _text(body, "response_url")}},
    )
    return Ask(incoming, external=bool(body.get("is_ext_shared_channel")))


def read_shortcut(body: Json, me: Me) -> Ask | None:
    """What "Answer this" on a message means: its text is asked, by whoever chose the shortcut."""
    message, channel, user = body.get("message"), body.get("channel"), body.get("user")
    if not (isinstance(message, Mapping) and isinstance(channel, Mapping) and isinstance(user, Mapping)):
        return None
    if body.get("callback_id") != ANSWER_THIS or not _by_person(message, me):
        return None
    ask = _ask({**message, "user": _text(user, "id")}, {}, me, _text(channel, "id"))
    return Ask(ask.incoming) if ask is not None else None


def _text(mapping: Json, key: str) -> str:
    """A string where Slack promises one, whatever came."""
    value = mapping.get(key)
    return value if isinstance(value, str) else ""
