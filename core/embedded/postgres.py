"""The embedded Postgres in FOOTNOTE_HOME, shared by the processes of one machine: the last one to leave stops it.

    start()   under the lock: take a share of `users`, find the server or make and launch one, wait for its answer
    stop()    under the lock: give the share back; a process that then gets `users` alone ends the server

A killed process loses its locks with its life, so nothing goes stale: the next process finds the server that was left
over, uses it and ends it when it leaves. The server listens on a Unix socket in a closed folder, never on the network.
Where things are: `core.embedded.location`; whose programs: `core.embedded.binaries`; when a process id is believed:
`core.embedded.server`. pgvector and the schema are checked after connecting.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from core import last_resort
from core.embedded.binaries import bring_within_reach, find_binaries, inspect_binaries
from core.embedded.errors import translate_os_errors
from core.embedded.location import ServerLocation, locate, make_folders, make_socket_folder
from core.embedded.lock import FileLock, hold_exclusively
from core.embedded.server import HURRY, Server, is_answering
from core.errors import FootnoteError, StoreUnavailable

__all__ = ["EmbeddedPostgres", "Status", "find_binaries"]

LEAVE_TIMEOUT = 120.0
_LOOK_TIMEOUT = 2.0
_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Status:
    """What `footnote doctor` reports of the server. `size` is bytes on disk; `pid` None: not running.

    `free` is the bytes left on its disk. `in_use`: whether any process holds a share. A server that runs without one is
    left over from a killed process.
    """

    version: str
    programs: Path
    data: Path
    sockets: Path | None
    pid: int | None
    user: str
    size: int
    free: int
    in_use: bool

    @property
    def left_over(self) -> bool:
        return self.pid is not None and not self.in_use


class EmbeddedPostgres:
    """The server of one home, as this process uses it. Blocks: an event loop runs it in threads.

    A `stop` during a `start` waits for it. `binaries` is a folder with `postgres` and `initdb` (None:
    `find_binaries()`), `start_timeout` the seconds for all of `start`. Also a context manager.
    """

    def __init__(self, home: Path, *, binaries: Path | None = None, start_timeout: float = 120.0) -> None:
        self._home = home
        self._binaries = binaries
        self._start_timeout = start_timeout
        self._server: Server | None = None
        self._share: FileLock | None = None
        self._turn = threading.Lock()
        self._inside: Server | None = None  # while a thread of ours holds the place's lock
        self._launching = threading.Lock()
        self._abandoned = False
        last_resort.register(self)

    def start(self) -> str:
        """Start or join the server, and return a DSN for asyncpg. A later call restarts a server that died.

        Raises `ConfigurationError` (no binaries, folder not ours or not writable, another major version), `StoreFull`,
        `StoreUnavailable` (does not start, or does not answer in time).
        """
        deadline = time.monotonic() + self._start_timeout
        with self._turn, translate_os_errors(self._home):
            place = locate(self._home)
            make_folders(place)
            server = self._server or Server(place)
            with self._exclusive(server, deadline):
                return _dsn(self._enter(server, deadline))

    def stop(self) -> None:
        """Give the share back. Harmless when not started, when called twice, and in a child that was forked meanwhile.

        Raises `StoreUnavailable` where another process holds the lock for minutes.
        """
        with self._turn:
            if self._server is None or self._share is None or not self._share.held:
                return
            place = self._server.place
            deadline = time.monotonic() + LEAVE_TIMEOUT
            with translate_os_errors(place.folder), self._exclusive(self._server, deadline):
                self._leave()

    def abandon(self, deadline: float) -> int | None:
        """Leave at once, whatever another thread of ours is doing; this process must end right afterwards.

        -> the process id of a server that others use, which lives on.
        """
        self._abandoned = True
        with self._launching:
            server = self._inside or self._server
        if server is None:
            return None
        gate = FileLock(server.place.folder / "lock", server.place.account)
        if self._inside is None and not gate.take(shared=False, deadline=min(deadline, time.monotonic() + _PAUSE)):
            return _pid(server)  # another process is starting or stopping: it decides about the server
        share = self._share
        if share is not None:
            share.release()
        if not _is_unused(server.place):
            return _pid(server)
        server.end(HURRY)
        server.kill_unready()
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def status(self) -> Status:
        """Return the status; start and change nothing. Raises `ConfigurationError`, `StoreUnavailable`."""
        binaries = inspect_binaries(self._binaries or find_binaries())
        with translate_os_errors(self._home):
            server = Server(locate(self._home))
            running = server.find()
            return Status(
                version=binaries.version,
                programs=binaries.folder,
                data=server.data,
                sockets=running.sockets if running is not None else None,
                pid=running.pid if running is not None else None,
                user=server.place.user,
                size=_size(server.data),
                free=_free(server.data),
                in_use=_in_use(server.place),
            )

    @contextmanager
    def _exclusive(self, server: Server, deadline: float) -> Iterator[None]:
        """Hold the place's lock for a block. Raises `StoreUnavailable` as `exclusive` does."""
        with hold_exclusively(server.place.folder / "lock", server.place.account, deadline):
            self._inside = server
            try:
                yield
            finally:
                self._inside = None

    def _enter(self, server: Server, deadline: float) -> Path:
        """Join and bring up the server, under the lock; a first entry that fails leaves nothing running behind."""
        fresh = self._join(server, deadline)
        try:
            return self._bring_up(server, deadline)
        except BaseException:
            if fresh:
                self._leave()
            raise

    def _join(self, server: Server, deadline: float) -> bool:
        """Take a share of the server unless we have one. -> whether we had none."""
        if self._share is not None and self._share.held:
            return False
        share = FileLock(server.place.folder / "users", server.place.account)
        if not share.take(shared=True, deadline=deadline):
            raise StoreUnavailable(f"Another program holds {server.place.folder / 'users'}: end it, then try again.")
        self._server, self._share = server, share
        return True

    def _bring_up(self, server: Server, deadline: float) -> Path:
        """Return the folder of the socket that a live server answers on.

        A server that was found may end before it answers (it was being killed): then another is launched.
        """
        while True:
            found = server.find() is not None
            if not found:
                sockets = make_socket_folder(server.place)
                if is_answering(sockets, time.monotonic() + _LOOK_TIMEOUT):
                    return sockets  # it runs in another container with the same folder, so we cannot see its processes
                self._launch(server, sockets, deadline)
            try:
                return server.wait_until_ready(deadline).sockets
            except FootnoteError:
                if time.monotonic() >= deadline or not (found or server.is_held_by_orphans()):
                    raise
            time.sleep(_PAUSE)

    def _launch(self, server: Server, sockets: Path, deadline: float) -> None:
        binaries = bring_within_reach(inspect_binaries(self._binaries or find_binaries()), server.place)
        server.make(binaries, deadline)
        with self._launching:
            if self._abandoned:
                raise StoreUnavailable("The embedded Postgres is not started: this process ends.")
            server.launch(binaries, sockets)

    def _leave(self) -> None:
        """Give the share back, under the lock, and end the server if nobody else has one."""
        server, share = self._server, self._share
        self._server = self._share = None
        if server is None or share is None:
            return
        share.release()
        if _is_unused(server.place):
            server.end()


def _is_unused(place: ServerLocation) -> bool:
    """Return whether no process has a share; call it under the lock."""
    probe = FileLock(place.folder / "users", place.account)
    try:
        return probe.take(shared=False, deadline=0.0)
    finally:
        probe.release()


def _pid(server: Server) -> int | None:
    running = server.find()
    return running.pid if running is not None else None


def _in_use(place: ServerLocation) -> bool:
    """Return whether any process has a share, for callers without the lock.

    Yes also where the lock is taken, since some process is starting or stopping then.
    """
    if not (place.folder / "users").exists():
        return False
    lock = FileLock(place.folder / "lock", place.account)
    try:
        return not lock.take(shared=False, deadline=time.monotonic() + _LOOK_TIMEOUT) or not _is_unused(place)
    finally:
        lock.release()


def _dsn(sockets: Path) -> str:
    """Return a DSN that leaves asyncpg nothing to take from PG* variables."""
    return f"postgresql://postgres@/postgres?host={sockets}&port=5432"


def _free(folder: Path) -> int:
    """Return the bytes left on the disk where a folder is or will be."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


def _size(folder: Path) -> int:
    """Return the bytes on disk of a folder whose files may come and go meanwhile."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += Path(parent, name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total
