"""What a value is said of: the default, the words right before a number, an end of a range. English alone.

"The default is 'esnext'."    the passage's lines about a default hold other values       -> 'esnext'
"OpenSSL's default of 3600"   the passage: "the OpenSSL default of 300s"                   -> 3600
"The oldest is 0.25.1"        the passage: "from 0.17.0 to 0.25.1"                         -> 0.25.1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.check.claims import NUMBERED
from core.check.clauses import stems_in_order
from core.check.evidence import EvidenceText
from core.check.links import CODE_SPAN
from core.check.meaning import find_only_opposite, is_close
from core.check.numbers import find_quantities, find_units, spell_in_digits
from core.check.quoting import split_sentences
from core.check.tokens import is_literal

_DEFAULT = re.compile(r"\bdefaults?\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:] (?:and |but |while |whereas |or |not )?|\. | while | whereas | unless | instead of | but ")
_NUMBER = r"`?['\"]?(?P<number>\d+(?:[.,]\d+)*)"
_CONTEXT = re.compile(rf"(?P<context>[A-Za-z][A-Za-z'’]*\W{{1,2}}[A-Za-z]+)[ ]{_NUMBER}")
_RANGE = re.compile(
    r"(?:from |between )?`?(\d+(?:\.\d+)*)`?(?:\+|\w{1,3})? ?(?:to|-|–|through|and) ?`?(\d+(?:\.\d+)*)`?"
)
_LOWEST = re.compile(
    rf"\b(?:oldest|lowest|minimum|at least|smallest|earliest|least|starts? (?:at|from|with))\b[^.;]{{0,40}}?{_NUMBER}",
    re.IGNORECASE,
)
_HIGHEST = re.compile(
    rf"\b(?:newest|latest|highest|maximum|at most|largest|no more than|up to)\b[^.;]{{0,40}}?{_NUMBER}", re.IGNORECASE
)
_ORDINAL = re.compile(
    r"\b(?P<ordinal>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last) (?P<noun>[a-z]{3,})"
)
_COUNTED = re.compile(r"(?<![\w.,-])(?P<number>\d+(?:[.,]\d+)*)(?P<between>(?: [\w/-]+){1,4})")
_COPULA = re.compile(
    r"(?<![\w`.-])`?(?P<name>[A-Za-z_][\w.-]{1,80}(?=`)|\d+[A-Za-z]{1,3}(?=`? )|[A-Za-z]+_\w+)`? "
    r"(?:is|are|has|have|equals|takes|holds|means|defaults to|must be|will be) "
    r"(?:set to |exactly |always )?" + _NUMBER
)
_UNLESS_CHANGED = re.compile(
    r",? (?:unless|until) (?:(?:you|it is|they are|this is|otherwise) )?"
    r"(?:change|set|configure|specif|overrid|choose|select|pick|ask|say|pass|give)\w*"
    r"(?: it| them| this| otherwise| something else)?",
    re.IGNORECASE,
)
_STATE = re.compile(r"\b(?:is|are|be|stays?|remains?|turned)\s+[`'\"*]*(?P<state>[a-z-]+)", re.IGNORECASE)
_FEWEST_OF_LINE, _SHARE_OF_LINE, _FEWER = 3, 0.6, 2
"""Words of a clause, at least and as a share, that a line about a default holds to be the one meant; how many fewer
another holds that is not meant."""

_SHORT = 7
"""Letters of two words that stand in front of too many numbers to mean one thing: "is at"."""


def find_unbound(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a value of a sentence that the passages give to something else; empty: there is none."""
    text = NUMBERED.sub(" ", text)
    return (
        _wrong_default(text, grounds)
        or _wrong_context(text, grounds)
        or _wrong_of_name(text, grounds)
        or _wrong_end(text, grounds)
        or _wrong_ordinal(text, grounds)
        or _wrong_count(text, grounds)
    )


def _wrong_default(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a value that a clause about a default gives, where the passages' lines about defaults give others."""
    for clause in _CLAUSE.split(_UNLESS_CHANGED.sub(" by default", text)):
        if _DEFAULT.search(clause) and (opposite := _opposite_default(clause, grounds)):
            return opposite
        named = _of_named(clause, grounds) if _DEFAULT.search(clause) else []
        said = [part for part in clause.split(" and ") if not named or _DEFAULT.search(part)]
        values = list(_values(" and ".join(said))) if _DEFAULT.search(clause) else []
        if not values:
            continue
        lines = [line for ground in grounds for line in _lines_of_defaults(ground)]
        lines = named or _closest(clause, lines)
        given = {value for line in lines for value in _values(line)}
        missing = [value for value in values if value not in given and not any(value in line for line in lines)]
        if given and missing:
            return missing[0]
    return ""


def _of_named(clause: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return what the definition of the one name in a clause says of its default; empty: nothing, or there are more."""
    spans = dict.fromkeys(span.strip("`") for span in CODE_SPAN.findall(clause))
    names = [name for name in spans if not is_literal(name)]
    if len(names) != 1:
        return []
    defined = (text for ground in grounds for text in ground.define(names[0]))
    lines = (sentence for text in defined for sentence in split_sentences(text) if _DEFAULT.search(sentence))
    return [line for line in lines if any(_values(line))]


def _closest(clause: str, lines: Sequence[str]) -> list[str]:
    """Return the lines about defaults that a clause can mean: all, unless one has nearly all of its words."""
    wanted = set(stems_in_order(clause)) - {"default"}
    shared = [len(wanted & set(stems_in_order(line))) for line in lines]
    best = max(shared, default=0)
    if best < max(_FEWEST_OF_LINE, _SHARE_OF_LINE * len(wanted)):
        return list(lines)
    return [line for line, count in zip(lines, shared, strict=True) if count > best - _FEWER]


def _opposite_default(clause: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word whose opposite a close sentence about a default has, where no such sentence has the word."""
    about = [
        sentence
        for ground in grounds
        for sentence in split_sentences(ground.text)
        if _DEFAULT.search(sentence) and is_close(clause, sentence)
    ]
    state = " ".join(match["state"] for match in _STATE.finditer(clause))
    return find_only_opposite(state, about)


def _lines_of_defaults(ground: EvidenceText) -> Iterator[str]:
    """Yield the sentences that speak of a default, each with the one behind it."""
    sentences = split_sentences(ground.text)
    for at, sentence in enumerate(sentences):
        if _DEFAULT.search(sentence):
            yield " ".join(sentences[at : at + 2])


def _values(text: str) -> Iterator[str]:
    """Yield the literal values of a text: quoted code, true and false, numbers; `300s` as `300`."""
    for span in CODE_SPAN.findall(text):
        bare = span.strip("`").strip()
        if is_literal(bare) and not bare[0].isdigit():
            yield bare.strip("'\"")
    yield from (number.digits for number in find_quantities(spell_in_digits(text.replace("`", " ").replace("'", " "))))


def _wrong_context(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a number behind two words that stand before one other number alone in the passages."""
    for match in _CONTEXT.finditer(text):
        context = _fold(match["context"])
        known = {
            _normal(other["number"])
            for ground in grounds
            for other in _CONTEXT.finditer(ground.text)
            if _fold(other["context"]) == context
        }
        counted = " ".join([match["number"], *text[match.end() :].split()[:1]])
        if any(counted in ground.squeezed for ground in grounds if " " in counted):
            continue
        if len(known) == 1 and _normal(match["number"]) not in known and len(context) > _SHORT:
            return match["number"]
    return ""


def _wrong_of_name(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a number that a name is said to have, where the passages say that it has one other number."""
    for match in _COPULA.finditer(text):
        known = {
            _normal(other["number"])
            for ground in grounds
            for other in _COPULA.finditer(ground.squeezed)
            if other["name"] == match["name"]
        }
        if len(known) == 1 and _normal(match["number"]) not in known:
            return match["number"]
    return ""


def _wrong_ordinal(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return an ordinal in front of a noun, where a passage's close sentence has others in front of it."""
    for match in _ORDINAL.finditer(text):
        known = {
            other["ordinal"]
            for ground in grounds
            for sentence in split_sentences(ground.text)
            if is_close(text, sentence)
            for other in _ORDINAL.finditer(sentence)
            if other["noun"] == match["noun"]
        }
        if known and match["ordinal"] not in known:
            return match["ordinal"]
    return ""


def _wrong_count(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a number of things, where the passages count the thing by others, and other things by this number."""
    theirs: dict[str, set[str]] = {}
    for ground in grounds:
        for number, nouns in _counts(ground.text):
            theirs.setdefault(number, set()).update(nouns)
    for number, nouns in _counts(text):
        others = set().union(*(stems for each, stems in theirs.items() if each != number))
        written = (each.digits for ground in grounds for block in ground.blocks for each in block.numbers)
        is_of_others = bool(theirs.get(number)) and not nouns & theirs[number]
        if nouns and nouns <= others and (is_of_others or number not in written):
            return number
    return ""


def _counts(text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the numbers of a text with the stems of what they count, units aside: `"2 free slots"` -> 2, free, slot."""
    for match in _COUNTED.finditer(spell_in_digits(CODE_SPAN.sub(" ", text), claims=True)):
        if not find_units(match["between"].split()[0]):
            yield _normal(match["number"]), {stem for stem in stems_in_order(match["between"]) if not stem.isdigit()}


def _fold(context: str) -> str:
    """Return two words as they compare: `"OpenSSL's defaults"` -> `"openssl default"`."""
    words = re.findall(r"[a-z]+", context.lower().replace("'s", "").replace("’s", ""))
    return " ".join("default" if word == "defaults" else word for word in words)


def _normal(number: str) -> str:
    return next((found.digits for found in find_quantities(number)), number)


def _wrong_end(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return the end of a range that a sentence takes for the other end."""
    ranges = {match.groups() for ground in grounds for match in _RANGE.finditer(ground.text)}
    for pattern, end in ((_LOWEST, 1), (_HIGHEST, 0)):
        for match in pattern.finditer(text):
            if any(each[end] == match["number"] and each[1 - end] != match["number"] for each in ranges):
                return match["number"]
    return ""
