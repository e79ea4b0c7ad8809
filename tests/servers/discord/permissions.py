"""What the bot may do in a place, as far as this server asks: Discord's bits and the overwrite for the bot."""

from __future__ import annotations

from enum import IntFlag

from tests.servers.discord.model import Kind, Place, Refused


class Permission(IntFlag):
    """Those of Discord's bits that matter here."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYONE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
_WITHOUT_THREADS = EVERYONE & ~Permission.CREATE_PUBLIC_THREADS & ~Permission.SEND_MESSAGES_IN_THREADS


def of_bot(place: Place, parent: Place | None) -> Permission:
    """Return what the bot may do there; a thread has the permissions of its parent."""
    if place.kind is Kind.DM:
        return _WITHOUT_THREADS
    rules = parent or place
    return Permission((EVERYONE & ~rules.deny) | rules.allow)


def need(have: Permission, *needed: Permission) -> None:
    """Raise `Refused` where a permission is missing: 50001 where the place cannot be seen, else 50013."""
    if not have & Permission.VIEW_CHANNEL:
        raise Refused(403, 50001, "Missing Access")
    if any(not have & each for each in needed):
        raise Refused(403, 50013, "Missing Permissions")
