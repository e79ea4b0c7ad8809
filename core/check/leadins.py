"""What stands above code or a list: whether a passage bears it out, and what a "not" in it makes of what stands below.

    "To delete a store:"          the passage: "Pack a store with ..."     not borne out: "delete" is not in it
    "Do not run as:\\n- root"      the passage: "Run as:\\n- root"           the item is turned, and so is not borne out

A lead-in is short, and one word of it gives what it introduces another sense: a passage has to hold all of its words,
where a sentence needs half of them. What it introduces is judged by itself and may stay without it, unless the lead-in
says "not": then an item says the reverse of its words. Words of logic are those of `core.check.clauses`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from core.check import logic
from core.check.clauses import could_negate, read_clauses, stems_in_order
from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.quoting import split_sentences
from core.check.segments import UnitKind, split_units
from core.check.support import FOUND_SHARE, share_of

_COLON = re.compile(r":(?:\*\*|__|\s)*$")
_CLAUSES = re.compile(r"[,;] | so | but ")
_WORD = re.compile(r"\w+")


class Below(StrEnum):
    """What a unit stands below: nothing that turns it, a lead-in with "not", or such a one that is not shown."""

    PLAIN = "plain"
    NEGATED = "negated"
    ORPHANED = "orphaned"


def is_lead_in(text: str) -> bool:
    """Return whether a text without marks introduces what follows: `"Run this:"`."""
    return _COLON.search(text) is not None


def turns(lead_in: str) -> bool:
    """Return whether the last clause of a lead-in negates what it introduces: `"Never do the following:"`."""
    last = _CLAUSES.split(lead_in)[-1]
    return any(not negation.is_weak for negation in read_clauses(last).negations)


def is_introduced(text: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether grounds hold all words of a lead-in or heading, and deny what it denies."""
    plain = _WORD.sub(lambda word: " " if word.group().lower() in logic.NEGATIONS else word.group(), text)
    if share_of(plain, grounds) < 1:
        return False
    if plain == text or all(is_foreign(text, ground.text) for ground in grounds):
        return True
    sentences = [read_clauses(each) for ground in grounds for each in split_sentences(ground.text)]
    negations = read_clauses(text).negations
    return bool(negations) and all(any(each.denies <= said.denied for said in sentences) for each in negations)


def is_turned(text: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether the grounds have an item, or code, only where a "not" stands in front of it or above it."""
    stems = frozenset(stems_in_order(text))
    pieces = [piece for ground in grounds for piece in _read_pieces(ground.text)]
    shares = dict.fromkeys((True, False), 0.0)
    for piece in pieces if stems else ():
        shares[piece.negated] = max(shares[piece.negated], len(stems & piece.stems) / len(stems))
    return shares[True] >= FOUND_SHARE and shares[True] > shares[False]


def negates_itself(text: str) -> bool:
    """Return whether a text has a word that could negate it."""
    return any(could_negate(word.lower()) for word in _WORD.findall(text)) or bool(read_clauses(text).negations)


@dataclass(frozen=True, slots=True)
class _Piece:
    stems: frozenset[str]
    negated: bool


@lru_cache(maxsize=512)
def _read_pieces(passage: str) -> tuple[_Piece, ...]:
    return tuple(_split_pieces(passage))


def _split_pieces(passage: str) -> Iterator[_Piece]:
    """Yield the sentences, items and code of a passage, each with whether a lead-in above it negates it."""
    below = False
    for unit in split_units(passage):
        is_below = unit.kind in (UnitKind.ITEM, UnitKind.FENCE)
        if not is_below:
            below = unit.kind is UnitKind.SENTENCE and is_lead_in(unit.text) and turns(unit.text)
        yield _Piece(frozenset(stems_in_order(unit.text)), below and is_below)
