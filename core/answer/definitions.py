"""A question what something is needs the passage that says so, which seldom has most of its words.

    "What is a spider?" ──search──> CrawlSpider, spider middleware, ...   and below: "Spiders are classes which ..."

The passage that says what it is goes first: for a reader without a model it is the answer, and a model has it among its
passages. Of several the best ranked one goes first; where none says it, one under the very heading ("Spiders"). English
alone; other questions keep their order. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.check.logic import FUNCTION
from core.domain import Hit, Passage

_ASKS = re.compile(
    r"(?:so |and |hi,? |hello,? )?"
    r"(?:what(?:['’]?s| is| are)|what does(?=.* mean\W*$)|define|explain(?: to me)?(?: what)?)"
    r" (?:an? |the |is |are |meant by )*(?P<name>[`\"'“]?\w[\w .+#/-]{0,50}?[`\"'”]?)(?: mean| is| are)?"
    r"(?: in \w+)?\s*[?.!]*",
    re.IGNORECASE,
)
_MOST_WORDS = 3
_JOINT = r"[\s-]?"
_ENDING = re.compile(r"(?:ies|es|e|s|y)$")
_HEADING_PARTS = re.compile(
    r"\s+[-–—:|]\s+|[`*\"]|\s*\(.*?\)|^\s*(?:\d+\.)+\s*|^what (?:is|are) (?:an? |the )?", re.IGNORECASE
)
_SAYS = (
    r"(?:\s*\([^()\n]{1,80}\))?\s+(?:"
    r"is (?:an?|the|one|simply|just|basically|used|responsible)\b|are (?:used\b|(?!\w+(?:ed|ing)\b))|"
    r"(?:means?|refers? to|stands? for|represents?|describes?)\b)"
)


def find_asked_name(question: str) -> str:
    """Return the thing that a question wants defined, in lower case; empty: it asks something else.

    `"What are item pipelines?"` -> `"item pipelines"`, `"What is the port of the server?"` -> `""`
    """
    asked = _ASKS.fullmatch(" ".join(question.split()))
    name = asked["name"].strip("`\"'“” ").lower() if asked else ""
    words = name.split()
    return name if len(words) <= _MOST_WORDS and FUNCTION.isdisjoint(words) else ""


def put_definition_first(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with the one first that says what the question asks for; as they are, where none does."""
    name = find_asked_name(question)
    if not name:
        return list(hits)
    named = re.compile(rf"(?<!\w){_JOINT.join(map(_any_number, name.split()))}(?!\w)", re.IGNORECASE)
    says = re.compile(rf"[`*]*(?:(?:an?|the) )?[`*]*{named.pattern}[`*]*{_SAYS}", re.IGNORECASE)
    within = re.compile(rf"(?:\A|[\n.!?:] ?)(?:[-*+] )?{says.pattern}", re.IGNORECASE)
    tests: tuple[Callable[[Passage], bool], ...] = (
        lambda passage: (
            says.match(passage.text) is not None
            or (named.search(_own_heading(passage)) is not None and within.search(passage.text) is not None)
        ),
        lambda passage: named.fullmatch(_own_heading(passage)) is not None,
    )
    for is_it in tests:
        found = next((hit for hit in hits if is_it(hit.passage)), None)
        if found is not None:
            return [found, *(hit for hit in hits if hit is not found)]
    return list(hits)


def _any_number(word: str) -> str:
    """Return a pattern of a word in the singular and the plural: `"spiders"` -> `spider(?:ies|es|e|s|y)?`."""
    return rf"{re.escape(_ENDING.sub('', word) or word)}(?:ies|es|e|s|y)?"


def _own_heading(passage: Passage) -> str:
    """Return the heading of a section as a name: `"2.1. kdig – lookup utility"` -> `"kdig"`."""
    heading = passage.path[-1] if passage.path else passage.title
    return next((part.strip() for part in _HEADING_PARTS.split(heading) if part.strip()), "")
