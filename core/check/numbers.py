"""Numbers with their units, as a text writes them and as they compare.

    "1,000 ms"  "one second"  "1e-4"  "240.0"  "200ミリ秒"
    Quantity("1000", "ms"), Quantity("1", "s"), Quantity("1e-4"), Quantity("240"), Quantity("200", "ms")

A number proves another one where digits and unit are the same, or where both are one time or size in other units. What
a text means by a number is not judged here, nor where it stands in it (`core.check.claims`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_ALIASES = {
    "ms": "ms msec msecs millisecond milliseconds millisekunde millisekunden milisegundo milisegundos milliseconde "
    "millisecondes ミリ秒 毫秒 밀리초",
    "µs": "µs us microsecond microseconds mikrosekunden マイクロ秒 微秒",
    "ns": "ns nanosecond nanoseconds",
    "s": "s sec secs second seconds sekunde sekunden segundo segundos seconde secondes secondi 秒 秒間 초",
    "min": "min mins minute minutes minuten minuto minutos minuti 分 分間 分钟 分鐘 분",
    "h": "h hr hrs hour hours stunde stunden hora horas heure heures ore 時間 小时 小時 시간",
    "d": "d day days tag tage tagen día días dia dias jour jours giorno giorni 日 日間 天 일",
    "week": "week weeks woche wochen semana semanas semaine semaines settimana settimane 週 週間 周 주",
    "month": "month months monat monate monaten mes meses mois mese mesi ヶ月 か月 カ月 个月 개월",
    "year": "year years jahr jahre jahren año años ano anos ans année années anno anni 年 年間 년",
    "bit": "bit bits ビット 位 比特 비트",
    "byte": "byte bytes b octet octets バイト 字节 바이트",
    "kb": "kb kib kilobyte kilobytes",
    "mb": "mb mib megabyte megabytes",
    "gb": "gb gib gigabyte gigabytes",
    "tb": "tb tib terabyte terabytes",
    "%": "% percent prozent パーセント",
    "px": "px pixel pixels ピクセル 像素",
    "hz": "hz hertz",
    "khz": "khz",
    "mhz": "mhz",
    "ghz": "ghz",
}
_UNITS = {name: unit for unit, names in _ALIASES.items() for name in names.split()}
_SECONDS = {
    "ns": Decimal("1e-9"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "week": Decimal(604800),
}
_BYTES = {"byte": (1, 1), "kb": (10**3, 2**10), "mb": (10**6, 2**20), "gb": (10**9, 2**30), "tb": (10**12, 2**40)}
"""Each in its two meanings: pages write KB for both."""

_OF_DURATION = ("d", "h", "min", "s")
_DURATION = re.compile(r"(?<![\w.])(?:(\d{1,5})d ?)?(?:(\d{1,5})h ?)?(?:(\d{1,5})m(?:in)? ?)?(?:(\d{1,5})s)?(?!\w)")

_SHORTEST_MENTION = 2
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_UNSPACED_UNITS = "|".join(sorted((name for name in _UNITS if name[0] > "\u3000"), key=len, reverse=True))
_NUMBER = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f0-9_.])[vV]?"
    r"(?P<digits>\d{1,15}(?:[.,]\d{1,15}){0,8}(?:[eE][+-]?\d{1,3}(?!\w|\.\d))?)"
    rf"(?:(?P<gap>[ \u00a0-]?)(?P<unit>%|{_UNSPACED_UNITS}|[A-Za-zµ\u00c0-\u024f]{{1,15}}(?![\w])))?"
)
_WORD_BEFORE = re.compile(r"([^\W\d_][\w.+#]{0,40})[ \u00a0]?\Z")
_UNIT_WORD = re.compile(
    r"\b(?:(?:milli|micro|nano)?seconds|minutes|hours|days|weeks|months|years|(?:kilo|mega|giga|tera)?bytes|bits|pixels)\b"
)
_LONGEST_FIRST = sorted(filter(str.isascii, _UNITS), key=len, reverse=True)
_MEASURE = re.compile(rf"(?:\bin |\((?:in )?)({'|'.join(_LONGEST_FIRST)})(?![\w-])")
_ORDINALS = ("st", "nd", "rd", "th")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,15})?")
_PLAIN = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
SPELLED = {word: str(value) for value, word in enumerate(_TO_TWENTY.split())} | {
    "once": "1",
    "single": "1",
    "twice": "2",
    "both": "2",
    "double": "2",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "seventy": "70",
    "eighty": "80",
    "ninety": "90",
    "hundred": "100",
    "thousand": "1000",
}
"""English words that say a number. As a claim "one" is none: it is a pronoun as often."""

_NO_CLAIM = frozenset({"one", "once", "single", "twice", "both", "double", "hundred", "thousand"})
_SPELLED_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(SPELLED)})(?![\w])", re.IGNORECASE)
_CLAIMED_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(SPELLED.keys() - _NO_CLAIM)})(?![\w])", re.IGNORECASE)
COUNTED_WORD = re.compile(
    rf"{_CLAIMED_WORD.pattern} (?!(?:{'|'.join(name for name in _UNITS if name.isascii() and len(name) > 2)})\b)"
    r"(?P<things>[a-z][a-z-]+(?: [a-z][a-z-]+)?)",
    re.IGNORECASE,
)
"""A number word and what it counts, no unit: "two methods", not "five minutes"."""

_MEASURED_WORD = re.compile(
    rf"{_CLAIMED_WORD.pattern}(?=[ -](?:{'|'.join(name for name in _UNITS if name.isascii() and len(name) > 2)})\b)",
    re.IGNORECASE,
)
"""A number word in front of a unit: "five minutes", not "two methods"."""

_AN = re.compile(
    rf"(?<!\w)an? (?=(?:{'|'.join(name for name in _UNITS if name.isascii() and len(name) > 2)})\b)", re.IGNORECASE
)
_TENS = re.compile(
    r"(?<!\w)(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(one|two|three|four|five|six|seven|eight|nine)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`Quantity("1000", "ms")` of "1,000 milliseconds"; `unit` is empty if there is none that we know."""

    digits: str
    unit: str = ""

    @property
    def amounts(self) -> frozenset[tuple[str, Decimal]]:
        """The amount in seconds or bytes, in each meaning that the unit has; empty where it is neither."""
        if not _PLAIN.fullmatch(self.digits):
            return frozenset()
        if self.unit in _SECONDS:
            return frozenset({("s", Decimal(self.digits) * _SECONDS[self.unit])})
        return frozenset(("byte", Decimal(self.digits) * each) for each in _BYTES.get(self.unit, ()))

    def may_be(self, other: Quantity, units: Iterable[str] = (*_SECONDS, *_BYTES)) -> bool:
        """Return whether a number without a unit is another one in one of `units`: 120 is 2 min in seconds."""
        if self.unit or not other.amounts:
            return False
        return any(not Quantity(self.digits, unit).amounts.isdisjoint(other.amounts) for unit in units)

    def __str__(self) -> str:
        return f"{self.digits} {self.unit}".rstrip()


def find_quantities(text: str) -> Iterator[Quantity]:
    """Yield the numbers of a text that are written in digits."""
    return (number for number, _ in find_after_words(text))


def find_durations(text: str) -> Iterator[Quantity]:
    """Yield the times that are written in several units at once, in seconds: `"1h20m"` -> 4800 s."""
    for match in _DURATION.finditer(text):
        parts = [(int(digits), unit) for digits, unit in zip(match.groups(), _OF_DURATION, strict=True) if digits]
        if len(parts) > 1:
            yield Quantity(str(sum(count * int(_SECONDS[unit]) for count, unit in parts)), "s")


def find_after_words(text: str) -> Iterator[tuple[Quantity, str]]:
    """Yield the numbers of a text that are written in digits, each with the word before it, if any."""
    for match in _NUMBER.finditer(text):
        word = _WORD_BEFORE.search(text, max(0, match.start() - 42), match.start())
        yield from ((number, word[1] if word else "") for number in _read(match))


def _read(match: re.Match[str]) -> Iterator[Quantity]:
    written = (match["unit"] or "").lower()
    attached = match["gap"] == ""
    unit = _UNITS.get(written, written if attached else "")  # attached letters belong to it: 200K, 4o, 3D
    digits = match["digits"]
    if _GROUPED.fullmatch(digits):
        yield Quantity(_normalise(digits.replace(",", "")), unit)
    elif not (attached and written in _ORDINALS):
        yield from (Quantity(_normalise(part), unit) for part in digits.split(","))


def spell_in_digits(text: str, *, claims: bool = False) -> str:
    """Write English number words in digits: `"two levels"` -> `"2 levels"`; with `claims`, only the claims."""
    text = _TENS.sub(lambda match: str(int(SPELLED[match[1].lower()]) + int(SPELLED[match[2].lower()])), text)
    if not claims:
        text = _AN.sub("1 ", text)
    return (_CLAIMED_WORD if claims else _SPELLED_WORD).sub(lambda match: SPELLED[match.group().lower()], text)


def measure_in_digits(text: str) -> str:
    """Write the English number words in front of a unit in digits: `"two methods in five minutes"` -> 5 minutes."""
    return _MEASURED_WORD.sub(lambda match: SPELLED[match.group().lower()], text)


def strip_numbers(text: str) -> str:
    """Return a text without its numbers and their units."""
    return _NUMBER.sub(" ", measure_in_digits(text))


def find_units(text: str) -> frozenset[str]:
    """Return the units that a text names, with a number or without, also within names: `"timeout_seconds"` -> s."""
    words = re.findall(
        rf"[A-Za-zµ\u00c0-\u024f]{{{_SHORTEST_MENTION},15}}|%", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    )
    found = {_UNITS[word] for word in words if word in _UNITS}
    found |= {_UNITS[name] for name in re.findall(_UNSPACED_UNITS, text)} if not text.isascii() else set()
    return frozenset(found | {quantity.unit for quantity in find_quantities(text) if quantity.unit in _ALIASES})


def find_unit_words(text: str) -> frozenset[str]:
    """Return the units that a text names in the plural without a number: `"The value is in minutes."` -> min."""
    bare = _NUMBER.sub(" ", text).lower()
    return frozenset(_UNITS[word] for word in _UNIT_WORD.findall(bare))


def find_measures(text: str) -> frozenset[str]:
    """Return the units that a text says values are in: `"The limit (in kB)"` -> kb, `"Timeout in seconds."` -> s."""
    bare = _NUMBER.sub(" ", text).lower()
    return find_unit_words(text) | {_UNITS[name] for name in _MEASURE.findall(bare)}


def find_other_ways(number: Quantity) -> Iterator[Quantity]:
    """Yield the other form of a number: `200K` of 200,000 and the reverse; the same for millions."""
    for letter, zeros in (("k", "000"), ("m", "000000")):
        if number.unit == letter:
            yield Quantity(number.digits + zeros)
        elif not number.unit and number.digits.endswith(zeros) and number.digits.isdigit():
            yield Quantity(number.digits.removesuffix(zeros), letter)


def _normalise(digits: str) -> str:
    """Return digits in the form in which equal numbers are equal: `"240.0"` -> `"240"`, `"1E-04"` -> `"1e-4"`."""
    if "e" in digits.lower():
        try:
            return f"{Decimal(digits):e}".lower().replace("e+", "e")
        except InvalidOperation:
            return digits
    whole, point, fraction = digits.partition(".")
    return whole if point and fraction in ("0", "00") else digits
