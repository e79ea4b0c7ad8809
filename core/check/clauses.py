"""What a sentence negates, asserts, requires and leaves free, read clause by clause from its words of logic.

    "Links are never followed, and files must be opened."
    -> negated: follow; asserted: file, open; bound: open

A clause ends at a comma or a conjunction. A negation holds for the next two words that mean something. A word is
asserted if nothing that could negate stands before it in its clause, or behind it up to an "and". This reads no
grammar: where it could be wrong, a word is neither negated nor asserted. The words of logic: `core.check.logic`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from core.check import logic
from core.check.numbers import spell_in_digits
from core.check.segments import MARK

_GOVERNED = 2
"""Words behind a negation that it negates."""

_VERSION = r"(?:[Vv]ersions? |v\.? ?|[A-Z]\w+ )?(?P<{}>\d+(?:\.\d+)+)"
_SINCE = re.compile(
    rf"\b(?i:since|from|as of|starting (?:with|in|from)|beginning with) {_VERSION.format('a')}|"
    rf"{_VERSION.format('b')}(?: (?:and|or) (?:later|newer|above|up)\b|\+)"
)
_BEFORE = re.compile(
    rf"\b(?i:before|prior to|until|up to|earlier than|older than) {_VERSION.format('a')}|"
    rf"{_VERSION.format('b')} (?:and|or) (?:earlier|older|below)\b"
)
_TOKEN = re.compile(r"``?[^`\n]*``?|[^\W_][\w.'’/+-]*\w|[^\W_]|[,:()—–]")
_SIGNS = ",:()—–"
_CAPITALS = re.compile(r"\b[A-Z]{2,}(?: [A-Z]{2,})+\b")
"""A name in capitals, in which no word is one of logic: WITHOUT ROWID, NOT NULL."""

_NAME = re.compile(r"(?<=[\w,] )[A-Z]\w+")
_MARKS = re.compile(rf"\s?{MARK}", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.]*")
_ENDING = re.compile(r"(?<=\w{3})(?:ings?|ed|en|es|s|e)$")
_ADVERB = re.compile(r"\w{3,}ly$")
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Negation:
    """What one negation stands in front of: one or two stems. `is_double`: the first is negative itself.

    `focus`: all words behind it in its clause, one of which is what is denied. `is_weak`: it stands in an "if" or a
    "which", or behind another negation. `denies`: all that it denies, which is the clause for "no x is" and "x is not
    allowed", else `stems`.
    """

    stems: tuple[str, ...]
    is_double: bool
    focus: frozenset[str]
    is_weak: bool
    denies: frozenset[str]


@dataclass(slots=True)
class ClauseReading:
    """A sentence as its words of logic have it. All words are stems, inline code is as it is written.

    `asserted` has the hedges around each word. `names`: words with a capital within the sentence. `leans`: its subject
    is "this" or "it". `versions`: whether it says "since" (True) or "before" of a version. `conditions`: its "unless".
    """

    text: str
    versions: dict[str, bool]
    names: frozenset[str]
    stems: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    bound: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    negations: list[Negation] = field(default_factory=list)
    asserted: dict[str, frozenset[str]] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)
    conditions: frozenset[str] = frozenset()
    leans: bool = False
    is_subordinate: bool = False

    @property
    def amounts(self) -> frozenset[str]:
        """The numbers of the sentence: "not twice" is no reverse of "once"."""
        return frozenset(_NUMBER.findall(spell_in_digits(self.text.lower())))

    @property
    def negated(self) -> frozenset[str]:
        """The stems behind any negation."""
        return frozenset(stem for negation in self.negations for stem in negation.stems)

    @property
    def denied(self) -> frozenset[str]:
        """The stems that any negation may deny."""
        return frozenset(stem for negation in self.negations for stem in negation.denies)

    def asserts(self, stem: str, known: set[str], *, in_condition: bool) -> bool:
        """Return whether a word is said, in a condition or outside one, without anything that could negate it.

        Words that are `known` do not negate: the other side has them as well.
        """
        is_said = stem in self.asserted and stem not in self.negated and self.asserted[stem] <= known
        return is_said and (stem in self.conditional) == in_condition


@lru_cache(maxsize=4096)
def read_clauses(sentence: str) -> ClauseReading:
    """Return what a sentence negates, asserts, requires and leaves free."""
    text = logic.YES_OR_NO.sub("", logic.PARENTHESES.sub(" ", _MARKS.sub("", sentence)))
    names = frozenset(stem_word(name.lower()) for name in _NAME.findall(text))
    reading = ClauseReading(text, dict(_read_versions(text)), names)
    plain = _SINCE.sub(" ", _BEFORE.sub(" ", text))
    for pattern, word in logic.PHRASES:
        plain = pattern.sub(word, plain)
    words = _tokenize(plain)
    reading.leans = bool(words) and words[0] in logic.POINTERS
    reading.is_subordinate = not logic.SUBORDINATE.isdisjoint(words)
    clauses = list(_split(words))
    reading.conditions = frozenset(word for clause in clauses for word in clause if word in logic.CONDITIONS)
    above: frozenset[str] = frozenset()
    for clause in clauses:
        _read_clause(clause, reading, above if clause[0] in logic.SUBORDINATE else frozenset())
        above |= {stem_word(word) for word in clause if could_negate(word)}
    return reading


def stems_in_order(text: str) -> tuple[str, ...]:
    """Return the stems of the words that mean something, in their order."""
    return tuple(stem_word(word) for word in _tokenize(_MARKS.sub("", text)) if _means_something(word))


def stem_word(word: str) -> str:
    """Return what forms of a word have in common: `"stopped"` -> `"stop"`, `"emptied"` and `"empties"` -> `"empty"`."""
    if word.startswith("`"):
        return word.strip("`").strip()
    if word in ("used", "uses", "using"):
        return "use"
    if word.endswith(("ied", "ies")) and len(word) > _SHORTEST + 1:
        return f"{word[:-3]}y"
    bare = word if word.endswith("ss") else _ENDING.sub("", word)
    return bare[:-1] if len(bare) > _SHORTEST and bare[-1] == bare[-2] and bare[-1] not in "lsz" else bare


def _tokenize(text: str) -> list[str]:
    words = _TOKEN.findall(_CAPITALS.sub(lambda match: match.group().replace(" ", "_"), text))
    return [word if word.startswith("`") else word.lower() for word in words]


def _read_versions(text: str) -> Iterator[tuple[str, bool]]:
    for pattern, is_since in ((_SINCE, True), (_BEFORE, False)):
        for match in pattern.finditer(text):
            yield match["a"] or match["b"], is_since


def _split(words: list[str]) -> Iterator[list[str]]:
    """Yield the clauses of a sentence; "or" behind a comma says what is so otherwise."""
    clause: list[str] = []
    for word in words:
        if word in _SIGNS or word in logic.ENDS:
            if clause:
                yield clause
            clause = [] if word in _SIGNS else [word]
        else:
            clause.append("otherwise" if word == "or" and not clause else word)
    if clause:
        yield clause


def _read_clause(words: list[str], reading: ClauseReading, above: frozenset[str]) -> None:
    """Add a clause to a reading. `above`: what could negate it from the clauses that it depends on."""
    stems = [stem_word(word) if _means_something(word) else "" for word in words]
    reading.stems.update(filter(None, stems))
    reading.counts.update(filter(None, stems))
    is_conditional = words[0] in logic.CONDITIONAL or logic.RELATIVE.match(" ".join(words[:3])) is not None
    for place, word in enumerate(words):
        if word in logic.NEGATIONS or word in (logic.MUST, logic.OPTIONALLY):
            _read_operator(words, stems, place, reading, is_conditional=is_conditional)
    if words[0] in logic.UNREAL or any(_judges(words, place) for place in range(len(words))):
        return
    for place, stem in enumerate(stems):
        if stem:
            around = above | _hedges_of(words, place)
            reading.asserted[stem] = reading.asserted.get(stem, frozenset()) | (around - {stem})
    if is_conditional:
        reading.conditional.update(filter(None, stems))


def _read_operator(
    words: list[str], stems: list[str], place: int, reading: ClauseReading, *, is_conditional: bool
) -> None:
    """Add what a negation, a "must" or a "need not" stands in front of."""
    behind = tuple(_governed(words, stems, place))
    governed = tuple(stems[at] for at in behind)
    if words[place] == logic.OPTIONALLY:
        reading.free.update(governed)
    elif words[place] == logic.MUST:
        reading.bound.update(governed)
    elif not behind:
        reading.conditions |= {words[place]}  # "..., and not whose"
    else:
        focus = frozenset(filter(None, stems[place + 1 :]))
        is_weak = is_conditional or any(word in logic.NEGATIONS for word in words[:place])
        denies = frozenset(governed)
        if _judges(words, place):
            denies = frozenset(filter(None, stems))
            governed = (*governed[:1], *_judged_verb(words, stems, behind[0]))
        elif words[place] in logic.DETERMINERS and not any(stems[:place]):
            denies = focus
        reading.negations.append(Negation(governed, words[behind[0]] in logic.HEDGES, focus, is_weak, denies))


def _judges(words: list[str], place: int) -> bool:
    behind = words[place + 1 : place + 1 + _GOVERNED]
    return words[place] in logic.NEGATIONS and any(word in logic.EVALUATIONS for word in behind)


def _judged_verb(words: list[str], stems: list[str], place: int) -> Iterator[str]:
    """Yield the verb of which a judgement speaks: "join" of "possible to join two queues"."""
    if "to" in words[place + 1 : place + 3]:
        yield from next(([stem] for stem in stems[words.index("to", place) + 1 :] if stem), [])


def _hedges_of(words: list[str], place: int) -> frozenset[str]:
    """Return what could negate a word: all that stands before it in its clause, and behind it up to an "and".

    A "without" that opens a clause says nothing of what follows its noun.
    """
    parts = _number_parts(words)
    before = [at for at in range(place) if at > 0 or words[at] not in logic.PREPOSITIONS]
    behind = [at for at in range(place + 1, len(words)) if parts[at] == parts[place]]
    behind = [at for at in behind if words[at] not in logic.NEGATIONS]
    return frozenset(stem_word(words[at]) for at in (*before, *behind) if could_negate(words[at]))


def _governed(words: list[str], stems: list[str], place: int) -> Iterator[int]:
    """Yield the places of the words that a negation, "must" or "need not" stands in front of."""
    found = int(words[place] == "insteadof")  # of one thing
    for at in range(place + 1, len(words)):
        if found == _GOVERNED or words[at] in logic.NEGATIONS or words[at] in (logic.OPTIONALLY, logic.MUST):
            return
        if stems[at] and not _ADVERB.fullmatch(words[at]):
            found += 1
            yield at


def _number_parts(words: list[str]) -> list[int]:
    """Return the part of its clause that each word is in: an "and" begins one."""
    number, parts = 0, []
    for word in words:
        number += word in ("and", "und", "et", "y")
        parts.append(number)
    return parts


def _means_something(word: str) -> bool:
    if word.startswith("`"):
        return True
    says_little = word in logic.FUNCTION or word in logic.NEGATIONS or word in logic.ENDS or word in logic.RESTRICTIONS
    return not says_little and (len(word) >= _SHORTEST or word.isdigit())


def could_negate(word: str) -> bool:
    """Return whether a word, in lower case, is a negation or may stand for one: `"never"`, `"fails"`, `"unused"`."""
    return word in logic.NEGATIONS or word in logic.HEDGES or logic.NEGATIVE_FORM.fullmatch(word) is not None
