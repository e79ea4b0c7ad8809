"""What long-running commands share: lines of log for people, and an end that is asked for politely."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.cli.ending import listening
from bot.cli.logs import open_log, say_in_log
from bot.cli.redaction import redact_logs
from bot.cli.running import call_soon, notices
from core.config.settings import load

GIVES_WAY = 10


def log_to_stderr() -> None:
    """Log as LOG_LEVEL and LOG_FORMAT say, without secrets. Raises `ConfigurationError`."""
    settings = load()
    open_log(settings.log_level, settings.log_format)
    redact_logs(settings)


def log_started(sentence: str) -> None:
    """Tell who started it. A log that cannot be written, as on a full disk, stops nobody; nor do its lines later."""
    with suppress(OSError):
        if not say_in_log(sentence):
            notices().print(sentence)


def lower_priority() -> None:
    """Crawls take the processor when those who ask questions do not want it."""
    os.nice(GIVES_WAY)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Set an event when this process is asked to end, in place of cancelling its work: it ends what it has in hand."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with listening(lambda: call_soon(loop, stop.set)):
        yield stop
