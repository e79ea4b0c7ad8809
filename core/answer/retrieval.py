"""Finds the evidence of a question: search text, vector, hits, order, examples. What breaks is replaced and noted.

(Question, Trace) ──build_search_text──> text ──find──> hits ──rerank──> hits ──choose_evidence──> evidence
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from core.answer.definitions import put_definition_first
from core.answer.evidence import add_neighbours, limit_per_page
from core.answer.examples import add_examples, build_example_query, find_page_without_example, wants_code
from core.answer.limits import AnswerLimits
from core.answer.prompt import HELP, describe_too_long
from core.answer.trace import Trace
from core.calls import Purpose
from core.check.links import remove_invisible
from core.domain import Fault, Hit, Question, Vector
from core.errors import ModelError, ModelMisbehaved, QuestionRefused, StoreUnavailable, VectorsUnusable
from core.ports import Embedder, Index, Reader, Reranker


class Retriever:
    """Finds passages with nothing but ports. `reader` rewrites a follow-up if it is a model."""

    def __init__(
        self, index: Index, embedder: Embedder, reader: Reader, reranker: Reranker | None, limits: AnswerLimits
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._reader = reader
        self._reranker = reranker
        self._limits = limits

    async def build_search_text(self, question: Question, trace: Trace) -> str:
        """Return the text to search for, so that the question can be understood without its thread."""
        if not question.turns:
            return question.text
        with_last_turn = f"{question.text}\n{question.turns[-1].question}"
        if not self._reader.generative:
            return with_last_turn
        try:
            with trace.measure_stage("rewrite"), trace.collect(Purpose.REWRITE):
                async with asyncio.timeout(self._limits.rewrite_seconds):
                    standalone = await self._reader.standalone(question)
            trace.count_tokens(standalone.usage)
            rewritten = remove_invisible(standalone.text).strip()
        except (ModelError, TimeoutError):
            return with_last_turn
        return rewritten[: self._limits.question_characters] or with_last_turn

    async def find(self, text: str, asked: Question, trace: Trace) -> list[Hit]:
        """Return as many hits as are worth an order of their own, for `text` in place of the question."""
        vector = await self.embed(text, trace)
        return await self.search(replace(asked, text=text), vector, self._limits.candidates, trace)

    async def embed(self, text: str, trace: Trace) -> Vector | None:
        """Return the vector of a text; None where the embedder fails, and the search goes on by words."""
        try:
            with trace.measure_stage("embed"), trace.collect(Purpose.EMBED):
                async with asyncio.timeout(self._limits.embed_seconds):
                    return await self._embedder.embed_query(text)
        except (ModelError, TimeoutError) as error:
            trace.record_fault(Fault.EMBEDDER, error)
            return None

    async def search(self, asked: Question, vector: Vector | None, limit: int, trace: Trace) -> list[Hit]:
        """Return hits by vector and words, by words alone where vectors cannot be searched. Raises `StoreError`."""
        try:
            with trace.measure_stage("search"):
                async with asyncio.timeout(self._limits.search_seconds):
                    return await self._index.search(
                        asked.text,
                        vector,
                        limit=limit,
                        sources=asked.sources,
                        edition=asked.edition,
                        audience=asked.audience,
                    )
        except VectorsUnusable as error:
            trace.record_fault(Fault.EMBEDDER, error)
            return await self.search(asked, None, limit, trace)
        except TimeoutError as exc:
            raise StoreUnavailable("The search took too long; please ask again in a minute.") from exc

    async def rerank(self, text: str, hits: list[Hit], trace: Trace) -> list[Hit]:
        """Return the hits in the order of the reranker; in their own where there is none, or it fails."""
        if self._reranker is None or len(hits) < 2:
            return hits
        try:
            with trace.measure_stage("rerank"), trace.collect(Purpose.RERANK):
                async with asyncio.timeout(self._limits.rerank_seconds):
                    ranked = await self._reranker.rerank(text, hits)
            if not ranked:
                raise ModelMisbehaved("The reranker answered with no order.")
        except (ModelError, TimeoutError) as error:
            trace.record_fault(Fault.RERANKER, error)
            return hits
        return ranked

    async def choose_evidence(self, question: Question, hits: Sequence[Hit], trace: Trace) -> tuple[Hit, ...]:
        """Return the best hits with their neighbours, few from one page.

        If the question asks for code and the best page's evidence has none, search once more for examples on that page.
        """
        per_page = self._limits.passages_per_page
        hits = put_definition_first(question.text, hits)
        evidence = limit_per_page(add_neighbours(hits), per_page)[: self._limits.evidence]
        page = find_page_without_example(question.text, hits, evidence) if wants_code(question.text) else None
        if page is None or Fault.EMBEDDER in trace.faults:
            return evidence
        with trace.measure_stage("examples"):
            found = await self.find(build_example_query(page), question, trace.part())
        return add_examples(evidence, found, page.url, per_page)


def clean_question(text: str, longest: int) -> str:
    """Return a question as it is searched for and read, without invisible characters. Raises `QuestionRefused`."""
    stripped = text.strip()
    if len(stripped) > longest:
        raise QuestionRefused(describe_too_long(len(stripped), longest))
    clean = remove_invisible(stripped).strip()
    if not any(character.isalnum() for character in clean):
        raise QuestionRefused(HELP)
    return clean
