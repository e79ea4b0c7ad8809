"""Causes: whether a passage gives the cause that a sentence gives. English alone.

    "It is skipped because the disk is full."    the passage: "It is skipped since the lock is held."   -> disk
    "It fails, so a warning is printed."         the passage: "It fails."                               -> warning

A cause or a consequence is a claim of its own: half of its words have to stand in the passage, and where the passage
gives a cause for the same thing, it has to share a word with that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.check.clauses import stems_in_order
from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.quoting import split_sentences
from core.check.words import content_words

_CAUSE = re.compile(
    r",? (?:because(?! of\b)|[Ss]ince(?! (?:\d|[Vv]ersion|[A-Z]))|as(?= (?:it|they|this|these|there)\b)) "
)
_BECAUSE = re.compile(r",? because ", re.IGNORECASE)
_SO = re.compile(r"(?:,|;| and) (?:so|therefore|hence|thus|which is why|consequently) (?!that\b)", re.IGNORECASE)
_FEWEST, _FEWEST_OF_CAUSE, _SHARE, _CLOSE, _ENDING = 2, 2, 0.5, 0.5, 3
"""Words of what is said and of its cause, at least; shares of a cause's words that may be missing and of what is said
that another sentence holds, by rule of thumb; letters that a form may differ in."""


def find_unfounded(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word of a cause or consequence that the passages do not give; empty: there is none."""
    if all(is_foreign(text, ground.text) for ground in grounds):
        return ""
    for sentence in split_sentences(" ".join(text.split())):
        for joint in (_BECAUSE, _SO):
            parts = joint.split(sentence, maxsplit=1)
            if len(parts) == 2 and (word := _find_invented(parts[1], grounds)):
                return word
        parts = _CAUSE.split(sentence, maxsplit=1)
        if len(parts) == 2 and (word := _find_other_cause(parts[0], parts[1], grounds)):
            return word
    return ""


def _find_invented(clause: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word of a clause of which the passages hold less than half."""
    words = content_words(clause)
    missing = [word for word in words if not any(ground.has_form_of(word, _ENDING) for ground in grounds)]
    return missing[0] if len(words) >= _FEWEST_OF_CAUSE and len(missing) > _SHARE * len(words) else ""


def _find_other_cause(said: str, cause: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word of a cause, where a sentence that says the same gives another one."""
    ours, why = set(stems_in_order(said)), set(stems_in_order(cause)) - set(stems_in_order(said))
    if len(ours) < _FEWEST or len(why) < _FEWEST_OF_CAUSE:
        return ""
    for sentence in (each for ground in grounds for each in split_sentences(ground.text)):
        parts = _CAUSE.split(" ".join(sentence.split()), maxsplit=1)
        if len(parts) < 2 or len(ours & set(stems_in_order(parts[0]))) < _CLOSE * len(ours):
            continue
        if not why & set(stems_in_order(sentence)):
            return min(why)
    return ""
