"""What of a code fence is the asker's own: values that the question names, and placeholders of any documentation.

    "How do I give my user pgadmin the device?"   chown pgadmin /dev/dog     where the page has: chown someone /dev/dog
    "How do I skip files over 500 MiB?"           --skip-larger 500M
                                                  /path/to/repo, <token>, shop.example.com

Only what somebody wants to do has values of their own: a question what something is, or a default, has none.
A value stands behind a sign or a flag, in quotes, or where a line of the page has another word and all else is equal.
What only the question calls by a name (a command, a key, a flag) is no value, and stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.check.evidence import EvidenceText
from core.check.links import CODE_SPAN
from core.check.numbers import Quantity, find_quantities, measure_in_digits, strip_numbers
from core.check.tokens import compounds_of, words_of

_PLACEHOLDER = re.compile(
    r"(?:[A-Za-z]:)?[\\/]?path[\\/]to(?:[\\/][\w.-]+)*[\\/]?|<[\w .-]{1,40}>"
    r"|(?<![\w.-])(?:[\w-]+\.)*example\.(?:com|org|net)(?![\w.-])"
)
"""Hosts that nobody can own (RFC 2606), and what documentations write for a value of the reader's."""

_BEFORE_VALUE = r"(?:[=:@/\"']\s{0,2}|(?:^|\s)--?[A-Za-z][\w-]*[= ]|(?:^|\s)[\w.-]+[ ]?[:=][ ]?)"
_AFTER_VALUE = r"(?![\w.]*[\"']?\s{0,2}[:=({])(?![\w-])"
_CONTINUED = re.compile(r"\\\n\s*")
_CONSTANTS = frozenset(("true", "false", "null", "none"))
_JOINTS = re.compile(r"[/@:=]+")
_EXAMPLE = re.compile(
    r"\A\W*(?:for (?:your|example|instance|an?)\b|e\.g\.|examples?\b|(?:in order )?to [a-z]"
    r"|(?:so )?you (?:can|could|may|might)\b|if you\b|suppose\b)"
    r"|\b(?:could|would|might) (?:look|be)\b|\bfor (?:example|instance|your)\b|\bif you (?:want|like|need)\b|\be\.g\.",
    re.IGNORECASE,
)
"""How a sentence begins that shows what somebody may do, rather than what a page says is so. English alone."""

_SAYS_WHAT_IS = re.compile(
    r"\bdefaults?\b|\b(?:standard|vorgabe)(?:wert\w*|mäßig)?\b|\bpar défaut\b|\b(?:por|de) defecto\b|\bpor omissão\b"
    r"|デフォルト|既定|默认"
    r"|\A\W*(?:is|are|was|were|does|do|did|has|have|what|which|why)\b(?!.*\b(?:i|we|me|us|my|our)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""A question what a value is, whose answer must not repeat the question's."""

_FEWEST_EQUAL = 2


def find_not_own(
    missing: Iterable[str], code: str, passages: Sequence[EvidenceText], question: EvidenceText
) -> list[str]:
    """Return what of `missing`, which no passage has, is not a value of the asker's own."""
    if _SAYS_WHAT_IS.search(question.text):
        return list(missing)
    own = _OwnValues(code, passages, question)
    return [each for each in missing if not own.holds(each)]


class _OwnValues:
    def __init__(self, code: str, passages: Sequence[EvidenceText], question: EvidenceText) -> None:
        self._placeholders = _PLACEHOLDER.findall(code)
        self._code = _PLACEHOLDER.sub(" ", code)
        self._passages, self._question = passages, question
        self._compounds = compounds_of(question.text)
        self._parts = frozenset(word for compound in self._compounds for word in words_of(compound))
        self._lines = frozenset(
            " ".join(line.split()) for ground in passages for line in _CONTINUED.sub(" ", ground.text).splitlines()
        )

    def holds(self, missing: str) -> bool:
        """Return whether what is missing is a value of the asker's own wherever it stands in the code."""
        key, sign, value = missing.rpartition("=")
        if sign and key and not _JOINTS.search(key):
            return self._has_value(value) or self._is_placeholder(value) or self._is_asked(value)
        if _is_number(missing):
            return self._has_value(missing)
        return not missing.startswith("-") and (self._is_placeholder(missing) or self._is_asked(missing))

    def _is_placeholder(self, missing: str) -> bool:
        return missing not in self._code and any(missing in each for each in self._placeholders)

    def _is_asked(self, missing: str) -> bool:
        if missing in self._compounds or (missing in self._parts and not self._is_free(missing)):
            return True
        pieces = [piece for piece in _JOINTS.split(missing) if piece]
        if " " in missing and any(each in missing for each in self._compounds):
            words = words_of(self._without_compounds(missing))
            return all(any(word in ground.words for ground in self._passages) for word in words)
        if len(pieces) > 1:
            return all(map(self._is_known, pieces))
        return missing in self._question.words and all(
            self._is_value(missing, line) for line in self._code.splitlines()
        )

    def _has_value(self, value: str) -> bool:
        """Return whether the question has a value, or a number of it in another form: `500M` of "500 MiB"."""
        if value and not _is_number(value) and re.search(rf"(?<![\w.]){re.escape(value)}(?!\w)", self._question.text):
            return True
        asked = [*find_quantities(measure_in_digits(self._question.text))]
        numbers = [*find_quantities(value)]
        units = frozenset(unit for ground in self._passages for unit in ground.units)
        return bool(numbers and _is_number(value)) and all(
            any(_is_same(number, each, units) for each in asked) for number in numbers
        )

    def _is_free(self, word: str) -> bool:
        """Return whether a word stands in the code outside the names of the question."""
        code = self._without_compounds(self._code)
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", code) is not None

    def _without_compounds(self, text: str) -> str:
        for compound in self._compounds:
            text = text.replace(compound, " ")
        return text

    def _is_known(self, piece: str) -> bool:
        is_asked = piece in self._question.words or piece in self._compounds
        return is_asked or any(ground.holds(piece) for ground in self._passages)

    def _is_value(self, word: str, line: str) -> bool:
        """Return whether a word stands in a line as a value alone, if at all."""
        places = len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", line))
        values = len(re.findall(rf"{_BEFORE_VALUE}{re.escape(word)}{_AFTER_VALUE}", line))
        return places == values or any(_differs_in(word, line, other) for other in self._lines)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d[\d.,]*\w{0,3}", text) is not None


def _differs_in(word: str, line: str, other: str) -> bool:
    """Return whether two lines are equal but for a word that one of them has where the other has its own.

    The second word of a command may be a command itself, but not in front of a path.
    """
    ours = " ".join(line.split())
    before, _, after = ours.partition(word)
    equal = [each for each in words_of(f"{before} {after}") if len(each) > 2 and each.lower() not in _CONSTANTS]
    is_second = before.count(" ") == 1 and before.endswith(" ")
    if len(equal) < _FEWEST_EQUAL or not before or (is_second and "/" not in after):
        return False
    pattern = re.escape(ours).replace(re.escape(word), r"[\w.-]{1,80}")
    return re.fullmatch(rf"(?:[$#>%] )?{pattern}", other) is not None


def read_example(lead_in: str) -> tuple[str, tuple[str, ...]]:
    """Return a lead-in without the values that its example has, and those values; none where it is no example's.

    "To wait for 5 minutes on `/srv/x`, set:"  ->  "To wait for on , set:", ("5 min", "/srv/x")
    """
    if not _EXAMPLE.search(lead_in) or _SAYS_WHAT_IS.search(lead_in):
        return lead_in, ()
    spans = [each for each in CODE_SPAN.findall(lead_in) if _is_path(each.strip("`"))]
    bare = lead_in
    for span in spans:
        bare = bare.replace(span, " ")
    plain = measure_in_digits(CODE_SPAN.sub(" ", bare))
    numbers = [str(number) for number in find_quantities(plain)]
    return strip_numbers(bare) if numbers else bare, (*numbers, *(span.strip("`") for span in spans))


def holds_values(code: str, values: Sequence[str]) -> bool:
    """Return whether code has the values of the example that its lead-in speaks of."""
    known = [*find_quantities(code)]
    for value in values:
        wanted = next(find_quantities(value), None) if value[:1].isdigit() else None
        if value not in code and not (wanted and any(_is_same(each, wanted) for each in known)):
            return False
    return True


def _is_same(known: Quantity, wanted: Quantity, units: Iterable[str] = ()) -> bool:
    """Return whether a number of code is one that is asked for; `units`: what the page has values in."""
    kinds = {kind for kind, _ in wanted.amounts}
    fitting = [unit for unit in units if kinds & {kind for kind, _ in Quantity("1", unit).amounts}]
    if fitting and not known.unit:
        return known.may_be(wanted, fitting)
    return known.digits == wanted.digits or not known.amounts.isdisjoint(wanted.amounts) or known.may_be(wanted)


def _is_path(text: str) -> bool:
    return re.fullmatch(r"[\w.@:~-]*[/@][\w./@:~-]+", text) is not None and not text.startswith("-")
