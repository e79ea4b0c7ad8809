"""What long-running commands share: their log, and an orderly end when they are asked to stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.cli.ending import call_on_end
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
    """Report the start. A log that cannot be written, as on a full disk, stops nothing, now or later."""
    with suppress(OSError):
        if not say_in_log(sentence):
            notices().print(sentence)


def lower_priority() -> None:
    """Lower the priority of this process, so that crawls leave the processor to people's questions."""
    os.nice(GIVES_WAY)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Yield an event that is set when this process is asked to end; it then finishes its work, uncancelled."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with call_on_end(lambda: call_soon(loop, stop.set)):
        yield stop
