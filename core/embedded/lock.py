"""Locks between the processes of one machine, which the kernel lets go of when their holder dies, however it dies.

    lock    exclusive, for the moments of starting and stopping
    users   shared, held by every process that uses the server: who can have it exclusively is the last one

What the files hold does not matter. Says nothing about processes on other machines: no two of them share a folder.
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
        """-> whether it was had before `deadline` (of `time.monotonic()`; in the past: one attempt). Raises `OSError`.

        Tries again and again rather than wait in the kernel, where a frozen holder would keep us for ever.
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
def exclusive(path: Path, account: Account | None, deadline: float) -> Iterator[None]:
    """Hold the lock. Raises `StoreUnavailable` when another process does not let go of it in time, `OSError`."""
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
    """In a forked child: a copy of the handle would hold its parent's lock after the parent's death."""
    for lock in _locks:
        lock.release()  # closes the child's copy; the parent's lock stands (LOCK_UN would take it away)


os.register_at_fork(after_in_child=_let_go_after_fork)
