"""A command under strace: whom it and all its children dialled or looked up, and which files they wrote.

    async with traced(Install(tmp_path)) as run:
        await run.run("ask", "How do I install it?")
    run.dialled      {("127.0.0.1", 8080)}        system calls of all threads, native code included
    run.written      {"/tmp/x/home/postgres/PG_VERSION", ...}

A system call is counted when it is tried, whether or not it succeeds: a machine without a network hides nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import psutil
import pytest

from core.embedded.location import ROOT_FOLDER
from tests.bot.install import PATIENCE, PROGRAM, Ended, Install

SENDING = ("connect", "sendto", "sendmsg", "sendmmsg")
OPENING = ("open", "openat", "openat2")
NAMING = ("creat", "mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2")
LINKING = ("link", "linkat", "symlink", "symlinkat")
WRITING = (*OPENING, *NAMING, *LINKING)
TRACED = ",".join([*SENDING, *WRITING, "io_uring_setup"])

_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$", re.DOTALL)
_ADDRESS = re.compile(r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(\"|inet_pton\(AF_INET6, \")([^\"]+)\"")
_SOCKET = re.compile(r"sa_family=AF_UNIX, sun_path=(@?\"[^\"]*\")")
_PATH = re.compile(r"(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?\"((?:[^\"\\]|\\.)*)\"")
_HERE = re.compile(r"AT_FDCWD<([^>]*)>")
_WRITES = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC)")

NAME_SERVICE = "/run/nscd/socket"
"""The socket of glibc's name service.

glibc asks it who a user is; it is a lookup of a host only where a port follows, which is counted as a dial.
"""


STRACE = ("strace", "--seccomp-bpf", "-fyyqq", "-s", "4096", "-e", "signal=none", "-e", f"trace={TRACED}")


def needs_strace() -> pytest.MarkDecorator:
    """Skip visibly where processes cannot be traced: strace is missing, too old, or forbidden in a container."""
    can = which("strace") and subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, check=False)
    return pytest.mark.skipif(not can or can.returncode != 0, reason="needs strace to see system calls")


@dataclass(slots=True)
class Trace:
    """What strace wrote down of one process and its children, read by `dialled`, `sockets` and `written`."""

    file: Path
    folder: Path

    @property
    def dialled(self) -> set[tuple[str, int]]:
        """Addresses and ports of IPv4 and IPv6 that were dialled or sent to; a lookup is one of port 53."""
        found = (_ADDRESS.search(rest) for _, name, rest in self._calls() if name in SENDING)
        return {(match[2], int(match[1])) for match in found if match}

    @property
    def sockets(self) -> set[str]:
        """Unix sockets that were dialled, as those of resolvers and other services of the machine."""
        found = (_SOCKET.search(rest) for _, name, rest in self._calls() if name in SENDING)
        return {match[1].strip('@"') for match in found if match}

    @property
    def written(self) -> set[str]:
        """Files and folders that were opened for writing, made, or named."""
        working: dict[str, str] = {}  # by process: where the paths start of calls that name no folder
        found: set[str] = set()
        for process, name, rest in self._calls():
            if name not in WRITING:
                continue
            if here := _HERE.search(rest):
                working[process] = here[1]
            if name not in OPENING or _WRITES.search(rest):
                start = working.get(process, str(self.folder))
                paths = (
                    _PATH.findall(rest)[-1:] if name.startswith("symlink") else _PATH.findall(rest)
                )  # its text, then it
                found |= {os.path.normpath(Path(folder or start, path)) for folder, path in paths}
        return found

    @property
    def datagrams(self) -> int:
        """How many datagrams were sent to the internet: a UDP socket that is only connected sends none."""
        return sum(name in SENDING[1:] and "<UDP" in rest for _, name, rest in self._calls())

    @property
    def rings(self) -> int:
        """How many rings of io_uring were set up: their traffic is not seen."""
        return sum(name == "io_uring_setup" for _, name, _ in self._calls())

    def _calls(self) -> Iterator[tuple[str, str, str]]:
        for line in self.file.read_text("utf-8", "replace").splitlines():
            if match := _CALL.match(line):
                yield match[1], match[2], match[3]


@dataclass(slots=True)
class Traced:
    """Commands of one install under strace, each with its trace."""

    install: Install
    traces: list[Trace] = field(default_factory=list)

    async def run(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command; its process is strace, which ends with it and with all its children."""
        trace = Trace(self.install.folder / f"trace-{len(self.traces)}", self.install.folder)
        self.traces.append(trace)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(*STRACE, "-o", str(trace.file), PROGRAM, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            cwd=self.install.folder,
            env=self.install.environment,
        )

    async def stop(self, process: asyncio.subprocess.Process) -> int:
        """Stop the command as a supervisor does; strace itself ignores signals. -> its exit code."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children():
                child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0

    def strays(self, *named: tuple[str, int]) -> list[str]:
        """Return, in words, what was dialled besides `named`, and written besides what ruling 57 lists."""
        found: set[str] = set()
        for trace in self.traces:
            found |= {f"dialled {host} {port}" for host, port in trace.dialled - set(named)}
            found |= {f"asked {path}" for path in trace.sockets if not self._is_own(path)}
            found |= {f"wrote {path}" for path in trace.written if not self._may_write(path)}
        return sorted(found)

    def _is_own(self, socket: str) -> bool:
        return socket.endswith(NAME_SERVICE) or self._may_write(socket)

    def _may_write(self, path: str) -> bool:
        """Return whether ruling 57 allows to write there.

        FOOTNOTE_HOME, root's folder, the temporary folder without our HOME, devices, compiled Python.
        """
        allowed = (self.install.folder / "home", ROOT_FOLDER, Path("/dev"), Path("/proc"))
        if any(Path(path).is_relative_to(each) for each in allowed) or "__pycache__" in path:
            return True
        in_temporary = Path(path).is_relative_to(tempfile.gettempdir())
        return in_temporary and not Path(path).is_relative_to(self.install.folder)


def poisoned(folder: Path, **settings: str) -> Install:
    """Return an install in whose environment libraries are asked to report, and to write to a cache."""
    poison: Mapping[str, str] = {
        "ORT_DISABLE_TELEMETRY": "0",
        "HF_HUB_DISABLE_TELEMETRY": "0",
        "DO_NOT_TRACK": "0",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "HF_HOME": str(folder / "hub"),
        "SENTRY_DSN": "https://key@sentry.invalid/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel.invalid:4318",
        "LOGFIRE_TOKEN": "poison",
    }
    return Install(folder, {**poison, **settings})
