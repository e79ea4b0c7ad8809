"""Numbers with their nouns, the same in terminal, chat and log."""

from __future__ import annotations


def format_count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `(1, "page")` -> `"1 page"`, `(2000, "page")` -> `"2,000 pages"`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
