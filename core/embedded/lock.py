"""Locks between the processes of one machine, which the kernel releases when their holder dies, however it dies.

    lock    exclusive, for the moments of starting and stopping
    users   shared, held by every process that uses the server: one that gets it exclusively is the last

The contents of the files do not matter. Processes on other machines are not covered: no two machines share a folder.
"""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.location import Account, open_private
from core.errors import StoreUnavailable

_PAUSE = 0.02


class FileLock:
    """One flock on one file. Not for use by two threads at once."""

    def __init__(self, path: Path, account: Account | None = None) -> None:
        self._path = path
        self._account = account
        self._handle: int | None = None
        _locks.add(self)

    @property
    def held(self) -> bool:
        return self._handle is not None

    def take(self, *, shared: bool, deadline: float) -> bool:
        """Take the lock before `deadline` (of `time.monotonic()`; in the past: one attempt). -> whether it was taken.

        Tries again and again rather than wait in the kernel, where a frozen holder would keep us for ever. Raises
        `OSError`.
        """
        handle = open_private(self._path, self._account)
        try:
            while not _try(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
                if time.monotonic() >= deadline:
                    os.close(handle)
                    return False
                time.sleep(_PAUSE)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextmanager
def hold_exclusively(path: Path, account: Account | None, deadline: float) -> Iterator[None]:
    """Hold the lock for a block. Raises `StoreUnavailable` where another process keeps it too long, `OSError`."""
    lock = FileLock(path, account)
    if not lock.take(shared=False, deadline=deadline):
        raise StoreUnavailable(
            f"Another footnote has been starting or stopping the embedded Postgres for too long: end it, then try "
            f"again (it holds {path})."
        )
    try:
        yield
    finally:
        lock.release()


def _try(handle: int, operation: int) -> bool:
    try:
        fcntl.flock(handle, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


_locks: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _let_go_after_fork() -> None:
    """Close the handles in a forked child: a copy would hold the parent's lock after the parent's death."""
    for lock in _locks:
        lock.release()  # closes the child's copy; the parent's lock stands (LOCK_UN would take it away)


os.register_at_fork(after_in_child=_let_go_after_fork)
