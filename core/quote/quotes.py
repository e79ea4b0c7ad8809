"""What a passage offers to quote: whole sentences, list items with their lead-in, tables, code; and how well each fits.

    passage.text ──units──> Quote(lead, text, kind, at) ──score──> the reader's choice

A quote can be shown as it is: no fragments, no headings alone, nothing that leans on words that are left out. Words are
weighed by how rare they are in the evidence at hand. Choosing and ordering is left to the reader.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.check.links import map_outside_code, remove_invisible, to_quotable
from core.check.segments import MARK, Unit, UnitKind, split_units
from core.domain import Passage
from core.index.terms import Word, split_terms

SHORTEST, LONGEST = 15, 500
"""Fewest and most characters of a sentence or item that is quoted."""

LONGEST_PROCEDURE = 1_500
"""Characters of a numbered list that is quoted whole."""

_STEP = re.compile(r"^[ \t]*\d{1,2}[.)][ \t]", re.MULTILINE)
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,3}[.)]|>)[ \t]+")
_MARKS = re.compile(rf" ?{MARK}", re.IGNORECASE)
_ENDS = re.compile(r"[.!?。！？…][\"'”’)»*_]{0,3}$")
_LEANS = re.compile(
    r"(?:it|its|this|these|they|their|that|those|such|he|she|however|also|then|therefore|thus|otherwise|instead|but|and|"
    r"or|so|again|here|still|furthermore|moreover|additionally|besides|similarly|likewise|conversely|rather|hence|"
    r"consequently|nevertheless|nonetheless|both|either|neither|another|for (?:example|instance|this|that|the same)|"
    r"in (?:this|that|such|these|those|both|either|the same|other words|addition|contrast)|note that (?:this|these|it)|"
    r"the (?:former|latter|same)|as (?:such|a (?:result|consequence))|on the other hand|(?:by|when) doing (?:so|this)|"
    r"to do (?:so|this|that)|if (?:so|not))\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(r"\b(?:follow(?:s|ing)?|below|here|this|these|like so|such as|next)\b", re.IGNORECASE)
_FOLLOWS = re.compile(
    r"\b(?:the following|as follows|(?:shown|listed|given|described) (?:below|here))\b", re.IGNORECASE
)
_TERM_ABOVE = re.compile(r"(?P<terms>`[^`\n]{1,80}`(?:,? `[^`\n]{1,80}`){0,4}):?[ \t]{0,4}\n(?=[A-Z])")
_HANGS = re.compile(
    r"\b(?:a|an|and|are|as|at|be|by|can|either|for|from|if|in|includes?|is|may|must|of|on|one of|or|should|than|that|"
    r"the|to|was|were|when|where|which|will|with):$",
    re.IGNORECASE,
)
_TELLS, _DETAIL = 10, re.compile(r"[\d`_]")  # words; a number or a name
_RULED = re.compile(r"^[ \t]*\|[ \t]*:?-", re.MULTILINE)
_PRODUCTION = re.compile(r"\w ?:{1,2}=?\n")  # of a grammar
_FORMULA = 3  # backslashes
_HEADING_SHARE = 0.35
_LENGTH_DAMPING = 25


@dataclass(frozen=True, slots=True)
class Quote:
    """What can be quoted: `text`, which is in passage `number` at place `at`.

    `lead` is the sentence that has to stand before it: it ends with a colon, or `text` leans on it ("It also ...").
    """

    number: int
    at: int
    kind: UnitKind
    text: str
    lead: str = ""

    @property
    def length(self) -> int:
        return len(self.text) + len(self.lead)


def find_quotes(passage: Passage, number: int) -> list[Quote]:
    """Return everything that can be quoted from a passage, in its order."""
    return list(_joined(_quotes(passage, number)))


def find_procedure(found: Iterable[Quote]) -> list[Quote]:
    """Return the first numbered list of two steps or more, whole, with the code between them.

    Empty if there is none, or if it has more than `LONGEST_PROCEDURE` characters.
    """
    steps: list[Quote] = []
    for quote in found:
        written = quote.text if quote.kind is UnitKind.ITEM else quote.lead
        is_step = _STEP.match(written) is not None
        if steps and is_step and written.lstrip().startswith(("1.", "1)")):
            break
        if is_step or (steps and quote.kind is UnitKind.FENCE):
            steps.append(quote)
        elif steps:
            break
    numbered = {number for quote in steps for number in _STEP.findall(f"{quote.lead}\n{quote.text}")}
    return steps if len(numbered) > 1 and sum(quote.length for quote in steps) <= LONGEST_PROCEDURE else []


def remove_step_number(quote: Quote) -> Quote:
    """Return a quote without the number of a step in its lead: the other steps are not shown."""
    return replace(quote, lead=_STEP.sub("", quote.lead))


def weigh_terms(question: Sequence[Word], texts: Iterable[str]) -> dict[str, float]:
    """Return how much each term of the question counts, by how few of `texts` hold it (idf)."""
    held = Counter[str]()
    count = 0
    for text in texts:
        held.update(set(split_terms(text)))
        count += 1
    terms = dict.fromkeys(term for word in question for term in (*word.parts, word.joined) if term)
    return {term: math.log(1 + (count + 1) / (held[term] + 0.5)) for term in terms}


def score(quote: Quote, passage: Passage, weight: Mapping[str, float]) -> float:
    """Return how well a quote fits: the weight of the question's terms in it, and a share of those in its headings.

    Long quotes are damped.
    """
    terms = split_terms(f"{quote.lead}\n{quote.text}")
    inside = sum(weight.get(term, 0.0) for term in set(terms))
    above = sum(weight.get(term, 0.0) for term in set(split_terms(" ".join(passage.path))) - set(terms))
    damping = 1.0 if quote.kind is UnitKind.FENCE else 1 + math.log1p(len(terms) / _LENGTH_DAMPING)
    return (inside / damping if inside else 0.0) + _HEADING_SHARE * above


def _quotes(passage: Passage, number: int) -> Iterator[Quote]:
    lead = before = ""
    found = list(_with_definitions(split_units(remove_invisible(passage.text))))
    for place, (at, unit) in enumerate(found, 1):
        text = _clean(unit)
        if _leads(unit, text, [following for _, following in found[place : place + 1]]):
            last = text.lstrip() if _STEP.match(text) else split_units(_BULLET.sub("", text))[-1].text
            lead, before = _introducing(last) if _safe(last) else "", ""
            if lead and unit.kind is UnitKind.SENTENCE and _says_it_alone(lead):
                yield Quote(number, at, unit.kind, f"{lead[:-1]}.")
            continue
        if unit.kind is UnitKind.FENCE:
            yield Quote(number, at, unit.kind, _fence(unit, passage.language), lead)
        elif (unit.kind is UnitKind.TABLE and _RULED.search(text)) or (unit.kind is UnitKind.ITEM and _fits(text)):
            yield Quote(number, at, unit.kind, text, lead)
        elif unit.kind is UnitKind.SENTENCE and _stands(text, first=at == 0 or "\n" in unit.gap):
            leaning = _LEANS.match(text) is not None
            if not leaning or before:
                yield Quote(number, at, unit.kind, text, before if leaning else "")
            before = f"{before} {text}" if leaning and before else text
            before = before if len(before) <= LONGEST else text
        lead = lead if unit.kind is UnitKind.ITEM or _is_term(unit) else ""
        before = before if unit.kind is UnitKind.SENTENCE else ""


def _with_definitions(found: Iterable[Unit]) -> Iterator[tuple[int, Unit]]:
    """Yield the units with their places; bold terms and their meaning become one item.

    "**-q**\\n**--quiet**\\nBe quiet." -> "- **-q**, **--quiet**: Be quiet.", and likewise "`-q`\\nBe quiet."
    """
    terms: list[str] = []
    meaning: list[str] = []
    for at, unit in enumerate(found):
        if meaning and (unit.kind is not UnitKind.SENTENCE or "\n" in unit.gap):
            yield at - 1, Unit(UnitKind.ITEM, _definition(terms, meaning))
            terms, meaning = [], []
        above = _TERM_ABOVE.match(unit.text) if unit.kind is UnitKind.SENTENCE and not terms else None
        if above:
            terms, meaning = [above["terms"]], [unit.text[above.end() :]]
            continue
        if unit.kind is UnitKind.SENTENCE and (meaning or (terms and unit.gap == "\n")):
            meaning.append(unit.text)
            continue
        of_same = terms if unit.gap == "\n" and not _is_label(terms) else []
        terms = [*of_same, unit.text] if _is_term(unit) else []
        yield at, unit
    if meaning:
        yield at, Unit(UnitKind.ITEM, _definition(terms, meaning))


def _leads(unit: Unit, text: str, following: Sequence[Unit]) -> bool:
    """Return whether a sentence or item only introduces what follows.

    `"Run this:"`, `"The following levels are known."`
    """
    if unit.kind is UnitKind.SENTENCE and _FOLLOWS.search(text):
        return text.endswith(":") or not any(each.kind is UnitKind.SENTENCE for each in following)
    return unit.kind in (UnitKind.SENTENCE, UnitKind.ITEM) and text.endswith(":")


def _introducing(lead: str) -> str:
    """Return a sentence with a colon at its end, since it is shown only to introduce something.

    `"The following levels are known."` -> `"The following levels are known:"`
    """
    return f"{lead[:-1]}:" if lead.endswith(".") else lead


def _is_term(unit: Unit) -> bool:
    return unit.kind is UnitKind.HEADING and unit.text.startswith("**")


def _is_label(terms: Sequence[str]) -> bool:
    """Return whether the last term is a label that may stand above terms: `"**Options:**"`.

    A label has a meaning only if one follows at once.
    """
    return bool(terms) and terms[-1].endswith((":**", ":"))


def _definition(terms: Sequence[str], meaning: Sequence[str]) -> str:
    names = ", ".join(terms)
    text = f"- {names.removesuffix(':').removesuffix(':**')}{'**' if names.endswith(':**') else ''}: {meaning[0]}"
    for sentence in meaning[1:]:
        if len(text) + len(sentence) >= LONGEST:
            break
        text += f" {sentence}"
    return text


def _joined(found: Iterable[Quote]) -> Iterator[Quote]:
    """Yield short lists as one quote; the items of long ones stay alone."""
    items: list[Quote] = []
    for quote in found:
        if items and (quote.kind is not UnitKind.ITEM or quote.at != items[-1].at + 1 or quote.lead != items[0].lead):
            yield from _one_list(items)
            items = []
        if quote.kind is UnitKind.ITEM:
            items.append(quote)
        else:
            yield quote
    yield from _one_list(items)


def _one_list(items: Sequence[Quote]) -> list[Quote]:
    text = "\n".join(item.text for item in items)
    return [replace(items[0], text=text)] if items and len(text) <= LONGEST else list(items)


def _clean(unit: Unit) -> str:
    if unit.kind is UnitKind.FENCE:
        return unit.text
    return map_outside_code(to_quotable(unit.text), lambda piece: _MARKS.sub("", piece)).strip()


def _fence(unit: Unit, language: str) -> str:
    """Return a block of code as it stands, without the indent of a list, with its language and its end."""
    opening, _, body = unit.text.strip().partition("\n")
    indent = len(unit.text) - len(unit.text.lstrip())
    lines = [line[indent:] if not line[:indent].strip() else line for line in body.splitlines()]
    ticks = re.match(r"[`~]*", opening)
    named = opening if opening.strip("`~ ") else opening.strip() + language
    return "\n".join([named, *lines] + ([] if unit.closed or ticks is None else [ticks.group()]))


def _stands(sentence: str, *, first: bool) -> bool:
    """Return whether a sentence is whole.

    The first one of a passage or paragraph may be the tail of a sentence that began before it.
    """
    whole = not (first and sentence[:1].islower()) and _ENDS.search(sentence) is not None
    whole = whole and sentence.count("(") == sentence.count(")") and not _PRODUCTION.search(sentence)
    whole = whole and [unit.kind for unit in split_units(sentence)] == [
        UnitKind.SENTENCE
    ]  # "> x" is one only within a line
    return whole and _fits(sentence) and (len(sentence.split()) >= 3 or not sentence.isascii())


def _says_it_alone(lead: str) -> bool:
    """Return whether a lead says something even without what it introduces.

    `"Send too much and you get an HTTP 529 in such a context:"` does, `"Run the following command:"` does not.
    """
    hangs = _HANGS.search(lead) is not None
    tells = len(lead.split()) >= _TELLS and _DETAIL.search(lead) is not None
    leans = _AHEAD.search(lead) is not None or _LEANS.match(lead) is not None
    return tells and not leans and not hangs and _stands(f"{lead[:-1]}.", first=False)


def _fits(text: str) -> bool:
    return len(text) >= (SHORTEST if text.isascii() else SHORTEST // 2) and _safe(text)


def _safe(text: str) -> bool:
    """Return whether a text is no essay, no formula, and without an open backtick, which would swallow the mark."""
    return len(text) <= LONGEST and text.count("`") % 2 == 0 and text.count("\\") < _FORMULA
