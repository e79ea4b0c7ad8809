"""A passage as a text that proves claims: its words, flags, and its numbers block by block.

    EvidenceText("Default: 5 s.\\n\\n- `size`: 10")    5 s, 10; what is said of `size` is looked up in its block

What a sentence claims is read in `core.check.claims`; here is only what a passage holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import takewhile

from core.check.numbers import (
    Quantity,
    find_durations,
    find_measures,
    find_other_ways,
    find_quantities,
    find_units,
    spell_in_digits,
)
from core.check.tokens import flags_of, set_apart, words_of

_SECTION_NUMBER = re.compile(r"^\s*(?:[A-Z]\.)?\d{1,3}(?:\.\d{1,3}){0,5}\.?\s+")
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t])|\n(?=[ \t]*\|)|\n(?=#)")
_TERM = re.compile(r"\s*(?:[-*+•|]\s+)?(?:\*\*|__)?`|\s*\*\*")
_LABELLED = re.compile(
    r"\s*(?:[-*+•] +)?[*_'\"]{0,2}(?P<label>[^\W\d][\w .-]{0,30})[*_'\"]{0,2} ?[:=][*_]{0,2} *"
    r"[`'\"]?[\d.,]{1,20}[`'\"]?[.,;]?\s*"
)
_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.MULTILINE | re.DOTALL)
_HELP = re.compile(r"^ {1,6}--?\w[^\n]*\n {12,}[A-Za-z(]", re.MULTILINE)
"""An option with its meaning on the line below, indented, as `--help` prints it."""

_PRONOUN = re.compile(
    r"\b(?:(?:the|that|this|another|which|no|any|each|every) one"
    r"|one (?:of|that|which|who|another|can|could|may|is|or|by))\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]", re.MULTILINE)
_MEMBER = r"(?<![\w`\"'.-])[\w`\"'.-]{1,60}(?: [\w`\"'.-]{1,60})?"
_ENUMERATION = re.compile(
    rf"(?:{_MEMBER}, ){{1,12}}{_MEMBER},? (?:and|or) |(?<=: )(?:{_MEMBER}, ){{2,12}}(?={_MEMBER}\s*$)", re.MULTILINE
)
_ADVERB = re.compile(r"^(?:\S+ )?\w+ly, ")
_FEWEST_COUNTED = 3
_ENUMERATED = re.compile(r", (?!(?:and|or) )|,? (?:and|or) ")
"""Members of a list within a sentence: `"HUP, INT, and TERM"` are three."""

_ATTACHED = re.compile(r"(?<![\w-])-[A-Za-z]([A-Z]{3,10})(?!\w)")
"""What stands right behind a flag of one letter: `"-XPATCH"` -> PATCH."""

_OFTEN_UNWRITTEN = frozenset({"x", "px"})


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
        return set_apart(self.everything)

    @cached_property
    def words(self) -> frozenset[str]:
        texts = dict.fromkeys((self.everything, self.plain, " ".join(_ATTACHED.findall(self.plain))))
        return frozenset(part for text in texts for word in words_of(text) for part in (word, word.strip("_")))

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
        return frozenset(flags_of(self.plain.replace("`", " ")))

    @cached_property
    def blocks(self) -> tuple[ClaimBlock, ...]:
        headings = _SECTION_NUMBER.sub("", self.headings)
        fenced = _FENCE.sub(_apart, self.text)
        texts = [*_BLOCK.split(fenced), headings]
        shared = find_units(headings)
        return tuple(
            ClaimBlock(text, _numbers_of(text), find_units(text) | measures | shared)
            for text, measures in _with_measures(texts)
            if text.strip()
        )

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
        members = [len(_ENUMERATED.findall(_ADVERB.sub("", text))) + 1 for text in _ENUMERATION.findall(self.text)]
        members.append(sum(_TERM.match(block.text) is not None for block in self.blocks[:-1]))
        counted |= {Quantity(str(count)) for count in members if count >= _FEWEST_COUNTED}
        return frozenset(number for block in self.blocks for number in block.numbers) | (
            counted - {Quantity("0"), Quantity("1")}
        )

    @cached_property
    def counting(self) -> tuple[str, ...]:
        """The blocks that hold a number, and the lines that list three things or more."""
        listing = (line for line in self.text.splitlines() if _ENUMERATION.search(line))
        return (*(block.text for block in self.blocks if _numbers_of(_PRONOUN.sub(" ", block.text))), *listing)

    @cached_property
    def squeezed(self) -> str:
        return " ".join(self.everything.split())

    @cached_property
    def folded(self) -> str:
        return fold_joints(self.everything)

    def holds(self, compound: str) -> bool:
        """Return whether a host, path or hyphenated name is in the text as it is, and not as a part of a longer one."""
        return holds_compound(self.everything, compound)

    def proves(self, number: Quantity, before: str = "") -> bool:
        """Return whether the text holds a number with its unit, or directly behind the same word: `"chrome111"`.

        A column or a setting ("timeout = 30") often leaves the unit out: then its block has to name it. A version is
        proven by its longer form too (3.11 by 3.11.4).
        """
        if any(proves_in_block(block, number) for block in self.blocks) or (not number.unit and number in self.numbers):
            return True
        return self.writes(before, number)

    def writes(self, word: str, number: Quantity) -> bool:
        """Return whether a number, or a longer version, stands right behind a word: "Chrome", 111 in `"chrome111"`."""
        return writes_number(self.everything, word, number)


def _apart(fence: re.Match[str]) -> str:
    """Return a fence with its lines as blocks; in the help of a command an option and what is said of it are one."""
    lines = r"\n+(?!`| {0,6}-| *\n|\S)" if _HELP.search(fence.group()) else None
    text = re.sub(lines, " ", fence.group()) if lines else fence.group()
    return re.sub(r"\n+", "\n\n", text)


def _with_measures(texts: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the blocks with the units that others give to their bare values.

    A labelled value ("- Default: `30`", "ttl = 60") is in what its entry says ("in seconds"): in blocks that name the
    label, if there are any. A row is in what its header says ("ms").
    """
    entry: list[str] = []
    header, measures_of = frozenset[str](), cache(find_measures)  # a long configuration has hundreds of values
    for at, text in enumerate(texts):
        if at == 0 or text.startswith("#"):
            entry = [text, *takewhile(lambda each: not each.startswith("#"), texts[at + 1 :])]
        is_row = text.lstrip().startswith("|")
        header = (header or measures_of(text)) if is_row else frozenset()
        if is_row:
            yield text, header
        elif labelled := _LABELLED.fullmatch(text):
            others = [each for each in entry if each != text]
            about = [each for each in others if holds_compound(each, labelled["label"].strip())] or others
            yield text, frozenset[str]().union(*map(measures_of, about))
        else:
            yield text, frozenset()


def writes_number(text: str, word: str, number: Quantity) -> bool:
    if word.islower() or not word or number.unit:
        return False
    written = rf"(?<!\w){re.escape(word)}\W{{0,3}}{re.escape(number.digits)}(?!\d)"
    return re.search(written, text, re.IGNORECASE) is not None


def proves_in_block(block: ClaimBlock, number: Quantity) -> bool:
    return any(_is_same(known, number, block.units) for known in block.numbers)


def find_places_near(at: set[int], blocks: Sequence[ClaimBlock]) -> list[int]:
    """Return the places of blocks that are about the same as those `at`.

    The block below says more of it, unless it begins with another term; the one above introduces a line of code.
    """
    below = {place + 1 for place in at if place + 1 < len(blocks) and not _TERM.match(blocks[place + 1].text)}
    above = {place - 1 for place in at if place and blocks[place].text.lstrip().startswith("```")}
    above |= {place - 2 for place in at if place > 1 and blocks[place - 1].text.strip().startswith("```")}
    return sorted(at | below | above)


def _is_same(known: Quantity, number: Quantity, units: frozenset[str]) -> bool:
    """Return whether a number of a block whose text names `units` proves another one."""
    if not known.amounts.isdisjoint(number.amounts) or known.may_be(number, units):
        return True
    same = known.digits == number.digits or ("." in number.digits and known.digits.startswith(number.digits + "."))
    unit = (not number.unit and known.unit != "%") or known.unit == number.unit
    return same and (unit or (not known.unit and (number.unit in units or number.unit in _OFTEN_UNWRITTEN)))


def _numbers_of(text: str) -> frozenset[Quantity]:
    found = frozenset(find_quantities(text)) | frozenset(find_quantities(spell_in_digits(text)))
    found |= frozenset(find_durations(text))
    return found | frozenset(other for number in found for other in find_other_ways(number))


def holds_compound(text: str, compound: str) -> bool:
    if compound not in text:
        return False
    start = r"(?<![\w-])(?<!\w\.)" if compound[:1].isalnum() or compound[:1] in "_-" else ""
    end = r"(?![\w-]|\.\w)" if compound[-1:].isalnum() or compound[-1:] == "_" else ""
    return re.search(f"{start}{re.escape(compound)}{end}", text) is not None


def fold_joints(text: str) -> str:
    return re.sub(r"[-_\s]+", " ", text).lower()
