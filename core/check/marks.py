"""The forms in which models write a citation mark -> plain [n] of passages that exist.

    "It is so 【2†source】, and so [1-3]."   -> "It is so [2], and so [1][2][3].", (2, 1, 3)

Marks that mean no passage are removed. Code spans are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.check.links import map_outside_code
from core.check.segments import MARK

_MARK_RUN = re.compile(rf"(?P<space>[ \t]?)(?:\^(?=\[))?(?P<mark>{MARK})", re.IGNORECASE)
_MARK_AT_END = re.compile(
    r"(?P<space>[ \t]?)(?P<mark>\((?:see )?(?:(?:passage|source)s? )?\d{1,3}(?:, ?\d{1,3}){0,5}\))"
    r"(?=[.!?。]?[*_]{0,3}\s*$)",
    re.IGNORECASE,
)
_MARK_WITHIN = re.compile(r"(?P<space>[ \t])(?P<mark>\(\d{1,2}(?:, ?\d{1,2}){0,5}\))(?=[,;:])")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PASSAGE = (
    r"(?:(?:the|this|these|el|la|le|den|der) )?(?:(?P<nth{0}>"
    + "|".join(_ORDINALS)
    + r") )?(?:given |provided |cited )?"
    r"(?P<word{0}>passages?|sources?|excerpts?|passagen?|pasajes?)"
    r"(?P<numbers{0}> \[?\d{{1,2}}\]?(?:(?:, ?| and | und | et | y )\[?\d{{1,2}}\]?){{0,3}})?"
)
_SPOKEN = re.compile(
    r"^(?P<bullet>\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+)?)(?:"
    r"(?:(?:according to|as (?:stated|described|shown|explained|noted) in|per|laut|selon|según|secondo|volgens) "
    + _PASSAGE.format(1)
    + r",?\s+|(?:in|from|based on) "
    + _PASSAGE.format(2)
    + r",\s+)|"
    + _PASSAGE.format(3)
    + r" (?:also |clearly |explicitly |further )?(?:(?:says?|states?|notes?)(?: that)?:?|(?:explains?|mentions?|shows?|"
    r"describes?|indicates?|specif(?:y|ies)|suggests?|confirms?|adds?|recommends?) that:?)\s+)(?P<rest>\S)",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    r"^(?P<bullet>\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+)?)"
    + _PASSAGE.format("").replace("|sources?", "")
    + r" (?:also |then )?(?:describes?|mentions?|explains?|shows?|covers?|discuss(?:es)?|introduces?|provides?|lists?"
    r"|contains?|defines?|refers? to|talks? about|gives?|presents?|outlines?|details?|deals? with|(?:is|are) about)"
    r" (?:(?P<article>the|an?) (?P<noun>[^,.:;]{2,80}?),? (?:which|that) (?P<verb>[a-z]+(?:s|re|n|st|ll|ve) .+)|.+)$",
    re.IGNORECASE | re.DOTALL,
)
_OF_TEXT = re.compile(
    r"\b(?:snippet|example|section|information|list|description|overview|instructions?|table|code|guide|details)$",
    re.IGNORECASE,
)
_CO = re.compile(r"<co>", re.IGNORECASE)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒⸴", "0123456789,,")
_TURN = re.compile(r"turn\d+")
_IN_LINK = re.compile(r"\[(\[\d{1,3}\])\]\(")
_DOUBLED = re.compile(r"\[((?:\[\d{1,3}\]){1,12})\]")
_STOP = re.compile(r"[.!?。]?[*_]{0,3}(?:\s|\[\d{1,3}\])*$")
_DIGITS = re.compile(r"(\d{1,3})(?:[–-](\d{1,3}))?")


def unwrap_marks(text: str) -> str:
    """Remove the brackets around a mark within a link's words, which hide the link.

    `"[[1]](https://...)"` -> `"[1](https://...)"`
    """
    return _IN_LINK.sub(r"\1(", text)


def normalise_marks(text: str, passages: int) -> tuple[str, tuple[int, ...]]:
    """Return the text with plain marks of passages 1 .. `passages`, and those marks in their order, each once."""
    marks: list[int] = []
    text = _rephrase(_CO.sub("", text) if "<" in text else text)

    def plain(match: re.Match[str]) -> str:
        found = [number for number in _numbers_in(match["mark"]) if 1 <= number <= passages]
        marks.extend(found)
        return match["space"] + "".join(f"[{number}]" for number in found) if found else ""

    clean = map_outside_code(text, lambda piece: _DOUBLED.sub(r"\1", _MARK_RUN.sub(plain, piece)))
    if not marks:  # "(1)" is a mark only at the end, and if there is no other
        clean = _MARK_WITHIN.sub(plain, _MARK_AT_END.sub(plain, clean))
    return clean, tuple(dict.fromkeys(marks))


def _rephrase(text: str) -> str:
    """Turn a passage that is named in words into a mark.

    `"According to passage 3, it is so."` -> `"It is so [3]."`, `"The passage states that it is so."` -> `"It is so."`
    """
    spoken = _SPOKEN.match(text)
    if spoken is None:
        return _state_described(text)
    named = next(way for way in "123" if spoken[f"word{way}"])
    numbers = [int(number) for number in re.findall(r"\d+", spoken[f"numbers{named}"] or "")]
    if nth := spoken[f"nth{named}"]:
        numbers = [_ORDINALS.index(nth.lower()) + 1]
    if not numbers and spoken[f"word{named}"].lower().startswith("source"):
        return text  # pages speak of sources, too
    rest = text[spoken.end("rest") :]
    end = _STOP.search(rest)
    at = end.start() if end else len(rest)
    marks = "".join(f"[{number}]" for number in numbers)
    return f"{spoken['bullet']}{spoken['rest'].upper()}{rest[:at]}{' ' * bool(marks)}{marks}{rest[at:]}"


def _state_described(text: str) -> str:
    """Turn what a passage is said to describe into a sentence of its own, where it says something.

    `"Passage [3] describes the `x` hook, which is called at the end."` -> `"The `x` hook is called at the end [3]."`
    """
    described = _DESCRIBED.match(text)
    if described is None or not described["verb"] or _OF_TEXT.search(described["noun"]):
        return text
    marks = "".join(f"[{number}]" for number in re.findall(r"\d+", described["numbers"] or ""))
    verb = described["verb"]
    end = _STOP.search(verb)
    at = end.start() if end else len(verb)
    article = described["article"].capitalize()
    sentence = f"{article} {described['noun']} {verb[:at]}{' ' * bool(marks)}{marks}{verb[at:]}"
    return f"{described['bullet']}{sentence}"


def describes_passages(text: str) -> bool:
    """Return whether a sentence says of the passages what they are about, and nothing else."""
    described = _DESCRIBED.match(text) if _SPOKEN.match(text) is None else None
    return described is not None and (not described["verb"] or _OF_TEXT.search(described["noun"]) is not None)


def _numbers_in(mark: str) -> Iterator[int]:
    """Yield the numbers of a mark: `"[1, 3-5]"` -> 1, 3, 4, 5."""
    for match in _DIGITS.finditer(_TURN.sub("", mark.partition("†")[0].translate(_RAISED))):
        first, last = int(match[1]), int(match[2] or match[1])
        yield from range(first, min(last, first + 12) + 1)
