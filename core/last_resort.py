"""What must not outlive a process that cannot end in order: its Postgres and its children. Run right before `os._exit`.

    holders    each ends what is this process's alone, and names the process that others use and that must live
    children   all that are left, with theirs, are killed

Nothing is closed politely here and nothing is awaited: other threads may be in the middle of anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol
from weakref import WeakSet

import psutil


class Holder(Protocol):
    """What holds processes that others may share."""

    def abandon(self, deadline: float) -> int | None:
        """Leave, by `deadline` of `time.monotonic()`. -> the process that is to live on, for others."""
        ...


_holders: WeakSet[Holder] = WeakSet()


def register(holder: Holder) -> None:
    """Have `holder` abandoned at the last resort, if it still lives then."""
    _holders.add(holder)


def run(seconds: float) -> None:
    """Leave nothing behind, within `seconds`. To be called from a thread that may be given up."""
    deadline = time.monotonic() + seconds
    spared = {holder.abandon(deadline) for holder in list(_holders)}
    kill_children(spared)


def kill_children(spared: set[int | None]) -> None:
    """Kill the children of this process and theirs; twice, for one that was being started."""
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
