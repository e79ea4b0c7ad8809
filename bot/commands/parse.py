"""Parses what an administrator typed after `/docs`, as far as its form goes.

    "add https://docs.example.org/ guide"       Order(add, ("https://docs.example.org/", "guide"))
    'settings tone=“short” sources=a, b'        Order(settings, keys={"tone": "short", "sources": "a, b"})
    "reindex guide —force"                      Order(reindex, ("guide",), force=True)      phones write dashes so

Quotes of any kind hold a value together; a quote that is never closed reaches to the end. `bot.commands.verbs` lists
the commands, and `bot.commands.acts` decides what the words mean, and whether there is such a source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from core.check.links import remove_invisible
from core.errors import UsageError

MOST_CHARACTERS = 2_000
"""The longest command: a url and a few words."""


class ArgumentKind(Enum):
    """What an argument holds: text, on or off, or the name of a source."""

    TEXT = auto()
    SWITCH = auto()
    SOURCE = auto()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command, as each platform shows it. `sample` is the value in the usage of a key."""

    name: str
    description: str
    kind: ArgumentKind = ArgumentKind.TEXT
    required: bool = False
    longest: int = 0
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How a command is written: its verb, its words in order, its `key=value` pairs, and `--force` where it has one.

    `also` are other words for the verb, such as its name on the command line.
    """

    verb: str
    summary: str
    words: tuple[Argument, ...] = ()
    keys: tuple[Argument, ...] = ()
    force: Argument | None = None
    also: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """How to write it: `add URL [NAME] [licence=MIT]`."""
        words = [each.name.upper() if each.required else f"[{each.name.upper()}]" for each in self.words]
        keys = [f"[{each.name}={each.sample}]" for each in self.keys]
        return " ".join([self.verb, *words, *keys, *(["[--force]"] if self.force else [])])

    @property
    def key_names(self) -> frozenset[str]:
        """The names that it takes before `=`."""
        return frozenset(each.name for each in self.keys)


@dataclass(frozen=True, slots=True)
class Order:
    """A command in the right form."""

    form: Form
    words: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"') | dict.fromkeys("‘’‚‛′＇", "'") | {"＝": "="})
_DASHES = re.compile(r"(?<!\S)[—–−-]{1,2}(?=[a-z]+\b)", re.IGNORECASE)
_KEY = r"[A-Za-z][A-Za-z_-]{0,40}"
_VALUE = r"""(?:"[^"]*(?:"|\Z)|'[^']*'(?!\S)|(?:[^\s,]|,\s*)+)"""
_WORD = re.compile(rf"(?P<key>{_KEY})\s*=\s*(?P<value>(?!{_KEY}\s*=){_VALUE})?|(?P<word>{_VALUE})")


def split_verb(text: str) -> tuple[str, str]:
    """Return the first word in small letters, and the text after it. Raises `UsageError` if the text is too long.

    `"  Add  https://x.example/"` -> `("add", "https://x.example/")`, `""` -> `("", "")`
    """
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"That command has {len(text):,} characters: please shorten to {MOST_CHARACTERS:,}.")
    first, _, rest = " ".join(remove_invisible(text).split()).removeprefix("/docs").strip().partition(" ")
    return first.lower(), rest


def parse_order(form: Form, rest: str) -> Order:
    """Parse the text after a verb. Raises `UsageError`, which says how the command is written."""
    words, keys, force = list[str](), dict[str, str](), False
    for found in _WORD.finditer(_DASHES.sub("--", rest.translate(_QUOTES))):
        word = _bare(found["word"] or "")
        if found["key"]:
            keys[found["key"].lower()] = _bare(found["value"] or "")
        elif word.lower() == "--force" and form.force is not None:
            force = True
        elif word:
            words.append(word)
    strange = next((key for key in keys if key not in form.key_names), None)
    if strange is not None:
        raise UsageError(_no_key(form, strange))
    fewest = sum(each.required for each in form.words)
    if not fewest <= len(words) <= len(form.words) or any(word.startswith("--") for word in words):
        raise UsageError(f"Write it like this: `/docs {form.usage}`.")
    return Order(form, tuple(words), keys, force)


def quote_value(text: str) -> str:
    """Return a text as one word or value of a command, whatever it holds: `My "Docs"` -> `"My 'Docs'"`."""
    return '"{}"'.format(text.translate(_QUOTES).replace('"', "'"))


def _no_key(form: Form, strange: str) -> str:
    known = ", ".join(f"`{key}`" for key in sorted(form.key_names))
    there_are = f": there are {known}." if len(form.keys) > 1 else f": there is {known}." if known else "."
    return f"There is no `{strange}` to set here{there_are}"


def _bare(text: str) -> str:
    """Return the text without the quotes and blanks at its ends."""
    for quote in "\"'":
        if text.startswith(quote):
            text = text.removeprefix(quote).removesuffix(quote)
    return text.strip()
