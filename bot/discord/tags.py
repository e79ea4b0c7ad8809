"""Tags of posts in forums: the one that says that a post is answered, and those that say that it is solved.

    answered, with sources ──> DISCORD_ANSWERED_TAG is added, where the forum has a tag of that name
    a tag of DISCORD_SOLVED_TAGS is on a post ──> nothing is answered there but what mentions the bot

To add a tag to somebody's post the bot needs the permission to manage threads.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import discord

from bot.discord.api import Rest
from core.errors import FootnoteError

FORUMS, MOST_TAGS = (15, 16), 5
"""Types of channels that have posts, and the most tags of a post."""

_log = logging.getLogger(__name__)


class ForumTags:
    """Adds the tag `name` to posts that were answered; empty: to none."""

    def __init__(self, rest: Rest, name: str) -> None:
        self._rest = rest
        self._name = name.strip().casefold()

    async def note_answered(self, thread: str) -> None:
        """Tag a thread, if it is a post in a forum that has such a tag. Raises nothing."""
        if not self._name:
            return
        try:
            post = await self._rest.channel(thread)
            forum = await self._rest.channel(str(post["parent_id"])) if post.get("parent_id") else {}
            wanted = find_tag(forum, self._name)
            tags = [str(each) for each in post.get("applied_tags") or ()]
            if wanted and wanted not in tags and len(tags) < MOST_TAGS:
                await self._rest.tag(thread, [*tags, wanted])
        except FootnoteError as error:
            _log.warning("A post was not tagged as answered: %s", error)


def find_tag(forum: Mapping[str, Any], name: str) -> str:
    """Return the id of a forum's tag of that name; empty: it has none, or is no forum."""
    if forum.get("type") not in FORUMS:
        return ""
    for each in forum.get("available_tags") or ():
        if str(each.get("name")).strip().casefold() == name:
            return str(each.get("id") or "")
    return ""


def is_solved(channel: object, names: Collection[str]) -> bool:
    """Return whether a channel is a post that somebody tagged with one of these names, in small letters."""
    if not isinstance(channel, discord.Thread):
        return False
    return any(each.name.strip().casefold() in names for each in channel.applied_tags)
