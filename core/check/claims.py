"""What a sentence or a piece of code claims that can be looked up, and whether a passage says so.

    "Pass `--max-length 512` to `DPOTrainer` [1]."   claims --max-length, 512, DPOTrainer
    EvidenceText(passage text)                       holds the words, flags and numbers that prove them

Claims are numbers above ten or with a unit, versions, flags, identifiers and inline code; ordinals and small bare
integers are not. Whether a sentence *follows* from a passage is not judged here: that takes a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.check.links import CODE_SPAN, REMOVED

_WORD = re.compile(r"[^\W\d]\w{0,200}")
_FLAG = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]{0,80}")
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w{1,60}(?:\.[A-Za-z_]\w{0,60}){1,8}")
_HYPHENED = re.compile(r"(?<![\w-])[A-Za-z]\w{0,40}(?:-\w{1,40}){1,8}")
_NUMBER = re.compile(
    r"(?<![\w.])v?(?P<digits>\d{1,15}(?:[.,]\d{1,15}){0,8})(?P<gap>[ \u00a0-]?)(?P<unit>%|[A-Za-zµ]{1,12}\b)?"
)
_VERSION = re.compile(r"(?<!\w)v\d{1,9}(?=\.\d)")
_COMPOUND = re.compile(r"(?<![\w-])\w{1,100}(?:[-./@]{1,3}\w{1,100}){1,30}")
_NUMERIC = re.compile(r"[\d_]+(?:[-/.][\d_]+)?")
_JOINT = re.compile(r"\\\n?|\$?[\"'`^]")
_HOST = re.compile(r"\.(?:com|org|net|edu|io|ai|dev|co|xyz|ru|cn|example)\Z", re.IGNORECASE)
_ORDINALS = ("st", "nd", "rd", "th")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,15})?")
_CAMEL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2}")
_PLURAL_OF_CAPITALS = re.compile(r"[A-Z]{2,}s")
_UNITS = {
    name: unit
    for unit, names in {
        "ms": "ms millisecond milliseconds msec",
        "s": "s sec secs second seconds",
        "min": "min mins minute minutes",
        "h": "h hr hrs hour hours",
        "d": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "byte": "byte bytes b",
        "kb": "kb kib kilobyte kilobytes",
        "mb": "mb mib megabyte megabytes",
        "gb": "gb gib gigabyte gigabytes",
        "tb": "tb tib terabyte terabytes",
        "%": "% percent",
        "px": "px pixel pixels",
        "hz": "hz",
        "ghz": "ghz",
    }.items()
    for name in names.split()
}
_OFTEN_UNWRITTEN = frozenset(_UNITS.values()) | {"x"}
_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_SPELLED = {word: str(value) for value, word in enumerate(_TO_TWENTY.split())} | {
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
    "thousand": "1000",
}
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_GROUP_SIGN = re.compile(r"(?<=\d)[.\u00a0\u202f ’'](?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_SPELLED_NUMBER = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """`Number("1000", "ms")` of "1,000 milliseconds"; `unit` is empty if there is none that we know."""

    digits: str
    unit: str = ""

    @property
    def is_claim(self) -> bool:
        return bool(self.unit) or not self.digits.isdigit() or int(self.digits) > 10


@dataclass(frozen=True)
class EvidenceText:
    """A text that proves claims: a passage with its headings and address, or the question."""

    text: str

    @cached_property
    def plain(self) -> str:
        """The text without scripts that put no blanks between words, so that the rest stands apart."""
        return _apart(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        texts = dict.fromkeys((self.text, self.plain))
        return frozenset(part for text in texts for word in _WORD.findall(text) for part in (word, word.strip("_")))

    @cached_property
    def lowered_words(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.words)

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word[:size] for word in self.lowered_words for size in range(1, len(word) + 1))

    def has_form_of(self, word: str, ending: int) -> bool:
        """Return whether the text holds a word, whatever its last `ending` letters: `"installing"` of `"installed"`."""
        return word[: max(len(word) - ending, min(len(word), 4))] in self._beginnings

    @cached_property
    def flags(self) -> frozenset[str]:
        return frozenset(_FLAG.findall(self.plain))

    @cached_property
    def numbers(self) -> frozenset[Number]:
        digits = _SPELLED_NUMBER.sub(lambda match: _SPELLED[match.group().lower()], self.plain)
        found = frozenset(_numbers(self.plain)) | frozenset(_numbers(digits))
        return found | frozenset(other for number in found for other in _other_ways(number))

    @cached_property
    def squeezed(self) -> str:
        return " ".join(self.text.split())

    @cached_property
    def folded(self) -> str:
        return _folded(self.text)

    def holds(self, compound: str) -> bool:
        """Return whether a host, path or hyphenated name is in the text as it is, and not as a part of a longer one."""
        if compound not in self.text:
            return False
        return re.search(rf"(?<![\w-])(?<!\w\.){re.escape(compound)}(?![\w-]|\.\w)", self.text) is not None

    def proves(self, number: Number) -> bool:
        """Return whether the text holds the same number with the same unit.

        A column or a setting ("timeout = 30") often leaves the unit out. A version is proven by its longer form too
        (3.11 by 3.11.4).
        """
        return any(
            (known.digits == number.digits or ("." in number.digits and known.digits.startswith(number.digits + ".")))
            and (not number.unit or known.unit == number.unit or (not known.unit and number.unit in _OFTEN_UNWRITTEN))
            for known in self.numbers
        )


def find_unproven(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the claims of a sentence that none of `grounds` holds, as they are written."""
    spans = [span.strip("`").strip() for span in CODE_SPAN.findall(sentence)]
    prose = _apart(CODE_SPAN.sub(" ", sentence).replace(REMOVED, " "))
    missing = [span for span in spans if span and not _span_proven(span, grounds)]
    missing += [flag for flag in _FLAG.findall(prose) if not any(flag in ground.flags for ground in grounds)]
    numbers = find_unproven_numbers(prose, grounds)
    missing += numbers if numbers and find_unproven_numbers(_as_in_english(prose), grounds) else []
    missing += [name for name in _names(prose) if not _name_proven(name, grounds)]
    return missing


def find_unproven_numbers(prose: str, grounds: Sequence[EvidenceText]) -> list[str]:
    return [number.digits for number in _numbers(prose) if not _number_proven(number, grounds)]


def _as_in_english(prose: str) -> str:
    """Write numbers as in English: `"1.000 Zeilen in 2,5 s"` -> `"1000 Zeilen in 2.5 s"`.

    An answer may be in another language than its passages.
    """
    return _DECIMAL_COMMA.sub(".", _GROUP_SIGN.sub("", prose))


def _apart(text: str) -> str:
    """Replace scripts without blanks between words by a blank: `"30秒です"` -> `"30 "`.

    Names and numbers stand between their letters without a blank.
    """
    return text if text.isascii() else _UNSPACED.sub(" ", text)


def words_of(text: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(text))


def join_as_shell(code: str) -> str:
    """Return the code as a shell reads its words: `do"cs".com` -> `docs.com`."""
    return _JOINT.sub("", code)


def flags_of(text: str) -> list[str]:
    return _FLAG.findall(text)


def compounds_of(text: str) -> list[str]:
    """Return the words that are joined to one name: `"see a.example/x, 1.5"` -> `["a.example/x"]`."""
    return [name for name in _COMPOUND.findall(text) if not _NUMERIC.fullmatch(name)]


def remove_flags(text: str) -> str:
    return _FLAG.sub(" ", text)


def is_name(word: str) -> bool:
    """Return whether a word is written as code rather than as prose: `max_length`, `DPOTrainer`, `fooBar`, `H100`."""
    bare = word.strip("_")
    if _PLURAL_OF_CAPITALS.fullmatch(bare):
        return False
    return "_" in bare or _CAMEL.search(bare) is not None or (len(bare) > 1 and any(sign.isdigit() for sign in bare))


def _names(prose: str) -> Iterator[str]:
    yield from (match.group() for match in _DOTTED.finditer(prose))
    yield from (word for word in _HYPHENED.findall(prose) if any(sign.isdigit() for sign in word))
    yield from (word for word in words_of(_VERSION.sub(" ", prose)) if is_name(word))


def _numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        written = (match["unit"] or "").lower()
        unit = _UNITS.get(written, "" if match["gap"] else written)  # attached letters belong to it: 200K, 4o, 3D
        digits = match["digits"]
        if _GROUPED.fullmatch(digits):
            yield Number(digits.replace(",", ""), unit)
        elif match["gap"] or written not in _ORDINALS:
            yield from (Number(part, unit) for part in digits.split(","))


def _other_ways(number: Number) -> Iterator[Number]:
    """Yield the other form of a number: `200K` of 200,000 and the reverse; the same for millions."""
    for letter, zeros in (("k", "000"), ("m", "000000")):
        if number.unit == letter:
            yield Number(number.digits + zeros)
        elif not number.unit and number.digits.endswith(zeros) and number.digits.isdigit():
            yield Number(number.digits.removesuffix(zeros), letter)


def _number_proven(number: Number, grounds: Iterable[EvidenceText]) -> bool:
    return not number.is_claim or any(ground.proves(number) for ground in grounds)


def _name_proven(name: str, grounds: Sequence[EvidenceText]) -> bool:
    bare = name.strip("_")
    if _HOST.search(name):
        return any(ground.holds(name) for ground in grounds)
    if "-" in name:
        return any(_folded(name) in ground.folded for ground in grounds)
    parts = bare.split(".")
    return any(
        all(part in ground.words or part.lower() in ground.lowered_words for part in parts if part)
        if _CAMEL.search(bare) or len(parts) > 1
        else bare in ground.words or bare[:1].lower() + bare[1:] in ground.words
        for ground in grounds
    )


def _span_proven(span: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether inline code is in a passage as it is, or all its words, flags and numbers are in one."""
    squeezed = " ".join(span.split())
    if any(squeezed in ground.squeezed for ground in grounds):
        return True
    plain = span.replace(REMOVED, " ")
    plain = f"{plain} {join_as_shell(plain)}"
    whole = [name for name in compounds_of(plain) if _is_whole(name, plain)]
    return any(
        all(word in ground.words for word in words_of(plain))
        and all(ground.holds(name) for name in whole)
        and all(flag in ground.flags for flag in flags_of(plain))
        and all(_number_proven(number, [ground]) for number in _numbers(plain))
        for ground in grounds
    )


def _is_whole(compound: str, span: str) -> bool:
    """Return whether a compound is one thing, in a command, a path or a host; `rows.RowTrainer` is a name of a name."""
    return " " in span.partition(compound)[0] or "/" in compound or _HOST.search(compound) is not None


def _folded(text: str) -> str:
    return re.sub(r"[-_\s]+", " ", text).lower()
