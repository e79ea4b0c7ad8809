"""Forgetting a person, wherever from: what `footnote forget` does, recorded without who it was."""

from __future__ import annotations

from bot.commands.context import Actor, CommandContext
from core.errors import UsageError
from core.inbox.port import KNOWN_PLATFORMS, Inbox, Platform

EXAMPLES = "U0123456, slack:U0123456 or discord:81384788765712384"


def read_person(text: str) -> tuple[Platform | None, str]:
    """Return the platform, if any, and the id: `"slack:U1"` -> `(Platform.SLACK, "U1")`. Raises `UsageError`."""
    before, colon, after = text.strip().rpartition(":")
    name = after.strip("<@!> ")
    if not name or not name.isalnum() or (colon and before not in KNOWN_PLATFORMS):
        raise UsageError(f"Name a person by their id, such as {EXAMPLES}.")
    return (Platform(before) if colon else None), name


async def forget_person(desk: CommandContext, who: Actor, inbox: Inbox, platform: Platform | None, name: str) -> int:
    """Delete what a person asked and wrote, on one platform or (None) on all; return the number of questions.

    The act is recorded with that number alone: who was forgotten is not remembered there.
    """
    async with desk.recorded(who, "forget", {}) as learnt:
        questions = await inbox.forget(name, platform)
        learnt["questions"] = questions
    return questions
