"""Discord's limits: a number of requests a window for each bucket, and a number a second for the whole application.

A window opens with its first request and gives all its tokens back at once when it is over.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` requests every `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What Discord allows. Rates are for one channel (or interaction's token); `whole` is the application's own.

    Discord publishes no limit of threads for a channel; a bot that makes many must wait for minutes.

    `identify_seconds`: the least time between two IDENTIFY of a token, else "invalid session". Discord's is 5; it is 0
    here, because tests restart often. `identifies`: how many there may be in a day; a bot with more loses the token.
    `resume_seconds`: how long a session outlives its socket. `replay`: how many events it keeps.
    """

    sends: Rate = Rate(5, 5.0)
    edits: Rate = Rate(5, 5.0)
    webhooks: Rate = Rate(5, 2.0)
    threads: Rate = Rate(50, 300.0)
    others: Rate = Rate(50, 1.0)
    whole: Rate = Rate(50, 1.0)
    response_seconds: float = 3.0
    token_seconds: float = 900.0
    nonce_seconds: float = 300.0
    heartbeat_seconds: float = 41.25
    identify_seconds: float = 0.0
    identifies: int = 1_000
    resume_seconds: float = 180.0
    replay: int = 50_000


_MANY = Rate(1_000_000, 1.0)
UNLIMITED = Limits(sends=_MANY, edits=_MANY, webhooks=_MANY, threads=_MANY, others=_MANY, whole=_MANY)
PATIENT = Limits(response_seconds=60.0)
"""For tests of other things than the three seconds, which a busy machine may take from the bot."""


@dataclass(slots=True)
class Window:
    """The present window of one bucket."""

    rate: Rate
    ends: float = 0.0
    used: int = 0

    def take(self, now: float) -> bool:
        """Return whether there was a token left."""
        if now >= self.ends:
            self.ends, self.used = now + self.rate.seconds, 0
        self.used += 1
        return self.used <= self.rate.count

    def headers(self, bucket: str, now: float) -> dict[str, str]:
        """Return the headers about it that come with each answer."""
        left = max(0.0, self.ends - now)
        return {
            "X-RateLimit-Limit": str(self.rate.count),
            "X-RateLimit-Remaining": str(max(0, self.rate.count - self.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{math.ceil(left * 1000) / 1000:.3f}",
            "X-RateLimit-Bucket": bucket,
        }


class Rates:
    """All windows: one for each bucket and the channel or token it counts for, and the application's."""

    def __init__(self, limits: Limits) -> None:
        self._whole = Window(limits.whole)
        self._windows: dict[tuple[str, str], Window] = {}

    def whole(self, now: float) -> float:
        """Return 0.0 where the application may go on, else the seconds to wait."""
        return 0.0 if self._whole.take(now) else self._whole.ends - now

    def window(self, bucket: str, limited: str, rate: Rate) -> Window:
        """Return the window of a bucket in a channel or for a token."""
        return self._windows.setdefault((bucket, limited), Window(rate))
