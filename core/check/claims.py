"""What a sentence claims that can be looked up, and whether a passage says so.

    "Pass `--max-length 512` to `DPOTrainer` [1]."   claims --max-length, 512, DPOTrainer
    EvidenceText(passage text)                       holds the words, flags and numbers that prove them

Claims are numbers with their units (in digits or English words; ordinals and step numbers are none), versions, flags,
identifiers and inline code. A number that is said of a name has to stand in a block that holds the name. Whether a
sentence *follows* from a passage is judged in `core.check.meaning` as far as rules go, and no further.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.check.clauses import stems_in_order
from core.check.evidence import (
    EvidenceText,
    find_places_near,
    fold_joints,
    holds_compound,
    proves_in_block,
    writes_number,
)
from core.check.links import CODE_SPAN, REMOVED
from core.check.logic import FUNCTION, NEGATIONS, RESTRICTIONS
from core.check.numbers import (
    COUNTED_WORD,
    Quantity,
    find_after_words,
    find_quantities,
    find_unit_words,
    spell_in_digits,
)
from core.check.spans import QUOTED, is_span_proven
from core.check.tokens import find_names, flags_of, is_camel, other_constants, set_apart, words_of

_HOST = re.compile(r"\.(?:com|org|net|edu|io|ai|dev|co|xyz|ru|cn|example)\Z", re.IGNORECASE)
_GROUP_SIGN = re.compile(r"(?<=\d)[.\u00a0\u202f ’'](?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
NUMBERED = re.compile(
    r"(?<![\w(])\(?\d{1,2}\)(?=\s)"
    r"|\b(?:steps?|passages?|figures?|fig\.|tables?|chapters?|examples?|Schritte?n?) \d{1,3}\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:] (?:and |but |while |whereas |or )?|\. | while | whereas | und | y | et ")
_ABBREVIATION = re.compile(r"(?<![\w-])[A-Z]{3,12}(?![\w:-])")
_DEFAULT = re.compile(r"\bdefaults?\b", re.IGNORECASE)
_SPAN_SIGN = "\u25a1"


def find_unproven(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the claims of a sentence that none of `grounds` holds, as they are written."""
    spans = [span.strip("`").strip() for span in CODE_SPAN.findall(sentence)]
    prose = set_apart(CODE_SPAN.sub(_SPAN_SIGN, sentence).replace(REMOVED, " "))
    missing = [span for span in spans if span and not is_span_proven(span, grounds)]
    missing += _unproven_of_terms(sentence, grounds)
    missing += [flag for flag in flags_of(prose) if not any(flag in ground.flags for ground in grounds)]
    missing += _unproven_in_prose(sentence, grounds)
    missing += _find_foreign_units(sentence, prose, grounds)
    missing += [name for name in _ABBREVIATION.findall(prose) if not _is_known(name, grounds)]
    missing += [name for name in find_names(prose) if not _name_proven(name, grounds)]
    return missing


def _find_foreign_units(sentence: str, prose: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the units that a text names without a number, and no ground: those of its names, if they have any."""
    named = find_unit_words(spell_in_digits(prose, claims=True))
    names = [span.strip("`") for span in CODE_SPAN.findall(sentence)]
    known = set[str]()
    for ground in grounds if named else ():
        at = {
            place
            for place, block in enumerate(ground.blocks)
            if any(holds_compound(block.text, name) for name in names)
        }
        near = frozenset[str]().union(*(ground.blocks[place].units for place in find_places_near(at, ground.blocks)))
        known |= near or ground.units
    return sorted(named - known)


def _is_known(name: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether capitals are in a ground, in any case or number ("CPUs"), or only stress a word: "NOT"."""
    word = name.lower()
    known = word in FUNCTION | NEGATIONS | RESTRICTIONS
    return known or any(not ground.lowered_words.isdisjoint((word, f"{word}s")) for ground in grounds)


def count_claims(sentence: str) -> int:
    """Return how many things of a sentence can be looked up."""
    prose = set_apart(CODE_SPAN.sub(_SPAN_SIGN, sentence).replace(REMOVED, " "))
    numbers = find_quantities(NUMBERED.sub(" ", spell_in_digits(prose, claims=True)))
    return sum(1 for found in (CODE_SPAN.findall(sentence), flags_of(prose), numbers, find_names(prose)) for _ in found)


def find_unproven_numbers(prose: str, grounds: Sequence[EvidenceText], names: Sequence[str] = ()) -> list[str]:
    """Return the numbers of a text that no ground holds. `names`: what they are said of, as the ground writes it."""
    text = spell_in_digits(_leave_out_counts(prose, grounds), claims=True)
    return [
        number.digits
        for number, before in find_after_words(text)
        if not any(_is_proven_of(number, before, ground, names) for ground in grounds)
    ]


def _leave_out_counts(prose: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a text without the number words that count what it names: `"two methods"`.

    They are claims where a ground counts in the same words, and where they are said of a default.
    """
    if _DEFAULT.search(prose):
        return prose

    def leave_out(match: re.Match[str]) -> str:
        stems = set(stems_in_order(match["things"]))
        counting = (text for ground in grounds for text in ground.counting)
        return match.group() if any(stems & set(stems_in_order(text)) for text in counting) else match["things"]

    return COUNTED_WORD.sub(leave_out, prose)


def _unproven_of_terms(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the inline code that is said of a term, where the blocks that define the term do not hold it."""
    missing = []
    for clause in _CLAUSE.split(sentence):
        spans = [span.strip("`").strip() for span in CODE_SPAN.findall(clause)]
        for term in spans[:1]:
            defined = [block for ground in grounds for block in ground.define(term)]
            whole = any(holds_compound(ground.headings, term) for ground in grounds)
            others = [span for span in spans[1:] if defined and not whole and span != term]
            around = [text for ground in grounds for text in ground.paragraphs if holds_compound(text, term)]
            missing += [span for span in others if not any(_has_span(text, span) for text in (*defined, *around))]
    return missing


def _has_span(text: str, span: str) -> bool:
    bare = span.strip(QUOTED)
    return bare in text or any(other in words_of(text) for other in other_constants(bare))


def _unproven_in_prose(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the numbers outside code spans that are proven in none of the ways to write them."""
    missing: list[str] = []
    for clause in _CLAUSE.split(sentence):
        names = [span.strip("`") for span in CODE_SPAN.findall(clause)]
        prose = NUMBERED.sub(" ", CODE_SPAN.sub(_SPAN_SIGN, clause).replace(REMOVED, " "))
        found = find_unproven_numbers(prose, grounds, names)
        missing += found if found and find_unproven_numbers(_as_in_english(prose), grounds, names) else []
    return missing


def _is_proven_of(number: Quantity, before: str, ground: EvidenceText, names: Sequence[str]) -> bool:
    """Return whether a ground holds a number, and in a block about one of the names if it has such blocks."""
    if not ground.proves(number, before):
        return False

    def is_named(text: str) -> bool:
        return any(holds_compound(text, name) for name in names)

    at = {place for place, block in enumerate(ground.blocks) if is_named(block.text)}
    if not any(ground.blocks[place].numbers for place in at) or is_named(ground.headings):
        return True
    near = [ground.blocks[place] for place in find_places_near(at, ground.blocks)]
    return any(proves_in_block(block, number) or writes_number(block.text, before, number) for block in near)


def _as_in_english(prose: str) -> str:
    """Write numbers as in English: `"1.000 Zeilen in 2,5 s"` -> `"1000 Zeilen in 2.5 s"`.

    An answer may be in another language than its passages.
    """
    return _DECIMAL_COMMA.sub(".", _GROUP_SIGN.sub("", prose))


def _name_proven(name: str, grounds: Sequence[EvidenceText]) -> bool:
    bare = name.strip("_")
    if _HOST.search(name):
        return any(ground.holds(name) for ground in grounds)
    if "-" in name:
        return any(fold_joints(name) in ground.folded for ground in grounds)
    parts = bare.split(".")
    return any(
        all(part in ground.words or part.lower() in ground.lowered_words for part in parts if part)
        if is_camel(bare) or len(parts) > 1
        else bare in ground.words or bare[:1].lower() + bare[1:] in ground.words
        for ground in grounds
    )
