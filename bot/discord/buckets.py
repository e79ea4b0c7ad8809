"""The limit of one route in one place, as discord.py keeps it, but with what is left of it free to use.

With `max_ratelimit_timeout`, discord.py refuses each request to a route whose window lasts longer, whatever is left of
the limit: of the threads that a channel may have in five minutes, all but the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import discord.http
from discord.http import Ratelimit


class Bucket(Ratelimit):
    """A limit that refuses only when nothing is left."""

    __slots__ = ()

    async def acquire(self) -> None:
        """Take one request of the limit, or wait for one. Raises `discord.RateLimited`."""
        if self.remaining <= 0 or self.is_expired():
            await super().acquire()
            return
        self._last_request = self._loop.time()
        self.remaining -= 1
        self.outgoing += 1


@contextmanager
def use_buckets() -> Iterator[None]:
    """Make discord.py keep its limits by `Bucket` while inside: it takes the class from its module."""
    discord.http.Ratelimit = Bucket  # type: ignore[misc]  # a class of theirs gives way to its subclass
    try:
        yield
    finally:
        discord.http.Ratelimit = Ratelimit  # type: ignore[misc]  # and comes back
