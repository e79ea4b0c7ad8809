"""Which kind of thing a question asks for: what stands before the noun behind "which", "what is the" or "how many".

    "Which environment variable sets the limit?"      ["environment"]
    "What is the default user name of the proxy?"     ["user"]
    "How do I set the limit?"                         []

The question proves nothing: an answer may call a thing what the question asks for only where its passage does. Nouns
that any setting may be called ("option", "value") ask for nothing that a passage would have to name. English alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.words import content_words

_ENDING = 3
_KIND = re.compile(
    r"(?:^|[,;:.] |\b(?:and|so|please|me|know) )(?:in |on |at |for |under |with )?"
    r"(?:which|what(?:['’]s| is| are| was)? (?:the|a|an)|what|how many|whose) (?P<nouns>(?:[\w-]+ ){0,5}?[\w-]+?)"
    r"(?= (?:of|for|in|on|at|to|from|with|by|when|if|that|is|are|was|were|do|does|did|can|could|should|must|may|will"
    r"|would|has|have|sets?|needs?|controls?|determines?|makes?|holds?|contains?|decides?|defines?|[a-z]+s)\b|\?|$)",
    re.IGNORECASE,
)
_SAYS_LITTLE = """
option options setting settings value values parameter parameters property properties command commands flag flags
argument arguments field fields attribute attributes method methods function functions class classes type types way
ways name names default maximum minimum max min number amount size kind kinds sort difference purpose reason meaning
best right correct thing things step steps example examples code exact usual current common main other different
possible available supported recommended required optional config configuration format formats limit limits
"""
_LITTLE = frozenset(_SAYS_LITTLE.split())


def find_asked(question: str) -> list[str]:
    """Return the words that say which kind of thing a question asks for, in lower case; empty: none do.

    The noun itself is not among them: what is asked as a "benefit" may be told as "it helps".
    """
    match = _KIND.search(question)
    kind = match["nouns"].rpartition(" ")[0] if match else ""
    return [word for word in content_words(kind) if word not in _LITTLE]


def find_unnamed(question: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the words for the kind of thing asked for that no ground has in any form."""
    return [word for word in find_asked(question) if not any(ground.has_form_of(word, _ENDING) for ground in grounds)]


def find_assumed(text: str, question: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the words by which a text calls a thing what the question asks for, though no ground does."""
    if all(is_foreign(text, ground.text) for ground in grounds):
        return []
    said = set(content_words(text))
    return [word for word in find_unnamed(question, grounds) if word in said]
