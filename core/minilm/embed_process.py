"""The parent's side of the bulk embedder: starts the child, asks it one frame at a time, replaces it when it is lost.

    embed(texts) ──frame──> child ──frame──> vectors
                  lost or hung: killed, started once more, asked again; lost or hung again: ModelUnavailable

Blocks, so it is called from a separate thread; one call at a time (a lock sees to that), always a whole exchange: a
caller that gives up waiting does not leave half a frame behind. `close` may be called from anywhere at any time. A
child that gets little time is not hung: next to busy processes the lowest priority waits for minutes.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Final

import psutil

from core.config.settings import child_environment
from core.domain import Vector
from core.errors import ModelMisbehaved, ModelUnavailable
from core.minilm.embed_frames import HEADER, FrameKind, pack_frame, pack_texts, read_header, unpack_vectors
from core.minilm.files import DIMENSIONS

_BOOT: Final = (
    "import sys; threads, folder, *sys.path = sys.argv[1:]; from core.minilm import embed_child; "
    "embed_child.main(int(threads), folder)"
)
"""The child gets the parent's import path as it is: `-m` would put the working folder, and any `core` in it, first."""

_CHUNK: Final = 1 << 16


class ChildLost(Exception):
    """The child ended, hung, or sent something that is no frame. This error never leaves the module."""


class EmbedProcess:
    """The child, or none yet. `deadline`: seconds of silence in which the child used no processor time either.

    `folder`: a `ModelFolder` as JSON; empty: the model that footnote brings.
    """

    def __init__(self, *, threads: int, deadline: float, folder: str = "", dimensions: int = DIMENSIONS) -> None:
        self._threads, self._deadline, self._folder, self._dimensions = threads, deadline, folder, dimensions
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._talking = threading.Lock()
        self._changing = threading.Lock()  # guards _child and _closed; held for an instant only

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of texts, in their order.

        Raises `ModelUnavailable` when closed or when the child is lost twice, `ModelMisbehaved` if the child says so.
        """
        request = pack_frame(FrameKind.TEXTS, pack_texts(texts))
        with self._talking:
            try:
                return self._ask(request, len(texts))
            except ChildLost:
                self._stop()
            try:
                return self._ask(request, len(texts))
            except ChildLost as exc:
                self._stop()
                raise ModelUnavailable(f"The local embedding process failed twice ({exc}); try again.") from exc

    def close(self) -> None:
        """End the child, even one at work; a waiting `embed` raises `ModelUnavailable`."""
        with self._changing:
            self._closed = True
            if self._child is not None:
                self._child.kill()
        with self._talking:  # nobody may read a pipe that is closed: its number is used again at once
            self._stop()

    def _ask(self, request: bytes, count: int) -> list[Vector]:
        child = self._running()
        kind, body = Exchange(child, self._deadline).ask(request)
        if kind is FrameKind.FAILED:
            raise ModelMisbehaved(body.decode("utf-8", "replace"))
        try:
            vectors = unpack_vectors(body, self._dimensions)
        except ValueError as exc:
            raise ChildLost(str(exc)) from exc
        if len(vectors) != count:
            raise ChildLost(f"it answered {len(vectors)} vectors for {count} texts")
        return vectors

    def _running(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._closed:
                raise ModelUnavailable("The local embedder is closed.")
            if self._child is None:
                self._child = self._start()
            return self._child

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-c", _BOOT, str(self._threads), self._folder, *sys.path]
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=child_environment(),
            )
        except OSError as exc:
            raise ModelUnavailable("The local embedding process cannot be started: too little memory?") from exc
        for pipe in (child.stdin, child.stdout):
            os.set_blocking(_open(pipe).fileno(), False)
        return child

    def _stop(self) -> None:
        with self._changing:
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                _open(pipe).close()


def count_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Exchange:
    """One frame to the child and one back. Raises `ChildLost`."""

    def __init__(self, child: subprocess.Popen[bytes], deadline: float) -> None:
        self._pid, self._deadline = child.pid, deadline
        self._sink, self._source = _open(child.stdin), _open(child.stdout)
        self._spent = 0.0  # processor seconds of the child when last looked at

    def ask(self, request: bytes) -> tuple[FrameKind, bytes]:
        """Send a frame, and return kind and body of the answer."""
        try:
            self._spent = self._processor_seconds()
            self._write(memoryview(request))
            length, kind = read_header(self._read(HEADER.size))
            return kind, self._read(length)
        except (OSError, ValueError, psutil.Error) as exc:
            raise ChildLost(str(exc)) from exc

    def _write(self, data: memoryview) -> None:
        while data:
            self._wait(self._sink, selectors.EVENT_WRITE)
            data = data[os.write(self._sink.fileno(), data[:_CHUNK]) :]

    def _read(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            self._wait(self._source, selectors.EVENT_READ)
            piece = os.read(self._source.fileno(), size - len(got))
            if not piece:
                raise ChildLost("it ended")
            got += piece
        return bytes(got)

    def _wait(self, pipe: IO[bytes], event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            while not selector.select(self._deadline):
                self._check_alive()

    def _check_alive(self) -> None:
        spent = self._processor_seconds()
        if spent <= self._spent:
            raise ChildLost("it hung")
        self._spent = spent

    def _processor_seconds(self) -> float:
        times = psutil.Process(self._pid).cpu_times()
        return times.user + times.system


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildLost("it has no pipe")
    return pipe
