"""How fast a platform may be written to: calls so far apart, and budgets a minute. Of one process alone.

What several processes spend together is judged by the platform, which answers 429; these keep one of them within it.
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
    """Calls of one kind in one place at least `seconds` apart: the lowest rank first, of one rank who came first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next: dict[str, float] = {}
        self._lines: defaultdict[str, _Line] = defaultdict(_Line)
        self._numbers = itertools.count()

    async def wait(self, place: str, rank: int = 0) -> None:
        """Until it is our turn."""
        line, mine = self._lines[place], (rank, next(self._numbers))
        heapq.heappush(line.waiting, mine)
        try:
            while line.waiting[0] != mine or (left := self._next.get(place, -math.inf) - _now()) > 0:
                await (line.moved.wait() if line.waiting[0] != mine else asyncio.sleep(left))
            self._take(place)
        finally:
            self._leave(place, mine)

    def pause(self, place: str, seconds: float) -> None:
        """Nobody's turn for so long: the platform said so."""
        self._next[place] = max(self._next.get(place, -math.inf), _now() + seconds)

    def _take(self, place: str) -> None:
        now = _now()
        self._next[place] = now + self._seconds
        if len(self._next) > 1_000:
            self._next = {each: when for each, when in self._next.items() if when > now}

    def _leave(self, place: str, mine: tuple[int, int]) -> None:
        """Let the next one look whether it is the first now."""
        line = self._lines[place]
        line.waiting.remove(mine)
        heapq.heapify(line.waiting)
        line.moved.set()
        line.moved = asyncio.Event()
        if not line.waiting:
            del self._lines[place]


@dataclass(slots=True)
class _Line:
    """Who waits in one place, as a heap of ranks and numbers; `moved` is set when somebody has left it."""

    waiting: list[tuple[int, int]] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class Budget:
    """So many calls within any `seconds`; whoever gets none does something cheaper."""

    def __init__(self, calls: int, seconds: float = 60.0, clock: Callable[[], float] = _now) -> None:
        self._calls, self._seconds, self._clock = calls, seconds, clock
        self._spent: deque[float] = deque()

    def take(self) -> bool:
        """Spend one, if there is one."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - self._seconds:
            self._spent.popleft()
        if len(self._spent) >= self._calls:
            return False
        self._spent.append(now)
        return True
