"""Parses what an administrator typed after `/docs`, as far as its form goes.

    "add https://docs.example.org/ guide"       Order(ADD, ("https://docs.example.org/", "guide"))
    'settings tone=“short” sources=a, b'        Order(SETTINGS, keys={"tone": "short", "sources": "a, b"})
    "reindex guide —force"                      Order(REINDEX, ("guide",), force=True)      phones write dashes so

Quotes of any kind hold a value together; a quote that is never closed reaches to the end. `bot.commands.acts` decides
what the words mean, and whether there is such a source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from core.check.links import remove_invisible
from core.errors import UsageError

MOST_CHARACTERS = 2_000
"""The longest command: a url and a few words."""


CLOSE = 0.7
"""Cutoff of `difflib`: `stauts` is close to `status`, `delete` to nothing."""


class Verb(StrEnum):
    """The first word of a command."""

    STATUS = "status"
    SOURCES = "sources"
    ADD = "add"
    REMOVE = "remove"
    REINDEX = "reindex"
    PREVIEW = "preview"
    SETTINGS = "settings"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Form:
    """How a command is written: how many words it takes, which keys, and whether `--force`."""

    usage: str
    fewest: int = 0
    most: int = 0
    keys: frozenset[str] = frozenset()
    force: bool = False


SETTINGS_KEYS = frozenset({"sources", "tone", "language", "unmentioned"})
FORMS: Mapping[Verb, Form] = {
    Verb.STATUS: Form("status"),
    Verb.SOURCES: Form("sources"),
    Verb.ADD: Form("add URL [NAME]", 1, 2, frozenset({"licence"})),
    Verb.REMOVE: Form("remove NAME", 1, 1),
    Verb.REINDEX: Form("reindex [NAME] [--force]", 0, 1, force=True),
    Verb.PREVIEW: Form("preview URL", 1, 1),
    Verb.SETTINGS: Form('settings [sources=a,b] [tone="short"] [language=German] [unmentioned=on]', keys=SETTINGS_KEYS),
    Verb.HELP: Form("help"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A command in the right form."""

    verb: Verb
    words: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


_ALSO = {"list": Verb.SOURCES, "crawl": Verb.REINDEX}  # their names on the command line
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛′＇", "'") | {"＝": "="})
_DASHES = re.compile(r"(?<!\S)[—–−-]{1,2}(?=[a-z]+\b)", re.IGNORECASE)
_KEY = r"[A-Za-z][A-Za-z_-]{0,40}"
_VALUE = r"""(?:"[^"]*(?:"|\Z)|'[^']*'(?!\S)|(?:[^\s,]|,\s*)+)"""
_WORD = re.compile(rf"(?P<key>{_KEY})\s*=\s*(?P<value>(?!{_KEY}\s*=){_VALUE})?|(?P<word>{_VALUE})")


def verb_of(text: str) -> tuple[Verb | None, str]:
    """Return the verb and the text after it; None: no such command. Raises `UsageError` if the text is too long.

    `"  Add  https://x.example/"` -> `(ADD, "https://x.example/")`, `""` -> `(HELP, "")`
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"That command has {len(text):,} characters: please shorten to {MOST_CHARACTERS:,}.")
    first, _, rest = " ".join(remove_invisible(text).split()).removeprefix("/docs").strip().partition(" ")
    word = first.lower()
    if not word:
        return Verb.HELP, ""
    return _ALSO.get(word) or next((verb for verb in Verb if verb == word), None), rest


def find_close_verb(text: str) -> Verb | None:
    """Return the verb that a misspelt one is close to, or None: `"reindx guide"` -> REINDEX."""
    first = " ".join(remove_invisible(text).split()).removeprefix("/docs").strip().partition(" ")[0].lower()
    close = get_close_matches(first, [*(verb.value for verb in Verb), *_ALSO], 1, CLOSE)
    return (_ALSO.get(close[0]) or Verb(close[0])) if close else None


def parse_order(verb: Verb, rest: str) -> Order:
    """Parse the text after a verb. Raises `UsageError`, which says how the command is written."""
    form, words, keys, force = FORMS[verb], list[str](), dict[str, str](), False
    for found in _WORD.finditer(_DASHES.sub("--", rest.translate(_QUOTES))):
        word = _bare(found["word"] or "")
        if found["key"]:
            keys[found["key"].lower()] = _bare(found["value"] or "")
        elif word.lower() == "--force" and form.force:
            force = True
        elif word:
            words.append(word)
    strange = next((key for key in keys if key not in form.keys), None)
    if strange is not None:
        raise UsageError(_no_key(form, strange))
    if not form.fewest <= len(words) <= form.most or any(word.startswith("--") for word in words):
        raise UsageError(f"Write it like this: `/docs {form.usage}`.")
    return Order(verb, tuple(words), keys, force)


def quote_value(text: str) -> str:
    """Return a text as one word or value of a command, whatever it holds: `My "Docs"` -> `"My 'Docs'"`."""
    return '"{}"'.format(text.translate(_QUOTES).replace('"', "'"))


def _no_key(form: Form, strange: str) -> str:
    known = ", ".join(f"`{key}`" for key in sorted(form.keys))
    there_are = f": there are {known}." if len(form.keys) > 1 else f": there is {known}." if known else "."
    return f"There is no `{strange}` to set here{there_are}"


def _bare(text: str) -> str:
    """Return the text without the quotes and blanks at its ends."""
    for quote in "\"'":
        if text.startswith(quote):
            text = text.removeprefix(quote).removesuffix(quote)
    return text.strip()
