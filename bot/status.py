"""What of this process works just now: each chat platform up, starting, or down and why. Read by health checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class State(StrEnum):
    """A platform is DOWN while its process tries to reach it again, or until a person mends a setting."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


Tell: TypeAlias = Callable[[State, str], None]
"""How a platform says how it is: a state, and in a sentence why where it is not UP."""


@dataclass(slots=True)
class Status:
    """By the name of the platform."""

    platforms: dict[str, tuple[State, str]] = field(default_factory=dict)

    def teller(self, name: str) -> Tell:
        """For one platform, which is starting from now on."""
        self.platforms[name] = (State.STARTING, "")

        def tell(state: State, why: str = "") -> None:
            self.platforms[name] = (state, why)

        return tell

    @property
    def works(self) -> bool:
        """Whether people can ask: one platform is up, or none is configured."""
        return not self.platforms or any(state is State.UP for state, _ in self.platforms.values())
