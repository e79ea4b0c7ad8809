"""Words for quiet and its end, and calls for a person: what people say when they want the bot to leave, or somebody.

    please stop replying here     asks_for_quiet
    unmute, you may talk again    ends_quiet
    can a human have a look?      calls_a_person

A word for quiet counts where it is an order: at the begin of a clause, in a short message that asks nothing else. An
order may be put as a question, "could you stop replying?", if it is put politely.
"""

from __future__ import annotations

import re

from bot.forms.asking import asks_something
from bot.forms.prose import count_words, split_clauses, to_prose
from bot.forms.words import any_of

LONGEST = 200
"""Characters of a message that can be an order."""

_POLITE = re.compile(rf"^{any_of('polite')}\b")
_ORDERS = re.compile(rf"^(?:{any_of('polite')}\b[\s,!:]*)*{any_of('orders')}")
_ORDERS_UNSPACED = re.compile(any_of("orders_unspaced"))
_ENDS = re.compile(rf"^(?:{any_of('polite')}\b[\s,!:]*)*{any_of('ends_quiet')}")
_CALLS = re.compile(any_of("calls"))
_COPIES = re.compile(r"(?:^|\s)(?:cc|fyi|ping|pinging|/cc)\b[\s:]*(?:<@|@\w)", re.IGNORECASE)


def asks_for_quiet(text: str) -> bool:
    """Return whether somebody orders the bot to be quiet, and asks nothing: `"bot, be quiet please"`."""
    prose = to_prose(text)
    if not prose or len(prose) > LONGEST:
        return False
    if _ORDERS_UNSPACED.search(prose):
        return not asks_something(prose)
    clauses = list(split_clauses(prose))
    orders = [each for each in clauses if _ORDERS.match(each.rstrip("?!. "))]
    if not orders or any(each.endswith("?") and not _POLITE.match(each) for each in orders):
        return False
    return not any(asks_something(each) for each in clauses if each not in orders)


def ends_quiet(text: str) -> bool:
    """Return whether somebody lets the bot speak again: `"unmute"`."""
    prose = to_prose(text)
    return len(prose) <= LONGEST and any(map(_ENDS.match, split_clauses(prose)))


def calls_a_person(text: str) -> bool:
    """Return whether somebody wishes for a person, or calls one in: `"can a human have a look?"`, `"cc @ana"`."""
    if _COPIES.search(text):
        return True
    prose = to_prose(text).lower()
    return count_words(prose) > 1 and _CALLS.search(prose) is not None
