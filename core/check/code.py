"""Whether a code fence of an answer comes from the evidence: word for word, adapted from it, or made up.

    trainer = DPOTrainer(model=model)    `trainer` is bound here, `DPOTrainer` and `model` must be in a passage
    [tool.x] / frobnicate = true         a setting is never "bound here": `frobnicate` must be in a passage

Every word, number and flag counts, quoted or not; the words of the languages themselves do not. What is joined to one
name (a host, a path, `pre-commit`) has to be in a passage as it is, except for attributes in a program. Comments have
been removed by `core.check.comments` before. Code is only read here, never run or parsed: answers are in any language,
or in none, and a quotation mark that this file does not know lets nothing pass.
"""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterator, Sequence

from core.check.claims import find_unproven_numbers
from core.check.evidence import EvidenceText
from core.check.links import CODE_SPAN, REMOVED
from core.check.own import find_not_own
from core.check.segments import UnitKind, split_units
from core.check.tokens import compounds_of, flags_of, join_as_shell, other_constants, remove_flags, words_of

_PROGRAMMING_NAMES = """
python py python3 pycon ipython js javascript jsx mjs ts typescript tsx rust rs go golang java kotlin kt scala swift
c cpp c++ csharp cs ruby rb php r julia lua perl dart elixir haskell
"""
_OTHER_NAMES = """
sh bash shell zsh fish console powershell ps1 bat cmd batch text txt plaintext plain output log diff json jsonc json5
yaml yml toml ini conf cfg env dotenv properties xml html css scss sass less svg vue svelte astro sql mysql postgresql
sqlite graphql proto http nginx apache dockerfile docker makefile make cmake hcl terraform csv markdown md mdx rst tex
latex vim asm nix ocaml fsharp clojure erlang zig objc solidity vb
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
_LANGUAGES = _PROGRAMMING.union(_OTHER_NAMES.split())
_LANGUAGE_WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_COMMON_WORDS.split()])
_PLACEHOLDERS = frozenset({"your", "my", "path", "example", "foo", "bar"})
STRING = re.compile(
    r"\"{3}(?:[^\"]|\"(?!\"\")){0,2000}\"{3}|'{3}(?:[^']|'(?!'')){0,2000}'{3}"
    r"|\"(?:[^\"\\\n]|\\.){0,500}\"|'(?:[^'\\\n]|\\.){0,500}'|`(?:[^`\\]|\\.){0,500}`"
)
_PREFIX = re.compile(r"\b[rbfuRBFU]{1,2}(?=[\"'])")
_INTERPOLATED = re.compile(r"\{([^{}\n]{1,200})\}")
_ESCAPED_BLANK = re.compile(r"\\[nrt]")
_JOINT_OF_STRINGS = re.compile(r"[\"'`]\s{0,20}[+.&]{0,2}\s{0,20}[\"'`]")
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
_COMMAND_NAMES = """
sudo curl wget bash sh python python3 pip pip3 pipx uv npm npx yarn pnpm git docker cargo go apt apt-get brew gem conda
"""
_COMMAND = re.compile(
    rf"^[ \t]{{0,40}}(?:[!%$>][ \t]{{0,4}})?(?:{'|'.join(_COMMAND_NAMES.split())})[ \t][^\n]{{0,1000}}", re.MULTILINE
)
_COMMAND_JOINT = re.compile(r" && |\n")
_INDEX = re.compile(r"(?<=[\w)\]])\[-?\d{0,3}:?-?\d{0,3}\]")
_ASSIGNMENT = re.compile(
    r"(?<!\w)[\"']?(?P<key>[A-Za-z_][\w-]{2,60})[\"']?(?:[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}|[ ]TO[ ])"
    r"(?P<value>true|false|True|False|on|off|yes|no|null|None|-?\d[\w.]{0,20}|\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')(?![\w.(\[])"
)
_OPTION = re.compile(
    r"(?<![\w-])(?P<key>--[A-Za-z][\w-]{1,60})(?:=|[ \t]{1,3})"
    r"(?P<value>[\w./:-]{1,80}|\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')(?=\s|$)"
)
_SETTING = re.compile(
    r"^[ \t-]{0,40}(?P<key>[A-Za-z_][\w.-]{2,60})[ \t]{0,3}[:=][ \t]{0,3}"
    r"(?P<value>[\w./:$-]{1,60}(?:,?[ \t]{1,2}[\w./:$-]{1,60}){0,12})[ \t]*$",
    re.MULTILINE,
)
_VARIABLE = re.compile(r"(?<![\w.=-])(?P<key>[A-Za-z_][\w.-]{2,60})=(?P<value>[\w./:-]{1,60})(?=[\s,;]|$)")
_LITERAL = re.compile(
    r"\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|(?<![\w.])-?\d[\w.]*|\b(?:true|false|True|False|null|None|on|off|yes|no)\b"
)
_SPECIFIED = re.compile(r"(?<![\w-])--?[A-Za-z]\w{0,40}:[A-Za-z]\w{0,20}(?![\w:])")
_VALUE_JOINT = re.compile(r",?[ \t]+")
_IMPORT = re.compile(r"^\s{0,20}(?:from|import|use|require)\b")


def code_texts(passage: str) -> tuple[str, ...]:
    """Return the texts of a passage in which code is looked up: all its lines, the body of each fence, its code spans.

    A fence is without the indent of the list that it may stand in; each code span is a line.
    """
    fences = [unit.text for unit in split_units(passage) if unit.kind is UnitKind.FENCE]
    bodies = [fence.partition("\n")[2].rpartition("\n")[0] for fence in fences]
    spans = "\n".join(span.strip("`").strip() for span in CODE_SPAN.findall(passage))
    return tuple(_normal(text) for text in (passage, *bodies, spans))


def known_language(name: str, passages: Sequence[EvidenceText]) -> str:
    """Return the language of a fence if it is a known one, else "", since the language is shown too."""
    lowered = name.lower()
    return name if lowered in _LANGUAGES or any(lowered in ground.lowered_words for ground in passages) else ""


def find_verbatim(code: str, passages: Sequence[Sequence[str]]) -> list[int]:
    """Return the indexes, from 0, of the passages (as `code_texts`) that hold the code line by line."""
    wanted = _normal(code)
    return [
        at for at, texts in enumerate(passages) if wanted and any(f"\n{wanted}\n" in f"\n{text}\n" for text in texts)
    ]


def remove_quoted_lines(code: str, language: str, passages: Sequence[Sequence[str]]) -> str:
    """Return what is left of a code to be checked: without its commands and imports that a passage has as they are."""
    quoted = {line.strip() for texts in passages for text in texts for line in _COMMAND_JOINT.split(text)}
    is_program = language.lower() in _PROGRAMMING

    def stays(line: str) -> bool:
        is_whole = _IMPORT.match(line) is not None if is_program else line[:1].strip() != ""
        return not (is_whole and line.strip() in quoted)

    return "\n".join(filter(stays, code.split("\n") if is_program else _COMMAND_JOINT.split(code)))


def remove_marks(code: str, passages: Sequence[Sequence[str]]) -> str:
    """Return the code without the marks that a model put into it.

    Marks in comments go; [n] at the ends of lines goes only if the code is a quotation without it.
    """
    code = _COMMENTED_MARKS.sub("", code)
    bare = _MARKS_IN_CODE.sub("", code)
    return bare if bare != code and not find_verbatim(code, passages) and find_verbatim(bare, passages) else code


def find_unknown(code: str, language: str, passages: Sequence[EvidenceText], question: EvidenceText) -> list[str]:
    """Return what `code` holds that it does not define and that none of `passages`, which it cites, holds.

    Words, compounds, numbers, flags and assigned values count, in strings as well. A word of the question may be a
    whole string in a program, as the asker's value; a command that only the question names is in no documentation.
    """
    code = _ESCAPED_BLANK.sub(" ", code.replace(REMOVED, " "))
    known = _LANGUAGE_WORDS.union(*(ground.words for ground in passages))
    is_program = language.lower() in _PROGRAMMING
    if is_program:
        missing = _unknown_in_program(code, known, passages, question)
    else:
        both = f"{code}\n{join_as_shell(code)}"
        missing = _foreign_words(both, known) + _foreign_compounds(both, passages)
    commands = "\n".join(_COMMAND.findall(code)) if is_program else code
    flags = frozenset().union(*(ground.flags for ground in passages))
    missing += [flag for flag in flags_of(commands) if flag not in flags]
    missing += [flag for flag in flags_of(code) if len(flag) > 2 and flag not in flags]
    missing += _foreign_specifiers(commands, passages)
    missing += find_unproven_numbers(_INDEX.sub(" ", code), passages)
    missing += _foreign_values(code, passages, is_program=is_program)
    missing += _foreign_literals(code, passages, question)
    return find_not_own(dict.fromkeys(missing), code, passages, question)


def _unknown_in_program(
    code: str, known: frozenset[str], passages: Sequence[EvidenceText], question: EvidenceText
) -> list[str]:
    """Return what a program uses that it does not define and that no passage holds.

    A name that the program defines may be used as a name, and in a string only where its value is put in.
    """
    code = _PREFIX.sub("", code)
    bare = STRING.sub(" ", code)
    strings = [*STRING.findall(code), *STRING.findall(_JOINT_OF_STRINGS.sub("", code))]
    values = [_INTERPOLATED.sub(" ", string) for string in strings]
    bound = frozenset(_bound(bare))
    missing = _foreign_words("\n".join([bare, *_INTERPOLATED.findall("\n".join(strings))]), known | bound)
    missing += _foreign_words("\n".join(line for line in bare.splitlines() if _IMPORT.match(line)), known)
    said = known.union(*(ground.lowered_words for ground in passages))
    for value in values:
        missing += _foreign_words(value, said if " " in value else said | question.words)
    commands = "\n".join(_COMMAND.findall(code))
    return missing + _foreign_compounds("\n".join([*values, commands, join_as_shell(commands)]), passages)


def _foreign_values(code: str, passages: Sequence[EvidenceText], *, is_program: bool) -> list[str]:
    """Return the literal values that the passages never give to their setting, though they give it others.

    `"packing=False"` where the passages have `packing=True` alone; also globs and paths in strings that they lack.
    """
    missing = [
        f"{key}={value}"
        for key, value in _assignments(code, is_program=is_program)
        if not any(_may_have(ground, key, value, is_program=is_program) for ground in passages)
    ]
    strings = [string.strip("\"'`") for string in STRING.findall(code)]
    globs = [each for each in strings if "*" in each and " " not in each]
    return missing + [each for each in globs if not any(ground.holds(each) for ground in passages)]


def _assignments(text: str, *, is_program: bool) -> Iterator[tuple[str, str]]:
    """Yield the settings of a text with their literal values; in a program a bare word is no literal but a name."""
    for pattern in (_ASSIGNMENT, _OPTION) if is_program else (_ASSIGNMENT, _OPTION, _SETTING, _VARIABLE):
        for match in pattern.finditer(text):
            values = _VALUE_JOINT.split(match["value"]) if pattern is _SETTING else [match["value"]]
            yield from ((match["key"], value.strip("\"'`")) for value in values)


_EMPTY = re.compile(r"^[ \t]*([\w.-]+)[ \t]*=[ \t]*$", re.MULTILINE)
"""A setting that a page shows without a value."""


def _may_have(ground: EvidenceText, key: str, value: str, *, is_program: bool) -> bool:
    """Return whether a ground gives a setting this value, names both in one block, or gives it no literal value.

    In that block the value must not be that of another setting: `"--jobs 4 --tries 9"` gives `--jobs` no 9.
    """
    given = {known for name, known in _assignments(ground.text, is_program=is_program) if name == key}
    given |= {"" for name in _EMPTY.findall(ground.text) if name == key}
    if not given or value in given or not given.isdisjoint(other_constants(value)):
        return True
    texts = (_remove_others(each.text, key) for each in ground.blocks)
    return any(_has_word(text, key) and _has_word(text, value) for text in texts)


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _remove_others(text: str, key: str) -> str:
    """Return a text without the assignments to other settings."""
    for pattern in (_ASSIGNMENT, _OPTION, _VARIABLE):
        text = pattern.sub(lambda match: match.group() if match["key"] == key else " ", text)
    return text


def _foreign_specifiers(code: str, passages: Sequence[EvidenceText]) -> list[str]:
    """Return the flags with a part behind a colon that no passage has: `-c:s` where they have `-c:a` and `-c:v`."""
    known = {match for ground in passages for match in _SPECIFIED.findall(ground.text)}
    flags = {match.partition(":")[0] for match in known}
    return [each for each in _SPECIFIED.findall(code) if each.partition(":")[0] in flags and each not in known]


def _foreign_literals(code: str, passages: Sequence[EvidenceText], question: EvidenceText) -> list[str]:
    """Return the literals of a line that the passages have with other literals alone: `f(9)` where they have `f(4)`.

    A literal may stand in prose next to a name of the line, or in the question.
    """
    known: dict[str, set[tuple[str, ...]]] = {}
    for line in (line for ground in passages for line in ground.text.splitlines()):
        known.setdefault(_LITERAL.sub("\0", line).strip(), set()).add(_literals(line))
    prose = [unit.text for ground in passages for unit in split_units(ground.text) if unit.kind is not UnitKind.FENCE]
    missing = []
    for line in code.splitlines():
        ours = _literals(line)
        theirs = known.get(_LITERAL.sub("\0", line).strip())
        names = [word for word in words_of(_LITERAL.sub(" ", line)) if len(word) > 2]
        if not theirs or not names or ours in theirs:
            continue
        if any(row != ours and sorted(row) == sorted(ours) for row in theirs):
            missing += [each for each, other in zip(ours, min(theirs), strict=True) if each != other]
            continue  # exchanged
        near = "\n".join(text for text in prose if any(name in text for name in names))
        others = [each for at, each in enumerate(ours) if not any(row[at] == each for row in theirs)]
        missing += [each for each in others if not _has_word(f"{near}\n{question.text}", each)]
    return missing


def _literals(line: str) -> tuple[str, ...]:
    """Return the literals of a line without their quotes, of which any kind will do."""
    return tuple(each.strip("\"'`") for each in _LITERAL.findall(line))


def _foreign_words(text: str, known: frozenset[str]) -> list[str]:
    return [word for word in words_of(remove_flags(text)) if word not in known]


def _foreign_compounds(text: str, passages: Sequence[EvidenceText]) -> list[str]:
    """Return the hosts, paths and other compounds that no passage holds as they are."""
    compounds = (name for name in compounds_of(text) if not _is_placeholder(name))
    return [name for name in compounds if not any(_holds_key(ground, name) for ground in passages)]


def _holds_key(ground: EvidenceText, name: str) -> bool:
    """Return whether a ground holds a name, or the option that a key of a file stands for: `--data-root`."""
    return ground.holds(name) or f"--{name}" in ground.flags


def _is_placeholder(name: str) -> bool:
    """Return whether a name is a placeholder: `my-project`, `path/to/model`, but no host (`path.to`)."""
    return "." not in name and next(words_of(name), "").lower() in _PLACEHOLDERS


def find_closest(code: str, grounds: Sequence[EvidenceText]) -> int:
    """Return the index of the passage that shares most words with the code; of equal ones, the better ranked."""
    words = set(words_of(code)) - _LANGUAGE_WORDS
    return max(range(len(grounds)), key=lambda at: (len(words & grounds[at].words), -at))


def _bound(code: str) -> Iterator[str]:
    """Yield the names that the code defines: assigned outside any bracket, declared, looped over, parameters."""
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
