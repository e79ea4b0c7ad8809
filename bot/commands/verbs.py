"""The commands of administrators: how each is written, what it says of itself, and what it does.

    COMMANDS ──> the help of `/docs`, the options that Discord shows, parsing, acts

A new command is an entry here and its act in `bot.commands.acts`. No platform names a command.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from bot.commands import acts
from bot.commands.context import Actor, CommandContext, Report
from bot.commands.parse import Argument, ArgumentKind, Form, Order, split_verb

CLOSE = 0.7
"""Cutoff of `difflib`: `stauts` is close to `status`, `delete` to nothing."""

Act: TypeAlias = Callable[[Order, Actor, CommandContext], AsyncGenerator[Report, None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command. What has no act is help, which anybody may read; acts are for administrators."""

    form: Form
    act: Act | None = None


COMMANDS: tuple[Command, ...] = (
    Command(Form("status", "what is running, and what waits"), acts.status),
    Command(
        Form("sources", "the sources, when they were read and when they will be", also=("list",)),
        acts.sources,
    ),
    Command(
        Form(
            "add",
            "add a public site and read it",
            words=(
                Argument("url", "Where the documentation starts", required=True),
                Argument("name", "What to call it"),
            ),
            keys=(Argument("licence", "Under which licence its text is", longest=100, sample="MIT"),),
        ),
        acts.add,
    ),
    Command(
        Form(
            "remove",
            "take a source out of the index",
            words=(Argument("name", "Which source", ArgumentKind.SOURCE, required=True),),
        ),
        acts.remove,
    ),
    Command(
        Form(
            "reindex",
            "read a source, or all of them, again; `--force` accepts a result that was quarantined",
            words=(Argument("name", "Which source; none: all of them", ArgumentKind.SOURCE),),
            force=Argument("force", "Accept a result that was quarantined", ArgumentKind.SWITCH),
            also=("crawl",),
        ),
        acts.reindex,
    ),
    Command(
        Form(
            "pause",
            "crawl a source no more on its schedule; readers keep what they see",
            words=(Argument("name", "Which source", ArgumentKind.SOURCE, required=True),),
        ),
        acts.pause,
    ),
    Command(
        Form(
            "resume",
            "crawl a paused source on its schedule again",
            words=(Argument("name", "Which source", ArgumentKind.SOURCE, required=True),),
        ),
        acts.resume,
    ),
    Command(
        Form(
            "preview",
            "read a few pages and show what would be kept; stores nothing",
            words=(Argument("url", "A public site", required=True),),
        ),
        acts.preview,
    ),
    Command(
        Form(
            "settings",
            "how this channel is answered; `sources=all`, `tone=default` and `language=default` go back",
            keys=(
                Argument("sources", "Names of sources with commas, or all", sample="a,b"),
                Argument("tone", "How answers should sound, or default", longest=200, sample='"short"'),
                Argument("language", "In which language, or default", longest=40, sample="German"),
                Argument(
                    "unmentioned", "Also answer questions that do not mention me", ArgumentKind.SWITCH, sample="on"
                ),
                Argument("ask", "Whom to ask where I cannot help, or default", longest=200, sample='"@team"'),
            ),
        ),
        acts.settings,
    ),
    Command(Form("console", "a link to the web console, for you alone"), acts.console),
    Command(Form("help", "this list")),
)
_NAMED = {name: command for command in COMMANDS for name in (command.form.verb, *command.form.also)}
FORMS: tuple[Form, ...] = tuple(command.form for command in COMMANDS)


def find_command(text: str) -> tuple[Command | None, str]:
    """Return the command that a text begins with, and the text after it; None: there is no such command.

    An empty text is `help`. Raises `UsageError` if the text is too long.
    """
    verb, rest = split_verb(text)
    return _NAMED.get(verb or "help"), rest


def find_close_command(text: str) -> Command | None:
    """Return the command that a misspelt one is close to, or None: `"reindx guide"` -> `reindex`."""
    verb, _ = split_verb(text)
    close = get_close_matches(verb, [*_NAMED], 1, CLOSE)
    return _NAMED[close[0]] if close else None
