"""A command in the tests' own process: all of `footnote` but its start, which takes half a second of the processor.

    ended = await call(install, "sources", "list", "--json")      as `install.run` does: code, output, errors

For tests of what a command prints and refuses. That the program starts, ends, hears signals and reads a terminal is
tested with the real process (`Install.run`), each command at least once. A command that changes its process, as
`crawl` does with its priority, may not be called.
"""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import os
import sys

import pytest

from bot.cli.ending import Ending
from bot.cli.main import run_command
from tests.bot.install import Ended, Install

UNFIT = frozenset({"crawl", "worker", "up", "console", "mcp", "demo"})
"""Commands that change their process or serve until a signal."""


async def call(install: Install, *arguments: str, stdin: str = "") -> Ended:
    """Call a command to its end, in a thread: it has an event loop of its own."""
    assert not UNFIT.intersection(arguments[:1]), arguments
    return await asyncio.to_thread(_call, install, arguments, stdin)


def _call(install: Install, arguments: tuple[str, ...], stdin: str) -> Ended:
    typed, out, err = (io.TextIOWrapper(io.BytesIO(text), "utf-8") for text in (stdin.encode(), b"", b""))
    warnings = logging.StreamHandler(err)  # as of a process that has set up no log
    warnings.setLevel(logging.WARNING)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):  # noqa: TID251 - hidden from the command, as a process would be given none of it
            patch.delenv(name)
        for name, value in install.environment.items():
            patch.setenv(name, value)
        patch.setenv("COLUMNS", "80")  # as without a terminal, also where these tests have one
        patch.chdir(install.folder)
        patch.setattr(sys, "argv", ["footnote", *arguments])
        for name, stream in (("stdin", typed), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)
        logging.getLogger().addHandler(warnings)
        try:
            code = run_command(_never_asked())
        finally:
            logging.getLogger().removeHandler(warnings)
    return Ended(code, _text_of(out), _text_of(err))


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined]  # it was made of one above


@functools.cache
def _never_asked() -> Ending:
    return Ending()
