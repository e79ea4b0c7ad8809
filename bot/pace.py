"""How fast one process may write to a platform: calls spaced apart, and budgets per minute.

The platform limits what several processes spend together, and answers 429; these classes keep one process within that.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field


def _now() -> float:
    return asyncio.get_running_loop().time()


class Spacing:
    """Keeps calls of one kind in one place at least `seconds` apart: the lowest rank first, then the earliest."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next: dict[str, float] = {}
        self._lines: defaultdict[str, _Line] = defaultdict(_Line)
        self._numbers = itertools.count()

    async def wait(self, place: str, rank: int = 0) -> None:
        """Wait for the turn of this call."""
        line, mine = self._lines[place], (rank, next(self._numbers))
        heapq.heappush(line.waiting, mine)
        try:
            while line.waiting[0] != mine or (left := self._next.get(place, -math.inf) - _now()) > 0:
                await (line.moved.wait() if line.waiting[0] != mine else asyncio.sleep(left))
            self._take(place)
        finally:
            self._leave(place, mine)

    def pause(self, place: str, seconds: float) -> None:
        """Give no call in `place` a turn for `seconds`: the platform asked for that."""
        self._next[place] = max(self._next.get(place, -math.inf), _now() + seconds)

    def _take(self, place: str) -> None:
        now = _now()
        self._next[place] = now + self._seconds
        if len(self._next) > 1_000:
            self._next = {each: when for each, when in self._next.items() if when > now}

    def _leave(self, place: str, mine: tuple[int, int]) -> None:
        """Leave the line, and let the next call see whether it is first now."""
        line = self._lines[place]
        line.waiting.remove(mine)
        heapq.heapify(line.waiting)
        line.moved.set()
        line.moved = asyncio.Event()
        if not line.waiting:
            del self._lines[place]


@dataclass(slots=True)
class _Line:
    """The calls that wait in one place, as a heap of ranks and numbers; `moved` is set when one has left."""

    waiting: list[tuple[int, int]] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class Budget:
    """At most `calls` calls within any `seconds`; a caller that gets none does something cheaper."""

    def __init__(self, calls: int, seconds: float = 60.0, clock: Callable[[], float] = _now) -> None:
        self._calls, self._seconds, self._clock = calls, seconds, clock
        self._spent: deque[float] = deque()

    def take(self) -> bool:
        """Spend one call and return True, or return False if none is left."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - self._seconds:
            self._spent.popleft()
        if len(self._spent) >= self._calls:
            return False
        self._spent.append(now)
        return True
