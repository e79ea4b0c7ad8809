"""How REST fails when a test wants it to: by script, by chance, or altogether.

    faults.script("send", fails(503), unanswered())    # the next send gets 503, the one after is done and not answered
    faults.drop(0.2)                                   # a fifth of all sends is done and not answered
    faults.down = fails(503)                           # everything, until it is None again

The names of routes are those of `routes.ROUTES`. This module only decides; `api` carries it out.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`status` 0: the connection is cut. `done`: the request is carried out all the same. `delay`: seconds before it.

    `code`: the number of a refusal of Discord's own, in JSON; 0: the words of a proxy in front of it.
    """

    status: int = 0
    done: bool = False
    delay: float = 0.0
    code: int = 0


def fails(status: int) -> Fault:
    """Answer with an error, and do nothing."""
    return Fault(status)


def says(status: int, code: int) -> Fault:
    """Answer with a refusal of Discord's own, with its number, and do nothing."""
    return Fault(status, code=code)


def done_but_fails(status: int) -> Fault:
    """Answer with an error, although the request was carried out."""
    return Fault(status, done=True)


def unanswered() -> Fault:
    """Carry the request out, and lose the answer."""
    return Fault(done=True)


def lost() -> Fault:
    """Lose the request with its connection."""
    return Fault()


def slow(seconds: float) -> Fault:
    """Carry the request out and answer well, but late."""
    return Fault(200, done=True, delay=seconds)


class Faults:
    """What goes wrong next. `down` comes before all else. A route that does not exist raises `LookupError`."""

    def __init__(self, seed: int, routes: Set[str]) -> None:
        self._random = random.Random(seed)
        self._routes = routes
        self._script: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._shares: dict[str, float] = {}
        self.down: Fault | None = None

    def script(self, route: str, *faults: Fault) -> None:
        """Set the faults of the next requests of a route, in order."""
        self._script[self._known(route)].extend(faults)

    def drop(self, share: float, *routes: str) -> None:
        """Set the chance that a successful request gets no answer; `routes` is "send" where none is named."""
        for route in routes or ("send",):
            self._shares[self._known(route)] = share

    def next(self, route: str) -> Fault | None:
        """Return the fault of a request that comes in; None where it has none."""
        if self.down is not None:
            return self.down
        return self._script[route].popleft() if self._script[route] else None

    def drops(self, route: str) -> bool:
        """Return whether the good answer of a request gets lost."""
        share = self._shares.get(route, 0.0)
        return share > 0.0 and self._random.random() < share

    def _known(self, route: str) -> str:
        if route not in self._routes:
            raise LookupError(f"there is no route {route!r}, but {', '.join(sorted(self._routes))}")
        return route
