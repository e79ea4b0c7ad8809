"""A question becomes a cited answer: retrieve, rerank, read, cite. This screen is the product.

    Question ─> [standalone] ─> embed ─> search ─> [rerank] ─> Evidence ─> read ─> check ─> Delta* ─> Answer

    what breaks       what happens
    standalone        the question is searched together with the one before it
    embedder          lexical search alone                             Answer.faults: EMBEDDER
    vectors           the same (the index has moved, or lacks its graph)   EMBEDDER
    reranker          the order of the search stays                    RERANKER
    reader            quotes of the pages under an apology, or what was shown and a note about it   MODEL
    draft             nothing of it can be shown: quotes of the pages under a line that says so
    cap               reached: the same engine without a model that writes answers, and says so
    index             StoreError goes to the caller: without evidence there is nothing to say

The engine knows no platform, no prompt text and no SQL. It shows nothing that has not passed `core.check.citations`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from core.answer.conclusion import Conclusion
from core.answer.draft import Draft
from core.answer.evidence import interleave_hits
from core.answer.limits import AnswerLimits
from core.answer.opinion import apply_opinion
from core.answer.retrieval import Retriever, clean_question
from core.answer.trace import Trace, milliseconds_since
from core.calls import Purpose
from core.check.languages import name_language
from core.domain import (
    DEFAULT_EDITION,
    Abstention,
    Delta,
    Edition,
    Event,
    Evidence,
    Fault,
    Hit,
    Question,
    SpendCap,
)
from core.errors import (
    ModelError,
    ModelMisbehaved,
    ModelUnavailable,
    StoreError,
)
from core.ports import DraftPiece, Embedder, Index, Reader, Reading, Reranker, Verifier
from core.sentences import sentences_in
from core.spend.port import SpendLedger


class Engine:
    """Answers questions and searches, with nothing but ports. One engine serves any number of questions at a time.

    `quoter` is a reader without a model: what it quotes stands in for a draft that fails. `language` is that of fixed
    sentences, where a question sets none.
    """

    def __init__(  # noqa: PLR0913  # one argument for each port, all of which wiring chooses
        self,
        index: Index,
        embedder: Embedder,
        reader: Reader,
        reranker: Reranker | None = None,
        limits: AnswerLimits | None = None,
        *,
        quoter: Reader | None = None,
        verifier: Verifier | None = None,
        language: str = "",
        ledger: SpendLedger | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._reader = reader
        self._reranker = reranker
        self._limits = limits or AnswerLimits()
        self._retriever = Retriever(index, embedder, reader, reranker, self._limits)
        self._quoter = quoter
        self._verifier = verifier
        self._language = language
        self._ledger = ledger
        self._keyless = (
            Engine(index, embedder, quoter, reranker, limits, language=language)
            if quoter and reader.generative
            else None
        )

    @property
    def generative(self) -> bool:
        """Whether a model writes, which weighs what people said; quotes are found by all words together."""
        return self._reader.generative

    async def ask(self, question: Question, trace: Trace | None = None) -> AsyncGenerator[Event, None]:
        """Yield `Evidence`, `Delta` and `Answer` events; the last one is the `Answer`, and it overrides the deltas.

        If more than half of a draft fails the check, the answer becomes DOES_NOT_KNOW, whatever was already shown.
        Closing the iterator closes the reader's stream. `trace` is filled meanwhile. Raises `QuestionRefused` and
        `StoreError`.
        """
        asked = replace(question, text=clean_question(question.text, self._limits.question_characters))
        trace = trace or Trace()
        trace.cap = await self._find_cap(asked)
        engine = self._keyless if trace.cap and self._keyless else self
        try:
            async with aclosing(engine.answer(asked, trace)) as events:
                async for event in events:
                    yield event
        finally:
            await self._record(asked, trace)

    async def answer(self, asked: Question, trace: Trace) -> AsyncGenerator[Event, None]:
        """Yield the events of a question that is clean and may be asked, as `ask` does; `trace` gets what it took."""
        retriever = self._retriever
        text = await retriever.build_search_text(asked, trace)
        found = await retriever.find(text, asked, trace)
        if asked.turns and not self._reader.generative:
            found = interleave_hits(found, await retriever.find(asked.text, asked, trace.part()))
        hits = await retriever.rerank(asked.text, found, trace)
        evidence = await retriever.choose_evidence(asked, hits, trace)
        trace.searched_for, trace.found, trace.ranked, trace.evidence = text, tuple(found), tuple(hits), evidence
        if not evidence:
            yield self._conclusion(Reading(asked, ()), trace).abstain(Abstention.NO_CONTEXT)
            return
        yield Evidence(evidence)
        async with aclosing(self._read(Reading(asked, evidence, tuple(hits)), trace)) as events:
            async for event in events:
                yield event

    def over(self, index: Index) -> Engine:
        """Return the same engine over another index, such as one that searches on connections of its own."""
        return Engine(
            index,
            self._embedder,
            self._reader,
            self._reranker,
            self._limits,
            quoter=self._quoter,
            verifier=self._verifier,
            language=self._language,
            ledger=self._ledger,
        )

    def without(self, *, model: bool = False, reranker: bool = False) -> Engine:
        """Return an engine over the same index that does not ask the model, or the reranker, to compare answers."""
        keyless = model and self._quoter is not None
        return Engine(
            self._index,
            self._embedder,
            self._quoter if keyless and self._quoter is not None else self._reader,
            None if reranker else self._reranker,
            self._limits,
            quoter=self._quoter,
            verifier=None if keyless else self._verifier,
            language=self._language,
            ledger=self._ledger,
        )

    async def search(
        self,
        text: str,
        limit: int,
        sources: Sequence[str] = (),
        edition: Edition = DEFAULT_EDITION,
        audience: frozenset[str] | None = None,
    ) -> list[Hit]:
        """Return the best `limit` passages that `audience` may see (None: all), any number of them from one page.

        Raises `QuestionRefused`, `SourceUnknown`, `EditionUnknown` and `StoreError`.
        """
        query = clean_question(text, self._limits.question_characters)
        trace = Trace()
        vector = await self._retriever.embed(query, trace)
        asked = Question(query, sources=tuple(sources), edition=edition, audience=audience)
        await self._record(asked, trace)
        return await self._retriever.search(asked, vector, limit, trace)

    async def _find_cap(self, question: Question) -> SpendCap | None:
        """Return the cap that keeps a question from the model; None: there is none, or no model to keep it from."""
        if self._ledger is None or self._keyless is None:
            return None
        return await self._ledger.find_cap(question.asker)

    async def _record(self, question: Question, trace: Trace) -> None:
        """Count the calls that a question made; what Postgres does not take now, it gets with the next."""
        if self._ledger is not None and trace.calls:
            with suppress(StoreError):
                await self._ledger.record(question.asker, trace.calls)

    async def _read(self, reading: Reading, trace: Trace) -> AsyncGenerator[Event, None]:
        """Yield deltas as they pass the check, then the answer."""
        draft = self._new_draft(reading)
        fault: ModelError | None = None
        begin = time.perf_counter()
        try:
            async with aclosing(self._verified(reading, draft, trace)) as texts:
                async for text in texts:
                    trace.record_stage("read_first")
                    yield Delta(text, draft.citations)
        except ModelError as error:
            fault = error
            trace.record_fault(Fault.MODEL, error)
            for text in draft.cut_off():
                yield Delta(text, draft.citations)
        trace.timings_ms["read"] = milliseconds_since(begin)
        trace.count_tokens(draft.usage)
        conclusion = self._conclusion(reading, trace)
        quotes = await self._quotes_instead(reading, draft, fault)
        if quotes is not None:
            answer = conclusion.conclude_quotes(quotes, draft, fault)
            yield Delta(answer.text, answer.citations)
            yield answer
            return
        note = conclusion.describe_gaps(draft, fault)
        if note:
            yield Delta(f"\n\n{note}")
        yield conclusion.conclude(draft, fault)

    async def _quotes_instead(self, reading: Reading, draft: Draft, fault: ModelError | None) -> Draft | None:
        """Return what the pages say where nothing of the draft was shown; None where it was, or they say nothing.

        A draft that says that something was not found, and nothing else, has not failed.
        """
        failed = fault is not None or (draft.abstention is None and draft.checker.mostly_dropped and not draft.declines)
        if self._quoter is None or draft.text or not failed:
            return None
        quotes = self._new_draft(reading)
        async for piece in self._quoter.read(reading):
            quotes.feed(piece)
        quotes.finish()
        return quotes if quotes.text else None

    def _new_draft(self, reading: Reading) -> Draft:
        return Draft(reading, longest=self._limits.answer_characters, longest_raw=self._limits.draft_characters)

    async def _verified(self, reading: Reading, draft: Draft, trace: Trace) -> AsyncGenerator[str, None]:
        """Yield what passed the check: as it comes, or, where a second opinion is wanted, all of it after that."""
        checked = self._checked(reading, draft, trace)
        if self._verifier is None:
            async with aclosing(checked) as texts:
                async for text in texts:
                    yield text
            return
        whole = [text async for text in checked]
        passages = [hit.passage for hit in reading.hits]
        with trace.measure_stage("verify"), trace.collect(Purpose.CHECK):
            whole = await apply_opinion(self._verifier, draft, whole, passages, self._limits.verify_seconds)
        for text in whole:
            yield text

    async def _checked(self, reading: Reading, draft: Draft, trace: Trace) -> AsyncGenerator[str, None]:
        """Yield the parts of the reader's draft that may be shown. Raises `ModelError`, also if the draft is blank."""
        async with aclosing(self._pieces(reading, trace)) as pieces:
            async for piece in pieces:
                for text in draft.feed(piece):
                    yield text
                if draft.done:
                    break
        for text in draft.finish():
            yield text
        if draft.is_blank:
            raise ModelMisbehaved("The language model answered with nothing.")

    async def _pieces(self, reading: Reading, trace: Trace) -> AsyncGenerator[DraftPiece, None]:
        """Yield the reader's pieces within the model's deadline. Raises `ModelError`.

        Each wait is timed by itself: a timeout around a `yield` would also interrupt the consumer.
        """
        seconds = self._limits.model_seconds - trace.timings_ms.get("rewrite", 0.0) / 1000
        deadline = asyncio.get_running_loop().time() + seconds
        stream = self._reader.read(reading)
        try:
            while (piece := await _next_piece(stream, deadline, trace)) is not None:
                trace.note_piece(piece)
                yield piece
        except TimeoutError as exc:
            raise ModelUnavailable("The language model did not answer in time.") from exc
        finally:
            if isinstance(stream, AsyncGenerator):
                with trace.collect(Purpose.ANSWER):
                    await stream.aclose()

    def _conclusion(self, reading: Reading, trace: Trace) -> Conclusion:
        asked = reading.question
        language = asked.language or self._language or name_language(asked.text)
        most = self._limits.suggestions, self._limits.closest
        return Conclusion(reading, trace, self._reader.model, sentences_in(language), *most)


async def _next_piece(stream: AsyncIterator[DraftPiece], deadline: float, trace: Trace) -> DraftPiece | None:
    """Return the next piece of a draft; None: there is none. Raises `TimeoutError` at `deadline`, the loop's time."""
    with trace.collect(Purpose.ANSWER):
        async with asyncio.timeout_at(deadline):
            return await anext(stream, None)
