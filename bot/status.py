"""What a platform is given by its process, and what it tells in return: up, starting, or down and why.

Health checks (`bot.web`) read it; a platform that works on its own connection keeps telling. One that cannot be reached
when its process starts is waited for (`reached`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

from bot.metrics import Metrics
from core.errors import ConfigurationError, FootnoteError
from core.tasks import wait_for_event
from core.wiring import Footnote

SHORTEST, LONGEST = 2.0, 30.0
"""Seconds between two tries to reach a platform."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class State(StrEnum):
    """A platform is DOWN while its process tries to reach it again, or until a person mends a setting."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


ReportStatus: TypeAlias = Callable[[State, str], None]
"""How a platform says how it is: a state, and in a sentence why where it is not UP."""


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """What a platform runs with; it ends when `stop` is set."""

    footnote: Footnote
    stop: asyncio.Event
    tell: ReportStatus
    meters: Metrics


async def reached(host: PlatformContext, name: str, attempt: Callable[[], Awaitable[T]]) -> T | None:
    """What `attempt` gives as soon as it works, however long that takes. -> None: told to stop meanwhile.

    Raises `ConfigurationError`: what a person must mend is not waited for.
    """
    pause = SHORTEST
    while not host.stop.is_set():
        try:
            return await attempt()
        except ConfigurationError:
            raise
        except FootnoteError as error:
            host.tell(State.DOWN, str(error))
            _log.warning("%s is waited for: %s", name, error)
        await wait_for_event(host.stop, pause)
        pause = min(pause * 2, LONGEST)
    return None


@dataclass(slots=True)
class StatusBoard:
    """All platforms of a process, by name, and its meters."""

    platforms: dict[str, tuple[State, str]] = field(default_factory=dict)
    meters: Metrics = field(default_factory=Metrics)

    def teller(self, name: str) -> ReportStatus:
        """For one platform, which is starting from now on."""
        self.platforms[name] = (State.STARTING, "")

        def tell(state: State, why: str = "") -> None:
            self.platforms[name] = (state, why)

        return tell

    @property
    def works(self) -> bool:
        """Whether people can ask: one platform is up, or none is configured."""
        return not self.platforms or any(state is State.UP for state, _ in self.platforms.values())
