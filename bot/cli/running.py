"""What the commands share: output, and running async work with the objects of `core.wiring` open around it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from bot.cli.ending import call_on_end
from core.config.settings import Settings, env_file, load
from core.domain import Edition
from core.errors import UsageError
from core.wiring import Footnote, open_footnote

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


def edition_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--version` and `--language`, which the command takes together as `edition`."""

    @click.option("--version", default="", help="Of documentation in several versions this one, as in 1.4 or latest.")
    @click.option("--language", default="", help="Of documentation in several languages this one, as in de or pt-br.")
    @wraps(command)
    def with_edition(*arguments: Any, version: str, language: str, **options: Any) -> None:
        command(*arguments, edition=Edition(version.strip(), language.strip()), **options)

    return with_edition


def with_footnote(work: Callable[[Footnote], Awaitable[T]], *, reembedding: bool = False) -> T:
    """Open everything as the settings say, do the work, close everything, and return what the work returns."""

    async def opened() -> T:
        async with open_footnote(load(), reembedding=reembedding) as footnote:
            return await work(footnote)

    return run_async(opened())


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` as `asyncio.run` does, and return its result.

    A signal cancels the work; this waits for its end, and then raises `KeyboardInterrupt`.
    """
    try:
        return asyncio.run(_cancelled_by_signals(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        work.close()


async def _cancelled_by_signals(work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    with call_on_end(lambda: call_soon(loop, task.cancel)):
        return await work


def call_soon(loop: asyncio.AbstractEventLoop, what: Callable[[], object]) -> None:
    """Call `what` in a loop, from another thread; do nothing if the loop has ended meanwhile."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(what)


def explain_empty_index(settings: Settings) -> str:
    """Return where an index was looked for that holds nothing, if a lost `.env` may be why; else an empty text."""
    if settings.database_url.get_secret_value() or env_file() is not None:
        return ""
    return (
        f"This is the embedded index in {settings.folder}, and there is no .env in {Path.cwd()}: "
        "if you have one elsewhere, run footnote in its folder."
    )


def read_questions(batch: Path) -> Iterator[tuple[object, str]]:
    """Yield (id, question) of each line of a file. Raises `UsageError`."""
    for number, line in enumerate(read_text(batch).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield row["id"], str(row["question"])
        except (ValueError, KeyError, TypeError):
            raise UsageError(f'Line {number} of the batch is not {{"id": ..., "question": ...}}.') from None


def read_text(file: Path) -> str:
    """Return the text of a file, or of standard input if it is `-`. Raises `UsageError`."""
    name = "Standard input" if str(file) == "-" else str(file)
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no text in UTF-8.") from error


def console() -> Console:
    """Return the console where people read answers: standard output."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def notices() -> Console:
    """Return the console for progress and remarks: standard error, so that --json stays one document."""
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(document: object) -> None:
    """Print one JSON document, with letters unescaped and a newline at the end."""
    click.echo(json.dumps(document, ensure_ascii=False, default=str))
