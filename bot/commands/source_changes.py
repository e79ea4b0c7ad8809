"""What may be changed of a source: as the command line and the console offer it, and how a person's text is read.

    {"schedule": "Every 6h", "visible_to": "slack:t1"}  ──>  {"schedule": "every 6h", "visible_to": ("slack:T1",)}

A new setting of a source is an entry of `SOURCE_SETTINGS`: the option of `footnote sources set` and the field of the
console's form are made from it. Whether the kind of a source allows a change, and whether a pattern can be read, is
known to `ingest` alone: who changes a source passes a `CheckChange` in. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from core.domain import Source
from core.errors import UsageError
from core.inbox.channels import parse_places
from core.work.schedule import parse_schedule

CheckChange: TypeAlias = Callable[[Source, Source], Awaitable[None]]
"""Raises `UsageError` where a source, as it was, may not become the second one."""

MOST_LICENCE, MOST_PATTERNS, MOST_PATTERN = 100, 200, 500
_ON = frozenset({"on", "yes", "true", "1"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def validate_schedule(text: str) -> str:
    """Return a schedule as it is stored; "" and "default" mean RECRAWL_CRON. Raises `UsageError`."""
    return "" if text.strip().lower() in ("", "default") else parse_schedule(text).text


def validate_language(text: str) -> str:
    """Return a language tag, for example `en` or `pt-BR`; "" means DOCS_LANGUAGE. Raises `UsageError`."""
    text = text.strip()
    if text and not _LANGUAGE.fullmatch(text):
        raise UsageError("The language must be a language tag such as en or pt-BR.")
    return text


def _licence(text: str) -> str:
    if len(text.strip()) > MOST_LICENCE:
        raise UsageError(f"The licence has {len(text.strip()):,} characters: please shorten to {MOST_LICENCE}.")
    return " ".join(text.split())


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(patterns) > MOST_PATTERNS or any(len(each) > MOST_PATTERN for each in patterns):
        raise UsageError(f"Write at most {MOST_PATTERNS} patterns, each of {MOST_PATTERN} characters at most.")
    return patterns


def _switch(text: str) -> bool:
    return text.strip().lower() in _ON


@dataclass(frozen=True, slots=True)
class SourceSetting:
    """A field of `Source` that people may change. `read` raises `UsageError`; it gets lines where there may be several.

    `options`, `metavar` and `help` are those of the command line: one option with a text, with `is_many` a repeated
    one, with a `/` a switch. `label` and `hint` are those of the console; without a label it has buttons instead, or
    nothing. `empty`: what an empty field there means.
    """

    name: str
    options: tuple[str, ...]
    help: str
    read: Callable[[str], object]
    metavar: str = "TEXT"
    is_many: bool = False
    label: str = ""
    hint: str = ""
    empty: str = ""

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return "/" in self.options[0]

    def write(self, source: Source) -> str:
        """Return the setting of a source as the form shows it."""
        value = getattr(source, self.name)
        return "\n".join(value or ()) if self.is_many else str(value)


SOURCE_SETTINGS = (
    SourceSetting(
        name="schedule",
        options=("--schedule",),
        help='A cron line in UTC, "every 6h", "daily", "off", or "default".',
        read=validate_schedule,
        label="Schedule",
        hint='A cron line in UTC, "every 6h", "daily" or "off"; empty: RECRAWL_CRON.',
    ),
    SourceSetting(
        name="licence",
        options=("--licence",),
        help='Under which licence its text may be used; "" forgets it.',
        read=_licence,
        label="Licence",
        hint="Under which its text may be used.",
    ),
    SourceSetting(
        name="visible_to",
        options=("--visible-to",),
        help="In chat and over HTTP, who may see it: slack:WORKSPACE, slack:WORKSPACE/CHANNEL, discord:GUILD, "
        "discord:GUILD/CHANNEL, token:NAME (repeat it for more), or all.",
        read=lambda text: parse_places([text]),
        metavar="PLACE",
        is_many=True,
        label="Visible to",
        hint="Places such as slack:T0001 or discord:8814/9921, one a line; empty: everybody.",
        empty="all",
    ),
    SourceSetting(
        name="include",
        options=("--include",),
        help='Keep these paths alone (repeat; "": all).',
        read=_patterns,
        metavar="PATTERN",
        is_many=True,
        label="Only these paths",
        hint="Patterns such as guide/**, one a line; empty: all.",
    ),
    SourceSetting(
        name="exclude",
        options=("--exclude",),
        help='Leave these paths out (repeat; "": none).',
        read=_patterns,
        metavar="PATTERN",
        is_many=True,
        label="Without these paths",
        hint="Patterns, one a line.",
    ),
    SourceSetting(
        name="language",
        options=("--language",),
        help='Which language wins; "" means DOCS_LANGUAGE.',
        read=validate_language,
        metavar="TAG",
        label="Language",
        hint="Which wins where pages are there in several, as in en or pt-BR; empty: DOCS_LANGUAGE.",
    ),
    SourceSetting(
        name="render",
        options=("--render/--no-render",),
        help="Run the scripts of pages that are empty without, or not.",
        read=_switch,
    ),
    SourceSetting(
        name="paused",
        options=("--pause/--resume",),
        help="Let its schedule crawl it no more, or again.",
        read=_switch,
    ),
)
_BY_NAME = {each.name: each for each in SOURCE_SETTINGS}
VISIBLE_TO = _BY_NAME["visible_to"]


def read_changes(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the changes that texts ask for, by field; a field that they lack stays as it is. Raises `UsageError`."""
    changes: dict[str, object] = {}
    for name, text in texts.items():
        if name not in _BY_NAME:
            raise UsageError(f"There is no {name} to change of a source.")
        changes[name] = _BY_NAME[name].read(text)
    return changes


def read_form(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the changes that a form asks for, in which an empty field has a meaning. Raises `UsageError`."""
    known = {name: _BY_NAME[name].empty for name in texts if name in _BY_NAME}
    return read_changes({name: text.strip() or known.get(name, "") for name, text in texts.items()})
