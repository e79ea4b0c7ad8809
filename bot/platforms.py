"""The chat platforms of one process: all that are configured run at the same time, and none ends another.

    run_platforms ──> Slack      `bot.slack.app`
             └─> Discord    `bot.discord.app`

The module of a platform waits for one that cannot be reached. A platform that a person must mend (a wrong token) ends
with a sentence: if it is the only one, the process ends; otherwise the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from bot.status import PlatformContext, State, StatusBoard
from core.config.settings import Settings
from core.errors import ConfigurationError
from core.wiring import Footnote

Run: TypeAlias = Callable[[PlatformContext], Awaitable[None]]
_log = logging.getLogger(__name__)


def has_slack(settings: Settings) -> bool:
    """Return whether any token of Slack is set, even if only one of the two is."""
    return bool(settings.slack_bot_token.get_secret_value() or settings.slack_app_token.get_secret_value())


def has_discord(settings: Settings) -> bool:
    """Return whether the token of Discord is set."""
    return bool(settings.discord_bot_token.get_secret_value())


def load_platforms(settings: Settings) -> Mapping[str, Run]:
    """Return the platforms that have settings, by name. Raises `ConfigurationError` if one has only half of them."""
    runs: dict[str, Run] = {}
    if has_slack(settings):
        from bot.slack import app as slack  # an SDK that is not used is never loaded

        slack.check_settings(settings)
        runs["Slack"] = slack.run_slack
    if has_discord(settings):
        from bot.discord.app import run_discord

        runs["Discord"] = run_discord
    return runs


async def run_platforms(footnote: Footnote, runs: Mapping[str, Run], stop: asyncio.Event, watched: StatusBoard) -> None:
    """Run the platforms until `stop` is set, and keep their states in `watched`.

    Raises `ConfigurationError` if none of them can run.
    """
    wrong: list[ConfigurationError] = []

    async def run(name: str, platform: Run) -> None:
        tell = watched.add_platform(name)
        try:
            await platform(PlatformContext(footnote, stop, tell, watched.meters))
        except ConfigurationError as error:
            tell(State.DOWN, str(error))
            _log.error("%s is off: %s", name, error)
            wrong.append(error)

    async with asyncio.TaskGroup() as group:
        for name, platform in runs.items():
            group.create_task(run(name, platform))
    if wrong and len(wrong) == len(runs):
        raise wrong[0]
