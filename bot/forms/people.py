"""Words that are said to people: to the one who spoke last, to all who are there, and the bot's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.forms.prose import split_clauses, to_prose
from bot.forms.words import any_of

_YOU = re.compile(any_of("you"))
_TO_ALL = re.compile(any_of("to_all"))
_NAMED, _HAILS = re.compile(any_of("named")), re.compile(rf"^{any_of('hails')}\W*")
_AROUND = re.compile(any_of("around"))
_WISHES = re.compile(any_of("wishes"))
_GENERIC = r"(?:the )?(?:docs? )?bot"
_CALLED = r"(?:(?:hey|hi|hello|ok|okay|yo|dear|so|and|hallo|salut|hola|olá|ciao|hej|cześć|привет|你好|ねえ)[\s,]+)?@?"
_LEADS = r"(?:\s*[,:;!.–—-]+\s*|\s+)"
_LONGEST_NAME = 40


def says_you(text: str) -> bool:
    """Return whether a message speaks to one person: `"do you also use polling?"`."""
    return _YOU.search(to_prose(text).lower()) is not None


def speaks_to_all(text: str) -> bool:
    """Return whether a question is for everybody who is there: `"anyone up for lunch?"`."""
    if asks_around(text):
        return False
    prose = _HAILS.sub("", to_prose(text).lower())
    return calls_by_name(text) or any(map(_TO_ALL.search, split_clauses(prose)))


def calls_by_name(text: str) -> bool:
    """Return whether a message calls somebody by name, and says you to them: `"milan can you check"`."""
    return _NAMED.match(to_prose(text).lower()) is not None


def asks_around(text: str) -> bool:
    """Return whether a message asks all who are there for what a documentation may know: `"anyone know how to ..."`."""
    return _AROUND.search(to_prose(text).lower()) is not None


def wishes_for_a_person(text: str) -> bool:
    """Return whether somebody wishes for a person in plain words, also where they say it to the bot."""
    return _WISHES.search(to_prose(text).lower()) is not None


def remove_name(text: str, names: Iterable[str], *, generic: bool = True) -> str | None:
    """Return a message without the bot's name where it calls the bot by it; None: it does not.

    `"footnote, how do I start?"` -> `"how do I start?"`, `"as footnote says"` -> None. `generic`: also by "bot".
    """
    chosen = [re.escape(name.strip()) for name in names if 1 < len(name.strip()) <= _LONGEST_NAME]
    known = "|".join([*chosen, *([_GENERIC] if generic else [])]) or "(?!)"
    first = re.match(rf"\s*{_CALLED}(?:{known})(?![\w'’-]){_LEADS}(?=\S)", text, re.IGNORECASE)
    if first and (first.group().rstrip()[-1] in ",:;!.–—-" or not _continues(text[first.end() :])):
        return text[first.end() :].strip()
    last = re.search(rf"(?:[,;:]\s*|(?<=[?.!])\s+)@?(?:{known})(?![\w'’-])([\s?!.]*)$", text, re.IGNORECASE)
    return (text[: last.start()] + last[1]).strip() if last else None


def _continues(rest: str) -> bool:
    """Return whether a name without a comma behind it is the subject of what follows: `"footnote is slow today"`."""
    return (
        re.match(
            r"(?:is|was|has|had|said|says|does|did|will|would|can't|doesn't|isn't|just|already|again|also|ist|hat|sagt|est|a|es|"
            r"é|è|answers?|replied|works?|sucks|rocks|seems|looks|knows|keeps)\b",
            rest,
            re.IGNORECASE,
        )
        is not None
    )
