"""Whether a code fence of an answer comes from the evidence: word for word, adapted from it, or made up.

    trainer = DPOTrainer(model=model)    `trainer` is bound here, `DPOTrainer` and `model` must be in a passage
    [tool.x] / frobnicate = true         a setting is never "bound here": `frobnicate` must be in a passage

Every identifier and flag counts; plain words in strings and comments do not, nor do the words of the
languages themselves. Code is only read here, never run or parsed: answers are in any language, or in none.
"""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterator, Sequence

from core.claims import Ground, flags_of, hosts_of, is_name, without_flags, words_of
from core.links import CODE_SPAN, REMOVED
from core.units import UnitKind, units

_PROGRAMMING_NAMES = """
python py python3 pycon ipython js javascript jsx mjs ts typescript tsx rust rs go golang java kotlin kt scala swift
c cpp c++ csharp cs ruby rb php r julia lua perl dart elixir haskell
"""
_COMMON_WORDS = """
self cls args kwargs main console log let const var function func fn new this typeof instanceof export default extends
implements interface enum struct impl trait use pub mut mod crate match where ref move dyn loop unsafe void null
undefined nil true false None True False public private protected static final package throws throw catch switch case
do then fi esac done elif echo cd source sudo cat ls mkdir rm cp mv touch grep curl wget bash sh python python3 pip
pipx uv npm npx yarn pnpm git docker make cargo go apt get install run exec set unset eval local printf require module
exports string number boolean any unknown never int64 float64 uint usize i32 i64 u32 u64 f32 f64 char bool double long
short unsigned end begin select from insert into values update delete create table and or not order group by limit
SELECT FROM WHERE INSERT INTO VALUES UPDATE DELETE CREATE TABLE ORDER GROUP BY LIMIT AND OR NOT
__name__ __main__ __init__ your path to my example foo bar
"""
_PROGRAMMING = frozenset(_PROGRAMMING_NAMES.split())
_LANGUAGE_WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_COMMON_WORDS.split()])
_LONG_ENOUGH = 4
_STRING_OR_COMMENT = re.compile(
    r"(?P<string>\"[^\"\n]{0,500}\"|'[^'\n]{0,500}')|(?P<comment>(?:(?<![^\s])#|//|<!--|--[ \t])[^\n]{0,500})"
)
_COMMENTED_MARKS = re.compile(r"[ \t]{1,4}(?:#|//|--)[ \t]{1,4}(?:\[\d{1,3}\]){1,6}[ \t]{0,4}$", re.MULTILINE)
_MARKS_IN_CODE = re.compile(r"[ \t]{1,4}(?:\[\d{1,3}\]){1,6}[ \t]{0,4}$", re.MULTILINE)
_ASSIGNED = re.compile(
    r"^[ \t]{0,40}(?:(?:export|let|const|var|val|mut|auto)[ \t]){0,3}"
    r"(?P<names>[^\W\d]\w{0,80}(?:[ \t]?,[ \t]?[^\W\d]\w{0,80}){0,8})[ \t]?(?::[^=\n]{1,80})?:?=(?!=)"
)
_DECLARED = re.compile(
    r"\b(?:def|class|function|func|fn|struct|enum|interface|type|trait|as|for|let|const|var|import)[ \t]{1,4}"
    r"(?P<names>[^\W\d]\w{0,80}(?:[ \t]?,[ \t]?[^\W\d]\w{0,80}){0,4})"
)
_PARAMETERS = re.compile(r"\b(?:def|function|func|fn|lambda)\b[^(:\n]{0,100}[(: ](?P<names>[^)\n]{0,300})")
_IMPORT = re.compile(r"^\s{0,20}(?:from|import|use|require)\b")


def code_texts(passage: str) -> tuple[str, ...]:
    """A passage as lines, its fences without the indent of the list they may stand in, its code spans as lines."""
    fences = [unit.text for unit in units(passage) if unit.kind is UnitKind.FENCE]
    bodies = [fence.partition("\n")[2].rpartition("\n")[0] for fence in fences]
    spans = "\n".join(span.strip("`").strip() for span in CODE_SPAN.findall(passage))
    return tuple(_normal(text) for text in (passage, *bodies, spans))


def verbatim_in(code: str, passages: Sequence[Sequence[str]]) -> list[int]:
    """Which passages (as `code_texts`) hold the code line by line; indexes from 0."""
    wanted = _normal(code)
    return [
        at for at, texts in enumerate(passages) if wanted and any(f"\n{wanted}\n" in f"\n{text}\n" for text in texts)
    ]


def without_marks(code: str, passages: Sequence[Sequence[str]]) -> str:
    """The code without marks in comments, and without [n] at the ends of lines where it is a quotation but for them."""
    code = _COMMENTED_MARKS.sub("", code)
    bare = _MARKS_IN_CODE.sub("", code)
    return bare if bare != code and not verbatim_in(code, passages) and verbatim_in(bare, passages) else code


def unknown_in(code: str, language: str, passages: Sequence[Ground], question: Ground) -> list[str]:
    """The identifiers and flags of `code` that neither it defines nor a passage or the question holds.

    A string that takes up a word of the question is the asker's own value ("mistral" -> "mistralai/Mistral-7B-v0.1").
    """
    grounds = [*passages, question]
    known = _LANGUAGE_WORDS.union(*(ground.words for ground in grounds))
    flags = frozenset().union(*(ground.flags for ground in grounds))
    code = code.replace(REMOVED, " ")
    bare = _STRING_OR_COMMENT.sub(" ", code)
    bound = set(_bound(bare)) if language.lower() in _PROGRAMMING else set()
    missing = [word for word in words_of(without_flags(bare)) if word not in known and word not in bound]
    quoted = " ".join(match.group() for match in _STRING_OR_COMMENT.finditer(code))
    checked = " ".join(match.group() for match in _STRING_OR_COMMENT.finditer(code) if not _askers_own(match, question))
    missing += [word for word in words_of(checked) if is_name(word) and word not in known and word not in bound]
    missing += [host for host in hosts_of(quoted) if not any(f"{host}/" in ground.text for ground in grounds)]
    missing += [flag for flag in flags_of(bare) if len(flag) > 2 and flag not in flags]
    return list(dict.fromkeys(missing))


def closest(code: str, grounds: Sequence[Ground]) -> int:
    """The index of the passage that shares most words with the code, the better ranked one of equals."""
    words = set(words_of(code)) - _LANGUAGE_WORDS
    return max(range(len(grounds)), key=lambda at: (len(words & grounds[at].words), -at))


def _askers_own(match: re.Match[str], question: Ground) -> bool:
    asked = (word for word in question.lowered_words if len(word) >= _LONG_ENOUGH and word not in _LANGUAGE_WORDS)
    return match["string"] is not None and any(word in match["string"].lower() for word in asked)


def _bound(code: str) -> Iterator[str]:
    """Names that the code itself gives: assigned outside of any bracket, declared, looped over, parameters."""
    depth = 0
    for line in code.splitlines():
        assigned = _ASSIGNED.match(line) if depth <= 0 else None
        if assigned:
            yield from words_of(assigned["names"])
        if not _IMPORT.match(line):
            for match in (*_DECLARED.finditer(line), *_PARAMETERS.finditer(line)):
                yield from words_of(match["names"])
        depth += sum(line.count(sign) for sign in "([{") - sum(line.count(sign) for sign in ")]}")


def _normal(code: str) -> str:
    return "\n".join(line.rstrip() for line in textwrap.dedent(code.expandtabs(4)).strip("\n").splitlines()).strip("\n")
