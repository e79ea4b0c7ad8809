"""How often the app may call: a number of calls a minute a method, and about one post a second a channel.

    Tiers()             Slack's own figures            Tiers(scale=50)   fifty times as many
    Tiers.none()        no limits                      Tiers(per_minute={"chat.update": 5})

A refused call does not count. Knows neither HTTP nor Slack's answers.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Mapping

PER_MINUTE: Mapping[str, int] = {
    "chat.startStream": 20,
    "chat.stopStream": 20,
    "chat.appendStream": 100,
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "conversations.replies": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "users.conversations": 50,
    "conversations.open": 50,
    "users.info": 100,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
    "reactions.add": 50,
    "reactions.remove": 20,
    "agents.sessions.setStatus": 50,
    "agents.sessions.rename": 50,
}
POSTS_PER_SECOND = 1.0
POSTS_AT_ONCE = 4
now = time.monotonic


class Tiers:
    """The limits of one workspace, and how much of them is used. `scale` multiplies how often the app may call."""

    def __init__(self, scale: float = 1.0, per_minute: Mapping[str, int] | None = None) -> None:
        self.scale = scale
        self._per_minute = {**PER_MINUTE, **(per_minute or {})}
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, tuple[float, float]] = {}

    @classmethod
    def none(cls) -> Tiers:
        return cls(scale=math.inf)

    def take(self, method: str, channel: str) -> int:
        """Return 0 where the call is let through, and counted; else Slack's Retry-After, in seconds."""
        if self.scale == math.inf:
            return 0
        if method == "chat.postMessage":
            return self._take_post(channel)
        most = self._per_minute.get(method)
        return 0 if most is None else self._take_call(method, most)

    def _take_call(self, method: str, most: int) -> int:
        at, calls = now(), self._calls[method]
        while calls and calls[0] <= at - 60:
            calls.popleft()
        if len(calls) < most * self.scale:
            calls.append(at)
            return 0
        return math.ceil(calls[0] + 60 - at)

    def _take_post(self, channel: str) -> int:
        rate, at = POSTS_PER_SECOND * self.scale, now()
        left, before = self._posts.get(channel, (float(POSTS_AT_ONCE), at))
        left = min(float(POSTS_AT_ONCE), left + (at - before) * rate)
        if left >= 1:
            self._posts[channel] = (left - 1, at)
            return 0
        self._posts[channel] = (left, at)
        return math.ceil((1 - left) / rate)
