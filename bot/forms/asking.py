"""Does a message ask? By its marks, by how its clauses begin, and by the words with which people ask for something.

is it lazy?                     a mark at the end of a clause
how do I make it eager          an interrogative at the begin of a clause
sorry, I meant es2019           a correction of what was asked before (`corrects_itself`)
still fails with E123           a failure, which asks without saying so (`reports_failure`)
    and with two keys               another case of the question before (`goes_on`)
"""

from __future__ import annotations

import re

from bot.forms.prose import count_words, split_clauses, to_prose
from bot.forms.words import any_of

_MARK = re.compile(r"[?？؟][\s?!？！؟.…)\"'”»\]*_~]*(?:\s|$)|[?？؟]\W*$|¿")
_BEFORE = re.compile(rf"^(?:{any_of('before')}\b[\s,]*)+")
_BEGINS = re.compile(any_of("begins"))
_WITHIN = re.compile(any_of("within"))
_ASKS_FOR = re.compile(any_of("asks_for"))
_CORRECTS = re.compile(rf"^(?:{any_of('sorry')}\b[\s,.:!]*)*{any_of('corrects')}")
_AGAIN, _FAILS = re.compile(rf"\b{any_of('again')}\b", re.IGNORECASE), re.compile(any_of("fails"), re.IGNORECASE)
_STILL_SHOWS = re.compile(
    rf"\b{any_of('still')} {any_of('shows')}\b|\b{any_of('shows')} {any_of('still')}\b", re.IGNORECASE
)
_STILL_FAILS_UNSPACED = re.compile(rf"(?:还是|還是|仍然|まだ|여전히|아직).{{0,30}}?{any_of('fails')}")
_GOT_ERROR = re.compile(rf"^(?:{any_of('before')}\b[\s,]*)*{any_of('got_error')}")
_GOES_ON = re.compile(any_of("elliptic"))
_FEWEST = 2


def asks_something(text: str) -> bool:
    """Return whether a message asks for something, by its marks or its words; what it pastes or quotes is left out."""
    prose = to_prose(text)
    if count_words(prose) < _FEWEST:
        return False
    if _MARK.search(prose):
        return True
    clauses = [_BEFORE.sub("", each) for each in split_clauses(prose)]
    if any(_BEGINS.match(each) and count_words(each) > _FEWEST for each in clauses):
        return True
    return any(map(_WITHIN.search, clauses)) or _ASKS_FOR.search(prose.lower()) is not None


def corrects_itself(text: str) -> bool:
    """Return whether somebody says that they meant something else: `"sorry, I meant es2019"`."""
    return _CORRECTS.match(to_prose(text).lower()) is not None


def goes_on(text: str) -> bool:
    """Return whether a message asks the question before for another case: `"and with two keys"`."""
    return _GOES_ON.search(to_prose(text).lower()) is not None


def reports_failure(text: str) -> bool:
    """Return whether somebody reports that something still fails, or which error they get; that asks implicitly."""
    prose = to_prose(text)
    if _STILL_FAILS_UNSPACED.search(prose):
        return True
    if count_words(prose) <= _FEWEST:
        return False
    if _STILL_SHOWS.search(prose) or _GOT_ERROR.match(prose.lower()):
        return True
    return any(_AGAIN.search(clause) and _FAILS.search(clause) for clause in split_clauses(prose))
