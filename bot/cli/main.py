"""The command `footnote`: finds the subcommand, and turns errors into a sentence and an exit code.

    0 done    1 failed    2 called wrongly    78 a setting must be changed    129, 130, 143 cut off by a signal

Each command has a module that is imported when the command is called (`bot.cli.lazy`). `bot.cli.ending` says how a
command ends when it is asked to.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Sequence
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
    "check": ("bot.cli.check", "Check drafts of answers against the passages that they cite."),
    "sources": ("bot.cli.sources", "Add, preview, list, change, export and remove documentation sites."),
    "crawl": ("bot.cli.crawl", "Crawl one source, or all of them, into the index."),
    "up": ("bot.cli.up", "Run everything that is configured, until stopped."),
    "worker": ("bot.cli.worker", "Crawl and embed for everybody, on this machine, until stopped."),
    "mcp": ("bot.cli.mcp", "Serve the documentation to editors and agents over MCP."),
    "token": ("bot.cli.tokens", "Make, list and revoke the tokens with which programs and web pages ask."),
    "eval": ("bot.cli.evaluate", "Run a question set and print its figures."),
    "manifest": ("bot.cli.manifest", "Print the manifest of the Slack app."),
    "questions": ("bot.cli.questions", "List what people asked in chat, and what came of it."),
    "report": ("bot.cli.report", "Report figures of some days, and what the documentation does not answer."),
    "console": ("bot.cli.console", "Serve the web console, or print a link that signs you in to it."),
    "forget": ("bot.cli.forget", "Delete everything that one person asked in chat."),
    "move": ("bot.cli.move", "Move the index to another Postgres, or back into the embedded one."),
    "doctor": ("bot.cli.doctor", "Check database, models and keys, and say what to do."),
}

SERVES = frozenset({"up", "worker", "console", "mcp"})
"""Commands that run until they are asked to end; `console --link` does not."""

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
    """Run the command line: the entry point of the console script."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # it was closed: without this, a socket would get its number
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal lacks becomes "?"
    sys.exit(run_command(begin(serves=_serves(sys.argv[1:]))))


def _serves(arguments: Sequence[str]) -> bool:
    """Return whether a command runs until it is asked to end."""
    if arguments[:1] == ["demo"]:
        return "--serve" in arguments
    return bool(SERVES.intersection(arguments[:1])) and "--link" not in arguments


def run_command(ending: Ending) -> int:
    """Run the command that `sys.argv` names; say in a sentence what failed. -> exit code."""
    try:
        footnote(standalone_mode=False)
        sys.stdout.flush()  # what does not fit on the disk fails here, with a sentence, and not while Python ends
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else EXIT_FAILED
    except BaseException as error:  # noqa: BLE001 - after a signal anything may fail, because of the signal
        if ending.asked is None and not isinstance(error, KeyboardInterrupt | click.Abort):
            return _failed(error)
        with suppress(OSError):  # its terminal may be gone
            _print_end(ending, error)
        return ending.code
    return 0


def _print_end(ending: Ending, error: BaseException) -> None:
    """Say that a command was cut off; of one that serves, only report what went wrong while it ended."""
    if not ending.serves:
        _print_error("interrupted")
    elif isinstance(error, FootnoteError):
        _print_error(str(error))


def _failed(error: BaseException) -> int:
    """Say in a sentence what failed, and return the exit code. Raises an error that has no sentence as it is."""
    match error:
        case FootnoteError():
            _print_error(str(error))
            return _code(error)
        case click.ClickException():
            error.show()
            return error.exit_code
        case OSError():
            return _unwritten(error)
        case _:
            raise error


def _unwritten(error: OSError) -> int:
    """Return the exit code if our output has no reader any more, or no room. Raises any other error as it is."""
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # nobody is left to read an error
        return EXIT_FAILED
    if error.errno not in _UNWRITABLE:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for output that is still buffered
    with suppress(OSError):
        _print_error(f"The output cannot be written ({error.strerror}).")
    return EXIT_FAILED


def _code(error: FootnoteError) -> int:
    match error:
        case ConfigurationError():
            return EXIT_CONFIGURATION
        case UsageError():
            return EXIT_USAGE
        case _:
            return EXIT_FAILED


def _print_error(sentence: str) -> None:
    """Print or log a sentence on standard error; with --json, also print one document on standard output."""
    if not say_in_log(sentence, logging.ERROR):
        click.echo(f"footnote: {sentence}", err=True)
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": sentence}, ensure_ascii=False))
