"""What long-running commands share: lines of log for people, and an end that is asked for politely."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.cli.logs import open_log, say_in_log
from bot.cli.running import notices
from core.settings import load

GIVES_WAY = 10


def log_to_stderr() -> None:
    """Log as LOG_LEVEL and LOG_FORMAT say. Raises `ConfigurationError`."""
    settings = load()
    open_log(settings.log_level, settings.log_format)


def begins(sentence: str) -> None:
    """Tell who started it. A log that cannot be written, as on a full disk, stops nobody; nor do its lines later."""
    with suppress(OSError):
        if not say_in_log(sentence):
            notices().print(sentence)


def give_way() -> None:
    """Crawls take the processor when those who ask questions do not want it."""
    os.nice(GIVES_WAY)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Set when somebody asks this process to end (SIGTERM, SIGHUP, Ctrl-C); asking twice ends it at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def asked(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)  # the next one does what it does by default

    asking = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    numbers = [each for each in asking if signal.getsignal(each) is not signal.SIG_IGN]  # SIGHUP below nohup
    for number in numbers:
        loop.add_signal_handler(number, asked, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
