"""Ends what must not outlive a process that cannot stop in order: its Postgres and its children.

    holders    each ends what only this process uses, and names the process that others use and that must live
    children   all that are left are killed, and their children, too

Call it right before `os._exit`. Nothing is closed politely here and nothing is awaited: other threads may be in the
middle of anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet

import psutil


class Holder(Protocol):
    """Something that holds processes which others may share."""

    def abandon(self, deadline: float) -> int | None:
        """Let go, by `deadline` of `time.monotonic()`. -> the id of the process that must live on, for others."""
        ...


_holders: WeakSet[Holder] = WeakSet()


def register(holder: Holder) -> None:
    """Register `holder` to be abandoned at the last resort, if it still exists then."""
    _holders.add(holder)


def abandon_all(seconds: float) -> None:
    """Abandon all holders and kill all children, within `seconds`. Call it from a thread that may be given up."""
    deadline = time.monotonic() + seconds
    spared = {holder.abandon(deadline) for holder in list(_holders)}
    kill_children(spared)


def kill_children(spared: set[int | None]) -> None:
    """Kill the children of this process and their children; twice, since one may be just starting."""
    for _ in range(2):
        for child in [*_below(psutil.Process(), spared)]:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def _below(process: psutil.Process, spared: set[int | None]) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        for child in process.children():
            if child.pid not in spared:
                yield child
                yield from _below(child, spared)
