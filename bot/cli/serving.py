"""What long-running commands share: lines of log for people, and an end that is asked for politely."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.cli.ending import listening
from bot.cli.redaction import redact_logs
from bot.cli.running import call_soon, notices

GIVES_WAY = 10
_QUIET = ("apscheduler", "pgqueuer", "asyncio", "slack_bolt", "slack_sdk", "discord", "httpx", "httpx2", "openai")


def log_to_stderr() -> None:
    """One line an event, with the time; of the libraries only warnings."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S"
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    redact_logs()


def begins(sentence: str) -> None:
    """Tell who started it. A log that cannot be written, as on a full disk, stops nobody; nor do its lines later."""
    with suppress(OSError):
        notices().print(sentence)


def give_way() -> None:
    """Crawls take the processor when those who ask questions do not want it."""
    os.nice(GIVES_WAY)


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Set an event when this process is asked to end, in place of cancelling its work: it ends what it has in hand."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with listening(lambda: call_soon(loop, stop.set)):
        yield stop
