"""What the tests of the embedded Postgres share: other processes that use it, and asking it something."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from core.embedded.binaries import find_binaries
from core.embedded.location import ROOT_FOLDER, Account, locate, make_folders
from core.embedded.server import Server

REPOSITORY = Path(__file__).resolve().parents[3]
ROOT = os.geteuid() == 0


class Child:
    """A process that runs `child`; `report` is what it printed after its start (waits for it)."""

    def __init__(
        self,
        home: Path,
        *,
        timeout: float = 120,
        prefix: tuple[str, ...] = (),
        account: Account | None = None,
        **options: Any,
    ) -> None:
        command = [*prefix, sys.executable, "-m", "tests.core.embedded.child", str(home), str(timeout)]
        if account is not None:
            command += [str(account.uid), str(account.gid)]
            if (binaries := find_reachable_binaries()) != find_binaries():
                command.append(str(binaries))
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True, **options)
        self._report: dict[str, Any] = {}

    @property
    def report(self) -> dict[str, Any]:
        if not self._report:
            assert self.process.stdout is not None
            self._report = json.loads(self.process.stdout.readline())
        return self._report

    @property
    def server(self) -> int:
        assert "pid" in self.report, self.report
        return int(self.report["pid"])

    def leave(self) -> None:
        self.process.communicate(timeout=180)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED)


Enter = Callable[..., Child]
"""Starts a child: a home, then the keywords of `Child`."""


def nobody() -> Account | None:
    """Return the account that makes a child an ordinary user; None where we are not root."""
    if not ROOT:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


@functools.cache
def find_reachable_binaries() -> Path:
    """Return the programs of the embedded Postgres where the user of a server can run them.

    That is a copy where we are root and the checkout is closed to others, as it is below root's home (0700).
    """
    found, account = find_binaries(), nobody()
    if account is None or _runs(found, account):
        return found
    folder = Path(tempfile.mkdtemp(prefix="footnote-binaries-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    root, package = found.parent, found.parent.parent
    shutil.copytree(root, folder / package.name / root.name, symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / root.name / found.name


def _runs(folder: Path, account: Account) -> bool:
    try:
        done = subprocess.run([folder / "postgres", "--version"], cwd="/", check=False, **account.identity)
    except PermissionError:
        return False
    return done.returncode == 0


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(what: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


async def ask(dsn: str, statement: str = "select 1") -> Any:
    connection = await asyncpg.connect(dsn, timeout=60)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def sweep(home: Path) -> None:
    place = locate(home)
    Server(place).end()
    if place.folder.parent == ROOT_FOLDER:
        shutil.rmtree(place.folder, ignore_errors=True)


def data_of(home: Path) -> Path:
    return locate(home).folder / "data"


def pid_of(home: Path) -> int:
    return int((data_of(home) / "postmaster.pid").read_text().split("\n")[0])


def freeze(pid: int) -> list[psutil.Process]:
    """Stop a process, and then all below it: for a server its backends too, of which no more can come.

    -> those stopped.
    """
    head = psutil.Process(pid)
    head.suspend()
    return [head, *(each for each in head.children(recursive=True) if _signal(each.suspend))]


def thaw(frozen: Iterable[psutil.Process]) -> None:
    for process in frozen:
        _signal(process.resume)


def _signal(send: Callable[[], object]) -> bool:
    """Return whether the process was still there to be signalled."""
    try:
        send()
    except psutil.NoSuchProcess:
        return False
    return True


def crash(home: Path) -> None:
    """Kill the server, and wait until nothing of it is left.

    A backend outlives it for some milliseconds, and can answer once more on a connection that was open.
    """
    processes = freeze(pid_of(home))
    processes[0].kill()
    thaw(processes[1:])
    _, left = psutil.wait_procs(processes, timeout=60)
    assert not left, f"still there: {left}"


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount a tmpfs there that belongs to the server's user."""
    make_folders(locate(folder))
    place = locate(folder)
    options = f"size={megabytes}m,mode=700,uid={place.uid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place.folder], check=False)
    if mounted.returncode:
        pytest.skip("this root may not mount a tmpfs")
    try:
        yield
    finally:
        # Lazily: a process of a server that could not start may take a moment longer than the test to let go of it.
        subprocess.run(["umount", "-l", place.folder], check=True)
        assert place.folder.parent == ROOT_FOLDER
        shutil.rmtree(place.folder)
