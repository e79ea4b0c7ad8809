"""The routes of channels and threads: read one, make a thread from a message or alone, make a forum post, change one.

A thread made from a message has its id, and begins with a message of type 21 that points at it; one made alone leaves a
message of type 18 in its channel. `start` and `post` are also how people do it.
"""

from __future__ import annotations

from tests.servers.discord import payloads
from tests.servers.discord.api import Back, Incoming
from tests.servers.discord.bodies import FOLLOW_UP, check_changed_thread, check_message, check_thread
from tests.servers.discord.messages import made
from tests.servers.discord.model import HAS_THREAD, Json, Kind, Place, Posted, Refused
from tests.servers.discord.permissions import Permission, need
from tests.servers.discord.world import World

_THREAD_CREATED, _THREAD_STARTER = 18, 21
_OF_PARENT = {Kind.TEXT: Kind.THREAD, Kind.FORUM: Kind.THREAD, Kind.ANNOUNCEMENT: Kind.ANNOUNCEMENT_THREAD}


def get(back: Back, asked: Incoming) -> Json:
    """Answer GET /channels/C."""
    place = back.world.place(asked.path["channel"])
    need(back.world.permissions(place))
    return payloads.place(back.world, place)


def change(back: Back, asked: Incoming) -> Json:
    """Answer PATCH /channels/C: a thread's name, and whether it is archived or locked."""
    world, body = back.world, asked.body or {}
    place = world.place(asked.path["channel"])
    check_changed_thread(body)
    have = world.permissions(place)
    need(have)
    ours = place.owner_id == world.bot.id and "locked" not in body and not place.locked
    if not have & Permission.MANAGE_THREADS and not ours:
        need(have, Permission.MANAGE_THREADS)
    if place.archived and body.get("archived", True):
        raise Refused(400, 50083, "Thread is archived")
    place.name = body.get("name", place.name)
    place.applied = [int(tag) for tag in body.get("applied_tags", place.applied)]
    place.archived, place.locked = body.get("archived", place.archived), body.get("locked", place.locked)
    back.events.changed(place)
    return payloads.place(world, place)


def from_message(back: Back, asked: Incoming) -> Json:
    """Answer POST /channels/C/messages/M/threads."""
    world = back.world
    place = world.place(asked.path["channel"])
    need(world.permissions(place))
    if place.kind not in (Kind.TEXT, Kind.ANNOUNCEMENT):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    message = world.message(place, asked.path["message"])
    need(world.permissions(place), Permission.CREATE_PUBLIC_THREADS)
    if message.thread is not None:
        raise Refused(400, 160004, "A thread has already been created for this message")
    return payloads.place(world, start(back, place, message, check_thread(asked.body), world.bot.id))


def alone(back: Back, asked: Incoming) -> Json:
    """Answer POST /channels/C/threads: a thread without a message, or a post in a forum."""
    world, body = back.world, asked.body or {}
    place = world.place(asked.path["channel"])
    name = check_thread(body, alone=True)
    if place.kind is Kind.FORUM:
        need(world.permissions(place), Permission.SEND_MESSAGES)
        check_message(body.get("message") or {}, FOLLOW_UP, files=len(asked.files))
        thread, first = post(back, place, name, body["message"], world.bot.id)
        return payloads.place(world, thread) | {"message": payloads.message(world, first)}
    if place.kind not in (Kind.TEXT, Kind.ANNOUNCEMENT):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    need(world.permissions(place), Permission.CREATE_PUBLIC_THREADS)
    thread = _made(world, place, name, world.bot.id, None)
    back.events.thread_made(thread)
    back.events.posted(made(world, place, world.bot.id, {"content": name}, type=_THREAD_CREATED))
    return payloads.place(world, thread)


def start(back: Back, place: Place, message: Posted, name: str, owner_id: int) -> Place:
    """Make a thread from a message, and send the bot its event."""
    world = back.world
    thread = _made(world, place, name, owner_id, message.id)
    message.thread = thread
    message.flags |= HAS_THREAD
    back.events.thread_made(thread)
    back.events.edited(message)
    first = made(world, thread, message.author_id, {}, type=_THREAD_STARTER, reply_to=message.id)
    first.mentions, first.pings = (), frozenset()
    back.events.posted(first)
    return thread


def post(back: Back, forum: Place, name: str, body: Json, author_id: int) -> tuple[Place, Posted]:
    """Make a post in a forum, and send the bot its events.

    First the thread, then its first message, which has the thread's id.
    """
    thread = _made(back.world, forum, name, author_id, None)
    first = made(back.world, thread, author_id, body, id=thread.id)
    back.events.thread_made(thread)
    back.events.posted(first)
    return thread, first


def _made(world: World, parent: Place, name: str, owner_id: int, number: int | None) -> Place:
    kind = _OF_PARENT[parent.kind]
    return world.add_place(kind, name, parent.guild_id, parent_id=parent.id, owner_id=owner_id, id=number)


def join(back: Back, asked: Incoming) -> Json:
    """Answer PUT /channels/C/thread-members/@me."""
    back.world.place(asked.path["channel"])


def active(back: Back, asked: Incoming) -> Json:
    """Answer GET /guilds/G/threads/active."""
    guild = back.world.guilds.get(int(asked.path["guild"]))
    if guild is None:
        raise Refused(404, 10004, "Unknown Guild")
    threads = [one for one in guild.places if one.is_thread and not one.archived]
    seen = [one for one in threads if back.world.permissions(one) & Permission.VIEW_CHANNEL]
    return {"threads": [payloads.place(back.world, one) for one in reversed(seen)], "members": []}
