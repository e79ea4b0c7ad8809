"""Checks each configured chat platform for `footnote doctor`. Each has a module that knows its SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.platforms import has_discord, has_slack
from core.config.settings import Settings
from core.health import Check, Health

NONE = "no chat platform is configured: docs/slack.md and docs/discord.md say how"


async def check_platforms(settings: Settings) -> AsyncIterator[Check]:
    """Check each configured platform with one or two small requests, and yield the results."""
    slack, discord = has_slack(settings), has_discord(settings)
    if not (slack or discord):
        yield Check("chat", Health.NOTE, NONE)
    if slack:
        from bot.slack.checkup import check_slack  # an SDK that is not used is never loaded

        async for check in check_slack(settings):
            yield check
    if discord:
        from bot.discord.checkup import check_discord

        async for check in check_discord(settings):
            yield check
    if (slack or discord) and not settings.admin_ids:
        yield Check("admins", Health.NOTE, "ADMINS is not set: nobody may manage sources from chat")
