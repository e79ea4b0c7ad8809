"""The routes of the application itself: who it is, its gateway, its commands, the people it can write to."""

from __future__ import annotations

from tests.servers.discord import payloads
from tests.servers.discord.api import Back, Incoming
from tests.servers.discord.checks import SNOWFLAKE, fields
from tests.servers.discord.commands import check_commands
from tests.servers.discord.model import Guild, Json, Refused


def me(back: Back, asked: Incoming) -> Json:
    """Answer GET /users/@me."""
    return payloads.user(back.world.bot) | {"verified": True, "mfa_enabled": True, "flags": 0}


def guilds(back: Back, asked: Incoming) -> Json:
    """Answer GET /users/@me/guilds."""
    known = [{"id": str(each.id), "name": each.name, "owner": False} for each in back.world.guilds.values()]
    return known[: int(asked.query.get("limit", 200))]


def gateway(back: Back, asked: Incoming) -> Json:
    """Answer GET /gateway."""
    return {"url": back.world.gateway_url}


def gateway_bot(back: Back, asked: Incoming) -> Json:
    """Answer GET /gateway/bot, with as many shards as the world has."""
    most, used = back.world.limits.identifies, back.world.identified
    limit = {"total": most, "remaining": max(0, most - used), "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": back.world.gateway_url, "shards": back.world.shards, "session_start_limit": limit}


def unknown(back: Back, asked: Incoming) -> Json:
    """Refuse any other path with 404."""
    raise Refused(404, 0, "404: Not Found")


def user(back: Back, asked: Incoming) -> Json:
    """Answer GET /users/U."""
    found = back.world.users.get(int(asked.path["user"]))
    if found is None:
        raise Refused(404, 10013, "Unknown User")
    return payloads.user(found)


def application(back: Back, asked: Incoming) -> Json:
    """Answer GET /applications/@me, and its older name."""
    return payloads.application(back.world)


def direct(back: Back, asked: Incoming) -> Json:
    """Answer POST /users/@me/channels."""
    fields("", asked.body, {"recipient_id": SNOWFLAKE}, ("recipient_id",))
    recipient = int(asked.body["recipient_id"])
    if recipient not in back.world.users:
        raise Refused(400, 50033, "Invalid Recipient(s)")
    return payloads.place(back.world, back.world.direct(recipient))


def guild(back: Back, asked: Incoming) -> Json:
    """Answer GET /guilds/G."""
    return payloads.guild(back.world, _guild(back, asked))


def member(back: Back, asked: Incoming) -> Json:
    """Answer GET /guilds/G/members/U."""
    _guild(back, asked)
    found = back.world.users.get(int(asked.path["user"]))
    if found is None:
        raise Refused(404, 10007, "Unknown Member")
    return payloads.member(found)


def _guild(back: Back, asked: Incoming) -> Guild:
    found = back.world.guilds.get(int(asked.path["guild"]))
    if found is None:
        raise Refused(404, 10004, "Unknown Guild")
    return found


def commands(back: Back, asked: Incoming) -> Json:
    """Answer GET /applications/A/commands, or those of a guild."""
    return back.world.commands.get(_scope(asked), [])


def register(back: Back, asked: Incoming) -> Json:
    """Answer PUT of the same path: the whole list at once. A command that was there keeps its id."""
    world, scope = back.world, _scope(asked)
    check_commands(asked.body)
    ids = {(one["name"], one["type"]): one["id"] for one in world.commands.get(scope, [])}
    kept = []
    for one in asked.body:
        key = (one["name"], one.get("type", 1))
        more = {"guild_id": str(scope)} if scope is not None else {}
        described = {"description": one.get("description") or "", "type": key[1], "version": "1"}
        known = {"id": ids.get(key) or str(world.new_id()), "application_id": str(world.application_id)}
        kept.append(one | described | known | more)
    world.commands[scope] = kept
    return kept


def _scope(asked: Incoming) -> int | None:
    return int(asked.path["guild"]) if "guild" in asked.path else None
