"""Which part of a section is shown: all of a short one, else a run of blocks around what was asked, without holes.

    blocks ──groups that belong together──> from the first on, if that reaches the best one
                                            else [first sentence] + the best one, grown over its neighbours

Steps are shown whole or not at all. A list or paragraph that is too long by itself gives a run of its lines, a table
its best rows under its header. Nothing is taken from two sections, shortened within a line, or put in another order.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.check.segments import UnitKind
from core.index.terms import Word, split_terms
from core.quote.blocks import SectionBlock, close_colon, cut_lines

PROSE_BUDGET, CODE_BUDGET, LONGEST_LIST = 1_200, 1_500, 2_400
"""Characters of prose and tables that are shown, of code, and of a list; numbered steps are never cut."""

MOST_ROWS = 5
_LENGTH_DAMPING = 25
_LEANS = re.compile(
    r"(?:it|its|this|these|they|their|that|those|such|he|she|however|also|then|therefore|thus|otherwise|instead|but|and|"
    r"or|so|again|here|still|furthermore|moreover|additionally|besides|similarly|likewise|conversely|rather|hence|"
    r"consequently|nevertheless|nonetheless|both|either|neither|another|for (?:example|instance|this|that|the same)|"
    r"in (?:this|that|such|these|those|both|either|the same|other words|addition|contrast)|note that (?:this|these|it)|"
    r"the (?:former|latter|same)|as (?:such|a (?:result|consequence))|on the other hand)\b",
    re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*\|[ \t]*:?-")


def weigh_terms(question: Sequence[Word], texts: Iterable[str]) -> dict[str, float]:
    """Return how much each term of the question counts, by how few of `texts` hold it (idf)."""
    held = Counter[str]()
    count = 0
    for text in texts:
        held.update(set(split_terms(text)))
        count += 1
    terms = dict.fromkeys(term for word in question for term in (*word.parts, word.joined) if term)
    return {term: math.log(1 + (count + 1) / (held[term] + 0.5)) for term in terms}


def choose_excerpt(blocks: Sequence[SectionBlock], weight: Mapping[str, float]) -> list[SectionBlock]:
    """Return the blocks to show, in the order of the section; empty if none of them can be shown.

    `weight` is how much each term of the question counts.
    """
    groups = _group(blocks)
    fitted = [_fit(group, weight) for group in groups]
    if not any(fitted):
        return []
    best = max((at for at, group in enumerate(fitted) if group), key=lambda at: _score(fitted[at], weight))
    complete = [fit == group for fit, group in zip(fitted, groups, strict=True)]
    first, end = _grow(fitted, 0, complete) if fitted[0] else (0, 0)
    if best >= end:
        first, end = _grow(fitted, best, complete)
    shown = [block for group in fitted[first:end] for block in group]
    return [*_opening(blocks, shown), *shown[:-1], close_colon(shown[-1])]


def find_code(blocks: Sequence[SectionBlock], weight: Mapping[str, float]) -> list[SectionBlock]:
    """Return the block of code that holds most of the question, for an excerpt that has none; the first of equals."""
    code = [block for block in blocks if block.kind is UnitKind.FENCE and block.length <= CODE_BUDGET]
    return sorted(code, key=lambda block: -_score([block], weight))[:1]


def _group(blocks: Sequence[SectionBlock]) -> list[list[SectionBlock]]:
    """Return the blocks in groups that belong together.

    These are the steps of a procedure with what is between, and a list that goes on in the next passage.
    """
    groups: list[list[SectionBlock]] = []
    at = 0
    while at < len(blocks):
        end = _end_of_steps(blocks, at)
        groups.append(list(blocks[at:end]))
        at = end
    return groups


def _end_of_steps(blocks: Sequence[SectionBlock], at: int) -> int:
    """Return where the steps that begin with block `at` end: behind the last list that counts on from them."""
    last, end = blocks[at].last_step, at + 1
    if last is None or blocks[at].first_step is None:
        while end < len(blocks) and _goes_on(blocks[end - 1], blocks[end]):
            end += 1
        return end
    for place in range(at + 1, len(blocks)):
        following = blocks[place].first_step
        if following is not None and following != last + 1:
            break
        if following is not None:
            last, end = blocks[place].last_step or following, place + 1
    trailing = blocks[end : end + 1]
    return end + (bool(trailing) and trailing[0].kind is UnitKind.FENCE and not trailing[0].lead)


def _goes_on(block: SectionBlock, following: SectionBlock) -> bool:
    """Return whether a list goes on in the next passage of its section."""
    is_list = block.kind is following.kind is UnitKind.ITEM
    return is_list and not following.lead and following.number != block.number and following.first_step is None


def _fit(group: list[SectionBlock], weight: Mapping[str, float]) -> list[SectionBlock]:
    """Return what can be shown of a group: all of it, a part of a long list, table or paragraph, or nothing."""
    if not all(block.whole for block in group):
        return []
    block = group[0]
    if block.first_step is not None and (block.first_step > 1 or block.last_step != 1):
        is_whole = block.first_step <= 1 and sum(each.length for each in group) <= LONGEST_LIST
        return group if is_whole else []
    if block.kind is UnitKind.FENCE:
        return group if block.length <= CODE_BUDGET else []
    if sum(each.length for each in group) <= (LONGEST_LIST if block.kind is UnitKind.ITEM else PROSE_BUDGET):
        return group
    if len(group) > 1:
        return _fit([max(group, key=lambda each: _score([each], weight))], weight)
    cut = _best_rows(block, weight) if block.kind is UnitKind.TABLE else _best_run(block, weight)
    return [cut] if cut.lines and cut.length <= 2 * PROSE_BUDGET else []


def _best_rows(block: SectionBlock, weight: Mapping[str, float]) -> SectionBlock:
    """Return a table with its header and the rows that hold most of the question, in their order."""
    head = 2 if len(block.lines) > 2 and _RULE.match(block.lines[1]) else 0
    rows = range(head, len(block.lines))
    best = sorted(rows, key=lambda at: -_points(block.lines[at], weight))
    left, kept = PROSE_BUDGET - len(block.lead) - sum(map(len, block.lines[:head])), set[int]()
    for at in best[:MOST_ROWS]:
        if len(block.lines[at]) <= left:
            kept.add(at)
            left -= len(block.lines[at])
    lines = tuple(line for at, line in enumerate(block.lines) if at < head or at in kept)
    return replace(block, lines=lines if kept else ())


def _best_run(block: SectionBlock, weight: Mapping[str, float]) -> SectionBlock:
    """Return a run of the lines of a long list or paragraph, around the one that holds most of the question."""
    best = max(range(len(block.lines)), key=lambda at: _points(block.lines[at], weight))
    first, end = best, best + 1
    left = PROSE_BUDGET - len(block.lead) - len(block.lines[best])
    while True:
        ahead = end < len(block.lines) and len(block.lines[end]) <= left
        back = first > 0 and len(block.lines[first - 1]) <= left
        if not ahead and not back:
            return cut_lines(block, first, end)
        must = back and _LEANS.match(block.lines[first]) is not None
        if ahead and not must:
            left -= len(block.lines[end])
            end += 1
        else:
            first -= 1
            left -= len(block.lines[first])


def _grow(fitted: Sequence[Sequence[SectionBlock]], best: int, complete: Sequence[bool]) -> tuple[int, int]:
    """Return the run of groups to show around the best one: onwards first, then back, as long as the budgets last.

    A group that cannot be shown, or only in part, ends the run. A run does not begin with words that lean on what is
    left out.
    """
    prose, code = _sizes(fitted[best])
    first, end = best, best + 1
    while True:
        onward = end < len(fitted) and complete[best] and complete[end] and _has_room(fitted[end], prose, code)
        back = first > 0 and complete[first - 1] and _has_room(fitted[first - 1], prose, code)
        leans = first > 0 and complete[first - 1] and leans_on_before(fitted[first][0]) and bool(fitted[first - 1])
        if leans or (back and not onward):
            first -= 1
            added = _sizes(fitted[first])
        elif onward:
            end += 1
            added = _sizes(fitted[end - 1])
        else:
            return first, end
        prose, code = prose + added[0], code + added[1]


def _has_room(group: Sequence[SectionBlock], prose: int, code: int) -> bool:
    more = _sizes(group)
    return bool(group) and prose + more[0] <= PROSE_BUDGET and code + more[1] <= CODE_BUDGET


def _sizes(group: Sequence[SectionBlock]) -> tuple[int, int]:
    """Return the characters of prose and of code in a group."""
    code = sum(block.length - len(block.lead) for block in group if block.kind is UnitKind.FENCE)
    return sum(block.length for block in group) - code, code


def leans_on_before(block: SectionBlock) -> bool:
    """Return whether a paragraph begins with words that mean something of the text before it: `"It also ..."`."""
    return block.kind is UnitKind.SENTENCE and _LEANS.match(block.lines[0]) is not None


def _opening(blocks: Sequence[SectionBlock], shown: Sequence[SectionBlock]) -> list[SectionBlock]:
    """Return the section's first sentence, if the run begins further down: it says what the section is about."""
    first = blocks[0]
    sentence = first.lines[0]
    is_shown = any(sentence in block.lines for block in shown)
    if first.kind is not UnitKind.SENTENCE or not first.whole or is_shown or sentence.endswith(":"):
        return []
    return [cut_lines(first, 0, 1)]


def _score(group: Sequence[SectionBlock], weight: Mapping[str, float]) -> float:
    """Return how well the best block of a group fits, by its words or by what introduces it, like a heading."""
    texts = [text for block in group for text in (f"{block.lead}\n{block.text}", block.lead)]
    return max((_points(text, weight) for text in texts), default=0.0)


def _points(text: str, weight: Mapping[str, float]) -> float:
    """Return the weight of the question's terms in a text; long texts are damped."""
    terms = split_terms(text)
    inside = sum(weight.get(term, 0.0) for term in set(terms))
    return inside / (1 + math.log1p(len(terms) / _LENGTH_DAMPING)) if inside else 0.0
