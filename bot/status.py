"""What a platform gets from its process, and what it reports in return: up, starting, or down and why.

Health checks (`bot.web`) read the reports; a platform keeps reporting as its connection comes and goes. `reached` waits
for a platform that cannot be reached when its process starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

from bot.metrics import Metrics
from bot.precedence import ChatFirst
from core.errors import ConfigurationError, FootnoteError
from core.tasks import wait_for_event
from core.wiring import Footnote

SHORTEST, LONGEST = 2.0, 30.0
"""Seconds between two tries to reach a platform."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class State(StrEnum):
    """The state of a platform. DOWN: its process tries to reach it again, or a person must mend a setting."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


ReportStatus: TypeAlias = Callable[[State, str], None]
"""Takes a report of a platform: its state, and a sentence that says why if it is not UP."""


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """What a platform runs with; it ends when `stop` is set. `order`: who goes first in this process."""

    footnote: Footnote
    stop: asyncio.Event
    report: ReportStatus
    meters: Metrics
    order: ChatFirst = field(default_factory=ChatFirst)


async def retry_until_reached(host: PlatformContext, name: str, attempt: Callable[[], Awaitable[T]]) -> T | None:
    """Try `attempt` until it works, however long that takes; return its result, or None if `stop` is set meanwhile.

    Raises `ConfigurationError`: it is no use to wait for what a person must mend.
    """
    pause = SHORTEST
    while not host.stop.is_set():
        try:
            return await attempt()
        except ConfigurationError:
            raise
        except FootnoteError as error:
            host.report(State.DOWN, str(error))
            _log.warning("%s is waited for: %s", name, error)
        await wait_for_event(host.stop, pause)
        pause = min(pause * 2, LONGEST)
    return None


@dataclass(slots=True)
class StatusBoard:
    """The states of all platforms of a process, by name, its metrics, and who goes first there."""

    platforms: dict[str, tuple[State, str]] = field(default_factory=dict)
    meters: Metrics = field(default_factory=Metrics)
    order: ChatFirst = field(default_factory=ChatFirst)

    def add_platform(self, name: str) -> ReportStatus:
        """Return what takes the reports of one platform, which counts as starting from now on."""
        self.platforms[name] = (State.STARTING, "")

        def report(state: State, why: str = "") -> None:
            self.platforms[name] = (state, why)

        return report

    @property
    def is_working(self) -> bool:
        """Whether people can ask: one platform is up, or none is configured."""
        return not self.platforms or any(state is State.UP for state, _ in self.platforms.values())
