"""The forms in which models write a citation mark -> plain [n] of passages that exist.

    "It is so 【2†source】, and so [1-3]."   -> "It is so [2], and so [1][2][3].", (2, 1, 3)

Marks that mean no passage are removed. Code spans are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.check.links import map_outside_code
from core.check.segments import MARK
from core.check.spoken import state_plainly

_MARK_RUN = re.compile(rf"(?P<space>[ \t]?)(?:\^(?=\[))?(?P<mark>{MARK})", re.IGNORECASE)
_MARK_AT_END = re.compile(
    r"(?P<space>[ \t]?)(?P<mark>\((?:see )?(?:(?:passage|source)s? )?\d{1,3}(?:, ?\d{1,3}){0,5}\))"
    r"(?=[.!?。]?[*_]{0,3}\s*$)",
    re.IGNORECASE,
)
_MARK_WITHIN = re.compile(r"(?P<space>[ \t])(?P<mark>\(\d{1,2}(?:, ?\d{1,2}){0,5}\))(?=[,;:])")
_CO = re.compile(r"<co>", re.IGNORECASE)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒⸴", "0123456789,,")
_TURN = re.compile(r"turn\d+")
_IN_LINK = re.compile(r"\[(\[\d{1,3}\])\]\(")
_DOUBLED = re.compile(r"\[((?:\[\d{1,3}\]){1,12})\]")
_DIGITS = re.compile(r"(\d{1,3})(?:[–-](\d{1,3}))?")


def unwrap_marks(text: str) -> str:
    """Remove the brackets around a mark within a link's words, which hide the link.

    `"[[1]](https://...)"` -> `"[1](https://...)"`
    """
    return _IN_LINK.sub(r"\1(", text)


def normalise_marks(text: str, passages: int) -> tuple[str, tuple[int, ...]]:
    """Return the text with plain marks of passages 1 .. `passages`, and those marks in their order, each once."""
    marks: list[int] = []
    text = state_plainly(_CO.sub("", text) if "<" in text else text)

    def plain(match: re.Match[str]) -> str:
        found = [number for number in _numbers_in(match["mark"]) if 1 <= number <= passages]
        marks.extend(found)
        return match["space"] + "".join(f"[{number}]" for number in found) if found else ""

    clean = map_outside_code(text, lambda piece: _DOUBLED.sub(r"\1", _MARK_RUN.sub(plain, piece)))
    if not marks:  # "(1)" is a mark only at the end, and if there is no other
        clean = _MARK_WITHIN.sub(plain, _MARK_AT_END.sub(plain, clean))
    return clean, tuple(dict.fromkeys(marks))


def _numbers_in(mark: str) -> Iterator[int]:
    """Yield the numbers of a mark: `"[1, 3-5]"` -> 1, 3, 4, 5."""
    for match in _DIGITS.finditer(_TURN.sub("", mark.partition("†")[0].translate(_RAISED))):
        first, last = int(match[1]), int(match[2] or match[1])
        yield from range(first, min(last, first + 12) + 1)
