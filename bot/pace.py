"""How fast a platform may be written to: turns one after the other, and budgets a minute. Of one process alone.

What several processes spend together is judged by the platform, which answers 429; these keep one of them within it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """Calls of one kind in one place at least `seconds` apart, first come first served."""

    def __init__(self, seconds: float, clock: Callable[[], float] | None = None) -> None:
        self._seconds = seconds
        self._clock = clock
        self._next: dict[str, float] = {}

    async def wait(self, place: str) -> None:
        """Until it is our turn."""
        now = self._now()
        at = max(now, self._next.get(place, 0.0))
        self._next[place] = at + self._seconds
        if len(self._next) > 1_000:
            self._next = {each: when for each, when in self._next.items() if when > now}
        await asyncio.sleep(at - now)

    def pause(self, place: str, seconds: float) -> None:
        """Nobody's turn for so long: the platform said so."""
        self._next[place] = max(self._next.get(place, 0.0), self._now() + seconds)

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()


class Budget:
    """So many calls within any `seconds`; whoever gets none does something cheaper."""

    def __init__(self, calls: int, seconds: float = 60.0, clock: Callable[[], float] | None = None) -> None:
        self._calls, self._seconds, self._clock = calls, seconds, clock
        self._spent: deque[float] = deque()

    def take(self) -> bool:
        """Spend one, if there is one."""
        now = self._clock() if self._clock else asyncio.get_running_loop().time()
        while self._spent and self._spent[0] <= now - self._seconds:
            self._spent.popleft()
        if len(self._spent) >= self._calls:
            return False
        self._spent.append(now)
        return True
