"""Whether a passage holds inline code: as it is, by its words in one block, or as a command that the page is about.

`git tag --list`     on the page git-tag, in "`--list [<pattern>]`"
`max_length=512`     where "max_length" and 512 stand apart in one paragraph
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.check.evidence import EvidenceText, holds_compound
from core.check.links import REMOVED
from core.check.numbers import find_quantities
from core.check.tokens import join_as_shell, other_constants, words_of

_SPAN_JOINTS = re.compile(r"[\s,;]+")
_HYPHENED = re.compile(r"-?\w+(?:-\w+)*")
_ASSIGNED = re.compile(r"([\w.-]+ ?[=:] ?)(\w+)")
QUOTED = "'\"`"


def is_span_proven(span: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether inline code is in a passage as it is, or each of its words in one block of it."""
    return any(_holds_span(ground, span) for ground in grounds)


def _holds_span(ground: EvidenceText, span: str) -> bool:
    squeezed = " ".join(span.replace(REMOVED, " ").split())
    if _is_a_number(squeezed):
        return all(map(ground.proves, find_quantities(squeezed)))
    if not squeezed or holds_compound(ground.squeezed, squeezed):
        return True
    if re.fullmatch(r"\w+", squeezed):
        return any(word in ground.words for word in (squeezed, *other_constants(squeezed)))
    if _HYPHENED.fullmatch(squeezed) and re.search(_part_of_name(squeezed), ground.squeezed):
        return True
    bare = squeezed.strip(QUOTED).removesuffix("()")
    set_to = _ASSIGNED.fullmatch(bare)
    if set_to and any(holds_compound(ground.squeezed, f"{set_to[1]}{other}") for other in other_constants(set_to[2])):
        return True
    return (bare != "" and holds_compound(ground.squeezed, bare)) or _holds_in_pieces(ground, squeezed, bare)


def _part_of_name(part: str) -> str:
    """Return the pattern of a name with this ending (`-blake2`), or of a flag with this beginning (`dns-google`)."""
    return rf"\w{re.escape(part)}(?!\w)" if part.startswith("-") else rf"(?<![\w-])--{re.escape(part)}(?!\w)"


def _holds_in_pieces(ground: EvidenceText, span: str, bare: str) -> bool:
    """Return whether one paragraph holds the words of a span, or a dotted name the passage holds all parts of."""
    wholes = (span, *_without_command(ground, span))
    is_in_one = any(_holds_all(paragraph, whole) for whole in wholes for paragraph in ground.paragraphs)
    if is_in_one and all(map(ground.proves, find_quantities(span))):
        return True
    dotted = re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(\))?", bare)
    return dotted is not None and all(part in ground.words for part in words_of(bare))


def _without_command(ground: EvidenceText, span: str) -> Iterator[str]:
    """Yield the rest of a command of which the page is: `"tag --list"` of `git tag --list` on the page git-tag."""
    words = span.split()
    for count in (1, 2):
        if len(words) > count and holds_compound(f"{ground.headings}\n{ground.address}", "-".join(words[:count])):
            yield " ".join(words[count:])


def _holds_all(text: str, span: str) -> bool:
    """Return whether a text holds all words of a command, a call or an assignment as they are, in any order."""
    words = {*filter(None, _SPAN_JOINTS.split(span)), *join_as_shell(span).split()}
    return all(_is_a_number(word) or holds_compound(text, word) or _is_split(text, word) for word in words)


def _is_a_number(word: str) -> bool:
    return re.fullmatch(r"[\d.,]+\w{0,3}", word) is not None


def _is_split(text: str, word: str) -> bool:
    """Return whether a call or an assignment is written in pieces: `max_length=512` where both stand apart."""
    pieces = [piece for piece in re.split(r"[=:(){}\[\]\"'`]+", word) if piece]
    return len(pieces) > 1 and all(holds_compound(text, piece) or _is_a_number(piece) for piece in pieces)
