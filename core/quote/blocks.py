"""What a section consists of: paragraphs, lists, tables and code, in the order of the page, ready to be shown.

    passages of one section ──units──> SectionBlock(PROSE | LIST | TABLE | CODE, lead, lines)

A sentence that introduces a list, a table or code ("Run this:") is the lead of that block and never stands alone. Bold
terms and what they mean become items. What cannot be shown as it stands (a formula, an open backtick, the tail of a
sentence) makes a block that is not `whole`: nobody may quote across it. Which blocks are shown is chosen elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.check.links import map_outside_code, remove_invisible, to_quotable
from core.check.segments import MARK, Unit, UnitKind, split_units
from core.domain import Passage
from core.index.terms import question_words

LONGEST = 700
"""Most characters of a sentence or item that is shown."""

_STEP = re.compile(r"[ \t]*(?P<number>\d{1,2})[.)][ \t]")
_MARKS = re.compile(rf" ?{MARK}", re.IGNORECASE)
_FOLLOWS = re.compile(
    r"\b(?:the following|as follows|(?:shown|listed|given|described) (?:below|here))\b", re.IGNORECASE
)
_TERM_ABOVE = re.compile(r"(?P<terms>`[^`\n]{1,80}`(?:,? `[^`\n]{1,80}`){0,4}):?[ \t]{0,4}\n(?=[A-Z])")
_NAME_AND_VERB = re.compile(
    r"(?P<name>\S+(?: \S+)?) (?:also )?(?:is|are|was|has|have|can|may|will|must|should|\w{2,}s)\b"
)
_PRODUCTION = re.compile(r"\w ?:{1,2}=?\n")  # of a grammar
_FORMULA = 3  # backslashes
_OF_LINES = {UnitKind.ITEM: "\n", UnitKind.TABLE: "\n", UnitKind.SENTENCE: " ", UnitKind.FENCE: "\n"}


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """A paragraph, list, table or block of code of passage `number`.

    `lines` are its sentences, items or rows, or the code as one. `lead` is the sentence before it that introduces it.
    `whole`: it can be shown as it stands.
    """

    number: int
    kind: UnitKind
    lines: tuple[str, ...]
    lead: str = ""
    whole: bool = True

    @property
    def text(self) -> str:
        """Return the words of the block, without its lead."""
        return _OF_LINES[self.kind].join(self.lines)

    @property
    def length(self) -> int:
        """Return how many characters are shown of it, with its lead."""
        return len(self.lead) + sum(map(len, self.lines))

    @property
    def first_step(self) -> int | None:
        """Return the number of the first item of a numbered list: `"2. Start it."` -> 2."""
        return _step(self.lines[0]) if self.kind is UnitKind.ITEM else None

    @property
    def last_step(self) -> int | None:
        """Return the highest number of a numbered list."""
        found = [number for line in self.lines if (number := _step(line)) is not None]
        return found[-1] if self.kind is UnitKind.ITEM and found else None


def split_blocks(passages: Iterable[tuple[int, Passage]]) -> list[SectionBlock]:
    """Return the blocks of a section, given its passages in their order, each with its number.

    A block that the page repeats (a tab, a version for print) is returned once.
    """
    found = (block for number, passage in passages for block in _blocks(passage, number))
    distinct = list({(block.lead, block.lines): block for block in found}.values())
    return [close_colon(block, distinct[at : at + 1]) for at, block in enumerate(distinct, 1)]


def close_colon(block: SectionBlock, following: Sequence[SectionBlock] = ()) -> SectionBlock:
    """Return a block without a colon at its end that introduces nothing: `"Run this:"` -> `"Run this."`.

    A table has a line of its own above it, its lead or the section's name, so a colon further up introduces nothing.
    """
    introduces = following and following[0].kind in (UnitKind.ITEM, UnitKind.FENCE) and not following[0].lead
    last = block.lines[-1]
    if introduces or not last.endswith(":") or block.kind not in (UnitKind.SENTENCE, UnitKind.ITEM):
        return block
    return replace(block, lines=(*block.lines[:-1], f"{last[:-1]}."))


def _blocks(passage: Passage, number: int) -> Iterator[SectionBlock]:
    found = list(_with_labels(list(_with_definitions(split_units(remove_invisible(passage.text))))))
    lead = label = ""
    lines: list[str] = []
    kind, whole = UnitKind.SENTENCE, True
    for at, unit in enumerate(found):
        text = _clean(unit)
        follows = found[at + 1 :][:1]
        is_lead = _introduces(unit, text, follows)
        if lines and (unit.kind is not kind or is_lead or _begins_block(unit)):
            yield SectionBlock(number, kind, tuple(lines), lead, whole)
            lines, whole, lead = [], True, ""
        if is_lead:
            lead = label + (f"{text[:-1]}:" if text.endswith(".") else text)
            label = ""
        elif _is_label_of(unit, text, follows):
            label += f"{text} "
        elif unit.kind is UnitKind.FENCE:
            yield SectionBlock(number, unit.kind, (_fence(unit, passage.language),), lead)
            lead = ""
        elif unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.TABLE) and text:
            kind = unit.kind
            lines += text.splitlines() if kind is UnitKind.TABLE else [label + text]
            whole = whole and (kind is not UnitKind.SENTENCE or _stands(text, first=at == 0)) and _is_safe(text, kind)
            label = ""
    if lines:
        yield SectionBlock(number, kind, tuple(lines), lead, whole)


def _begins_block(unit: Unit) -> bool:
    return unit.kind in (UnitKind.SENTENCE, UnitKind.TABLE) and "\n" in unit.gap


def _introduces(unit: Unit, text: str, follows: Sequence[Unit]) -> bool:
    """Return whether a sentence introduces the list, table or code that follows it.

    `"Run this:"`, `"The following levels are known."`
    """
    if unit.kind is not UnitKind.SENTENCE or not follows or len(text) > LONGEST or text.count("`") % 2:
        return False
    is_block = follows[0].kind in (UnitKind.ITEM, UnitKind.TABLE, UnitKind.FENCE)
    return is_block and (text.endswith(":") or _FOLLOWS.search(text) is not None)


def _is_label_of(unit: Unit, text: str, follows: Sequence[Unit]) -> bool:
    """Return whether a sentence is a label of the one after it, which is shown in one line with it: `"Note:"`."""
    return (
        unit.kind is UnitKind.SENTENCE and text.endswith(":") and bool(follows) and follows[0].kind is UnitKind.SENTENCE
    )


def _with_labels(found: Sequence[Unit]) -> Iterator[Unit]:
    """Yield the units; a heading within the text becomes the label of what follows: `"**Example**"` -> `"Example:"`.

    A bold line above a nested list is the item that the list is nested in.
    """
    for at, unit in enumerate(found, 1):
        following = found[at] if at < len(found) else None
        if unit.kind is not UnitKind.HEADING:
            yield unit
        elif following is not None and following.kind is not UnitKind.HEADING:
            named = unit.text.strip("#* \t").rstrip(":")
            if following.kind is UnitKind.ITEM and following.text[:1].isspace():
                yield Unit(UnitKind.ITEM, f"- {named}", unit.gap)
            else:
                yield Unit(UnitKind.SENTENCE, f"{named}:", unit.gap or "\n")


def _with_definitions(found: Iterable[Unit]) -> Iterator[Unit]:
    """Yield the units; bold terms and their meaning become one item.

    "**-q**\\n**--quiet**\\nBe quiet." -> "- **-q**, **--quiet**: Be quiet.", and likewise "`-q`\\nBe quiet."
    """
    terms: list[str] = []
    meaning: list[str] = []
    for unit in found:
        if meaning and (unit.kind is not UnitKind.SENTENCE or "\n" in unit.gap):
            yield Unit(UnitKind.ITEM, _definition(terms, meaning), "\n")
            terms, meaning = [], []
        above = _TERM_ABOVE.match(unit.text) if unit.kind is UnitKind.SENTENCE and not terms else None
        if above:
            terms, meaning = [above["terms"]], [unit.text[above.end() :]]
            continue
        if unit.kind is UnitKind.SENTENCE and (meaning or (terms and unit.gap == "\n")):
            meaning.append(unit.text)
            continue
        is_term = unit.kind is UnitKind.HEADING and unit.text.startswith("**")
        if is_term and terms and unit.gap == "\n" and not terms[-1].endswith((":**", ":")):  # not below "**Options:**"
            terms = [*terms, unit.text]
            continue
        yield from (Unit(UnitKind.HEADING, term, "\n\n") for term in terms)
        terms = [unit.text] if is_term else []
        if not is_term:
            yield unit
    yield from (Unit(UnitKind.HEADING, term, "\n\n") for term in terms if not meaning)
    if meaning:
        yield Unit(UnitKind.ITEM, _definition(terms, meaning), "\n")


def _definition(terms: Sequence[str], meaning: Sequence[str]) -> str:
    names = ", ".join(terms)
    text = f"- {names.removesuffix(':').removesuffix(':**')}{'**' if names.endswith(':**') else ''}: {meaning[0]}"
    for sentence in meaning[1:]:
        if len(text) + len(sentence) >= LONGEST:
            break
        text += f" {sentence}"
    return text


def _clean(unit: Unit) -> str:
    if unit.kind is UnitKind.FENCE:
        return unit.text
    text = map_outside_code(to_quotable(unit.text), lambda piece: _MARKS.sub("", piece)).rstrip()
    return text if unit.kind is UnitKind.ITEM else text.strip()


def _fence(unit: Unit, language: str) -> str:
    """Return a block of code as it stands, without the indent of a list, with its language and its end."""
    opening, _, body = unit.text.strip().partition("\n")
    indent = len(unit.text) - len(unit.text.lstrip())
    lines = [line[indent:] if not line[:indent].strip() else line for line in body.splitlines()]
    ticks = re.match(r"[`~]*", opening)
    named = opening if opening.strip("`~ ") else opening.strip() + language
    return "\n".join([named, *lines] + ([] if unit.closed or ticks is None else [ticks.group()]))


def _step(line: str) -> int | None:
    found = _STEP.match(line)
    return int(found["number"]) if found else None


def _stands(sentence: str, *, first: bool) -> bool:
    """Return whether a sentence is whole; the first one of a passage may be the tail of one that began before it."""
    whole = not (first and _is_tail(sentence)) and not _PRODUCTION.search(sentence)
    whole = whole and sentence.count("(") == sentence.count(")")
    return whole and [unit.kind for unit in split_units(sentence)] == [UnitKind.SENTENCE]  # "> x" only within a line


def _is_tail(sentence: str) -> bool:
    """Return whether a first sentence began elsewhere: `"or the other one."`, not `"pip installs it."`.

    Of the names of programs and commands, many begin in lower case: one word or two, no stop words, and a verb.
    """
    named = _NAME_AND_VERB.match(sentence) if sentence.endswith((".", "!", "?")) else None
    return sentence[:1].islower() and not (named and all(map(question_words, named["name"].split())))


def _is_safe(text: str, kind: UnitKind) -> bool:
    """Return whether a text is no essay, no formula, and without an open backtick, which would swallow the mark."""
    return (kind is UnitKind.TABLE or len(text) <= LONGEST) and text.count("`") % 2 == 0 and text.count("\\") < _FORMULA


def cut_lines(block: SectionBlock, first: int, end: int) -> SectionBlock:
    """Return a block with some of its lines; its lead stays, whatever line comes first."""
    return replace(block, lines=block.lines[first:end])
