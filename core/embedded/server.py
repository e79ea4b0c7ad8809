"""One data folder of Postgres and the server on it: make, find, launch, wait for, end.

    make()    initdb into a scratch folder, renamed when complete
    find()    postmaster.pid, believed only where it names a live postgres of ours on this very folder
    launch()  a process in a session of its own, with an environment made by hand
    settle()  until the server has answered on its socket
    end()     fast shutdown, then harder

The caller holds the place's lock throughout (`core.embedded.postgres`): nothing here is safe without it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psutil

from core.embedded.binaries import ENVIRONMENT, Binaries
from core.embedded.errors import failed
from core.embedded.location import SOCKET_NAME, Place, open_private
from core.embedded.names import name_for_user
from core.embedded.settings import create_options, server_settings
from core.errors import ConfigurationError, StoreUnavailable

SCRATCH = "data.new-"
Patience: TypeAlias = tuple[tuple[signal.Signals, float], ...]
PATIENCE: Patience = ((signal.SIGINT, 45.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""How a server is asked to end and how many seconds it gets: fast, at once (recovers at the next start), by force."""

HURRY: Patience = ((signal.SIGINT, 0.7), (signal.SIGKILL, 0.5))
"""The same for a process that has to be gone in a moment."""

_PAUSE = 0.02
_TAIL = 8_192
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_ORPHANS = "pre-existing shared memory block"


@dataclass(frozen=True, slots=True)
class Running:
    """A live server, as its postmaster.pid describes it; the folder of its socket means nothing until it is ready."""

    pid: int
    sockets: Path
    ready: bool


class Server:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.data = place.folder / "data"
        self.log = place.folder / "start.log"
        self._child: subprocess.Popen[bytes] | None = None

    def make(self, binaries: Binaries, deadline: float) -> None:
        """Make the cluster unless it is there. Raises `ConfigurationError`, `StoreError`, `OSError`."""
        if (self.data / "PG_VERSION").exists():
            return self._refuse_other_major(binaries)
        if self.data.is_dir() and any(self.data.iterdir()):
            raise ConfigurationError(f"{self.data} holds files but no Postgres (PG_VERSION is missing): move it away.")
        for old in self.place.folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(old, ignore_errors=True)
        # A fresh name each time: the initdb of a killed process may still be writing to the last one.
        scratch = self.place.folder / f"{SCRATCH}{secrets.token_hex(6)}"
        try:
            self._initdb(binaries, scratch, deadline)
            scratch.rename(self.data)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return _sync(self.place.folder)

    def _initdb(self, binaries: Binaries, scratch: Path, deadline: float) -> None:
        command: list[str | Path] = [binaries.initdb, "-D", scratch, *create_options(binaries.major)]
        try:
            with name_for_user(self.place.folder) as named:
                done = subprocess.run(
                    command,
                    **self.place.identity,
                    cwd="/",
                    env={**ENVIRONMENT, **named},
                    umask=0o077,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                    timeout=max(1.0, deadline - time.monotonic()),
                )
        except subprocess.TimeoutExpired as error:
            raise StoreUnavailable(f"Making the embedded Postgres in {self.place.folder} took too long.") from error
        if done.returncode:
            raise failed("be made", done.stderr or done.stdout, self.place.folder, self.log)

    def _refuse_other_major(self, binaries: Binaries) -> None:
        major = (self.data / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()
        if major != str(binaries.major):
            raise ConfigurationError(
                f"The data folder {self.data} was made by Postgres {major or 'of unknown version'}, but the Postgres "
                f"in {binaries.folder} is {binaries.major}: with the old one installed, dump it (pg_dump) and restore "
                "it into the new, or move the folder away and crawl again."
            )

    def find(self) -> Running | None:
        """The server on this folder, if it lives."""
        lines = self._pid_lines()
        pid = _number(lines[0]) if lines else None
        if pid is None or not self._is_ours(pid):
            return None
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return Running(pid, Path(lines[4]) if ready else self.place.folder, ready)

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _is_ours(self, pid: int) -> bool:
        """Whether this is a live postmaster, run by our user, working in our data folder."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or process.uids().effective != self.place.uid:
                return False
            return process.name() == "postgres" and "-D" in process.cmdline() and self._works_here(process)
        except psutil.Error:
            return False

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).samefile(self.data)
        except psutil.AccessDenied:  # root in a container without CAP_SYS_PTRACE may see no more than the command
            return process.cmdline()[1:3] == ["-D", str(self.data)]
        except OSError:
            return False

    def launch(self, binaries: Binaries, sockets: Path) -> None:
        """Start the server process; `settle` waits for it. Raises `OSError`."""
        stale = self._clear_leftovers(sockets)
        environment = dict(ENVIRONMENT)
        if stale is not None:
            # A zombie, or the number now belongs to another process of the same user: Postgres would refuse to start
            # for it, but does not fear the number that it is told is its grandparent's.
            environment["PG_GRANDPARENT_PID"] = str(stale)
        command: list[str | Path] = [binaries.postgres, "-D", self.data, *server_settings(binaries.major, sockets)]
        log = open_private(self.log, self.place.account)
        try:
            os.ftruncate(log, 0)
            child = subprocess.Popen(
                command,
                **self.place.identity,
                cwd=self.data,
                env=environment,
                umask=0o077,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        # Reaps it whenever it ends, also when this process goes on without it: it would stay a zombie.
        threading.Thread(target=child.wait, name="embedded-postgres-reaper", daemon=True).start()
        self._child = child

    def _clear_leftovers(self, sockets: Path) -> int | None:
        """-> the process id of a postmaster.pid that names somebody else, which Postgres replaces itself.

        It is left in place: its other lines let Postgres see orphans of a killed server that still use its memory.
        One without a process id stops Postgres from starting and is removed, as are files of a dead socket.
        """
        (sockets / SOCKET_NAME).unlink(missing_ok=True)
        (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        lines = self._pid_lines()
        pid = _number(lines[0]) if lines else None
        if pid is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        return pid

    def settle(self, deadline: float) -> Running:
        """Wait until the server answers. Raises `StoreError` when it ends or is silent until `deadline`."""
        while time.monotonic() < deadline:
            ended = self._child is None or self._child.poll() is not None  # asked before the look: another may be first
            running = self.find()
            if running is None and ended:
                raise failed("start", self.said(), self.place.folder, self.log)
            if running is not None and running.ready and answers(running.sockets, deadline):
                return running
            time.sleep(_PAUSE)
        raise StoreUnavailable(
            f"The embedded Postgres was not ready in time: it may be recovering, or its machine be overloaded "
            f"(its log: {self.data / 'log'})."
        )

    def held_by_orphans(self) -> bool:
        """Whether the launch failed because processes of a killed server have not ended yet: they do by themselves."""
        return _ORPHANS in self.said()

    def said(self) -> str:
        """What the last start wrote, from both of its logs."""
        newest = sorted((self.data / "log").glob("*.log"), key=lambda path: path.lstat().st_mtime)[-1:]
        started = self.log.lstat().st_mtime if self.log.exists() else 0.0
        texts = [_tail(path) for path in [self.log, *newest] if path.exists() and path.lstat().st_mtime >= started]
        return "\n".join(texts)

    def end(self, patience: Patience = PATIENCE) -> None:
        """Stop the server that lives here, if one does."""
        for number, seconds in patience:
            running = self.find()
            if running is None:
                return
            family = _family(running.pid)  # the log writer ends after its parent
            for process in family if number == signal.SIGKILL else family[:1]:  # a frozen child sees no parent die
                with contextlib.suppress(psutil.NoSuchProcess):  # it ended between the look and the signal
                    process.send_signal(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(_lives(process) for process in family):
                time.sleep(_PAUSE)
            self._sweep(running.sockets)

    def kill_unready(self) -> None:
        """Kill the process that was launched here: it may not have written its postmaster.pid yet."""
        child = self._child
        if child is not None:
            child.kill()

    def _sweep(self, sockets: Path) -> None:
        """Remove a folder that was only there for the socket; one that still holds something stays."""
        if sockets != self.place.folder:
            with contextlib.suppress(OSError):
                sockets.rmdir()


def answers(sockets: Path, deadline: float) -> bool:
    """Whether a server that can still start a backend is behind the socket: a dead or frozen one is not.

    Asks for encryption, which a Unix socket never has, so one byte "N" comes back and no log line is written.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(max(0.1, deadline - time.monotonic()))
            connection.connect(str(sockets / SOCKET_NAME))
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in {b"N", b"S"}
    except OSError:
        return False


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    """Whether it is still that process (not another of its number) and does anything: a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _number(line: str) -> int | None:
    """A process id, None for anything that cannot be one."""
    text = line.strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:12]) < 1 << 31 else None


def _tail(path: Path) -> str:
    """The end of a file that another user may own: never through a link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        file.seek(max(0, path.lstat().st_size - _TAIL))
        return file.read(_TAIL).decode("utf-8", "replace")


def _sync(folder: Path) -> None:
    """Make the new name in the folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
