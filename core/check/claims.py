"""What a sentence claims that can be looked up, and whether a passage says so.

    "Pass `--max-length 512` to `DPOTrainer` [1]."   claims --max-length, 512, DPOTrainer
    EvidenceText(passage text)                       holds the words, flags and numbers that prove them

Claims are numbers with their units (in digits or English words; ordinals and step numbers are none), versions, flags,
identifiers and inline code. A number that is said of a name has to stand in a block that holds the name. Whether a
sentence *follows* from a passage is judged in `core.check.meaning` as far as rules go, and no further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from core.check.links import CODE_SPAN, REMOVED
from core.check.numbers import (
    Quantity,
    find_after_words,
    find_other_ways,
    find_quantities,
    find_unit_words,
    find_units,
    spell_in_digits,
)

_WORD = re.compile(r"[^\W\d]\w{0,200}")
_FLAG = re.compile(r"(?<![\w`\u25a1-])--?[A-Za-z][\w-]{0,80}")
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w{1,60}(?:\.[A-Za-z_]\w{0,60}){1,8}")
_HYPHENED = re.compile(r"(?<![\w-])[A-Za-z]\w{0,40}(?:-\w{1,40}){1,8}")
_VERSION = re.compile(r"(?<!\w)v\d{1,9}(?=\.\d)")
_COMPOUND = re.compile(r"(?<![\w-])\w{1,100}(?:[-./@]{1,3}\w{1,100}){1,30}")
_NUMERIC = re.compile(r"[\d_]+(?:[-/.][\d_]+)?")
_JOINT = re.compile(r"\\\n?|\$?[\"'`^]")
_HOST = re.compile(r"\.(?:com|org|net|edu|io|ai|dev|co|xyz|ru|cn|example)\Z", re.IGNORECASE)
_CAMEL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]{2}")
_PLURAL_OF_CAPITALS = re.compile(r"[A-Z]{2,}s")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_GROUP_SIGN = re.compile(r"(?<=\d)[.\u00a0\u202f ’'](?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
NUMBERED = re.compile(
    r"(?<![\w(])\(?\d{1,2}\)(?=\s)"
    r"|\b(?:steps?|passages?|figures?|fig\.|tables?|chapters?|examples?|Schritte?n?) \d{1,3}\b",
    re.IGNORECASE,
)
_SECTION_NUMBER = re.compile(r"^\s*(?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3}){0,5}\.?\s+")
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t])|\n(?=[ \t]*\|)|\n(?=#)")
_TERM = re.compile(r"\s*(?:[-*+•|]\s+)?(?:\*\*|__)?`|\s*\*\*")
_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.MULTILINE | re.DOTALL)
_LISTED = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]", re.MULTILINE)
_CLAUSE = re.compile(r"[,;:] (?:and |but |while |whereas |or )?|\. | while | whereas | und | y | et ")
_SPAN_SIGN = "\u25a1"
_SPAN_JOINTS = re.compile(r"[\s,;]+")
_QUOTED = "'\"`"
_OFTEN_UNWRITTEN = frozenset({"x", "px"})
_TRADE_WORDS = """
JavaScript TypeScript CoffeeScript GitHub GitLab BitBucket Bitbucket macOS iOS iPadOS watchOS tvOS PostgreSQL MySQL
MariaDB SQLite MongoDB NoSQL DevOps YouTube LinkedIn OpenAI OpenAPI GraphQL PyPI NumPy SciPy PyTorch TensorFlow NodeJS
WebSocket WebSockets WebAssembly LaTeX PowerShell OAuth OAuth2 IPv4 IPv6 UTF8 UTF16 ISO8601 HTTP2 HTTP3 E2E I18N L10N
CPUs GPUs APIs URLs IDs README DNS VMs ES6 ES5 H2 K8s CloudFront DockerHub StackOverflow WordPress FreeBSD OpenBSD
NetBSD
"""
_TRADE = frozenset(_TRADE_WORDS.split())


@dataclass(frozen=True)
class ClaimBlock:
    """A paragraph, list item or table row of a passage."""

    text: str
    numbers: frozenset[Quantity]
    units: frozenset[str]


@dataclass(frozen=True)
class EvidenceText:
    """A text that proves claims: a passage and its headings. `address` proves names and no numbers."""

    text: str
    headings: str = ""
    address: str = ""

    @cached_property
    def everything(self) -> str:
        return "\n".join(filter(None, (self.headings, self.text, self.address)))

    @cached_property
    def plain(self) -> str:
        """The text without scripts that put no blanks between words, so that the rest stands apart."""
        return _apart(self.everything)

    @cached_property
    def words(self) -> frozenset[str]:
        texts = dict.fromkeys((self.everything, self.plain))
        return frozenset(part for text in texts for word in _WORD.findall(text) for part in (word, word.strip("_")))

    @cached_property
    def lowered_words(self) -> frozenset[str]:
        return frozenset(word.lower() for word in self.words)

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        parts = [part for word in self.lowered_words for part in (word, *word.split("_"))]
        return frozenset(word[:size] for word in parts for size in range(1, len(word) + 1))

    def has_form_of(self, word: str, ending: int) -> bool:
        """Return whether the text holds a word, whatever its last `ending` letters: `"installing"` of `"installed"`."""
        return word[: max(len(word) - ending, min(len(word), 4))] in self._beginnings

    @cached_property
    def flags(self) -> frozenset[str]:
        return frozenset(_FLAG.findall(self.plain.replace("`", " ")))

    @cached_property
    def blocks(self) -> tuple[ClaimBlock, ...]:
        headings = _SECTION_NUMBER.sub("", self.headings)
        fenced = _FENCE.sub(lambda match: re.sub(r"\n+", "\n\n", match.group()), self.text)
        texts = [*_BLOCK.split(fenced), headings]
        shared = find_units(headings)
        return tuple(ClaimBlock(text, _numbers_of(text), find_units(text) | shared) for text in texts if text.strip())

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        """The blocks with lists, tables and code whole."""
        return tuple(" ".join(text.split()) for text in re.split(r"\n[ \t]*\n", self.text))

    @cached_property
    def units(self) -> frozenset[str]:
        return frozenset(unit for block in self.blocks for unit in block.units)

    def define(self, term: str) -> Iterator[str]:
        """Yield what stands below a term, as in a list of options: its block, and those up to the next term."""
        texts = [block.text for block in self.blocks[:-1]]
        begin = re.compile(rf"[\s*_`\-+•|]*{re.escape(term)}[`*_]")
        for at in (at for at, text in enumerate(texts) if begin.match(text)):
            below = takewhile(lambda text: not _TERM.match(text), texts[at + 1 :])
            yield "\n".join([texts[at], *below])

    @cached_property
    def numbers(self) -> frozenset[Quantity]:
        counted = {
            Quantity(str(len(_LISTED.findall(text)))) for text in re.split(r"\n[ \t]*\n(?![ \t]*[-*+•\d])", self.text)
        }
        return frozenset(number for block in self.blocks for number in block.numbers) | (
            counted - {Quantity("0"), Quantity("1")}
        )

    @cached_property
    def squeezed(self) -> str:
        return " ".join(self.everything.split())

    @cached_property
    def folded(self) -> str:
        return _folded(self.everything)

    def holds(self, compound: str) -> bool:
        """Return whether a host, path or hyphenated name is in the text as it is, and not as a part of a longer one."""
        return _holds(self.everything, compound)

    def proves(self, number: Quantity, before: str = "") -> bool:
        """Return whether the text holds a number with its unit, or directly behind the same word: `"chrome111"`.

        A column or a setting ("timeout = 30") often leaves the unit out: then its block has to name it. A version is
        proven by its longer form too (3.11 by 3.11.4).
        """
        if any(_proves(block, number) for block in self.blocks) or (not number.unit and number in self.numbers):
            return True
        return self.writes(before, number)

    def writes(self, word: str, number: Quantity) -> bool:
        """Return whether a number, or a longer version, stands right behind a word: "Chrome", 111 in `"chrome111"`."""
        if word.islower() or not word or number.unit:
            return False
        written = rf"(?<!\w){re.escape(word)}\W{{0,3}}{re.escape(number.digits)}(?!\d)"
        return re.search(written, self.everything, re.IGNORECASE) is not None


def find_unproven(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the claims of a sentence that none of `grounds` holds, as they are written."""
    spans = [span.strip("`").strip() for span in CODE_SPAN.findall(sentence)]
    prose = _apart(CODE_SPAN.sub(_SPAN_SIGN, sentence).replace(REMOVED, " "))
    missing = [span for span in spans if span and not is_span_proven(span, grounds)]
    missing += _unproven_of_terms(sentence, grounds)
    missing += [flag for flag in _FLAG.findall(prose) if not any(flag in ground.flags for ground in grounds)]
    missing += _unproven_in_prose(sentence, grounds)
    units = frozenset().union(*(ground.units for ground in grounds))
    missing += sorted(find_unit_words(spell_in_digits(prose)) - units)
    missing += [name for name in _names(prose) if not _name_proven(name, grounds)]
    return missing


def count_claims(sentence: str) -> int:
    """Return how many things of a sentence can be looked up."""
    prose = _apart(CODE_SPAN.sub(_SPAN_SIGN, sentence).replace(REMOVED, " "))
    numbers = find_quantities(NUMBERED.sub(" ", spell_in_digits(prose, claims=True)))
    return sum(
        1 for found in (CODE_SPAN.findall(sentence), _FLAG.findall(prose), numbers, _names(prose)) for _ in found
    )


def find_unproven_numbers(prose: str, grounds: Sequence[EvidenceText], names: Sequence[str] = ()) -> list[str]:
    """Return the numbers of a text that no ground holds. `names`: what they are said of, as the ground writes it."""
    text = spell_in_digits(prose, claims=True)
    return [
        number.digits
        for number, before in find_after_words(text)
        if not any(_is_proven_of(number, before, ground, names) for ground in grounds)
    ]


def _unproven_of_terms(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the inline code that is said of a term, where the blocks that define the term do not hold it."""
    missing = []
    for clause in _CLAUSE.split(sentence):
        spans = [span.strip("`").strip() for span in CODE_SPAN.findall(clause)]
        for term in spans[:1]:
            defined = [block for ground in grounds for block in ground.define(term)]
            whole = any(_holds(ground.headings, term) for ground in grounds)
            others = [span for span in spans[1:] if defined and not whole and span != term]
            around = [text for ground in grounds for text in ground.paragraphs if _holds(text, term)]
            missing += [span for span in others if not any(span.strip(_QUOTED) in text for text in (*defined, *around))]
    return missing


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
    at = {place for place, block in enumerate(ground.blocks) if any(_holds(block.text, name) for name in names)}
    if not any(ground.blocks[place].numbers for place in at) or any(_holds(ground.headings, name) for name in names):
        return True
    near = [ground.blocks[place] for place in sorted({*at, *(place + 1 for place in at)}) if place < len(ground.blocks)]
    return any(_proves(block, number) for block in near) or ground.writes(before, number)


def _proves(block: ClaimBlock, number: Quantity) -> bool:
    return any(_is_same(known, number, block.units) for known in block.numbers)


def _is_same(known: Quantity, number: Quantity, units: frozenset[str]) -> bool:
    """Return whether a number of a block whose text names `units` proves another one."""
    if not known.amounts.isdisjoint(number.amounts):
        return True
    same = known.digits == number.digits or ("." in number.digits and known.digits.startswith(number.digits + "."))
    unit = (not number.unit and known.unit != "%") or known.unit == number.unit
    return same and (unit or (not known.unit and (number.unit in units or number.unit in _OFTEN_UNWRITTEN)))


def _numbers_of(text: str) -> frozenset[Quantity]:
    found = frozenset(find_quantities(text)) | frozenset(find_quantities(spell_in_digits(text)))
    return found | frozenset(other for number in found for other in find_other_ways(number))


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
    if _PLURAL_OF_CAPITALS.fullmatch(bare) or bare in _TRADE:
        return False
    return "_" in bare or _CAMEL.search(bare) is not None or (len(bare) > 1 and any(sign.isdigit() for sign in bare))


def _names(prose: str) -> Iterator[str]:
    yield from (match.group() for match in _DOTTED.finditer(prose))
    yield from (word for word in _HYPHENED.findall(prose) if any(sign.isdigit() for sign in word))
    yield from (word for word in words_of(_VERSION.sub(" ", prose)) if is_name(word))


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


def is_span_proven(span: str, grounds: Sequence[EvidenceText]) -> bool:
    """Return whether inline code is in a passage as it is, or each of its words in one block of it."""
    return any(_holds_span(ground, span) for ground in grounds)


def _holds_span(ground: EvidenceText, span: str) -> bool:
    squeezed = " ".join(span.replace(REMOVED, " ").split())
    if _is_a_number(squeezed):
        return all(map(ground.proves, find_quantities(squeezed)))
    if not squeezed or _holds(ground.squeezed, squeezed):
        return True
    if re.fullmatch(r"\w+", squeezed):
        return squeezed in ground.words
    bare = squeezed.strip(_QUOTED).removesuffix("()")
    if bare and _holds(ground.squeezed, bare):
        return True
    numbers = list(find_quantities(squeezed))
    if any(_holds_all(paragraph, squeezed) for paragraph in ground.paragraphs) and all(map(ground.proves, numbers)):
        return True
    dotted = re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(\))?", bare)
    return dotted is not None and all(part in ground.words for part in words_of(bare))


def _holds_all(text: str, span: str) -> bool:
    """Return whether a text holds all words of a command, a call or an assignment as they are, in any order."""
    words = {*filter(None, _SPAN_JOINTS.split(span)), *join_as_shell(span).split()}
    return all(_is_a_number(word) or _holds(text, word) or _is_split(text, word) for word in words)


def _is_a_number(word: str) -> bool:
    return re.fullmatch(r"[\d.,]+\w{0,3}", word) is not None


def _is_split(text: str, word: str) -> bool:
    """Return whether a call or an assignment is written in pieces: `max_length=512` where both stand apart."""
    pieces = [piece for piece in re.split(r"[=:(){}\[\]\"'`]+", word) if piece]
    return len(pieces) > 1 and all(_holds(text, piece) or _is_a_number(piece) for piece in pieces)


def _holds(text: str, compound: str) -> bool:
    if compound not in text:
        return False
    start = r"(?<![\w-])(?<!\w\.)" if compound[:1].isalnum() or compound[:1] in "_-" else ""
    end = r"(?![\w-]|\.\w)" if compound[-1:].isalnum() or compound[-1:] == "_" else ""
    return re.search(f"{start}{re.escape(compound)}{end}", text) is not None


def _folded(text: str) -> str:
    return re.sub(r"[-_\s]+", " ", text).lower()
