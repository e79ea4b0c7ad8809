"""The chat platforms: which there are, which are configured, and how all of these run at the same time in one process.

    PLATFORMS ──is_configured──> run_platforms ──> Slack      `bot.slack.app`
                    │                     ├──────> Discord    `bot.discord.app`
                    │                     └──────> API        `bot.api.app`, for programs and web pages
                    └──> `bot.checkup`, for `footnote doctor`

A platform is registered here and nowhere else: its package implements `bot.face.Face`, builds its intake by
`bot.intake.build_intake`, and waits by itself for a platform that cannot be reached. One that a person must mend (a
wrong token) ends with a sentence: if it is the only one, the process ends; otherwise the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.status import PlatformContext, State, StatusBoard
from core.config.settings import Settings
from core.errors import ConfigurationError
from core.health import Check
from core.inbox.port import StoredQuestion
from core.wiring import Footnote

Run: TypeAlias = Callable[[PlatformContext], Awaitable[None]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatPlatform:
    """A chat platform. An SDK that is not used is never loaded: `load` and `check` import it.

    `load` returns what answers there until it is told to stop, and raises `ConfigurationError` if only half of the
    settings are there. `check` yields what `footnote doctor` says of it. `link` returns the address at which people
    read a question there, "" where there is none. `is_chat`: people write there.
    """

    name: str
    is_configured: Callable[[Settings], bool]
    load: Callable[[Settings], Run]
    check: Callable[[Settings], AsyncIterator[Check]]
    link: Callable[[StoredQuestion], str] = lambda _: ""
    is_chat: bool = True


def _has_slack(settings: Settings) -> bool:
    """Return whether any token of Slack is set, even if only one of the two is."""
    return bool(settings.slack_bot_token.get_secret_value() or settings.slack_app_token.get_secret_value())


def _load_slack(settings: Settings) -> Run:
    from bot.slack import app

    app.check_settings(settings)
    return app.run_slack


def _check_slack(settings: Settings) -> AsyncIterator[Check]:
    from bot.slack.checkup import check_slack

    return check_slack(settings)


def _load_discord(_settings: Settings) -> Run:
    from bot.discord.app import run_discord

    return run_discord


def _check_discord(settings: Settings) -> AsyncIterator[Check]:
    from bot.discord.checkup import check_discord

    return check_discord(settings)


def _link_slack(asked: StoredQuestion) -> str:
    from bot.slack.links import build_link

    return build_link(asked)


def _has_discord(settings: Settings) -> bool:
    return bool(settings.discord_bot_token.get_secret_value())


def _link_discord(asked: StoredQuestion) -> str:
    from bot.discord.links import build_link

    return build_link(asked)


def _load_api(settings: Settings) -> Run:
    from bot.api import app

    app.check_settings(settings)
    return app.run_api


def _check_api(settings: Settings) -> AsyncIterator[Check]:
    from bot.api.checkup import check_api

    return check_api(settings)


API = "API"
PLATFORMS: Sequence[ChatPlatform] = (
    ChatPlatform("Slack", _has_slack, _load_slack, _check_slack, _link_slack),
    ChatPlatform("Discord", _has_discord, _load_discord, _check_discord, _link_discord),
    ChatPlatform(API, lambda settings: bool(settings.api_address), _load_api, _check_api, is_chat=False),
)


def find_link(asked: StoredQuestion, platforms: Sequence[ChatPlatform] = PLATFORMS) -> str:
    """Return the address at which people read a question on its platform, "" where there is none."""
    return next((each.link(asked) for each in platforms if each.name.lower() == asked.platform), "")


def load_platforms(settings: Settings, platforms: Sequence[ChatPlatform] = PLATFORMS) -> Mapping[str, Run]:
    """Return the platforms that have settings, by name. Raises `ConfigurationError` if one has only half of them."""
    return {each.name: each.load(settings) for each in platforms if each.is_configured(settings)}


async def run_platforms(footnote: Footnote, runs: Mapping[str, Run], stop: asyncio.Event, watched: StatusBoard) -> None:
    """Run the platforms until `stop` is set, and keep their states in `watched`.

    Raises `ConfigurationError` if none of them can run.
    """
    wrong: list[ConfigurationError] = []

    async def run(name: str, platform: Run) -> None:
        report = watched.add_platform(name)
        try:
            await platform(PlatformContext(footnote, stop, report, watched.meters, watched.order))
        except ConfigurationError as error:
            report(State.DOWN, str(error))
            _log.error("%s is off: %s", name, error)
            wrong.append(error)

    async with asyncio.TaskGroup() as group:
        for name, platform in runs.items():
            group.create_task(run(name, platform))
    if wrong and len(wrong) == len(runs):
        raise wrong[0]
