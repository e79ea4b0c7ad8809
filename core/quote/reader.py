"""The reader without a model: it shows the section that answers, as the page has it, and links to the closest others.

    Reading ──leading section──> gate ──unsure──> "DOES_NOT_KNOW [2][1]": the closest sections, nothing claimed
                                  └──sure──> excerpt of that section, each sentence with its mark; SEE_ALSO: others

Every word comes from one section (code may come from a section within it), so that nothing is joined that the page does
not join. Follow-ups are not rewritten: they are read together with the question before. What an excerpt holds is
decided in `core.quote.excerpt`, whether one may be shown in `core.quote.relevance`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence

from core.answer.examples import wants_code
from core.answer.prompt import REFUSALS
from core.check.notes import SEE_ALSO
from core.check.segments import UnitKind
from core.domain import Abstention, Hit, Passage, Question
from core.index.terms import question_words, split_terms
from core.ports import DraftPiece, Reading, StandaloneQuestion
from core.quote.blocks import SectionBlock, split_blocks
from core.quote.excerpt import choose_excerpt, find_code, leans_on_before, weigh_terms
from core.quote.relevance import (
    Confidence,
    OrdinaryWords,
    describe_ruling,
    find_missing_names,
    find_strange_words,
    judge_section,
)

MOST_LINKS = 3
"""Further sections that are linked below an answer."""

_BEFORE, _ALL_BEFORE = 0.3, 0.5
_AS_GOOD = 0.05
_ARCHIVE = re.compile(
    r"(?:^|[\W_])(?:change(?:s|log)?|history|news|release[ _-]?notes?|releases?|what.?s[ _-]?new|blog|archives?)"
    r"(?:$|[\W_\d])",
    re.IGNORECASE,
)
_ASKS_OF_THE_RECORD = re.compile(
    r"\b(?:versions?|releas(?:e[ds]?|ing)|new|change[ds]?|changelog|since|when|upgrad\w+|migrat\w+|history|launch\w*|"
    r"announc\w+|introduc\w+|deprecat\w+|remov\w+|(?:19|20)\d\d)\b|\d+\.\d",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"(?:answer:? )?(?:yes|no)\b", re.IGNORECASE)
_SAY_LITTLE = frozenset(
    re.findall(
        r"\w+",
        "arguments commands configuration description example examples notes options overview parameters properties "
        "summary synopsis syntax usage variables",
    )
)
_MARKUP = re.compile(r"[\[\]`*#:]|(?<!\w)_|_(?!\w)")
_TERMINATOR = re.compile(r"\s{0,3}(?P<stop>[.!?。！？…:]{1,3}[\"'”’)»*_]{0,4})$")


class ExtractiveReader:
    """The port `Reader`. Always available, never wrong about what the page says, and as terse as the page."""

    model = "extractive"
    generative = False

    def __init__(self, ordinary: Collection[str] = frozenset()) -> None:
        """Store `ordinary`: words that mean nothing if no page holds them. Empty: no plain word is missed."""
        self._vocabulary = OrdinaryWords(ordinary)

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the question as it is: there is no model to rewrite it."""
        return StandaloneQuestion(question.text)

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        """Yield the gate's ruling; then markdown, one block a piece, or the refusal with the closest passages."""
        question = reading.question.text
        asked = " ".join([question, *(turn.question for turn in reading.question.turns[-1:])])
        found = reading.found or reading.hits
        missing = find_missing_names(question, found, self._vocabulary)
        if reading.question.turns and not missing:
            missing = find_strange_words(question, found, self._vocabulary)
        sections = rank_sections(question, reading.hits)
        lead = sections[0] if sections else []
        words, section = question_words(asked), [reading.hits[number - 1] for number in lead]
        confidence = judge_section(words, section, reading.hits, missing)
        yield describe_ruling(confidence, words, section, missing)
        if confidence is Confidence.FAR:
            yield REFUSALS[Abstention.NOT_RELEVANT]
            return
        shown = _excerpt(asked, question, lead, reading.hits) if confidence is Confidence.SURE else []
        if not shown:
            marks = "".join(f"[{section[0]}]" for section in sections)
            yield f"{REFUSALS[Abstention.DOES_NOT_KNOW]} {marks}"
            return
        for piece in _write(shown, [hit.passage for hit in reading.hits]):
            yield piece
        if others := sections[1 : 1 + MOST_LINKS]:
            yield f"\n\n{SEE_ALSO}: " + "".join(f"[{section[0]}]" for section in others)


def rank_sections(question: str, hits: Sequence[Hit]) -> list[list[int]]:
    """Return the passages of each section by their numbers, in the section's order; the best section first.

    What is kept for the record (release notes, blogs, archives) goes last, unless a version, a date or what is new is
    asked for. If a question asks how to do something, a section with code goes before one without that is no better.
    """
    sections: dict[str, list[int]] = {}
    for number, hit in enumerate(hits, 1):
        sections.setdefault(hit.passage.link, []).append(number)
    ranked = list(sections.values())
    if _ASKS_OF_THE_RECORD.search(question) is None:
        ranked.sort(key=lambda numbers: is_archive(hits[numbers[0] - 1].passage))
    if ranked and wants_code(question):
        is_late = is_archive(hits[ranked[0][0] - 1].passage)
        lead = _first_with_code([each for each in ranked if is_archive(hits[each[0] - 1].passage) is is_late], hits)
        ranked = [lead, *(numbers for numbers in ranked if numbers is not lead)]
    return [sorted(numbers, key=lambda number: hits[number - 1].passage.ordinal) for numbers in ranked]


def _first_with_code(ranked: Sequence[list[int]], hits: Sequence[Hit]) -> list[int]:
    """Return the first section that has code and scores nearly as well as the best one; else the best one."""
    least = hits[ranked[0][0] - 1].score - _AS_GOOD
    for numbers in ranked:
        if hits[numbers[0] - 1].score >= least and any("```" in hits[number - 1].passage.text for number in numbers):
            return numbers
    return ranked[0]


def is_archive(passage: Passage) -> bool:
    """Return whether a page is kept for the record: release notes, a blog, an archive."""
    path = passage.url.partition("://")[2].partition("/")[2]
    return _ARCHIVE.search(path) is not None or _ARCHIVE.search(passage.path[0] if passage.path else "") is not None


def _excerpt(asked: str, question: str, lead: Sequence[int], hits: Sequence[Hit]) -> list[SectionBlock]:
    """Return the blocks to show: those of the leading section, and code if it is wanted and they have none."""
    lead = _with_rest(lead, hits)
    blocks = split_blocks((number, hits[number - 1].passage) for number in lead)
    within = [number for number in _within(lead[0], hits) if number not in lead]
    inner = split_blocks((number, hits[number - 1].passage) for number in within)
    weight = weigh_terms(question_words(asked), [f"{block.lead} {block.text}" for block in (*blocks, *inner)])
    weight = _now_first(question, weight)
    shown = choose_excerpt(blocks, weight)
    if shown and wants_code(question) and not any(block.kind is UnitKind.FENCE for block in shown):
        shown += find_code(blocks, weight) or find_code(inner, weight)
    return shown


def _with_rest(lead: Sequence[int], hits: Sequence[Hit]) -> list[int]:
    """Return the passages of a section with those next to them under the same heading, in their order.

    An id in the midst of a section, such as Sphinx gives to a setting, makes another anchor and no other section.
    """
    whole = list(lead)
    by_place = sorted(range(1, len(hits) + 1), key=lambda number: hits[number - 1].passage.ordinal)
    for number in (*by_place, *reversed(by_place)):
        if number not in whole and any(_goes_on(hits[number - 1].passage, hits[held - 1].passage) for held in whole):
            whole.append(number)
    return sorted(whole, key=lambda number: hits[number - 1].passage.ordinal)


def _goes_on(passage: Passage, held: Passage) -> bool:
    is_next = abs(passage.ordinal - held.ordinal) == 1
    return is_next and passage.url == held.url and passage.path == held.path


def _within(lead: int, hits: Sequence[Hit]) -> list[int]:
    """Return the numbers of the passages in the sections within that of passage `lead`."""
    above = hits[lead - 1].passage
    return [
        number
        for number, hit in enumerate(hits, 1)
        if hit.passage.url == above.url and hit.passage.path[: len(above.path)] == above.path
    ]


def _now_first(question: str, weight: Mapping[str, float]) -> dict[str, float]:
    """Reduce the weights of terms that only the previous question holds, each and in total.

    Those terms say what the thread is about.
    """
    asked = {term for word in question_words(question) for term in (*word.parts, word.joined)}
    now = sum(points for term, points in weight.items() if term in asked)
    before = sum(weight.values()) - now
    share = min(_BEFORE, _ALL_BEFORE * now / before) if now and before else _BEFORE
    return {term: points * (1.0 if term in asked else share) for term, points in weight.items()}


def _write(shown: Sequence[SectionBlock], passages: Sequence[Passage]) -> Iterator[str]:
    """Yield the blocks as markdown, each behind a blank line but the first."""
    gap, section = "", tuple[str, ...]()
    for block in shown:
        passage = passages[block.number - 1]
        named = (passage.url, *(passage.path or (passage.anchor,)))
        if block.lead:
            yield gap + _marked(block.lead, block.number)
            gap = "\n\n"
        elif block.kind is UnitKind.TABLE or (named != section and (section or _needs_heading(block, passage))):
            yield gap + _heading(block, passage)
            gap = "\n\n"
        section = named
        yield gap + _write_lines(block)
        gap = "\n\n"


def _needs_heading(first: SectionBlock, passage: Passage) -> bool:
    """Return whether the first block is not understood without the heading of its section.

    So it is if it is no prose, leans on what is before it, says yes or no, or holds no word of the heading.
    """
    if first.kind is not UnitKind.SENTENCE or leans_on_before(first):
        return True
    named = set(split_terms(passage.path[-1] if passage.path else passage.title))
    return _YES_NO.match(first.lines[0]) is not None or named.isdisjoint(split_terms(first.lines[0]))


def _write_lines(block: SectionBlock) -> str:
    """Return a block with its marks; further lines of a list item are joined to its first."""
    if block.kind is UnitKind.SENTENCE:
        return " ".join(_marked(sentence, block.number) for sentence in block.lines)
    if block.kind is UnitKind.ITEM:
        items = [line for item in block.lines for line in re.sub(r"\n[ \t]+(?![-*+•\d>])", " ", item).splitlines()]
        return "\n".join(f"{item} [{block.number}]" for item in items)
    return block.text


def _heading(block: SectionBlock, passage: Passage) -> str:
    """Return the name of a section before its words: `"**Training**"`; before a table or code `"Training [1]:"`.

    A bold line is a heading to the check, and a table or code takes the source of the line that introduces it.
    """
    path = passage.path or (passage.title,)
    named = " > ".join(path[-2:]) if path[-1].strip(" :").lower() in _SAY_LITTLE else path[-1]
    named = _MARKUP.sub("", named).strip() or "From the documentation"
    if block.kind in (UnitKind.SENTENCE, UnitKind.ITEM):
        return f"**{named}**"
    return f"{named.rstrip('?!. ')} [{block.number}]:"


def _marked(text: str, number: int) -> str:
    """Return a text with its mark: `"Use pip."` -> `"Use pip [1]."`."""
    stop = _TERMINATOR.search(text)
    if stop is None:
        return f"{text} [{number}]"
    return f"{text[: stop.start()]} [{number}]{stop['stop']}"
