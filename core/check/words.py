"""The words that a sentence is about. English words that say little are left out, and short ones of any language."""

from __future__ import annotations

import re

_SHORTEST = 4
_WORD = re.compile(r"[^\W\d]\w{0,200}")
_CONTRACTED = re.compile(r"n['’]t\b")
_SAY_LITTLE_WORDS = """
about above according additionally after again all also although always another answer any are because been before
being below between both but can cannot case could default does done during each either else even every example
finally first following for from further given has have having hence here how however if instead into its itself
just keep like likewise make makes many means might more most much must need needs neither note only onto other
otherwise over please possible rather same second should simply since some still such than that the their them then
there thereby therefore these they this those through thus together under unless until use used uses using very via
want well were what when where whereas whether which while who whose will with within without would yes you your
yours
"""
_SAY_LITTLE = frozenset(_SAY_LITTLE_WORDS.split())


def content_words(text: str) -> list[str]:
    """Return the words that a sentence is about, in lower case, each once."""
    plain = _CONTRACTED.sub(" not", re.sub(r"_(?=\w)", " ", text))
    words = (_singular(word.lower().strip("_")) for word in _WORD.findall(plain))
    return [word for word in dict.fromkeys(words) if len(word) >= _SHORTEST and word not in _SAY_LITTLE]


def _singular(word: str) -> str:
    """Return `"try"` of `"tries"`, whose beginning would not be found in the other."""
    return f"{word[:-3]}y" if word.endswith("ies") and len(word) > _SHORTEST else word
