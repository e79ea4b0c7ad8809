"""Answers that a model wraps whole: in one fence, or as the string of a JSON object.

    "```markdown\\nUse `pip` [1].\\n```"      ->  "Use `pip` [1].\\n"
    '{"answer": "Use `pip` [1].", "n": 1}'   ->  "Use `pip` [1]."
    '{"sentences": [{"text": "Use `pip`", "passage": 1}]}'   the same
    "```\\npip install x\\n```\\nas above [1]"  stays: a fence without a mark in it is code

What may be wrapped is held until that is known: a fence until its first mark or its end, an object until the draft's
end. Everything else passes at once. The text that comes out is checked like any other.
"""

from __future__ import annotations

import json
import re
from enum import Enum, auto

_OPENING = re.compile(r"\s*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<language>markdown|md|text|txt|json)?[ \t]*\n", re.IGNORECASE)
_MAY_OPEN = re.compile(r"\s*(?:`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^\n]*)?")
_MARKED = re.compile(r"(?:[\w`)\"] ?(?:\[\d{1,3}\])+[.!?]|[.!?] (?:\[\d{1,3}\])+)(?=\s|$)")
_FENCE_LINE = re.compile(r"^[ \t]*(?P<ticks>`{3,}|~{3,})(?P<rest>[^\n]*)\n", re.MULTILINE)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z)', re.DOTALL)
_HEAD = 100
"""Characters at a draft's beginning that are looked at with each piece; after that with each line."""


class _State(Enum):
    UNKNOWN = auto()
    OBJECT = auto()
    FENCED = auto()
    PLAIN = auto()


class AnswerUnwrapper:
    """Feed it a draft's pieces; it returns the text in the wrapping, and text without a wrapping as it is."""

    def __init__(self) -> None:
        self._state = _State.UNKNOWN
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return the text that is known to be the answer's."""
        self._held += piece
        if self._state is _State.UNKNOWN and ("\n" in piece or len(self._held) <= _HEAD + len(piece)):
            self._state = _recognise(self._held)
        if self._state is not _State.PLAIN:
            return ""
        held, self._held = self._held, ""
        return held

    def finish(self) -> str:
        """Return the rest of the text, at the end of the draft."""
        held, self._held = self._held, ""
        match self._state:
            case _State.OBJECT:
                return _read_object(held) or held
            case _State.FENCED | _State.UNKNOWN:
                return _unwrap_fence(held)
            case _:
                return held


def _recognise(held: str) -> _State:
    """Return what a draft that begins like this is wrapped in, as far as it is known."""
    opening = _OPENING.match(held)
    rest = held[opening.end() :].lstrip() if opening else held.lstrip()
    if rest.startswith("{") and (opening is None or _is_json(opening)):
        after = rest[1:].lstrip()
        return _State.UNKNOWN if not after else _State.OBJECT if after.startswith('"') else _State.PLAIN
    if opening is None:
        return _State.UNKNOWN if _MAY_OPEN.fullmatch(held) else _State.PLAIN
    if _is_json(opening):
        return _State.PLAIN if rest else _State.UNKNOWN
    if _ends_fence(held):
        return _State.FENCED if _MARKED.search(held) else _State.PLAIN
    return _State.UNKNOWN


def _is_json(opening: re.Match[str]) -> bool:
    return (opening["language"] or "").lower() == "json"


def _ends_fence(text: str) -> bool:
    """Return whether the fence that opens a text is closed in it, fences within it aside."""
    depth = 0
    for line in _FENCE_LINE.finditer(text):
        depth += 1 if line["rest"].strip() or depth == 0 else -1
        if depth == 0:
            return True
    return False


def _unwrap_fence(text: str) -> str:
    """Return what stands in the fence that opens a text, and what follows it; without a mark in it, the text."""
    opening = _OPENING.match(text)
    if opening is None or not _MARKED.search(text):
        return text
    depth, at = 1, opening.end()
    for line in _FENCE_LINE.finditer(f"{text}\n", at):
        depth += 1 if line["rest"].strip() else -1
        if depth == 0:
            return f"{text[at : line.start()]}{text[line.end() :]}"
    return text[at:]


def _read_object(text: str) -> str:
    """Return the longest string of an object, which is the answer whatever its key, also where it is cut off."""
    opening = _OPENING.match(text)
    bare = text[opening.end() :] if opening else text
    try:
        found, _ = json.JSONDecoder().raw_decode(bare.lstrip())
    except (ValueError, RecursionError):
        found = dict(enumerate(_read_string(match[1]) for match in _STRING.finditer(bare)))
    strings = [value for value in found.values() if isinstance(value, str)]
    parts = [part for value in found.values() if isinstance(value, list) for part in value]
    listed = " ".join(filter(None, map(_read_part, parts)))
    return max([*strings, listed], key=len, default="")


def _read_part(part: object) -> str:
    """Return a sentence of a list with its mark: `{"text": "It is so.", "passage": 2}` -> `"It is so [2]."`."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    text = max((value for value in part.values() if isinstance(value, str)), key=len, default="")
    marks = [number for value in part.values() for number in (value if isinstance(value, list) else [value])]
    cited = "".join(f"[{number}]" for number in marks if isinstance(number, int) and not isinstance(number, bool))
    stop = text[-1:] if text[-1:] in ".!?" else "."
    return f"{text.rstrip('.!? ')} {cited}{stop}" if text and cited else text


def _read_string(escaped: str) -> str:
    try:
        return str(json.loads(f'"{escaped}"', strict=False))
    except ValueError:
        return ""
