"""A second opinion on what passed the check: a model reads each statement with its quote, and doubts some.

    draft's units, not word for word ──Verifier, one call──> doubts ──no rule agrees──> shown with " (?)" and a note
                                                                   └─a rule agrees───> left out

Off unless CHECK_MODEL is set, since the whole answer then waits for it. A verifier that fails, is late or talks
nonsense changes nothing. Quotes and statements are cut, and there are at most twelve: the call is bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from core.answer.draft import Draft
from core.check.meaning import hints_at_opposite
from core.check.quoting import is_word_for_word
from core.domain import Abstention, CheckedUnit, Hit, Passage, Question, UnitVerdict
from core.errors import ModelError
from core.ports import Reading, Statement, Verifier

DOUBT = "(?)"
"""Stands behind what a second model doubts."""

DOUBTED, DOUBTED_BY_BOTH = "a second model doubts it", "a second model and a rule doubt it"

_MOST, _LONGEST_TEXT, _LONGEST_QUOTE = 12, 600, 900


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """A whole draft, checked: what may be shown, what was decided about each unit, and whether it is an answer."""

    text: str
    units: tuple[CheckedUnit, ...]
    abstention: Abstention | None


async def check_draft(
    written: str, hits: Sequence[Hit], question: str, verifier: Verifier | None = None, seconds: float = 8.0
) -> CheckedDraft:
    """Check a whole draft of any length against the passages that its [n] mean."""
    draft = Draft(
        Reading(Question(question), tuple(hits)), longest=2 * len(written) + 10_000, longest_raw=len(written) + 1
    )
    texts = [*draft.feed(written), *draft.finish()]
    if verifier is not None:
        await apply_opinion(verifier, draft, texts, [hit.passage for hit in hits], seconds)
    abstention = draft.abstention
    if abstention is None and draft.checker.mostly_dropped:
        abstention = Abstention.DOES_NOT_KNOW
    return CheckedDraft("" if abstention else draft.text, draft.checker.units, abstention)


async def apply_opinion(
    verifier: Verifier, draft: Draft, texts: Sequence[str], passages: Sequence[Passage], seconds: float
) -> list[str]:
    """Return the texts of a finished draft, in which what is doubted says so, or is left out."""
    asked = dict(_statements(draft.checker.units[: len(texts)], passages)[:_MOST])
    doubts = await _ask(verifier, list(asked.values()), seconds)
    if not doubts:
        return list(texts)
    places = [place for number, place in enumerate(asked) if number in doubts]
    dropped = {place for place in places if hints_at_opposite(asked[place].text, asked[place].quote)}
    draft.checker.doubt(
        {
            place: (UnitVerdict.DROPPED, DOUBTED_BY_BOTH) if place in dropped else (UnitVerdict.FLAGGED, DOUBTED)
            for place in places
        }
    )
    shown = [f"{text} {DOUBT}" if place in places else text for place, text in enumerate(texts) if place not in dropped]
    draft.text = "".join(shown).lstrip()
    return [shown[0].lstrip(), *shown[1:]] if shown else []


async def _ask(verifier: Verifier, statements: Sequence[Statement], seconds: float) -> frozenset[int]:
    if not statements:
        return frozenset()
    try:
        async with asyncio.timeout(seconds):
            return await verifier.doubt(statements)
    except (ModelError, TimeoutError):
        return frozenset()


def _statements(units: Sequence[CheckedUnit], passages: Sequence[Passage]) -> list[tuple[int, Statement]]:
    """Return the units that a passage does not hold word for word, by their places, each with what it rests on."""
    found = []
    for place, unit in enumerate(units):
        cited = [passages[number - 1] for number in unit.passages]
        if cited and not any(is_word_for_word(unit.text, passage.text) for passage in cited):
            rest = "\n".join(passage.text for passage in cited)
            quote = f"{unit.quote}\n\n{rest}" if unit.quote else rest
            found.append((place, Statement(unit.text[:_LONGEST_TEXT], quote[:_LONGEST_QUOTE])))
    return found
