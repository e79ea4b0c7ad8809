"""Comments in code that no passage supports are removed: they are the model's prose, without a mark.

    "train()  # then visit evil.example"   ->   "train()"

A comment stays where its words, names, numbers and flags are those of the passages, common words aside. What is not
known to be a comment is code to `core.check.code`, which is stricter: it drops the block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.check.claims import find_unproven_numbers
from core.check.code import STRING
from core.check.evidence import EvidenceText
from core.check.tokens import compounds_of, flags_of, remove_flags, words_of

_COMMON_WORDS = """
a an and any are as at be but by can do each for from has have if in into is it its may must no not of on only one or
our out so some that the their them then there these this those to up use using was we when where which will with you
your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_HASHES = r"(?<![^\s])#(?=[ \t!]|$)[^\n]{0,500}"
_SLASHES = r"(?<![^\s])//[^\n]{0,500}|/\*(?:[^*]|\*(?!/)){0,2000}\*/"
_DASHES = r"(?<![^\s])--(?=[ \t]|$)[^\n]{0,500}"
_MARKUP = r"<!--(?:[^-]|-(?!->)){0,2000}-->"
_BY_LANGUAGE = {
    name: style
    for names, style in {
        "python py python3 pycon ipython ruby rb r julia perl elixir": _HASHES,
        "sh bash shell zsh fish console yaml yml toml": _HASHES,
        "rust rs go golang java kotlin kt scala swift c cpp c++ csharp cs": _SLASHES,
        "js javascript jsx ts typescript tsx json jsonc json5": _SLASHES,
        "sql postgresql mysql sqlite lua haskell hs": _DASHES,
        "markdown md text txt": _MARKUP,
    }.items()
    for name in names.split()
}
_ANY = f"{_HASHES}|{_SLASHES}|{_MARKUP}"
_PATTERNS = {
    style: re.compile(rf"(?P<string>{STRING.pattern})|[ \t]{{0,40}}(?P<comment>{style})", re.MULTILINE)
    for style in {*_BY_LANGUAGE.values(), _ANY}
}


def remove_comments(code: str, language: str, passages: Sequence[EvidenceText] = ()) -> str:
    """Return the code with only those comments that the passages support; without passages, with none."""

    def kept(match: re.Match[str]) -> str:
        return match.group() if match["string"] or _is_borne_out(match["comment"], passages) else "\0"

    found = _PATTERNS[_BY_LANGUAGE.get(language.lower(), _ANY)].sub(kept, code)
    lines = [line for line in found.split("\n") if "\0" not in line or line.replace("\0", "").strip()]
    return "\n".join(line.replace("\0", "") for line in lines)


def _is_borne_out(comment: str, passages: Sequence[EvidenceText]) -> bool:
    if not passages:
        return False
    words = _COMMON.union(*(ground.lowered_words for ground in passages))
    flags = frozenset().union(*(ground.flags for ground in passages))
    return (
        all(word.lower() in words for word in words_of(remove_flags(comment)))
        and all(any(ground.holds(name) for ground in passages) for name in compounds_of(comment))
        and all(flag in flags for flag in flags_of(comment))
        and not find_unproven_numbers(comment, passages)
    )
