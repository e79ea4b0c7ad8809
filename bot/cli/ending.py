"""How every command ends when it is asked to: in order or, if that takes too long, by force.

    SIGTERM, SIGHUP, SIGINT
       └─> the watcher, a thread: hears them even while the main thread is blocked in a call of C
              ├─ inside `listening`     calls the listener: it cancels the work or sets an event
              ├─ elsewhere              KeyboardInterrupt in the main thread: an import, a prompt, a read
              └─ GRACE seconds later    the last resort: ends Postgres and children, then the process, at once

SIGTERM is heard however the process was started: even if SIGINT is ignored (`cmd &` in a script) or signals are
blocked. SIGINT and SIGHUP that were ignored at the start stay ignored: a terminal sends them to all its programs. After
a second signal, HURRY seconds are left. A command that serves exits with 0, one that was cut off with 128 plus the
signal's number.

Holds no lock and closes nothing itself: code that opens something closes it, or `core.last_resort` does. A call of C
that keeps the interpreter's lock blocks the watcher, too; foreign documents are therefore read in other processes.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

GRACE, HURRY, FORCE = 6.5, 2.0, 3.0
"""Seconds for an orderly end, after a second signal, and for the last resort. Supervisors kill after 10."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
EXIT_INTERRUPTED = 130
_KNOCK = 0.1  # seconds


class Ending:
    """One per process, made by the main thread. `asked`: the number of the first signal, None until there is one."""

    def __init__(self, *, serves: bool = False) -> None:
        self.asked: int | None = None
        self._serves = serves
        self._listener: Callable[[], None] | None = None
        self._unheard = [True]
        self._knocks = 0
        self._main = threading.main_thread().ident or 0
        self._signals, self._wakeup = os.pipe()

    @property
    def code(self) -> int:
        """The exit code of a process that was asked to end."""
        if self._serves:
            return 0
        return EXIT_INTERRUPTED if self.asked is None else 128 + self.asked

    @property
    def serves(self) -> bool:
        """Whether this command runs until it is asked to end, so that ending is no interruption."""
        return self._serves

    def watch(self) -> None:
        """Hear signals from now on, until the process ends."""
        os.set_blocking(self._wakeup, False)
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="ending", daemon=True).start()
        for number in SIGNALS:
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    @contextmanager
    def listening(self, listener: Callable[[], None] | None) -> Iterator[None]:
        """Call `listener`, in any thread, if a signal comes in this block or came before; None: interrupt the block."""
        before, self._listener = self._listener, listener
        try:
            if self.asked is not None:
                self._pass_on()
            yield
        finally:
            self._listener = before

    def _pass_on(self) -> None:
        """Act on the first signal, once: later signals do not disturb the end that is under way."""
        listener = self._listener
        if listener is not None:
            if self._first():
                listener()
        elif threading.get_ident() == self._main:
            if self._first():
                raise KeyboardInterrupt
        elif self._unheard:  # a signal between the last check and a blocking read would wait for that read
            self._knocks += 1
            signal.pthread_kill(self._main, self.asked or signal.SIGTERM)

    def _first(self) -> bool:
        """Return whether this call is the one that acts.

        Takes no lock: the main thread may be interrupted while it holds one.
        """
        with suppress(IndexError):
            return self._unheard.pop()
        return False

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal in the main thread, between two bytecodes."""
        self.asked = self.asked or number
        if self._listener is None:
            self._pass_on()

    def _watch(self) -> None:
        end: float | None = None
        while end is None or time.monotonic() < end:
            ready, _, _ = select.select([self._signals], [], [], None if end is None else _KNOCK)
            for number in os.read(self._signals, 64) if ready else b"":
                if number in SIGNALS:
                    end = self._limit(number, end)
            if self.asked is not None:
                self._pass_on()
        self._force()

    def _limit(self, number: int, end: float | None) -> float:
        """Return when the process is to be ended by force, by `time.monotonic`, after one more signal."""
        if end is None:
            self.asked = self.asked or number
            return time.monotonic() + GRACE
        if self._knocks:
            self._knocks -= 1
            return end
        return min(end, time.monotonic() + HURRY)

    def _force(self) -> None:
        """End the process at once; a step that hangs holds up neither the others nor the process."""
        steps = threading.Thread(target=_leave_nothing, daemon=True)
        steps.start()
        steps.join(FORCE)
        _say("footnote: stopped by force: its end took too long\n" if self._serves else "footnote: interrupted\n")
        os._exit(self.code)


def _leave_nothing() -> None:
    from core import last_resort  # an orderly end never loads it

    last_resort.abandon_all(FORCE)


def _say(line: str) -> None:
    """Write a line on standard error, if that is possible without waiting for a reader."""
    with suppress(OSError, ValueError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, line.encode())


_endings: list[Ending] = []
"""The one `Ending` of this process, once `begin` was called: signals are sent to processes."""


def begin(*, serves: bool) -> Ending:
    """Hear signals from now on, and return the `Ending` of this process. Call it once, in the main thread."""
    _endings.append(Ending(serves=serves))
    _endings[0].watch()
    return _endings[0]


@contextmanager
def call_on_end(listener: Callable[[], None]) -> Iterator[None]:
    """Have `listener` called, in any thread, when this process is asked to end; at once if it was already."""
    with _endings[0].listening(listener) if _endings else nullcontext():
        yield


@contextmanager
def interrupt_on_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for a signal in this block, which keeps the event loop from hearing signals."""
    with _endings[0].listening(None) if _endings else nullcontext():
        yield
