"""`footnote doctor`: checks whether everything is there and says what to do if not, one line per check."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict

import click

from bot.checkup import check_platforms
from bot.cli.running import console, json_option, print_json, run_async
from bot.console.address import check_console
from core.config.settings import load
from core.errors import ConfigurationError, FootnoteError
from core.health import (
    Check,
    Health,
    check_answers,
    check_models,
    check_settings,
    check_store,
    check_tokens,
    check_workers,
)
from core.wiring import Footnote, open_footnote

_SIGN = {Health.OK: "[green]ok  [/]", Health.NOTE: "[cyan]note[/]", Health.FAIL: "[red]FAIL[/]"}

MOST_SOURCES = 20
"""Sources that have a line on a screen, those with something to do first; there may be thousands."""


@click.command("doctor")
@json_option
def command(*, as_json: bool) -> None:
    """Check settings, database, models and keys, and say what to do about each in one line.

    \b
    footnote doctor
    footnote doctor --json
    """
    logging.getLogger().addHandler(logging.NullHandler())  # what fails is in its check, and not said twice
    checks = run_async(_collect(as_json=as_json))
    if as_json:
        print_json(
            {"ok": all(check.health is not Health.FAIL for check in checks), "checks": [asdict(c) for c in checks]}
        )
    failed = [check for check in checks if check.health is Health.FAIL]
    if failed:
        sys.exit(78 if any(check.configuration for check in failed) else 1)


async def _collect(*, as_json: bool) -> list[Check]:
    checks, named, folded = list[Check](), 0, 0
    async with aclosing(_checks()) as coming:  # a reader that leaves (`| head`) ends this early
        async for check in coming:
            checks.append(check)
            if as_json:
                continue
            named += is_source(check)
            if is_source(check) and named > MOST_SOURCES:
                folded += 1
                continue
            if folded and not is_source(check):
                _draw(Check("sources", Health.OK, f"{folded:,} more: footnote sources list"))
                folded = 0
            _draw(check)
    return checks


def is_source(check: Check) -> bool:
    """Return whether a check is that of one source."""
    return check.subject.startswith("source ")


def _draw(check: Check) -> None:
    console().print(f"{_SIGN[check.health]} [bold]{check.subject}[/]: ", end="")
    console().print(check.says, markup=False, soft_wrap=True)


async def _checks() -> AsyncGenerator[Check, None]:
    try:
        settings = load()
    except ConfigurationError as error:
        yield Check("settings", Health.FAIL, str(error), configuration=True)
        return
    for check in check_settings(settings):
        yield check
    async for check in check_platforms(settings):
        yield check
    yield check_console(settings)
    started = time.monotonic()
    try:
        async with open_footnote(settings) as footnote:
            yield Check("database", Health.OK, f"ready after {time.monotonic() - started:.1f} s")
            async for check in _check_opened(footnote):
                yield check
    except FootnoteError as error:
        yield Check("start", Health.FAIL, str(error), configuration=isinstance(error, ConfigurationError))


async def _check_opened(footnote: Footnote) -> AsyncGenerator[Check, None]:
    for look in (check_store, check_workers, check_tokens, check_answers, check_models):
        async for check in look(footnote):
            yield check
