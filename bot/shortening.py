"""Texts that are too long, without their middle."""

from __future__ import annotations

GAP = " […] "


def shorten_middle(text: str, longest: int) -> str:
    """Return a text of at most `longest` characters, which has lost its middle: its beginning and its end count.

    `("begin and end", 9)` -> `"be […] nd"`
    """
    if len(text) <= longest:
        return text
    room = longest - len(GAP)
    return f"{text[: (room + 1) // 2]}{GAP}{text[len(text) - room // 2 :]}"
