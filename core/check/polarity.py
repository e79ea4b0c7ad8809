"""Whether a passage denies what a sentence says, or says what it denies: by the words that a "not" stands in front of.

    "Links are followed."              the passage: "Symbolic links are never followed."     -> followed
    "The address need not end there."  the passage: "The address must end there."            -> end
    "It is complete without scripts."  the passage: "It does not need scripts."              nothing: both negate them

A sentence is compared with the passage's closest one. It says the reverse where an odd number of negations stands in
one of the two alone, each in front of a word that the other has and does not negate. Whatever else could negate there
(un-, "only", "fail", "instead", "unless") makes a paraphrase more likely than an error, and nothing is said then. A
necessity that one side lifts ("need not") counts, and a version that one side says "since" of and the other "before".
Words of logic are a closed class: no list names what is negated. English, and negations of German, French and Spanish
where answer and passage are in one language. How texts are read is in `core.check.clauses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.check.clauses import ClauseReading, Negation, read_clauses
from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.logic import OPENING_PREPOSITIONS
from core.check.order import compare_order
from core.check.quoting import split_sentences

_CLOSE, _NEARLY, _VERY_CLOSE, _FOCUS = 0.6, 0.25, 0.75, 0.5
"""Shares of a sentence's words that the passage's sentence holds: to be called close; how much less close one may be
that agrees; where the object of a negation alone is the same; of the words behind a negation."""

_FEWEST, _FEWEST_OF_OBJECT = 2, 3
"""Words that both have, at least."""

_OF_THEIRS = 0.4
"""What the share of the passage's sentence that ours holds counts."""

_PREFIXES, _FEWEST_LETTERS = ("un", "in", "im", "ir", "il"), 4

_JOINT = re.compile(r",? (?:because|but|so|whereas) |, (?:and )?")
_SEMICOLON = re.compile(r"; |\) \(?|(?<=[\w`)][.!?]) (?=[A-Z`])")
_EXCEPT = re.compile(r"\bexcept (?:for |in |on |during |when |if |where )?(?:the |an? )?([\w-]+)")
_ONLY = re.compile(r"\bonly (?:for |in |on |during |when |if |where )?(?:the |an? )?([\w-]+)")


def find_denied(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word of a sentence that the passages' closest sentence negates and it does not, or the reverse.

    Empty: there is none.
    """
    passages = [ground.text for ground in grounds if not is_foreign(text, ground.text)]
    for sentence in split_sentences(" ".join(text.split())):
        for part in _SEMICOLON.split(sentence):
            found = _compare(read_clauses(part), passages, _CLOSE)
            for piece in () if found else _pieces(part):
                found = found or _compare(read_clauses(piece), passages, _VERY_CLOSE)
            if found:
                return found
    return ""


def _pieces(sentence: str) -> list[str]:
    """Return the clauses of a sentence that say something by themselves: none where one may be another's condition."""
    reading = read_clauses(sentence)
    opening = sentence.split(" ", 1)[0].lower()
    is_whole = reading.conditions or reading.is_subordinate or opening in OPENING_PREPOSITIONS
    pieces = [] if is_whole else _JOINT.split(sentence)
    return [piece for piece in pieces if len(pieces) > 1 and len(read_clauses(piece).stems) >= _FEWEST_OF_OBJECT]


def _compare(ours: ClauseReading, passages: Sequence[str], least: float) -> str:
    if len(ours.stems) < _FEWEST:
        return ""
    close = sorted(_rate(ours, passages, least), key=lambda each: -each[0])
    if not close:
        return ""
    share, best = close[0]
    found = (
        _find_flip(ours, best) or _find_lifted(ours, best) or _find_excepted(ours, best) or _find_reordered(ours, best)
    )
    agreeing = (other for its, other in close[1:] if its >= share - _NEARLY)
    return "" if found and any(not _differs(found, ours, other) for other in agreeing) else found


def _rate(ours: ClauseReading, passages: Sequence[str], least: float) -> Iterator[tuple[float, ClauseReading]]:
    """Yield the passages' sentences that are close, each with how close it is: of two, the shorter one is closer."""
    for sentence in (part for text in passages for each in split_sentences(text) for part in _SEMICOLON.split(each)):
        if sentence.endswith("?"):
            continue
        theirs = read_clauses(sentence)
        shared = len(ours.stems & theirs.stems)
        if shared >= _FEWEST and shared >= least * len(ours.stems):
            yield shared / len(ours.stems) + _OF_THEIRS * shared / len(theirs.stems), theirs


def _find_flip(ours: ClauseReading, theirs: ClauseReading) -> str:
    """Return a word that an odd number of negations makes the difference for; empty: none."""
    if _is_conditional(ours, theirs) or _is_entangled(ours, theirs) or _is_entangled(theirs, ours):
        return ""
    shared = len(ours.stems & theirs.stems)
    is_very_close = shared >= max(_FEWEST_OF_OBJECT, _VERY_CLOSE * len(ours.stems))
    flips = [*_flips(ours, theirs, of_object=is_very_close), *_flips(theirs, ours, of_object=is_very_close)]
    flips += [*_negative_forms(ours, theirs), *_negative_forms(theirs, ours)]
    flips += [number for number, is_since in ours.versions.items() if theirs.versions.get(number, is_since) != is_since]
    return flips[0] if len(flips) % 2 else ""


def _is_conditional(ours: ClauseReading, theirs: ClauseReading) -> bool:
    """Return whether one side alone has a condition that may negate: "unless", or "or" where the other has an "if".

    A passage's "these" may be other things than those that we name.
    """
    if theirs.leans and ours.names - theirs.stems:
        return True
    conditions = ours.conditions ^ theirs.conditions
    return bool(conditions) and (conditions != {"otherwise"} or ours.is_subordinate)


def _is_entangled(ours: ClauseReading, theirs: ClauseReading) -> bool:
    """Return whether a condition is negated whose words the other side has elsewhere: "if not x, y" for "x: not y"."""
    return any(
        each.is_weak and theirs.stems.intersection(each.stems) and theirs.denied.isdisjoint(each.denies)
        for each in ours.negations
        if not theirs.conditional.intersection(each.stems)
    )


def _flips(ours: ClauseReading, theirs: ClauseReading, *, of_object: bool) -> Iterator[str]:
    """Yield, for each negation that the other side lacks, the word which it asserts instead."""
    for negation in ours.negations:
        if not theirs.denied.isdisjoint(negation.denies):
            continue
        stem = _find_asserted(negation, ours, theirs, of_object=of_object)
        if stem:
            yield stem


def _negative_forms(ours: ClauseReading, theirs: ClauseReading) -> Iterator[str]:
    """Yield the words that one side says plainly and the other with a negative beginning: "affected", "unaffected"."""
    for stem in ours.stems - theirs.stems:
        negative = {f"{prefix}{stem}" for prefix in _PREFIXES} if len(stem) >= _FEWEST_LETTERS else set[str]()
        if negative & (theirs.stems - ours.stems - theirs.negated) and stem not in ours.negated:
            yield stem


def _find_asserted(negation: Negation, ours: ClauseReading, theirs: ClauseReading, *, of_object: bool) -> str:
    first, *others = negation.stems
    if len(negation.focus & theirs.stems) < _FOCUS * len(negation.focus) or theirs.amounts - ours.amounts:
        return ""
    if theirs.asserts(first, ours.stems, in_condition=negation.is_weak) and ours.counts[first] == 1:
        return first
    if negation.is_double or first in theirs.stems or not of_object:
        return ""
    asserted = (stem for stem in others if theirs.asserts(stem, ours.stems, in_condition=negation.is_weak))
    return next((stem for stem in asserted if ours.counts[stem] == 1), "")


def _find_lifted(ours: ClauseReading, theirs: ClauseReading) -> str:
    """Return a word that must be so on one side and need not be on the other."""
    if (ours.conditions ^ theirs.conditions) - {"otherwise", "not"}:
        return ""
    return min((ours.free & theirs.bound) | (ours.bound & theirs.free), default="")


def _find_excepted(ours: ClauseReading, theirs: ClauseReading) -> str:
    """Return a word that is excepted on one side, and the only case on the other: "except on X", "only on X"."""
    if ours.negations or theirs.negations:
        return ""
    for one, two in ((ours.text, theirs.text), (theirs.text, ours.text)):
        excepted = set[str](_EXCEPT.findall(one)) & set[str](_ONLY.findall(two))
        if excepted:
            return min(excepted)
    return ""


def _find_reordered(ours: ClauseReading, theirs: ClauseReading) -> str:
    """Return a word of a sentence that says the opposite of what happens first."""
    shared = sorted(ours.stems & theirs.stems)
    return shared[0] if compare_order(ours.text, theirs.text) < 0 else ""


def _differs(word: str, ours: ClauseReading, other: ClauseReading) -> bool:
    """Return whether another sentence does not bear out what the closest one denies."""
    if compare_order(ours.text, other.text) > 0:
        return False
    if word not in other.stems and word not in other.versions:
        return True
    if word in ours.versions:
        return other.versions.get(word, not ours.versions[word]) != ours.versions[word]
    if word in ours.free or word in ours.bound:
        return (word in other.bound) != (word in ours.bound) or (word in other.free) != (word in ours.free)
    return (word in other.negated) != (word in ours.negated)
