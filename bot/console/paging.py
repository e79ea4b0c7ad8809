"""Pages of a list: which one is shown, and whether there are more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SIZE, MOST_PAGES = 50, 10_000


@dataclass(frozen=True, slots=True)
class Paging(Generic[T]):
    """One page of a list, counted from 1. `rows` are those of this page."""

    number: int
    rows: Sequence[T]
    has_more: bool


def to_page_number(text: str) -> int:
    """Return the page that a query names, 1 where it names none: `"3"` -> 3, `"x"` -> 1."""
    return min(max(1, int(text[:6])), MOST_PAGES) if text.isascii() and text.isdecimal() else 1


def build_paging(rows: Sequence[T], number: int, size: int = SIZE) -> Paging[T]:
    """Return a page of rows that were read with a limit of one more than fits."""
    return Paging(number, rows[:size], len(rows) > size)
