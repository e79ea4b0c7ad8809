"""One data folder of Postgres and the server on it: make, find, launch, wait for, end.

    make()    initdb into a scratch folder, renamed when complete
    find()    postmaster.pid, believed only where it names a live postgres of ours on this very folder
    launch()  a process in a session of its own, with an environment made by hand
    wait_until_ready()  wait until the server has answered on its socket
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
from core.embedded.errors import explain_failure
from core.embedded.location import SOCKET_NAME, ServerLocation, open_private
from core.embedded.names import name_for_user
from core.embedded.settings import create_options, server_settings
from core.errors import ConfigurationError, StoreUnavailable

SCRATCH = "data.new-"
Patience: TypeAlias = tuple[tuple[signal.Signals, float], ...]
PATIENCE: Patience = ((signal.SIGINT, 45.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Signals that end a server, and seconds to wait after each: fast, at once (recovers at the next start), by force."""

HURRY: Patience = ((signal.SIGINT, 0.7), (signal.SIGKILL, 0.5))
"""The same for a process that must be gone in a moment."""

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
    def __init__(self, place: ServerLocation) -> None:
        self.place = place
        self.data = place.folder / "data"
        self.log = place.folder / "start.log"
        self._child: subprocess.Popen[bytes] | None = None

    def make(self, binaries: Binaries, deadline: float) -> None:
        """Make the cluster unless there is one. Raises `ConfigurationError`, `StoreError`, `OSError`."""
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
            raise explain_failure("be made", done.stderr or done.stdout, self.place.folder, self.log)

    def _refuse_other_major(self, binaries: Binaries) -> None:
        major = (self.data / "PG_VERSION").read_text(encoding="utf-8", errors="replace").strip()
        if major != str(binaries.major):
            raise ConfigurationError(
                f"The data folder {self.data} was made by Postgres {major or 'of unknown version'}, but the Postgres "
                f"in {binaries.folder} is {binaries.major}: with the old one installed, dump it (pg_dump) and restore "
                "it into the new, or move the folder away and crawl again."
            )

    def find(self) -> Running | None:
        """Return the live server on this folder, or None."""
        lines = self._pid_lines()
        pid = _parse_pid(lines[0]) if lines else None
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
        """Return whether this is a live postmaster, run by our user, working in our data folder."""
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
            # A zombie, or another process of the same user has that number now: Postgres would refuse to start because
            # of it, but accepts the number that is named as its grandparent's.
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
        # Reaps the server whenever it ends, also while this process goes on: else it would stay a zombie.
        threading.Thread(target=child.wait, name="embedded-postgres-reaper", daemon=True).start()
        self._child = child

    def _clear_leftovers(self, sockets: Path) -> int | None:
        """Remove files of a dead socket. -> the process id in a postmaster.pid that names another process.

        Postgres replaces that file itself. It is left in place, because its other lines let Postgres see orphans of a
        killed server that still use its memory. One without a process id stops Postgres from starting and is removed.
        """
        (sockets / SOCKET_NAME).unlink(missing_ok=True)
        (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        lines = self._pid_lines()
        pid = _parse_pid(lines[0]) if lines else None
        if pid is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        return pid

    def wait_until_ready(self, deadline: float) -> Running:
        """Wait until the server answers, and return it. Raises `StoreError` if it ends or `deadline` passes."""
        while time.monotonic() < deadline:
            ended = self._child is None or self._child.poll() is not None  # before `find`: another may be first
            running = self.find()
            if running is None and ended:
                raise explain_failure("start", self.read_logs(), self.place.folder, self.log)
            if running is not None and running.ready and is_answering(running.sockets, deadline):
                return running
            time.sleep(_PAUSE)
        raise StoreUnavailable(
            f"The embedded Postgres was not ready in time: it may be recovering, or its machine be overloaded "
            f"(its log: {self.data / 'log'})."
        )

    def is_held_by_orphans(self) -> bool:
        """Return whether the launch failed because processes of a killed server have not ended yet.

        They end by themselves.
        """
        return _ORPHANS in self.read_logs()

    def read_logs(self) -> str:
        """Return what the last start wrote into its two logs."""
        newest = sorted((self.data / "log").glob("*.log"), key=lambda path: path.lstat().st_mtime)[-1:]
        started = self.log.lstat().st_mtime if self.log.exists() else 0.0
        texts = [_tail(path) for path in [self.log, *newest] if path.exists() and path.lstat().st_mtime >= started]
        return "\n".join(texts)

    def end(self, patience: Patience = PATIENCE) -> None:
        """Stop the server on this folder, if there is one."""
        for number, seconds in patience:
            running = self.find()
            if running is None:
                return
            family = _family(running.pid)  # the log writer ends after its parent
            for process in family if number == signal.SIGKILL else family[:1]:  # a frozen child sees no parent die
                with contextlib.suppress(psutil.NoSuchProcess):  # it ended between `find` and the signal
                    process.send_signal(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and any(_is_alive(process) for process in family):
                time.sleep(_PAUSE)
            if running.sockets != self.place.folder:  # it was made only for the socket
                with contextlib.suppress(OSError):  # it stays where it still holds something
                    running.sockets.rmdir()

    def kill_unready(self) -> None:
        """Kill the process that was launched here: it may not have written its postmaster.pid yet."""
        child = self._child
        if child is not None:
            child.kill()


def is_answering(sockets: Path, deadline: float) -> bool:
    """Return whether the server behind the socket can still start a backend: a dead or frozen one cannot.

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


def _is_alive(process: psutil.Process) -> bool:
    """Return whether it is still that process (not another with its number) and no zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _parse_pid(line: str) -> int | None:
    """Return a process id, None for anything that cannot be one."""
    text = line.strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:12]) < 1 << 31 else None


def _tail(path: Path) -> str:
    """Return the last 8,192 bytes of a file that another user may own; never follow a link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        file.seek(max(0, path.lstat().st_size - _TAIL))
        return file.read(_TAIL).decode("utf-8", "replace")


def _sync(folder: Path) -> None:
    """Make the new name in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
