"""What happens first, and whether a passage says so: "after a, b", "b after a", "a before b", "first a, then b".

    "It sleeps first and then writes."    the passage: "After writing it sleeps."           -> sleeps
    "It is written before it sleeps."     the passage: "After writing it sleeps."           nothing: the same order

A sentence has an order where one connective says which of its two sides comes first. The passage's close sentence is
read in the same way, and says otherwise where the words of both sides stand there apart and the other way round.
English alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.check.clauses import read_clauses, stems_in_order

_LATER = r"(?:only )?(?:then|later|afterwards|subsequently|finally)"
_FIRST_THEN = re.compile(rf"\bfirst\b(?P<left>.{{3,}}?)(?:\band|,)\s*{_LATER}\b(?P<right>.{{3,}})", re.IGNORECASE)
_THEN = re.compile(rf"^(?P<left>.{{3,}}?) first,?\s*(?:and )?{_LATER}\b(?P<right>.{{3,}})", re.IGNORECASE)
_PART = re.compile(r" [–—] |[;:] ")
_PRIOR = re.compile(r"\bprior to\b|\bahead of\b|\bearlier than\b", re.IGNORECASE)
_OPENING = re.compile(r"^(?:only )?(?P<word>after|once|as soon as|before)\b(?P<rest>.{3,})", re.IGNORECASE)
_WITHIN = re.compile(
    r"^(?P<left>.{3,}?),? (?:only |right |shortly |directly |immediately )?"
    r"(?P<word>after|once|as soon as|before)\b(?P<right>.{3,})",
    re.IGNORECASE,
)
_ADDS = re.compile(r"\s*(?:unless|if|when|where|which|and|or|but|because|so|except)\b", re.IGNORECASE)
_SIDE_END = re.compile(r"[,;:()]| (?:unless|if|when|where|which|because) ", re.IGNORECASE)
_NOT_SIDES = re.compile(r"\b(?:before|after|once)\b", re.IGNORECASE)

_SAME_SIDE = 0.75
"""The share of the words of a side alone that the other's side holds."""


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """The stems of a sentence in their order. `forward`: what is said first happens first. `split`: where sides meet.

    `split` is None where no sign says it, as in "After writing it sleeps." `leans`: its subject is "this" or "it".
    """

    stems: tuple[str, ...]
    forward: bool
    split: int | None
    leans: bool = False


def read_orders(sentence: str) -> list[TimeOrder]:
    """Return the orders that the parts of a sentence state: none where it negates them, or states more than one."""
    parts = (part.strip() for part in _PART.split(_PRIOR.sub("before", " ".join(sentence.split()))))
    return [order for order in map(_read_part, parts) if order]


def _read_part(text: str) -> TimeOrder | None:
    if read_clauses(text).negations or len(_NOT_SIDES.findall(text)) > 1:
        return None
    if sides := _FIRST_THEN.search(text) or _THEN.search(text):
        return _join(sides["left"], sides["right"], forward=True)
    if opening := _OPENING.match(text):
        left, comma, right = opening["rest"].partition(",")
        forward = opening["word"].lower() != "before"
        if comma and not _ADDS.match(right):
            return _join(left, right, forward=forward)
        return TimeOrder(stems_in_order(opening["rest"]), forward, None)
    if sides := _WITHIN.match(text):
        order = _join(sides["left"], sides["right"], forward=sides["word"].lower() == "before")
        return replace(order, leans=read_clauses(text).leans)
    return None


def _join(left: str, right: str, *, forward: bool) -> TimeOrder:
    stems = stems_in_order(_SIDE_END.split(left.rstrip(" ,"))[-1])
    return TimeOrder((*stems, *stems_in_order(_SIDE_END.split(right.lstrip(" ,"))[0])), forward, len(stems))


def compare_order(ours: str, theirs: str) -> int:
    """Return 1 where two sentences state the same order, -1 where the opposite one, 0 where that is not known."""
    compared = (_compare(one, other) for one in read_orders(ours) for other in read_orders(theirs))
    return next(filter(None, compared), 0)


def _compare(one: TimeOrder, other: TimeOrder) -> int:
    if one.split is None:
        one, other = other, one
    if one.split is None:
        return 0
    if other.split is None and len(set(other.stems) & _sides(one)[1]) >= _SAME_SIDE * len(set(other.stems)):
        return 1 if one.forward != other.forward else -1  # "only before it ends" of "it is read before it ends"
    same = _compare_sides(one, other) if other.split is not None else _compare_places(one, other.stems)
    return 0 if same is None else 1 if same == (one.forward == other.forward) else -1


def _sides(order: TimeOrder) -> tuple[set[str], set[str]]:
    return set(order.stems[: order.split]), set(order.stems[order.split :])


def _compare_sides(one: TimeOrder, other: TimeOrder) -> bool | None:
    """Return whether the sides hold the same words (True), or those of the other's other side; None: neither."""
    (left, right), (other_left, other_right) = _sides(one), _sides(other)
    (left, right), (other_left, other_right) = _apart(left, right), _apart(other_left, other_right)
    straight, crossed = (left & other_left, right & other_right), (left & other_right, right & other_left)
    if (one.leans or other.leans) and any(straight) != any(crossed):
        return any(straight)  # "this option" is what ours names
    return None if all(straight) == all(crossed) else all(straight)


def _apart(left: set[str], right: set[str]) -> tuple[set[str], set[str]]:
    """Return two sides without the words that both have: "all input files first, then all output files"."""
    return left - right, right - left


def _compare_places(one: TimeOrder, stems: Sequence[str]) -> bool | None:
    """Return whether the words of one's left side stand before those of its right; None: they are mixed."""
    left, right = _sides(one)
    before, behind = _place(left - right, stems), _place(right - left, stems)
    if not before or not behind or (min(before) <= max(behind) and min(behind) <= max(before)):
        return None
    return max(before) < min(behind)


def _place(stems: set[str], among: Sequence[str]) -> list[int]:
    return [place for place, stem in enumerate(among) if stem in stems]
