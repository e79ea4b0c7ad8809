"""The routes of messages: send, read, edit, delete, react, type.

`made` is also how people, threads and interactions make messages. A nonce is answered by the message that had it first,
for `Limits.nonce_seconds`; nothing but the answer and the event shows it, because Discord does not keep it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.servers.discord import payloads
from tests.servers.discord.api import Back, Incoming
from tests.servers.discord.bodies import EDIT, NEW, check_message, check_reading, nothing
from tests.servers.discord.checks import invalid
from tests.servers.discord.components import walk
from tests.servers.discord.model import (
    COMPONENTS_V2,
    SUPPRESS_EMBEDS,
    Attachment,
    Edit,
    Json,
    Kind,
    Place,
    Posted,
    Refused,
)
from tests.servers.discord.permissions import Permission, need
from tests.servers.discord.pings import allowed, mentioned
from tests.servers.discord.world import World

_KEPT_FLAGS = SUPPRESS_EMBEDS | (1 << 12) | COMPONENTS_V2  # what a sender may set; ephemeral is set by interactions
_REPLY = 19
_SYSTEM = frozenset({18, 21})


def made(
    world: World, place: Place, author_id: int, body: Json, files: Sequence[Attachment] = (), **more: Json
) -> Posted:
    """Make a message, kept in its place; no event is sent yet."""
    content, rules = body.get("content") or "", body.get("allowed_mentions")
    answered = world.messages.get(more["reply_to"]) if more.get("reply_to") else None
    found = mentioned("\n".join([content, *(one.get("content") or "" for one in walk(body.get("components") or []))]))
    kept = allowed(found, rules, answered.author_id if answered else None)
    posted = Posted(
        id=more.pop("id", None) or world.new_id(),
        channel_id=place.id,
        author_id=author_id,
        content=content,
        at=time.monotonic(),
        type=more.pop("type", None) or (_REPLY if answered else 0),
        embeds=list(body.get("embeds") or []),
        components=list(body.get("components") or []),
        attachments=list(files),
        flags=more.pop("flags", int(body.get("flags") or 0) & _KEPT_FLAGS),
        nonce=str(body["nonce"]) if body.get("nonce") is not None else None,
        mentions=tuple(one for one in kept.users if one in world.users),
        roles=kept.roles,
        allowed_mentions=rules,
        pings=allowed(found, rules, None).names(),
        **more,
    )
    return world.store(posted)


def changed(posted: Posted, body: Json, files: Sequence[Attachment] = ()) -> None:
    """Edit a message by the fields of the body; the rest stays."""
    flags = int(body.get("flags") or 0) | (posted.flags & COMPONENTS_V2)
    check_message(body | {"flags": flags}, EDIT, whole=False)
    content = (body["content"] or "") if "content" in body else posted.content
    embeds = list(body["embeds"] or []) if "embeds" in body else posted.embeds
    components = list(body["components"] or []) if "components" in body else posted.components
    if not (content or embeds or components or posted.attachments or files):
        raise nothing()
    posted.content, posted.embeds, posted.components = content, embeds, components
    posted.attachments.extend(files)
    if body.get("flags") is not None:
        posted.flags = (posted.flags & ~SUPPRESS_EMBEDS) | (int(body["flags"]) & _KEPT_FLAGS)
    rules = body.get("allowed_mentions")
    if "content" in body:
        posted.pings |= allowed(mentioned(content), rules, None).names()
    posted.edits.append(Edit(time.monotonic(), content, tuple(embeds), tuple(components), rules))


def send(back: Back, asked: Incoming) -> Json:
    """Answer POST /channels/C/messages."""
    world, body = back.world, asked.body or {}
    place = world.place(asked.path["channel"])
    if place.kind is Kind.FORUM:
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    check_message(body, NEW, files=len(asked.files))
    _may_send(world, place, body, asked.files)
    body = _embedded(world.permissions(place), body)
    key = (world.bot.id, str(body.get("nonce")))
    if body.get("enforce_nonce") and body.get("nonce") is not None:
        known = world.nonces.get(key)
        if known is not None and time.monotonic() - known.at < world.limits.nonce_seconds:
            return payloads.message(world, known) | {"nonce": known.nonce}
    posted = made(world, place, world.bot.id, body, asked.files, reply_to=_answered(world, place, body))
    if posted.nonce is not None:
        world.nonces[key] = posted
    if place.archived:
        place.archived = False
        back.events.changed(place)
    back.events.posted(posted)
    return payloads.message(world, posted) | ({"nonce": posted.nonce} if posted.nonce is not None else {})


def _may_send(world: World, place: Place, body: Json, files: Sequence[Attachment]) -> None:
    have = world.permissions(place)
    sending = Permission.SEND_MESSAGES_IN_THREADS if place.is_thread else Permission.SEND_MESSAGES
    need(have, sending)
    if files:
        need(have, Permission.ATTACH_FILES)
    if body.get("message_reference") and not have & Permission.READ_MESSAGE_HISTORY:
        raise Refused(403, 160002, "Cannot reply without permission to read message history")
    if place.recipient_id in world.closed_dms:
        raise Refused(403, 50007, "Cannot send messages to this user")
    _not_locked(place, have)


def _not_locked(place: Place, have: Permission) -> None:
    if place.locked and not have & Permission.MANAGE_THREADS:
        raise Refused(403, 50083, "Thread is archived")


def _active(place: Place, have: Permission) -> None:
    """Refuse to change anything in an archived thread: only a message wakes it up."""
    _not_locked(place, have)
    if place.archived:
        raise Refused(400, 50083, "Thread is archived")


def _embedded(have: Permission, body: Json) -> Json:
    """Return the body without embeds where the bot may not embed, and without a word of that.

    Raises `Refused` where nothing is left.
    """
    if have & Permission.EMBED_LINKS or not body.get("embeds"):
        return body
    if not (body.get("content") or body.get("components")):
        need(have, Permission.EMBED_LINKS)
    return body | {"embeds": []}


def _answered(world: World, place: Place, body: Json) -> int | None:
    reference = body.get("message_reference")
    if not reference:
        return None
    try:
        answered = world.message(place, reference["message_id"])
    except Refused:
        if reference.get("fail_if_not_exists", True):
            raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message") from None
        return None
    if answered.type in _SYSTEM:
        raise invalid("message_reference", "REPLIES_CANNOT_REFERENCE_SYSTEM_MESSAGE", "A system message")
    return answered.id


def history(back: Back, asked: Incoming) -> Json:
    """Answer GET /channels/C/messages: newest first. Empty without the permission to read history, as with Discord."""
    world = back.world
    place = world.place(asked.path["channel"])
    have = world.permissions(place)
    need(have)
    check_reading(asked.query)
    limit = int(asked.query.get("limit", 50))
    if not have & Permission.READ_MESSAGE_HISTORY:
        return []
    seen = [one for one in place.messages.values() if one.deleted is None and not one.ephemeral]
    return [_read(world, one) for one in reversed(_part(seen, asked, limit))]


def _part(seen: list[Posted], asked: Incoming, limit: int) -> list[Posted]:
    if "after" in asked.query:
        return [one for one in seen if one.id > int(asked.query["after"])][:limit]
    if "around" in asked.query:
        middle = int(asked.query["around"])
        older = [one for one in seen if one.id < middle][-(limit // 2) :]
        return older + [one for one in seen if one.id >= middle][: limit - len(older)]
    before = int(asked.query["before"]) if "before" in asked.query else None
    return [one for one in seen if before is None or one.id < before][-limit:]


def _read(world: World, one: Posted) -> Json:
    wire = payloads.message(world, one)
    return wire if world.granted & world.granted.MESSAGE_CONTENT else payloads.emptied(world, one, wire)


def get(back: Back, asked: Incoming) -> Json:
    """Answer GET /channels/C/messages/M."""
    place = back.world.place(asked.path["channel"])
    need(back.world.permissions(place), Permission.READ_MESSAGE_HISTORY)
    return _read(back.world, back.world.message(place, asked.path["message"]))


def edit(back: Back, asked: Incoming) -> Json:
    """Answer PATCH /channels/C/messages/M: only for the bot's own messages."""
    world = back.world
    place = world.place(asked.path["channel"])
    need(world.permissions(place))
    posted = world.message(place, asked.path["message"])
    if posted.author_id != world.bot.id:
        raise Refused(403, 50005, "Cannot edit a message authored by another user")
    _active(place, world.permissions(place))
    body = asked.body or {}
    may_embed = world.permissions(place) & Permission.EMBED_LINKS
    changed(posted, body if may_embed or "embeds" not in body else body | {"embeds": []}, asked.files)
    posted.edited = time.time()
    back.events.edited(posted)
    return payloads.message(world, posted)


def delete(back: Back, asked: Incoming) -> Json:
    """Answer DELETE /channels/C/messages/M: its own, or any with the permission to manage messages."""
    world = back.world
    place = world.place(asked.path["channel"])
    posted = world.message(place, asked.path["message"])
    if posted.author_id != world.bot.id:
        need(world.permissions(place), Permission.MANAGE_MESSAGES)
    _active(place, world.permissions(place))
    posted.deleted = time.monotonic()
    back.events.deleted(posted)


def react(back: Back, asked: Incoming) -> Json:
    """Answer PUT /channels/C/messages/M/reactions/E/@me."""
    place = back.world.place(asked.path["channel"])
    need(back.world.permissions(place), Permission.ADD_REACTIONS, Permission.READ_MESSAGE_HISTORY)
    posted = back.world.message(place, asked.path["message"])
    if asked.path["emoji"] not in posted.reactions:
        posted.reactions.append(asked.path["emoji"])


def unreact(back: Back, asked: Incoming) -> Json:
    """Answer DELETE /channels/C/messages/M/reactions/E/@me."""
    posted = back.world.message(back.world.place(asked.path["channel"]), asked.path["message"])
    if asked.path["emoji"] in posted.reactions:
        posted.reactions.remove(asked.path["emoji"])


def typing(back: Back, asked: Incoming) -> Json:
    """Answer POST /channels/C/typing."""
    place = back.world.place(asked.path["channel"])
    speaking = Permission.SEND_MESSAGES_IN_THREADS if place.is_thread else Permission.SEND_MESSAGES
    need(back.world.permissions(place), speaking)
