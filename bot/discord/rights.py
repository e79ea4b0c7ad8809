"""The permissions that the bot asks for when somebody adds it to a server, and the link to do so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    read_message_history=True,
)
_VIEW = discord.Permissions(view_channel=True).value
SCOPES = ("bot", "applications.commands")


def is_open_to_all(guild: Mapping[str, Any], channel: Mapping[str, Any]) -> bool:
    """Return whether every member of a guild may read a channel.

    The role for everybody has the guild's own id; what a channel says of it comes before what the role allows.
    """
    everybody = str(guild.get("id") or "")
    if not everybody or str(channel.get("guild_id")) != everybody:
        return False
    for each in channel.get("permission_overwrites") or ():
        if str(each.get("id")) == everybody:
            if int(each.get("deny") or 0) & _VIEW:
                return False
            if int(each.get("allow") or 0) & _VIEW:
                return True
    roles = (each for each in guild.get("roles") or () if str(each.get("id")) == everybody)
    return any(int(each.get("permissions") or 0) & _VIEW for each in roles)


def invitation(application: int) -> str:
    """Return the link that adds an application to a server."""
    return discord.utils.oauth_url(application, permissions=PERMISSIONS, scopes=SCOPES)
