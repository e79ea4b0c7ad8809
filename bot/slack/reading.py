"""What a payload of Slack means for the inbox: a question, an edit, a deletion, a stop; or nothing.

    app_mention, message ──> Ask      mention, direct message, follow-up, or any message (to be judged by its channel)
    message_changed      ──> Edit
    message_deleted      ──> Delete
    reaction_added       ──> QuietReaction
    agent_session_stopped ─> Stop
    /ask, shortcut       ──> Ask
    from another workspace, or not as Slack writes it ──> Odd

A message counts if a person wrote it, and if it has no subtype, or is a file or a thread broadcast. One post may come
as two events, and each of them repeatedly: all have one place key, made of channel and ts. Pure: it asks nobody and
stores nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.attention import Trigger
from bot.files import is_text
from bot.slack.payloads import Json, map_in, maps_in, text_in
from bot.slack.text import AUTHOR, authors_of, mentions, mentions_others, to_plain_text
from bot.slack.words import is_shared, words_of
from core.inbox.platforms import SharedFile, SlackDetails, SlackSecret
from core.inbox.port import NewQuestion, Platform, Visibility

_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")
"""What identifies a delivery: it is a key of the inbox."""

_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
_QUIET = frozenset({"mute", "no_bell"})
SLACKBOT = "USLACKBOT"
ANSWER_THIS = "answer_this"
"""The callback id of the message shortcut."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who the bot is in its workspace, from `auth.test`."""

    user: str
    bot: str
    team: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SlackAsk:
    """A question, or what may be one. `external`: from a channel shared with other workspaces.

    `to_people`: it mentions other people, and not the bot.
    """

    incoming: NewQuestion
    why: Trigger = Trigger.ADDRESSED
    external: bool = False
    to_people: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A message that has another text now; `ask`: what it asks if it was no question before. `external`: as there.

    `at`: when, in seconds of Slack's clock, since edits may arrive out of order.
    """

    place_key: str
    text: str
    ask: SlackAsk | None
    external: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Delete:
    """A message that is gone."""

    place_key: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A reader has read enough of an answer."""

    channel: str
    thread: str


@dataclass(frozen=True, slots=True)
class Odd:
    """A payload that we may not or cannot read; `why` is for the log and repeats nothing of it."""

    why: str


@dataclass(frozen=True, slots=True)
class QuietReaction:
    """Somebody marked a message so that the bot is quiet in its thread; `at` in seconds of Slack's clock."""

    channel: str
    ts: str
    user: str
    at: float


Meaning: TypeAlias = SlackAsk | Edit | Delete | Stop | QuietReaction | Odd


def is_foreign(body: Json, me: Me) -> bool:
    """Return whether a payload comes from another workspace than ours.

    For a channel shared with others, their workspace may deliver an event on behalf of ours.
    """
    named = text_in(body, "team_id") or text_in(map_in(body, "team"), "id")
    ours = text_in(body, "context_team_id") == me.team and body.get("is_ext_shared_channel") is True
    return named not in ("", me.team) and not ours


def read_event(body: Json, me: Me) -> Meaning | None:
    """Return what an Events API payload means."""
    event = body.get("event")
    if is_foreign(body, me):
        return Odd("an event of another workspace")
    if not isinstance(event, Mapping):
        return Odd("an event that says nothing")
    match event.get("type"):
        case "app_mention" | "message":
            return _message(event, body, me)
        case "agent_session_stopped":
            return _stop(event)
        case "reaction_added":
            return _reaction(event, me)
        case _:
            return None


def read_found(message: Json, channel: str, me: Me, *, external: bool) -> Meaning | None:
    """Return what a message of a history means: what its event would have meant, with the message as it is now."""
    if message.get("subtype") == "tombstone":
        return _delete({"channel": channel, "deleted_ts": message.get("ts")})
    return _message({**message, "channel": channel}, {"is_ext_shared_channel": external}, me)


def is_ours(message: Json, me: Me) -> bool:
    """Return whether the bot wrote a message."""
    return message.get("user") == me.user or message.get("bot_id") == me.bot


def _message(event: Json, body: Json, me: Me) -> Meaning | None:
    match event.get("subtype") or "":
        case str() as subtype if subtype in _SUBTYPES:
            return _ask(event, body, me) if _by_person(event, me) else None
        case "message_changed":
            return _edit(event, body, me)
        case "message_deleted":
            return _delete(event)
        case _:
            return None


def _by_person(message: Json, me: Me) -> bool:
    user = message.get("user")
    return isinstance(user, str) and user not in ("", me.user, SLACKBOT) and not message.get("bot_id")


def _place(channel: str, ts: str) -> str:
    """Return the key of a message; empty where its channel or ts is not as Slack writes it."""
    return f"{channel}:{ts}" if _ID.fullmatch(channel) and _TS.fullmatch(ts) else ""


def _ask(message: Json, body: Json, me: Me, channel: str = "", *, chosen: bool = False) -> SlackAsk | Odd | None:
    channel = channel or text_in(message, "channel")
    ts, thread, text = text_in(message, "ts"), text_in(message, "thread_ts"), text_in(message, "text")
    place, asker = _place(channel, ts), text_in(message, "user")
    if not place or (thread and not _TS.fullmatch(thread)) or not _ID.fullmatch(asker):
        return Odd("a message without a channel, a time or an author as Slack writes them")
    external, teams = body.get("is_ext_shared_channel") is True, _teams(message, me)
    if set(teams) != {me.team} and not (external and all(map(_ID.fullmatch, teams))):
        return Odd("a message of another workspace")
    direct = channel.startswith("D")
    addressed = direct or mentions(text, me.user)
    details = SlackDetails(
        at=float(ts),
        edited=_edited(message),
        in_thread=bool(thread) and thread != ts,
        authors=tuple(sorted(authors_of(message) - {asker})),
        files=tuple(files_of(message)),
        shared=None if chosen else external,  # for a shortcut Slack does not say it
        ts=ts,
        team=teams[0],
    )
    incoming = NewQuestion(
        platform=Platform.SLACK,
        tenant=me.team,
        event_key=_key(body, "event_id") or place,
        place_key=place,
        channel=channel,
        thread=thread or ts,
        asker=asker,
        visibility=Visibility.DIRECT if direct else Visibility.THREAD,
        text=words_of(message, me.user),
        details=details,
    )
    return SlackAsk(
        incoming,
        _why(addressed=addressed, chosen=chosen, threaded=bool(thread)),
        external,
        not addressed and mentions_others(text, me.user),
    )


def files_of(message: Json) -> list[SharedFile]:
    """Return the files of a message and of what it forwards; also those whose details Slack keeps to itself."""
    shares = [each for each in maps_in(message, "attachments") if is_shared(each)]
    return [_file(each) for holder in (message, *shares) for each in maps_in(holder, "files")]


def _file(file: Json) -> SharedFile:
    """Return a file by its title; by its name where only that says that it is text."""
    size, kind = file.get("size"), text_in(file, "mimetype")
    url = text_in(file, "url_private_download") or text_in(file, "url_private")
    names = [name for name in (text_in(file, "title"), text_in(file, "name")) if name] or [""]
    found = [SharedFile(name, kind, url, size if isinstance(size, int) else 0) for name in names]
    return next(filter(is_text, found), found[0])


def _why(*, addressed: bool, chosen: bool, threaded: bool) -> Trigger:
    if chosen:
        return Trigger.CHOSEN
    return Trigger.ADDRESSED if addressed else Trigger.FOLLOW_UP if threaded else Trigger.OVERHEARD


def _teams(message: Json, me: Me) -> list[str]:
    """Return the workspaces that a message names as its author's, the most certain first: at least one."""
    named = [text_in(message, key) for key in ("user_team", "source_team", "team")]
    return list(filter(None, named)) or [me.team]


def _edit(event: Json, body: Json, me: Me) -> Edit | Delete | None:
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, Mapping):
        return None
    channel, place = text_in(event, "channel"), _place(text_in(event, "channel"), text_in(now, "ts"))
    if not place:
        return None
    if now.get("subtype") == "tombstone":  # what is left of a deleted message with replies
        return Delete(place)
    if not _by_person(now, me) or text_in(now, "subtype") not in _SUBTYPES:
        return None
    if isinstance(before, Mapping) and before.get("text") == now.get("text"):
        return None  # a link was unfurled, or a reply counted
    ask = _ask(now, body, me, channel)
    new = ask if isinstance(ask, SlackAsk) and ask.why is Trigger.ADDRESSED else None
    external = body.get("is_ext_shared_channel") is True
    return Edit(place, words_of(now, me.user), new, external, _edited(now))


def _edited(message: Json) -> float:
    """Return when a message was last edited, in seconds of Slack's clock; 0: never."""
    ts = text_in(map_in(message, "edited"), "ts")
    return float(ts) if _TS.fullmatch(ts) else 0.0


def _delete(event: Json) -> Delete | None:
    ts = text_in(event, "deleted_ts") or text_in(map_in(event, "previous_message"), "ts")
    place = _place(text_in(event, "channel"), ts)
    return Delete(place) if place else None


def _stop(event: Json) -> Stop | None:
    channel = text_in(event, "channel") or text_in(event, "channel_id")
    thread = text_in(event, "thread_ts")
    return Stop(channel, thread) if _place(channel, thread) else None


def _reaction(event: Json, me: Me) -> QuietReaction | None:
    item, user, at = map_in(event, "item"), text_in(event, "user"), text_in(event, "event_ts")
    channel, ts = text_in(item, "channel"), text_in(item, "ts")
    is_quiet = text_in(event, "reaction") in _QUIET and user not in ("", me.user, SLACKBOT)
    if not (is_quiet and _place(channel, ts) and _ID.fullmatch(user) and _TS.fullmatch(at)):
        return None
    return QuietReaction(channel, ts, user, float(at))


def read_command(body: Json, me: Me) -> SlackAsk | None:
    """Return what `/ask` means: its asker alone sees the answer. None: the payload is foreign or malformed."""
    channel, user, trigger = text_in(body, "channel_id"), text_in(body, "user_id"), _key(body, "trigger_id")
    if is_foreign(body, me) or not (_ID.fullmatch(channel) and _ID.fullmatch(user) and trigger):
        return None
    incoming = NewQuestion(
        platform=Platform.SLACK,
        tenant=me.team,
        event_key=f"ask:{trigger}",
        place_key=f"ask:{trigger}",
        channel=channel,
        thread=f"ask:{trigger}",
        asker=user,
        visibility=Visibility.PRIVATE,
        text=to_plain_text(text_in(body, "text"), me.user),
    )
    return SlackAsk(add_response_url(incoming, body), Trigger.CHOSEN, body.get("is_ext_shared_channel") is True)


def read_shortcut(body: Json, me: Me) -> SlackAsk | None:
    """Return what "Answer this" on a message means: the person who chose the shortcut asks the message's text.

    Messages of programs count, too, for example the form of a workflow; our own do not.
    """
    message, channel, user = map_in(body, "message"), map_in(body, "channel"), map_in(body, "user")
    if body.get("callback_id") != ANSWER_THIS or is_foreign(body, me) or is_ours(message, me):
        return None
    by_presser = {**message, "user": text_in(user, "id"), AUTHOR: text_in(message, "user")}
    ask = _ask(by_presser, body, me, text_in(channel, "id"), chosen=True)
    if not isinstance(ask, SlackAsk) or not (ask.incoming.text or ask.incoming.details.files):
        return None
    return replace(ask, incoming=add_response_url(ask.incoming, body))


def add_response_url(incoming: NewQuestion, body: Json) -> NewQuestion:
    """Return the question with the url by which a command, a shortcut or a button is answered in private."""
    secret = SlackSecret(text_in(body, "response_url"))
    return replace(incoming, details=replace(SlackDetails.of(incoming.details), secret=secret))


def _key(mapping: Json, name: str) -> str:
    """Return the key of a delivery; empty where it is not as Slack writes them."""
    value = text_in(mapping, name)
    return value if _KEY.fullmatch(value) else ""
