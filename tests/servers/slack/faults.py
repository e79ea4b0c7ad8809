"""What goes wrong in the loopback Slack: set while it runs, and all by one seeded random generator.

faults.copies = 2                                       each event is sent twice, the copy marked as a retry
faults.drop("chat.postMessage", 0.3)                    3 of 10 posts are made, but their answer is cut off
faults.drop_next("chat.startStream")                    the next one for certain
faults.lose_next("chat.postMessage")                    the next one is cut off and not made
faults.refuse("chat.update", "ratelimited", status=429, retry_after="1.5")
faults.api = "unavailable" | "refuse" | "hang"          an outage of the Web API: 503, cut off, no answer until it is up
faults.sockets = "refuse"                               no websocket is let in
faults.handshakes = 2                                   the next two tickets are used up, and let nobody in
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict, deque
from typing import Literal, TypeAlias

from tests.servers.slack.record import Refused

Outage: TypeAlias = Literal["up", "unavailable", "refuse", "hang"]


class Faults:
    """See the top of this file. `delay`: seconds before each answer of the Web API, by method ("*": every other)."""

    def __init__(self, seed: int) -> None:
        self.copies = 1
        self.sockets: Literal["up", "refuse"] = "up"
        self.handshakes = 0
        self.delay: dict[str, float] = {}
        self._api: Outage = "up"
        self._moves = asyncio.Event()
        self._random = random.Random(seed)
        self._shares: dict[str, float] = {}
        self._to_drop: Counter[str] = Counter()
        self._to_lose: Counter[str] = Counter()
        self._refusals: defaultdict[str, deque[Refused]] = defaultdict(deque)

    @property
    def api(self) -> Outage:
        return self._api

    @api.setter
    def api(self, outage: Outage) -> None:
        self._api = outage
        self._moves.set()
        self._moves = asyncio.Event()

    async def hung(self) -> None:
        """Wait while the Web API hangs."""
        while self._api == "hang":
            await self._moves.wait()

    def drop(self, method: str, share: float) -> None:
        """From now on cut off the answer of this share of the calls that were carried out."""
        self._shares[method] = share

    def drop_next(self, method: str, times: int = 1) -> None:
        """Carry out the next calls, but cut off their answers."""
        self._to_drop[method] += times

    def lose_next(self, method: str, times: int = 1) -> None:
        """Cut off the next calls before they are carried out."""
        self._to_lose[method] += times

    def refuse(
        self, method: str, error: str, *, times: int = 1, status: int = 200, retry_after: str | None = None
    ) -> None:
        """Refuse the next calls with this error. `parse_retry_after` is the header as it is, such as "1.5"."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self._refusals[method].extend([Refused(error, status, headers)] * times)

    def check(self, method: str) -> None:
        """Raise `Refused` where the next call of this method is to be refused."""
        if self._refusals[method]:
            raise self._refusals[method].popleft()

    def loses(self, method: str) -> bool:
        return _one_of(self._to_lose, method)

    def drops(self, method: str) -> bool:
        share = self._shares.get(method, 0.0)
        return _one_of(self._to_drop, method) or (share > 0 and self._random.random() < share)

    def wait(self, method: str) -> float:
        return self.delay.get(method, self.delay.get("*", 0.0))

    def fails_handshake(self) -> bool:
        if self.handshakes > 0:
            self.handshakes -= 1
            return True
        return False


def _one_of(counter: Counter[str], method: str) -> bool:
    if counter[method] > 0:
        counter[method] -= 1
        return True
    return False
