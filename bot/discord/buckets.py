"""The limit of one route in one place, as discord.py keeps it, but that what is left of it can be used.

With `max_ratelimit_timeout`, discord.py refuses every request to a route whose window lasts for longer, whatever is
left of it: of the threads that a channel may have in five minutes, all but the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import discord.http
from discord.http import Ratelimit


class Bucket(Ratelimit):
    """Refuses when nothing is left."""

    __slots__ = ()

    async def acquire(self) -> None:
        """Take one, wait for one, or raise `discord.RateLimited`."""
        if self.remaining <= 0 or self.is_expired():
            await super().acquire()
            return
        self._last_request = self._loop.time()
        self.remaining -= 1
        self.outgoing += 1


@contextmanager
def used() -> Iterator[None]:
    """discord.py makes its limits of a class in its module: of this one while inside."""
    discord.http.Ratelimit = Bucket  # type: ignore[misc]  # a class of theirs gives way to its own heir
    try:
        yield
    finally:
        discord.http.Ratelimit = Ratelimit  # type: ignore[misc]  # and comes back
