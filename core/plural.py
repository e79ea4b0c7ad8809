"""Numbers with their nouns, one way in terminal, chat and log."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`(1, "page")` -> `"1 page"`, `(2000, "page")` -> `"2,000 pages"`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
