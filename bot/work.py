"""A claimed question while one process works on it: who may still write, and how long words can be read."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.files import FilesRead
from core.inbox.port import StoredQuestion


def clock() -> float:
    """Return seconds of a clock that also counts while the machine is suspended, where there is one (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(slots=True)
class Work:
    """A question in hand, as last written. `lost`: another process has it; `stopped`: its asker has read enough.

    `answered` is called when the engine's answer is saved, and only has to be sent. `until`: when the lease ends, by
    `clock`, unless it is renewed. `shown_at`: when words of the answer could first be read, by `clock`.
    """

    asked: StoredQuestion
    until: float = math.inf
    shown_at: float | None = None
    answered: Callable[[], None] = lambda: None
    files: FilesRead = field(default_factory=FilesRead)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def shown_for(self) -> float | None:
        """Seconds for which words of the answer can be read; None: there are none yet."""
        return None if self.shown_at is None else clock() - self.shown_at

    @property
    def is_held(self) -> bool:
        """Whether the lease holds. After a freeze it may not, and another process may have finished the answer."""
        return clock() < self.until
