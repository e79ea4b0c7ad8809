"""Does a message ask? By its marks, by how its clauses begin, and by the words with which people ask for something.

is it lazy?                     a mark at the end of a clause
how do I make it eager          an interrogative at the begin of a clause
sorry, I meant es2019           a correction of what was asked before (`corrects_itself`)
why                             a word that asks about what was said before (`is_bare`)
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
_AGAIN = re.compile(rf"\b{any_of('again')}\b", re.IGNORECASE)
_FAILS = re.compile(rf"(?<![a-zA-Z]){any_of('fails')}", re.IGNORECASE)
_STILL_SHOWS = re.compile(
    rf"\b{any_of('still')} {any_of('shows')}\b|\b{any_of('shows')} {any_of('still')}\b", re.IGNORECASE
)
_STILL_FAILS_UNSPACED = re.compile(rf"(?:还是|還是|仍然|まだ|여전히|아직).{{0,12}}?{any_of('fails')}")
_GOT_ERROR = re.compile(rf"^(?:{any_of('before')}\b[\s,]*)*{any_of('got_error')}")
_GOES_ON = re.compile(any_of("elliptic"))
_PLAINLY = re.compile(rf"(?:{any_of('before')}\b[\s,]*)*{any_of('fails_plainly')}")
_PLEASE = "(?:please|pls|plz|bitte|stp|svp|por favor)"
_BARE = re.compile(
    rf"\W*(?:{any_of('before')}\b[\s,]*)*{any_of('bare')}(?: (?:please|pls|plz|bitte|stp|svp|por favor))?\W*"
)
_AMAZED = re.compile(rf"\W*(?:{any_of('before')}\b[\s,]*)*{any_of('amazed')}\W*")
_ANSWERS_ITSELF = re.compile(rf"[?？]\W*{any_of('answers_itself')}\b[^?？]*$")
_REPROACH = re.compile(any_of("reproaches"))
_REQUEST = re.compile(rf"(?!{any_of('no_requests')})(?:[\w-]+ ){{1,4}}{_PLEASE}$")
_BEGINNINGS = ("what", "how", "why", "which", "where", "when", "does", "can", "could", "should")
_TYPED = (("wich", "which"), ("wat", "what"), ("wht", "what"), ("wut", "what"), ("whre", "where"))
_MEANT = {"".join(sorted(typed)): meant for typed, meant in (*zip(_BEGINNINGS, _BEGINNINGS, strict=True), *_TYPED)}
"""The words that begin a question by their letters, in order: people swap letters, `"waht"`, or lose one, `"wich"`."""

_WORD = re.compile(r"\b[a-z]{3,6}\b")
_AS_TYPED = frozenset({"who", "odes", "thaw", "cloud", "doc"})
_SOLVED = re.compile(rf"(?<!\w){any_of('solved')}(?!\w)|{any_of('solved_unspaced')}", re.IGNORECASE)
_OCCASION = re.compile(rf"(?<!\w){any_of('occasions')}(?!\w)|{any_of('occasions_unspaced')}", re.IGNORECASE)
_WANTS = re.compile(rf"(?:{any_of('before')}\b[\s,]*)*{any_of('wants')}")
_REMARKS = re.compile(rf"(?<!\w){any_of('remarks')}(?!\w)")
_TERMS = re.compile(r"[\w.@/+#-]+(?: [\w.@/+#-]+){1,5}")
_FEWEST = 2


def asks_something(text: str) -> bool:
    """Return whether a message asks for something, by its marks or its words; what it pastes or quotes is left out."""
    prose = to_prose(text)
    lowered = prose.lower()
    if is_bare(text):
        return True
    if count_words(prose) < _FEWEST or _asks_nothing(lowered):
        return False
    clauses = [_BEFORE.sub("", each) for each in split_clauses(prose)]
    if _MARK.search(prose) or _ASKS_FOR.search(lowered):
        return True
    if any(_BEGINS.match(_spell(each)) and count_words(each) > _FEWEST for each in clauses):
        return True
    return any(map(_WITHIN.search, clauses)) or any(map(_REQUEST.fullmatch, clauses))


def _asks_nothing(lowered: str) -> bool:
    """Return whether a message only looks as if it asked: amazement, self-reproach, a question that answers itself."""
    return any(found(lowered) for found in (_AMAZED.fullmatch, _ANSWERS_ITSELF.search, _REPROACH.search))


def is_bare(text: str) -> bool:
    """Return whether a message is a question of a word or two, about what was said before: `"why"`, `"default?"`."""
    prose = to_prose(text).lower()
    if any(map(_BARE.fullmatch, [prose, *list(split_clauses(prose))[-1:]])):
        return True
    return count_words(prose) == 1 and _MARK.search(prose) is not None and _AMAZED.fullmatch(prose) is None


def _spell(clause: str) -> str:
    """Return a clause with its words of questions as they are spelled: `"waht is it"` -> `"what is it"`."""
    return _WORD.sub(_mend, clause)


def _mend(found: re.Match[str]) -> str:
    word = found[0]
    return word if word in _AS_TYPED else _MEANT.get("".join(sorted(word)), word)


def corrects_itself(text: str) -> bool:
    """Return whether somebody says that they meant something else: `"sorry, I meant es2019"`."""
    return _CORRECTS.match(to_prose(text).lower()) is not None


def goes_on(text: str) -> bool:
    """Return whether a message asks the question before for another case: `"and with two keys"`."""
    return _GOES_ON.search(to_prose(text).lower().rstrip(" .!")) is not None


def reports_failure(text: str) -> bool:
    """Return whether somebody reports that something fails, or which error they get; that asks implicitly."""
    prose = to_prose(text)
    if _SOLVED.search(prose):
        return False
    clauses = list(split_clauses(prose))
    if _STILL_FAILS_UNSPACED.search(prose) or any(map(_PLAINLY.match, clauses[:2])):
        return True
    if count_words(prose) <= _FEWEST:
        return False
    if _STILL_SHOWS.search(prose) or _GOT_ERROR.match(prose.lower()):
        return True
    found = _OCCASION.search(prose)
    if found and _FAILS.search(prose, found.end()):
        return True
    return any(_AGAIN.search(clause) and _FAILS.search(clause) for clause in clauses)


def mentions_failure(text: str) -> bool:
    """Return whether a message speaks of something that fails, in whatever words: who opens a thread so wants help."""
    return _FAILS.search(to_prose(text)) is not None


def names_subject(text: str) -> bool:
    """Return whether a message says what it is about, as people write to a search: `"api key rotation"`, `"I need X"`.

    So only in words to the bot alone: among people it may be anything.
    """
    prose = to_prose(text).lower().strip(" .!")
    if _WANTS.match(prose):
        return True
    return _TERMS.fullmatch(prose) is not None and not _REMARKS.search(prose) and prose.isascii()
