"""The sentences of a message: what is left of it without code, logs, quotations and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_QUOTED = re.compile(r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|「[^」\n]{1,300}」")
_URL = re.compile(r"<?https?://\S+|\bwww\.\S+", re.IGNORECASE)
_EMOJI_NAME = re.compile(r":[a-z0-9_+'-]{1,60}:(?::skin-tone-\d:)?")
_PLACEHOLDER = re.compile(r"(?<=[=<>(,])\s*\?")
_MENTION = re.compile(r"<[@#!][^>\s]{1,60}>")
_LINE_OF_CODE = re.compile(
    r"^\s{4,}\S|^\s*(?://|#!|\$ |>>> |\.\.\. |at .+\(.+\)$|File \"|Traceback|from [\w.]+ import|def \w+\s*\(|"
    r"import (?:\w+ from|[\w.]+(?: as \w+)?\s*;?$|[{\"'*])|class \w+\s*[:({]|(?:const|let|var) [\w${\[][^=]*=|"
    r"return\b.*(?:[;()\[\]{}]|^return$)|export (?:default|const|function|class|async|type|[{*]|\w+=)|"
    r"[\w.]+\s*=[^=]|[\w\"']+:\s*[\[{\"'])|[;{}]\s*$|=>|^\s*<[/\w][^>]*>|"
    r"^\s*(?:\[?\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[dl-][rwx-]{9}\s)|"
    r"^\s*(?:[A-Z]\w*(?:Error|Exception)|npm ERR!|ERROR|WARN)\b|"
    r"^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|ALTER TABLE|DROP)\s+[\w*\"`]"
)
_GREEK, _GREEK_MARK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"), re.compile(r"(?<=\w);(?=\s|$)")
_LEADING = re.compile(r"^[^\w¿¡<@#!/?+]+")
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")
_UNSPACED = r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]"
_SENTENCE = re.compile(r"(?<=[.!?…。！？؟])\s+|[\n;。！？]+|(?<=\w)[:,，、،]\s+|\s[-–—]+\s|\.{3}\s*")


def to_prose(text: str) -> str:
    """Return what a person says in a message, without what they paste: code, lines of logs, quotations, addresses."""
    left = _FENCED.sub("\n", text)
    if _GREEK.search(left):  # where a semicolon asks
        left = _GREEK_MARK.sub("?", left)
    if "\n" in left.strip():
        left = "\n".join(line for line in left.split("\n") if not is_pasted(line))
    elif is_pasted(left) and ("?" not in left or left.rstrip().endswith((";", "{", "}", ")"))):
        return ""
    for pattern in (_CODE, _QUOTED, _URL, _MENTION, _EMOJI_NAME, _PLACEHOLDER):
        left = pattern.sub(" x " if pattern is _CODE else " ", left)
    return _SPACES.sub(" ", left).strip()


def shows_something(text: str) -> bool:
    """Return whether a message has words, and an address or code with them: as people write who help."""
    is_shown = any(pattern.search(text) for pattern in (_FENCED, _CODE, _URL))
    return is_shown and count_words(to_prose(text).replace(" x ", " ")) > 0


def is_pasted(line: str) -> bool:
    """Return whether a line is one of code, of a log or a quotation of somebody."""
    return line.lstrip().startswith((">", "&gt;")) or _LINE_OF_CODE.search(line) is not None


def split_clauses(prose: str) -> Iterator[str]:
    """Yield the clauses of prose in lower case: `"Ok, how do I start?"` -> `"ok"`, `"how do i start?"`."""
    for clause in _SENTENCE.split(prose):
        if stripped := _LEADING.sub("", clause).rstrip(" \t\"'*_~()[]-–—").lower():
            yield stripped


def count_words(prose: str) -> int:
    """Return the number of words; of scripts that put no space between words, two characters count as one."""
    unspaced = re.findall(_UNSPACED, prose)
    return len(re.findall(r"[^\W_]+(?:['’.-][^\W_]+)*", re.sub(_UNSPACED, " ", prose))) + (len(unspaced) + 1) // 2
