"""What a draft amounts to: the `Answer` with its outcome, notes, sources and what was decided about each unit.

    something is shown                 answered; partly where the reader says that something is missing, or broke off
    over half is lost, or a refusal    not answered: a sentence, and the closest sections
    the reader failed at once          not answered: an apology, and the closest sections

Pure. A note is one line below the answer, in the answer's language: that it was cut off, how many sentences were left
out and why, what is not covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.answer.draft import Draft
from core.answer.evidence import select_links, spread_sections
from core.answer.opinion import DOUBT
from core.answer.prompt import find_sentence
from core.answer.trace import Trace
from core.check.fragments import link_to_text
from core.check.quoting import find_quoted, pick_quote
from core.domain import Abstention, Answer, AnswerOutcome, Citation, Hit, UnitVerdict
from core.errors import ModelError
from core.ports import Reading
from core.sentences import Sentences

SECTIONS_PER_PAGE = 2
"""Of the closest sections, so many are of one page before others of it come."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Makes the answer to one question. `most_links`: how many further sections are shown.

    `most_closest`: how many where the pages may say it, and what does was not found.
    """

    reading: Reading
    trace: Trace
    model: str
    sentences: Sentences
    most_links: int
    most_closest: int

    def conclude(self, draft: Draft, fault: ModelError | None) -> Answer:
        """Return the answer of a draft that is over."""
        if fault and not draft.text:
            return self._without_answer(self._apologise(fault))
        if draft.abstention and not draft.text:
            return self.abstain(draft.abstention, draft.closest)
        if not fault and draft.checker.mostly_dropped:
            answer = self.abstain(Abstention.DOES_NOT_KNOW)
            missing = tuple(draft.checker.notes.not_found)
            return replace(answer, dropped=len(draft.checker.dropped), not_covered=missing, units=draft.checker.units)
        note = self.describe_gaps(draft, fault)
        return replace(
            self._answer(draft.text + (f"\n\n{note}" if note else "")),
            citations=draft.citations,
            suggestions=self._links(self.reading.hits if fault else self._see_also(draft)),
            dropped=len(draft.checker.dropped),
            outcome=AnswerOutcome.PARTLY if fault or draft.answers_partly else AnswerOutcome.ANSWERED,
            not_covered=tuple(draft.checker.notes.not_found),
            units=draft.checker.units,
        )

    def conclude_quotes(self, quotes: Draft, draft: Draft, fault: ModelError | None) -> Answer:
        """Return the answer that quotes the pages, instead of a draft of which nothing can be shown."""
        said = self.sentences
        reason = self._apologise(fault) if fault else said.unchecked
        return replace(
            self._answer(f"{reason} {said.quoted}\n\n{quotes.text}"),
            citations=quotes.citations,
            dropped=len(draft.checker.dropped),
            outcome=AnswerOutcome.ANSWERED,
            units=(*quotes.checker.units, *draft.checker.units),
        )

    def _apologise(self, fault: ModelError) -> str:
        """Return the apology, without a word of the fault: what has to be mended is for operators (`Answer.causes`)."""
        said = self.sentences
        return f"{said.apology} {said.blocked}" if fault.is_blocked else said.apology

    def abstain(self, abstention: Abstention, closest: Sequence[int] = ()) -> Answer:
        """Return the answer that there is none. `closest`: the passages that a reader named, best first."""
        said = self.sentences
        is_unsure = bool(closest) and abstention is Abstention.DOES_NOT_KNOW
        sentence = said.not_sure if is_unsure else find_sentence(abstention, said)
        named = [self.reading.hits[number - 1] for number in closest]
        text = f"{said.capped} {sentence}" if self.trace.cap else sentence
        hits = [*named, *self.reading.hits]
        if abstention is not Abstention.DOES_NOT_KNOW:
            return replace(self._without_answer(text, hits), abstention=abstention)
        hits = spread_sections([*hits, *self.reading.found], SECTIONS_PER_PAGE)
        return replace(self._without_answer(text, hits, self.most_closest), abstention=abstention)

    def describe_gaps(self, draft: Draft, fault: ModelError | None) -> str:
        """Return the line that says what an answer lacks; empty where it lacks nothing, or nothing of it is shown."""
        said, missing = self.sentences, draft.checker.notes.not_found
        if not draft.text or (not fault and draft.checker.mostly_dropped):
            return ""
        left_out = len(draft.checker.left_out)
        partly = said.partly if draft.answers_partly else ""
        notes = [
            said.capped if self.trace.cap else "",
            said.cut_off if fault else said.shortened if draft.shortened else "",
            said.left_out_one if left_out == 1 else said.left_out_many.format(count=left_out) if left_out else "",
            said.not_covered.format(what="; ".join(missing)) if missing else partly,
        ]
        return "\n\n".join(filter(None, [" ".join(filter(None, notes)), *self._doubts(draft)]))

    def _doubts(self, draft: Draft) -> list[str]:
        """Return a line for each of the first few units that a second model doubts, with what the page says."""
        flagged = [unit for unit in draft.checker.units if unit.verdict is UnitVerdict.FLAGGED]
        return [f"{DOUBT} {self.sentences.doubted.format(quote=unit.quote)}" for unit in flagged[:3] if unit.quote]

    def _see_also(self, draft: Draft) -> list[Hit]:
        cited = {citation.url for citation in draft.citations}
        hits = [self.reading.hits[number - 1] for number in draft.checker.notes.see_also]
        return [hit for hit in hits if hit.passage.link not in cited]

    def _without_answer(self, text: str, hits: Sequence[Hit] | None = None, most: int | None = None) -> Answer:
        links = self._links(self.reading.hits if hits is None else hits, most)
        return replace(self._answer(text), suggestions=links, outcome=AnswerOutcome.NOT_ANSWERED)

    def _answer(self, text: str) -> Answer:
        self.trace.record_stage("total")
        return Answer(
            text,
            faults=self.trace.faults,
            causes=tuple(self.trace.causes),
            model=self.model,
            timings_ms=self.trace.timings_ms,
            usage=self.trace.usage,
            cap=self.trace.cap,
        )

    def _links(self, hits: Iterable[Hit], most: int | None = None) -> tuple[Citation, ...]:
        """Return the first `most` sections, each with the sentence of it that is closest to the question."""
        found = list(hits)
        passages = {hit.passage.link: hit.passage for hit in reversed(found)}
        question = self.reading.question.text
        return tuple(
            replace(
                link,
                quote=pick_quote(question, passage.text),
                href=link_to_text(passage, find_quoted(question, passage.text)),
            )
            for link in select_links(found, most or self.most_links)
            for passage in [passages[link.url]]
        )
