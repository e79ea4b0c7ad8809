"""The command `footnote`: finds the subcommand, turns errors into a sentence and an exit code.

    0 done    1 failed    2 called wrongly    78 a setting must be changed    129, 130, 143 cut off by a signal

Each command lives in a module of its own, imported when it is called (`bot.cli.lazy`). How one ends that is asked to:
`bot.cli.ending`.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

import click

from bot.cli.ending import Ending, begin
from bot.cli.lazy import LazyGroup
from bot.cli.logs import say_in_log
from core.errors import ConfigurationError, FootnoteError, UsageError

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
EXIT_FAILED, EXIT_USAGE, EXIT_CONFIGURATION = 1, 2, 78

COMMANDS = {
    "demo": ("bot.cli.demo", "See it work: crawl footnote's own docs, answer three questions, stay in a chat."),
    "ask": ("bot.cli.ask", "Ask a question, or open a chat."),
    "search": ("bot.cli.search", "Show the passages that a question finds."),
    "sources": ("bot.cli.sources", "Add, preview, list, change, export and remove documentation sites."),
    "crawl": ("bot.cli.crawl", "Crawl one source, or all of them, into the index."),
    "up": ("bot.cli.up", "Run everything that is configured, until stopped."),
    "worker": ("bot.cli.worker", "Crawl and embed for everybody, on this machine, until stopped."),
    "eval": ("bot.cli.evaluate", "Run a question set and print its figures."),
    "manifest": ("bot.cli.manifest", "Print the manifest of the Slack app."),
    "forget": ("bot.cli.forget", "Delete everything that one person asked in chat."),
    "move": ("bot.cli.move", "Move the index to another Postgres, or back into the embedded one."),
    "doctor": ("bot.cli.doctor", "Check database, models and keys, and say what to do."),
}

SERVES = frozenset({"up", "worker"})
"""Commands that run until they are asked to end."""

EPILOG = """\b
Start with:
  footnote demo
  footnote sources add https://docs.example.org/guide/ --name guide
  footnote crawl guide
  footnote ask "How do I install it?"

Settings come from the environment or a .env file in this folder: see docs/configuration.md."""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.version_option(package_name="footnote-bot", prog_name="footnote")
def footnote() -> None:
    """Answer questions about documentation sites, with numbered sources that link to the exact section."""


def run() -> None:
    """Entry point of the console script."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed: leads nowhere, or a socket would get its number
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # letters that this terminal has not: a question mark, and no failure
    sys.exit(_run(begin(serves=sys.argv[1:2] != [] and sys.argv[1] in SERVES)))


def _run(ending: Ending) -> int:
    try:
        footnote(standalone_mode=False)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else EXIT_FAILED
    except BaseException as error:  # noqa: BLE001 - after a signal anything may fail, and the signal is why
        if ending.asked is None and not isinstance(error, KeyboardInterrupt | click.Abort):
            return _failed(error)
        with suppress(OSError):  # its terminal may be gone
            _tell_end(ending, error)
        return ending.code
    return 0


def _tell_end(ending: Ending, error: BaseException) -> None:
    """What was cut off says so. Who serves has nothing to say, but for what went wrong while it ended."""
    if not ending.serves:
        _tell("interrupted")
    elif isinstance(error, FootnoteError):
        _tell(str(error))


def _failed(error: BaseException) -> int:
    """Say why in a sentence. Raises what no sentence was made for."""
    match error:
        case FootnoteError():
            _tell(str(error))
            return _code(error)
        case click.ClickException():
            error.show()
            return error.exit_code
        case OSError():
            return _unwritten(error)
        case _:
            raise error


def _unwritten(error: OSError) -> int:
    """Our output has no reader any more, or no room. Raises every other error as it is."""
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # nothing to say to anybody
        return EXIT_FAILED
    if error.errno not in _UNWRITABLE:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what still waits to be written
    with suppress(OSError):
        _tell(f"The output cannot be written ({error.strerror}).")
    return EXIT_FAILED


def _code(error: FootnoteError) -> int:
    match error:
        case ConfigurationError():
            return EXIT_CONFIGURATION
        case UsageError():
            return EXIT_USAGE
        case _:
            return EXIT_FAILED


def _tell(sentence: str) -> None:
    """One sentence on standard error; with --json one document on standard output as well."""
    if not say_in_log(sentence, logging.ERROR):
        click.echo(f"footnote: {sentence}", err=True)
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": sentence}, ensure_ascii=False))
