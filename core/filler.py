"""What models write around an answer, though they are told not to: courtesies, and a list of sources of their own.

Neither is part of the answer: both go without being counted as dropped, or "Sure! ... Let me know!" around one sentence
would make it an answer of which most failed. Knows English only; what is missed is dropped and counted as before.
"""

from __future__ import annotations

import re

from core.units import MARK

_LONGEST = 200
_COURTESY = re.compile(
    r"(?:(?:yes|no|sure|certainly|absolutely|of course|(?:great|good) question|you're welcome|that's (?:it|all))\b"
    r"[^.!?\n]{0,40}[.!]?$"
    r"|(?:please )?(?:let me know|feel free|don't hesitate)\b|i(?:'m| am) (?:happy|glad|here) to help\b"
    r"|(?:i )?hope (?:this|that|it) helps?\b|if you (?:have|need|want|would like|'d like)\b[^\n]{0,120}"
    r"\b(?:let me know|ask|questions?|help|assist\w*)\b)",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    rf"[#*_ \t]{{0,8}}(?:sources?|references?|citations?)(?: used| cited)?[*_ \t]{{0,4}}:?[*_ \t]{{0,4}}"
    rf"(?:\n|$|(?:{MARK}[ ,.\t]{{0,3}}){{1,12}}$)",
    re.IGNORECASE,
)
_ENTRY = re.compile(
    rf"[ \t]*(?:(?:[-*+•]|\d{{1,3}}[.)])[ \t]+)?(?:\*\*)?(?:{MARK}|\[link removed\]|https?:)", re.IGNORECASE
)


def is_courtesy(text: str) -> bool:
    """`"I hope this helps!"`, `"Yes, you can."`: says nothing that a passage could bear out."""
    return len(text) <= _LONGEST and _COURTESY.match(text) is not None


def begins_sources(text: str) -> bool:
    """`"Sources:\\n[1] Guide"`, `"## References"`, `"Sources: [1], [2]"`."""
    return _SOURCES.match(text) is not None


def is_entry(text: str) -> bool:
    """A line of such a list: `"- [1] Guide"`."""
    return _ENTRY.match(text) is not None
