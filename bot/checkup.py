"""Checks each configured chat platform for `footnote doctor`. Each has a module that knows its SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bot.platforms import PLATFORMS, ChatPlatform
from core.config.settings import Settings
from core.health import Check, Health

NONE = "no chat platform is configured: docs/slack.md and docs/discord.md say how"


async def check_platforms(settings: Settings, platforms: Sequence[ChatPlatform] = PLATFORMS) -> AsyncIterator[Check]:
    """Check each configured platform with one or two small requests, and yield the results."""
    configured = [each for each in platforms if each.is_configured(settings)]
    chat = [each for each in configured if each.is_chat]
    if not chat:
        yield Check("chat", Health.NOTE, NONE)
    for platform in configured:
        async for check in platform.check(settings):
            yield check
    if chat and not settings.admin_ids:
        yield Check("admins", Health.NOTE, "ADMINS is not set: nobody may manage sources from chat")
