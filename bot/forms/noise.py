"""What takes no turn in a conversation: emoji, +1, a command for another bot, a link or code alone."""

from __future__ import annotations

import re

from bot.forms.asking import asks_something
from bot.forms.prose import count_words, to_prose
from bot.forms.words import any_of

_COMMAND = re.compile(r"\s*(?:(?:[!/$.%;~?>-]|[a-z]{1,3}!)[a-zA-Z][\w-]*(?:\s|$)|<@[^>]+>\s*[!/])")
_SAME = re.compile(rf"\W*{any_of('same')}\W*")
_HAILS = re.compile(any_of("hails"))
_LAUGHS = re.compile(rf"\W*(?:{any_of('laughs')}(?:\W+|$))+")
_FOR_ALL = re.compile(any_of("for_all"), re.IGNORECASE)


def is_command(text: str) -> bool:
    """Return whether a message is a command for another bot: `"/remind me ..."`, `"!weather zurich"`."""
    return _COMMAND.match(text) is not None


def is_noise(text: str) -> bool:
    """Return whether a message takes no turn: no words, a +1, a command, an announcement, a link or code alone."""
    prose = to_prose(text)
    return (
        count_words(prose) == 0
        or is_command(text)
        or _SAME.fullmatch(prose.lower().strip()) is not None
        or _FOR_ALL.search(text) is not None
        or (_HAILS.match(prose.lower()) is not None and not asks_something(text))
    )


def laughs(text: str) -> bool:
    """Return whether a message is laughter or amazement and nothing else."""
    return _LAUGHS.fullmatch(to_prose(text).lower()) is not None
