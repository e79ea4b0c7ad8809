"""The form of the nouns on Discord's wire. Every function gives a new object; ids are strings.

Only `emptied` takes away what a reader without the intent for texts may not see.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.servers.discord.model import SUPPRESS_EMBEDS, Asked, Attachment, Guild, Json, Kind, Place, Posted, User
from tests.servers.discord.permissions import EVERYONE, Permission
from tests.servers.discord.world import EPOCH_MS, World

_JOINED = "2024-01-01T00:00:00.000000+00:00"
_ROLE = {"color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
_COLORS = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}


def stamp(snowflake: int) -> str:
    """Return when an id was made, as ISO 8601."""
    return iso(((snowflake >> 22) + EPOCH_MS) / 1000)


def iso(seconds: float) -> str:
    """Return seconds since 1970 as `"2026-01-01T00:00:00.000000+00:00"`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def user(one: User) -> Json:
    """Return a user object."""
    return {
        "id": str(one.id),
        "username": one.name,
        "discriminator": "0",
        "global_name": one.name.capitalize(),
        "avatar": None,
        "bot": one.bot,
        "public_flags": 0,
    }


def member(one: User | None = None, permissions: int | None = None) -> Json:
    """Return a member object; with its user in lists and interactions, without it in messages."""
    made: Json = {
        "roles": [],
        "nick": None,
        "joined_at": _JOINED,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
    }
    if one is not None:
        made["user"] = user(one)
    if permissions is not None:
        made["permissions"] = str(permissions)
    return made


def application(world: World) -> Json:
    """Return the application as it sees itself.

    Flags name the privileged intents that a small application is granted.
    """
    flags = (1 << 19 if world.granted & world.granted.MESSAGE_CONTENT else 0) | (
        1 << 15 if world.granted & world.granted.MEMBERS else 0
    )
    return {
        "id": str(world.application_id),
        "name": "Footnote",
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": world.is_public,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user(world.user(world.owner_id)),
        "flags": flags,
        "interactions_endpoint_url": None,
    }


def guild(world: World, one: Guild) -> Json:
    """Return a whole guild, as GUILD_CREATE brings it: with the places that the bot may see."""
    seen = [each for each in one.places if world.permissions(each) & Permission.VIEW_CHANNEL]
    role = _ROLE | {"id": str(one.id), "name": "@everyone", "position": 0, "permissions": str(int(EVERYONE))}
    return {
        "id": str(one.id),
        "name": one.name,
        "owner_id": str(one.owner_id),
        "unavailable": False,
        "large": False,
        "member_count": len(world.users),
        "roles": [role | {"colors": _COLORS}, _role_of_bot(world, one)],
        "members": [member(world.bot)],
        "channels": [place(world, each) for each in seen if not each.is_thread],
        "threads": [place(world, each) for each in seen if each.is_thread and not each.archived],
        "features": [],
        "emojis": [],
        "stickers": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "preferred_locale": "en-US",
    }


def _role_of_bot(world: World, one: Guild) -> Json:
    """Return the role that came with the bot."""
    names = {"id": str(one.bot_role), "name": world.bot.name, "position": 1, "permissions": "0"}
    return _ROLE | names | {"colors": _COLORS, "managed": True, "tags": {"bot_id": str(world.bot.id)}}


def place(world: World, one: Place) -> Json:
    """Return a channel object of any kind."""
    made: Json = {"id": str(one.id), "type": int(one.kind), "last_message_id": _last(one), "flags": 0}
    if one.kind is Kind.DM:
        return made | {"recipients": [user(world.user(one.recipient_id or 0))]}
    made |= {"guild_id": str(one.guild_id), "name": one.name, "rate_limit_per_user": 0, "nsfw": False}
    made["parent_id"] = str(one.parent_id) if one.parent_id else None
    if one.is_thread:
        return made | _thread(world, one)
    rules = {"id": str(world.bot.id), "type": 1, "allow": str(int(one.allow)), "deny": str(int(one.deny))}
    made |= {"position": 0, "permission_overwrites": [rules] if one.allow or one.deny else [], "topic": None}
    if one.kind is Kind.VOICE:
        made |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if one.kind is Kind.FORUM:
        tags = [
            {"id": str(tag), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
            for tag, name in one.tags.items()
        ]
        made |= {"available_tags": tags, "default_reaction_emoji": None, "default_sort_order": None}
    return made


def _thread(world: World, one: Place) -> Json:
    stamps = {"archive_timestamp": stamp(one.id), "create_timestamp": stamp(one.id)}
    count = sum(each.deleted is None for each in one.messages.values())
    return {
        "owner_id": str(one.owner_id),
        "message_count": count,
        "total_message_sent": len(one.messages),
        "member_count": 2,
        "applied_tags": [str(tag) for tag in one.applied],
        "thread_metadata": {
            "archived": one.archived,
            "locked": one.locked,
            "auto_archive_duration": 1440,
            **stamps,
        },
        "member": {"id": str(one.id), "user_id": str(world.bot.id), "join_timestamp": stamp(one.id), "flags": 1},
    }


def _last(one: Place) -> str | None:
    return str(next(reversed(one.messages))) if one.messages else None


def message(world: World, one: Posted, *, event: bool = False, inner: bool = False) -> Json:
    """Return a message object. Those of the gateway hold the guild and the member, those of REST do not.

    `nonce` is in neither unless the caller adds it: Discord does not keep it. `inner`: the message that another one
    answers, which has no such message itself.
    """
    author = world.user(one.author_id)
    made: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "type": one.type,
        "author": user(author),
        "content": one.content,
        "timestamp": stamp(one.id),
        "edited_timestamp": iso(one.edited) if one.edited else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user(world.user(each)) for each in one.mentions],
        "mention_roles": [str(each) for each in one.roles],
        "attachments": [_attachment(each) for each in one.attachments],
        "embeds": [{"type": "rich", **each} for each in one.embeds if not one.flags & SUPPRESS_EMBEDS],
        "components": one.components,
        "pinned": False,
        "flags": one.flags,
    }
    if one.asked is not None:
        made |= _asked_by(world, one.asked)
    where = world.places[one.channel_id]
    if event and where.guild_id is not None:
        made |= {"guild_id": str(where.guild_id), "member": member()}
    if one.thread is not None:
        made["thread"] = place(world, one.thread)
    if one.forwarded:
        made |= _forwarded(one)
    if one.reply_to is not None and not inner:
        made |= _answered(world, one, one.reply_to)
    return made


def _forwarded(one: Posted) -> Json:
    """Return a message of another channel, as it was: without its author."""
    bare: Json = {"embeds": [], "attachments": [], "components": [], "mentions": [], "mention_roles": []}
    stamps = {"timestamp": stamp(one.id), "edited_timestamp": None, "type": 0, "flags": 0}
    reference = {"type": 1, "message_id": str(one.id - 1), "channel_id": "1", "guild_id": "1"}
    return {
        "message_reference": reference,
        "message_snapshots": [{"message": {"content": one.forwarded, **bare, **stamps}}],
        "flags": one.flags | 1 << 14,
    }


def _attachment(one: Attachment) -> Json:
    url = one.url or f"https://cdn.example/{one.id}/{one.name}"
    shown = {"id": str(one.id), "filename": one.name, "size": len(one.data), "url": url, "proxy_url": url}
    return shown | ({"content_type": one.kind} if one.kind else {})


def _answered(world: World, one: Posted, answered: int) -> Json:
    found = world.messages.get(answered)
    where = found.channel_id if found else one.channel_id
    reference = {"type": 0, "message_id": str(answered), "channel_id": str(where)}
    guild_id = world.places[where].guild_id
    if guild_id is not None:
        reference["guild_id"] = str(guild_id)
    gone = found is None or found.deleted is not None
    return {
        "message_reference": reference,
        "referenced_message": None if gone or found is None else message(world, found, inner=True),
    }


def _asked_by(world: World, asked: Asked) -> Json:
    return {
        "application_id": str(world.application_id),
        "webhook_id": str(world.application_id),
        "interaction_metadata": {
            "id": str(asked.id),
            "type": asked.kind,
            "user": user(world.user(asked.user_id)),
            "authorizing_integration_owners": {},
        },
    }


def open_to_all(world: World, one: Posted) -> bool:
    """Return whether a reader without the intent sees the text.

    Direct messages, the bot's own, and those that mention it.
    """
    own = one.author_id == world.bot.id or world.bot.id in one.mentions
    return own or world.places[one.channel_id].kind is Kind.DM


def emptied(world: World, one: Posted, wire: Json) -> Json:
    """Return the same message for a reader without the intent.

    It has no text, embeds, files or components, unless such a reader may see them.
    """
    bare = {"content": "", "embeds": [], "attachments": [], "components": []}
    made = wire if open_to_all(world, one) else wire | bare
    answered = world.messages.get(one.reply_to) if one.reply_to else None
    if answered is not None and wire.get("referenced_message") and not open_to_all(world, answered):
        made = made | {"referenced_message": wire["referenced_message"] | bare}
    return made
